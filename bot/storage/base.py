"""The Store protocol: what reception and outbox need of a database. One contract suite proves every implementation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.envelope import Address, Outgoing, Payload
from dialogs.turn import State


@dataclass(frozen=True, slots=True)
class Loaded:
    """A conversation as stored; `state` is None and `version` 0 when it is new.

    seen: this event id was committed before; then `answer` is the answer that was stored with it.
    """

    state: State | None
    version: int
    seen: bool = False
    answer: Payload | None = None


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
    """One outgoing row that its holder may deliver now. seq: its place in its conversation, from 1, without gaps
    in order. receipt: for an update, the message id to replace ("" when there is none)."""

    address: Address
    seq: int
    kind: str
    payload: Payload
    turn: int | None
    attempts: int
    created: float
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """How a commit ended.

    "done": the turn is durable. "conflict": the state has moved on, nothing was written. "duplicate": the event id was
    committed before, nothing was written, `answer` is what was stored then. rows: when this store now holds the
    conversation's lease, its new rows to deliver at once; empty when somebody else delivers them.
    """

    result: Literal["done", "conflict", "duplicate"]
    answer: Payload | None = None
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """For /metrics: rows waiting, age in seconds of the oldest, rows set aside, conversations parked."""

    waiting: int
    oldest: float
    aside: int
    parked: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that could not be delivered, as the operator sees it (no words of a user)."""

    conversation: str
    seq: int
    kind: str
    attempts: int
    created: float
    reason: str


class Store(Protocol):
    """A database.

    Rows of one conversation are delivered by one holder at a time, in order: a conversation with waiting rows is
    *leased* to a holder (a replica) until a time; a holder that dies loses its lease by that time. Every method
    that names `holder` does nothing to a conversation leased by another (and says so by its result).
    All times are Unix seconds, passed in. Database trouble raises `bot.errors.StoreUnavailable`.
    """

    async def open(self) -> None:
        """Connect and migrate (under a lock). Raises `bot.errors.DatabaseTooNew` for a schema newer than the code."""
        ...

    async def close(self) -> None:
        """Finish what is under way and disconnect."""
        ...

    async def ping(self) -> None:
        """One trivial round trip; raises when the database is out of reach."""
        ...

    async def load(self, key: str, event_id: str) -> Loaded:
        """The conversation's state and version, and whether this event was committed before."""
        ...

    async def commit(self, turn: Turn, holder: str, lease_until: float) -> Committed:
        """Write state, event id, address and outgoing rows in one transaction, or nothing.

        Also leases the conversation to `holder` when it is free, its lease has run out, or is held by `holder`
        already, and there is something to send; an address that was parked is resumed.
        """
        ...

    async def claim(self, holder: str, now: float, lease_until: float, limit: int) -> list[Row]:
        """Lease up to `limit` conversations that have a due row and no living lease (or are leased to `holder` but
        not in work; see `release`), and give the *first* waiting row of each."""
        ...

    async def sent(self, key: str, seq: int, receipt: str, holder: str, now: float) -> list[Row]:
        """The row was delivered: keep its receipt, and give the conversation's next waiting rows (at most 20) that
        are due; when there is none, the lease is given back."""
        ...

    async def retry(self, key: str, seq: int, due: float, holder: str) -> None:
        """Delivery failed for now: count the attempt, hold the conversation until `due`, give the lease back."""
        ...

    async def set_aside(self, key: str, seq: int, reason: str, holder: str, now: float) -> list[Row]:
        """The row can't be delivered: keep it with the reason, out of the way; then as `sent`."""
        ...

    async def park(self, key: str, reason: str, holder: str) -> None:
        """Nothing can be delivered there (blocked): no row is due until a commit of that conversation resumes it."""
        ...

    async def release(self, holder: str) -> None:
        """Give every lease of `holder` back (on stopping)."""
        ...

    async def counts(self, now: float) -> Counts:
        """Figures for /metrics and /readyz."""
        ...

    async def aside(self, limit: int) -> list[Aside]:
        """Rows set aside, and waiting rows of parked conversations, oldest first."""
        ...

    async def resend(self, key: str, seq: int, now: float) -> bool:
        """Make a set-aside row due again; False when there is no such row."""
        ...

    async def drop(self, key: str, seq: int) -> bool:
        """Delete a set-aside row; False when there is no such row."""
        ...

    async def sweep(self, inbox_before: float, sent_before: float, ended_before: float, limit: int) -> int:
        """Delete at most `limit` each of: event ids and sent rows older than given, and conversations without waiting
        rows last used before `ended_before`. Gives how many were deleted: call again while it is more than 0."""
        ...


def keys(rows: Sequence[Row]) -> list[str]:
    """The conversations of these rows, in order."""
    return [row.address.key for row in rows]
