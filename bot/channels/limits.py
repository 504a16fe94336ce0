"""How often a platform lets us send: limits as values, and a limiter that keeps them. No I/O, no clock of its own."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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


class _Window:
    """The sends of one conversation or tenant, as far as its limits look back."""

    __slots__ = ("_long", "_short", "_times")

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._times: list[float] = []
        self._short = [limit for limit in limits if limit.count <= EXACT]
        self._long: list[tuple[Limit, deque[list[int]]]] = [(x, deque()) for x in limits if x.count > EXACT]

    def free_at(self, now: float) -> float:
        """The first time from `now` on when one more send keeps all limits."""
        free, sent = now, len(self._times)
        for limit in self._short:
            if sent >= limit.count:
                free = max(free, self._times[-limit.count] + limit.seconds)
        for limit, slices in self._long:
            free = max(free, _free_at(limit, slices, now))
        return free

    def note(self, at: float) -> None:
        """A send at this time, which is never before an earlier one's."""
        self._times.append(at)
        if len(self._times) > EXACT:
            del self._times[0]
        for limit, slices in self._long:
            number = int(at * SLICES / limit.seconds)
            if slices and slices[-1][0] == number:
                slices[-1][1] += 1
            else:
                slices.append([number, 1])


def _free_at(limit: Limit, slices: deque[list[int]], now: float) -> float:
    """As `_Window.free_at`, of a limit whose sends are counted in slices; what is too old is let go."""
    width = limit.seconds / SLICES
    while slices and (slices[0][0] + 1) * width + limit.seconds <= now:
        slices.popleft()
    over = -limit.count
    for _, count in slices:
        over += count
    for number, count in slices:
        if over < 0:
            break
        over -= count
        now = max(now, (number + 1) * width + limit.seconds)
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
