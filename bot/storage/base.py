"""The Store protocol: what reception and outbox need of a database. One contract suite proves every implementation."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.envelope import Address, Outgoing, Payload
from bot.handoff.case import Case
from bot.storage.arrivals import ArrivalStore, KeptStore
from bot.storage.cases import CaseStore, Step
from bot.storage.files import FileStore
from bot.storage.unanswered import UnansweredStore
from dialogs.turn import State

LEASE = 30.0  # seconds: how long a holder keeps a conversation without renewing; a dead one's rows wait this long
AHEAD = 20  # rows that `sent` gives at once


@dataclass(frozen=True, slots=True)
class Loaded:
    """A conversation as stored; `state` is None and `version` 0 when it is new.

    seen: this event id was committed before; then `answer` is the answer that was stored with it. case: the case that
    the conversation loads with it, if any.
    """

    state: State | None
    version: int
    seen: bool = False
    answer: Payload | None = None
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """All that one turn changes, committed in one transaction.

    version: the version that the state was loaded with. answer: the response to an invoke, kept for redeliveries.
    at: Unix seconds.
    """

    address: Address
    event_id: str
    version: int
    state: State
    outgoing: tuple[Outgoing, ...]
    at: float
    answer: Payload | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One outgoing row that its holder may deliver now.

    seq: its place in its lane, from 1, without gaps in order. attempts: deliveries that failed. doubtful: one
    of them may have arrived all the same. created: Unix seconds. receipt: for an update or a deletion, the message id
    that it is about ("" when there is none). lane: what is in order with it, by default the address's own key.
    follows: other rows follow from what becomes of this one.
    """

    address: Address
    seq: int
    kind: str
    payload: Payload
    turn: int | None
    attempts: int
    created: float
    receipt: str = ""
    doubtful: bool = False
    lane: str = ""
    follows: bool = False

    @property
    def threadless(self) -> bool:
        """It belongs into a case's thread that is not there: nobody has opened it, or nobody could. Nothing but what
        opens it (kind "thread") may go to the address, which is that of the whole channel."""
        return self.kind != "thread" and self.lane.endswith(f":{self.address.key}")


