"""States that were committed lately, so that most turns need not load theirs: one trip to the database less.

A remembered state may be out of date when another replica has answered meanwhile. The commit finds out (a conflict),
and the turn runs again on what is stored; so a wrong memory costs time, never a turn. Where that happens often, because
replicas take turns in the same conversations, the memory is put aside for a while.
"""

from __future__ import annotations

from collections import OrderedDict

from dialogs.turn import State

MOST = 2000  # conversations
_STALE = 0.2  # of the trust is lost by a state that was out of date
_GOOD = 0.02  # is won by one that was not
_TIME = 0.0005  # is won by a turn that did without: so it is tried again now and then
_ENOUGH = 0.5


class Remembered:
    """The newest (version, state) of the conversations used last, as far as this process knows."""

    def __init__(self, most: int = MOST) -> None:
        """Nothing is remembered."""
        self._most = most
        self._states: OrderedDict[str, tuple[int, State]] = OrderedDict()
        self._trust = 1.0

    def get(self, key: str) -> tuple[int, State] | None:
        """Version and state, if they are remembered and likely to hold."""
        if self._trust < _ENOUGH:
            self._trust += _TIME
            return None
        return self._states.get(key)

    def keep(self, key: str, version: int, state: State, trusted: bool) -> None:
        """This was committed. trusted: by a turn that ran on a remembered state."""
        if trusted and self._trust < 1.0:
            self._trust += _GOOD
        self._states[key] = (version, state)
        self._states.move_to_end(key)
        if len(self._states) > self._most:
            self._states.popitem(last=False)

    def forget(self, key: str, stale: bool = False) -> None:
        """This may not hold any more. stale: it was used, and did not."""
        if stale:
            self._trust = max(0.0, self._trust - _STALE)
        self._states.pop(key, None)
