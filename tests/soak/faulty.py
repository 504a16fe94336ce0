"""A connector that fails at random, and remembers after which of its faults a second copy is to be forgiven."""

from __future__ import annotations

import random
from collections import Counter

from aiohttp import web

from tests.connector import Connector, Fault
from tests.soak.users import Owed, turn_in

CLEAR = (
    Fault(429, {"Retry-After": "1"}),
    Fault(429, {"Retry-After": "2"}),
    Fault(429),
    Fault(412),
    Fault(412, {"Retry-After": "1"}),
)
# A message may have been delivered all the same: the bot sends once more, and no third time.
AMBIGUOUS = tuple(
    fault
    for accept in (False, True)
    for fault in (
        Fault(500, accept=accept),
        Fault(502, accept=accept),
        Fault(503, {"Retry-After": "1"}, accept=accept),
        Fault(504, accept=accept),
        Fault(cut=True, accept=accept),
        Fault(cut=True, accept=accept),
    )
)
HANGING = (Fault(hang=True), Fault(hang=True, accept=True))


class FaultyConnector(Connector):
    """Fails a share of all requests while `failing`, and hangs a few times."""

    def __init__(self, rng: random.Random, share: float, hangs: int) -> None:
        """hangs: how many requests get no answer at all, each for as long as the bot waits."""
        super().__init__()
        self.given: Counter[str] = Counter()
        self.doubtful: set[tuple[str, Owed]] = set()
        self.forgiven: Counter[tuple[str, Owed]] = Counter()
        self._rng = rng
        self._share = share
        self._hangs = hangs
        self._turns: dict[str, int] = {}

    async def _take(self, request: web.Request, message_id: str, status: int) -> web.StreamResponse:
        body = await request.json()
        if request.method == "POST":
            self._turns[message_id] = turn_in(body)
        kind = "card" if request.method == "POST" else "answered"
        self.faults.append(self._choose((request.match_info["conversation"], (kind, self._turns[message_id]))))
        return await super()._take(request, message_id, status)  # meets the fault at once: the body is here already

    def _choose(self, row: tuple[str, Owed]) -> Fault | None:
        if self._rng.random() >= self._share:
            return None
        fault = self._rng.choice(CLEAR)
        if row not in self.doubtful and self._rng.random() < 0.6:
            fault = self._rng.choice(AMBIGUOUS)
            if self._hangs and self._rng.random() < 0.2:
                self._hangs -= 1
                fault = self._rng.choice(HANGING)
            self.doubtful.add(row)
            self.forgiven[row] += fault.accept
        name = "hang" if fault.hang else "cut" if fault.cut else str(fault.status)
        self.given[name + " accepted" * fault.accept] += 1
        return fault
