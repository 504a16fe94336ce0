"""What a channel that must be answered at once needs of a database: its events wait here for their turn. And small
things that are kept under a name.

The part of `bot.storage.base.Store` beside `bot.storage.cases`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SENDER = "helpbot_sender"  # in an event's data: the id of whoever it is from, by which it is found and forgotten


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event as its platform delivered it, verified, not yet processed.

    key: the conversation whose order it keeps. event: unique within it. data: what was delivered, and `SENDER`.
    at: Unix seconds. tries: how often it was taken up again after its holder had died or given up.
    """

    key: str
    event: str
    data: dict[str, Any]
    at: float
    tries: int = 0


class ArrivalStore(Protocol):
    """Keeps events in the order of their arrival. Of each conversation one is at work, leased to a holder."""

    async def arrive(self, arrival: Arrival, holder: str, until: float) -> bool:
        """Keep it. True: nothing of its conversation waits before it, and it is leased to `holder`, who processes it
        now. False: it waits behind others, and whoever is done with those goes on with it; or it is kept already."""
        ...

    async def waiting(self, key: str) -> bool:
        """Whether events of this conversation are kept here, at work or not."""
        ...

    async def arrived(self, arrival: Arrival, holder: str, until: float) -> Arrival | None:
        """It is done with. Gives the conversation's next, leased to `holder`; None when there is none, or when `holder`
        had lost the lease, and another goes on."""
        ...

    async def postpone(self, arrival: Arrival, holder: str, due: float) -> None:
        """It could not be processed: anybody may take it up from `due` on."""
        ...

    async def claim_arrivals(self, holder: str, now: float, until: float, limit: int) -> list[Arrival]:
        """Lease what is due or whose holder has died: the first of each conversation. `Store.release` gives back."""
        ...


class KeptStore(Protocol):
    """Small texts under names: installations, states of a sign-in, leases."""

    async def keep(self, name: str, data: str, until: float | None = None) -> None:
        """Keep it, in the place of what was there. until: Unix seconds after which it counts as gone."""
        ...

    async def kept(self, name: str) -> str | None:
        """What is kept there."""
        ...

    async def take(self, name: str, now: float) -> str | None:
        """What is kept there, which is gone then; None for what has expired. Of two who take it, one gets it."""
        ...

    async def kept_names(self, prefix: str) -> list[str]:
        """The names that begin so, in order."""
        ...

    async def let_go(self, names: Sequence[str]) -> int:
        """Forget these; how many there were."""
        ...

    async def sweep_kept(self, now: float, limit: int) -> int:
        """Delete at most `limit` that have expired; how many that were."""
        ...

    async def lease(self, name: str, holder: str, now: float, until: float) -> bool:
        """Whether `holder` has this name until then: it was free, had expired, or was theirs already."""
        ...
