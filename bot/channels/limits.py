"""How often a platform lets us send: limits as values, and a limiter that keeps them. No I/O, no clock of its own."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.envelope import Address

EXACT = 100  # up to this count the times themselves are kept, above it their number per slice
SLICES = 60  # of a long window; the error is one slice, on the safe side
KEEP = 5000  # conversations remembered; what was used longest ago is forgotten first


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` sends in any `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform allows in one conversation, and in one tenant.

    direct: in a chat with one person, where that is something else. place: what counts as one conversation (by default
    each thread). kinds: rows that count, all of them where none is named.
    """

    conversation: tuple[Limit, ...] = ()
    tenant: tuple[Limit, ...] = ()
    direct: tuple[Limit, ...] | None = None
    place: Callable[[Address], str] = lambda address: address.key
    kinds: frozenset[str] = frozenset()


@lru_cache
def _parts(limits: tuple[Limit, ...]) -> tuple[tuple[Limit, ...], tuple[Limit, ...], float]:
    """Limits whose sends are kept one by one, those whose sends are counted, and how far the first ones look back."""
    short = tuple(limit for limit in limits if limit.count <= EXACT)
    counted = tuple(limit for limit in limits if limit.count > EXACT)
    return short, counted, max((limit.seconds for limit in short), default=0.0)


class _Window:
    """The sends of one conversation or tenant, as far as its limits look back; there are thousands, so it is small.

    A long limit's sends are numbers and counts by turns, one pair a slice.
    """

    __slots__ = ("_back", "_long", "_short", "_times")

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._short, counted, self._back = _parts(limits)
        self._times: list[float] = []
        self._long = [(limit, array("q")) for limit in counted]

    def free_at(self, now: float) -> float:
        """The first time from `now` on when one more send keeps all limits. What none looks back to is let go."""
        free, times = now, self._times
        if times and times[0] <= now - self._back:
            del times[: bisect_right(times, now - self._back)]
        if sent := len(times):
            for limit in self._short:
                if sent >= limit.count:
                    free = max(free, times[-limit.count] + limit.seconds)
        for limit, slices in self._long:
            if slices:
                free = max(free, _free_at(limit, slices, now))
        return free

    def note(self, at: float) -> None:
        """A send at this time, which is never before an earlier one's."""
        if self._short:
            self._times.append(at)
        for limit, slices in self._long:
            number = int(at * SLICES / limit.seconds)
            if slices and slices[-2] == number:
                slices[-1] += 1
            else:
                slices.extend((number, 1))


def _free_at(limit: Limit, slices: array[int], now: float) -> float:
    """As `_Window.free_at`, of a limit whose sends are counted in slices."""
    width = limit.seconds / SLICES
    while slices and (slices[0] + 1) * width + limit.seconds <= now:
        del slices[:2]
    over = sum(slices[1::2]) - limit.count
    place = 0
    while over >= 0:
        over -= slices[place + 1]
        now = max(now, (slices[place] + 1) * width + limit.seconds)
        place += 2
    return now


class Limiter:
    """Says how long each send must wait. State is bounded; a restart forgets it, and the platform's 429 then helps."""

    def __init__(self, limits: Mapping[str, Limits], keep: int = KEEP) -> None:
        """`limits` by the name of the channel; a channel without limits may be left out."""
        self._limits = limits
        self._keep = keep
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def reserve(self, address: Address, now: float, patience: float, kind: str = "send") -> tuple[float, bool]:
        """(seconds to wait, reserved). kind: of the row.

        Reserved: that place is ours, send after the wait without asking again. Not reserved: ask again then. Nothing
        is reserved further away than `patience` seconds.
        """
        limits = self._limits.get(address.channel)
        if limits is None or (limits.kinds and kind not in limits.kinds):
            return 0.0, True
        here = limits.conversation if address.group or limits.direct is None else limits.direct
        windows = []
        wait = 0.0
        for key, of in ((limits.place(address), here), (f"{address.channel}|{address.tenant}", limits.tenant)):
            if not of:
                continue
            windows.append(window := self._window(key, of))
            wait = window.free_at(now) - now
            # A conversation that must wait takes no place in its tenant's queue yet.
            if wait > patience or (wait > 0 and of is here):
                return wait, False
        for window in windows:
            window.note(now + wait)
        return wait, True

    def _window(self, key: str, limits: tuple[Limit, ...]) -> _Window:
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(limits)
            if len(self._windows) > self._keep:
                self._windows.popitem(last=False)
        else:
            self._windows.move_to_end(key)
        return window
