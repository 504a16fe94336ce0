"""States that were committed lately, so that most turns need not load theirs: one trip to the database less.

A remembered state may be out of date when another replica has answered meanwhile. The commit finds out (a conflict),
and the turn runs again on what is stored; so a wrong memory costs time, never a turn. Where that happens often, because
replicas take turns in the same conversations, the memory is put aside for a while.
"""

from __future__ import annotations

from collections import OrderedDict

from bot.handoff.case import Case
from bot.storage.base import Loaded
from dialogs.turn import State

MOST = 2000  # conversations
_STALE = 0.2  # of the trust is lost by a state that was out of date
_GOOD = 0.02  # is won by one that was not
_TIME = 0.0005  # is won by a turn that did without: so it is tried again now and then
_ENOUGH = 0.5


class Remembered:
    """The newest version and state of the conversations used last, with their cases, as far as this process knows."""

    def __init__(self, most: int = MOST) -> None:
        """Nothing is remembered."""
        self._most = most
        self._states: OrderedDict[str, tuple[int, State | None, str]] = OrderedDict()
        self._cases: OrderedDict[str, Case] = OrderedDict()
        self._trust = 1.0

    def get(self, key: str) -> Loaded | None:
        """What would be loaded, if it is remembered and likely to hold."""
        if self._trust < _ENOUGH:
            self._trust += _TIME
            return None
        found = self._states.get(key)
        if found is None:
            return None
        version, state, case_id = found
        case = self._cases.get(case_id)
        return Loaded(state, version, case=case) if case or not case_id else None

    def keep(self, key: str, version: int, state: State | None, trusted: bool, case: Case | None = None) -> None:
        """This was committed. trusted: by a turn that ran on a remembered state. case: the one that the conversation
        loads with it, as it is now."""
        if trusted and self._trust < 1.0:
            self._trust += _GOOD
        self._states[key] = (version, state, case.id if case else "")
        self._states.move_to_end(key)
        if len(self._states) > self._most:
            self._states.popitem(last=False)
        if case:
            self.keep_case(case)

    def keep_case(self, case: Case) -> None:
        """The case as it is now, for both sides' conversations."""
        self._cases[case.id] = case
        self._cases.move_to_end(case.id)
        if len(self._cases) > self._most:
            self._cases.popitem(last=False)

    def forget_case(self, case_id: str) -> None:
        """What is remembered of it may not hold any more."""
        self._cases.pop(case_id, None)

    def forget(self, key: str, stale: bool = False) -> None:
        """This may not hold any more. stale: it was used, and did not."""
        if stale:
            self._trust = max(0.0, self._trust - _STALE)
        self._states.pop(key, None)