@dataclass(frozen=True, slots=True)
class Committed:
    """How a commit ended.

    "done": the turn is durable, and the conversation's version is the turn's plus one. "conflict": the state has moved
    on, nothing was written. "duplicate": the event id was committed before, nothing was written, `answer` is what was
    stored then. rows: when this commit leased the conversation, what it waits to send, in order, to be delivered at
    once; empty when somebody (this holder too) is at work there already, who then meets the new rows after `sent`.
    Rows of several lanes come one lane after the other.
    """

    result: Literal["done", "conflict", "duplicate"]
    answer: Payload | None = None
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """For /metrics: rows waiting, for how many seconds a conversation has been waiting at most, rows set aside,
    conversations parked. What waits in a parked conversation counts in neither of the first two."""

    waiting: int
    oldest: float
    aside: int
    parked: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that could not be delivered, as the operator sees it (no words of a user).

    parked: it still waits, because its conversation is parked.
    """

    conversation: str
    seq: int
    kind: str
    attempts: int
    created: float
    reason: str
    parked: bool = False


class Store(CaseStore, FileStore, ArrivalStore, KeptStore, UnansweredStore, Protocol):
    """A database.

    Rows of one conversation are delivered by one holder at a time, in order: a conversation with waiting rows is
    *leased* to a holder (a replica) until a time, or free; a holder that dies loses its lease by that time. (The rows
    of a case's thread keep an order of their own, as if the thread were a conversation of the name `lane`.) Every
    method that names `holder` does nothing to a conversation leased by another, save `sent`: what was sent is a fact.
    All times are Unix seconds, passed in. Database trouble raises `bot.errors.StoreUnavailable`; nothing was written
    then, unless the connection broke during the commit itself, when it may have been: ask again with the same event id.
    """

    async def open(self) -> None:
        """Connect and migrate (under a lock). Raises `bot.errors.DatabaseTooNew` for a schema newer than the code."""
        ...

    async def close(self) -> None:
        """Finish what is under way and disconnect. Later calls raise `bot.errors.StoreUnavailable`."""
        ...

    async def ping(self) -> None:
        """One trivial round trip; raises when the database is out of reach, or its file takes nothing any more."""
        ...

    async def load(self, key: str, event_id: str) -> Loaded:
        """The conversation's state and version, and whether this event was committed before."""
        ...

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Write state, event id, address and outgoing rows in one transaction, or nothing.

        Finds out by itself whether the event is a duplicate (first) or the version is stale, so `load` may be left out
        by whoever remembers state and version. When nothing waited there, or what waits is due and nobody holds it,
        the conversation is leased to `holder`; a parked one is resumed (and leased) by any commit, with rows or
        without. A conversation held back by `retry` stays so.
        """
        ...

    async def commit_step(self, step: Step, holder: str, lease_until: float) -> Committed:
        """Write all of the step, or nothing; "duplicate" before "conflict" as in `commit`.

        "conflict": the case or one of the conversations has moved on, or a new case's id is taken. `Committed.rows`
        holds the rows to deliver at once of *all* lanes that this commit leased. A parked lane is resumed by a row that
        is owed to it: it shows again whether it can be delivered. The conversation in which the event happened is
        resumed in any case.
        """
        ...

    async def claim(self, holder: str, now: float, lease_until: float, limit: int) -> list[Row]:
        """Lease up to `limit` conversations that have a due row and no living lease, longest due first, and give the
        *first* waiting row of each. (A lease of `holder` itself that has run out counts as dead, too.)"""
        ...

    async def renew(self, keys: Collection[str], holder: str, lease_until: float) -> set[str]:
        """Prolong the leases of these conversations; gives those that `holder` still had."""
        ...

    async def sent(
        self,
        key: str,
        seq: int,
        receipt: str,
        holder: str,
        now: float,
        more: bool = False,
        *,
        thread: Address | None = None,
        follows: bool = False,
    ) -> list[Row] | None:
        """The row was delivered: it is done, whoever holds the lease, and a receipt that is not empty is kept for
        updates of its turn (a deletion's turn has none any more). Idempotent.

        Gives the conversation's next waiting rows (at most AHEAD, and none that must wait for one of them); when there
        is none, the lease is given back. With `more` the caller has the next rows in hand: none are given, the lease
        stays. None: the lease was lost, go no further.

        thread: the thread that the row has opened, see `bind_thread`. What follows the row (`bot.storage.cases.Then`)
        is owed from now on; where that leases another lane, its rows come after the conversation's own. follows:
        `Row.follows`; a store that is told so saves itself a trip.
        """
        ...

    async def retry(self, key: str, seq: int, due: float, holder: str, failed: bool, doubtful: bool = False) -> None:
        """Hold the conversation until `due` and give the lease back. failed: count an attempt. doubtful: it may have
        arrived, remember that."""
        ...

    async def set_aside(
        self,
        key: str,
        seq: int,
        reason: str,
        holder: str,
        now: float,
        more: bool = False,
        *,
        follows: bool = False,
    ) -> list[Row] | None:
        """The row can't be delivered: keep it with the reason, out of the way; then as `sent`."""
        ...

    async def park(self, key: str, reason: str, holder: str, now: float) -> None:
        """Nothing can be delivered there (blocked): no row is due until a commit of that conversation resumes it.

        Rows on which something follows are set aside with the reason: somebody is told now that they did not arrive,
        so they must not arrive later.
        """
        ...

    async def release(self, holder: str) -> None:
        """Give every lease of `holder` back (on stopping; on starting, after a crash under the same name)."""
        ...

    async def counts(self, now: float) -> Counts:
        """Figures for /metrics and /readyz."""
        ...

    async def aside(self, limit: int) -> list[Aside]:
        """Rows set aside, and waiting rows of parked conversations, oldest first."""
        ...

    async def resend(self, key: str, seq: int, now: float) -> bool:
        """Make a row of `aside` due again, as if created now, with no failed attempt, before what else waits there; a
        parked conversation is resumed. False when there is no such row."""
        ...

    async def drop(self, key: str, seq: int) -> bool:
        """Delete a row of `aside`; False when there is no such row."""
        ...

    async def sweep(self, inbox_before: float, sent_before: float, ended_before: float, limit: int) -> int:
        """Delete at most `limit` each of: event ids and receipts from before the times given, and conversations last
        used before `ended_before` where nothing waits (or only waits because it is parked), with all that is theirs but
        their event ids. Gives how many were deleted: call again while it is more than 0."""
        ...
