"""What the hand-off needs of a database: the part of `bot.storage.base.Store` that keeps cases, and the values of both.

`Store.load` gives the case of a conversation with its state (`Loaded.case`), at no cost where there is none.

A *step* is a turn that touches a case: it may change the state of two conversations (the user's and the thread's),
one case, its transcript, and owe rows to several conversations, all in one transaction or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.envelope import Address, Outgoing, Payload
from bot.handoff.case import Case, Message
from dialogs.turn import State

ERASED = ("cases", "open cases", "messages", "files", "conversations", "rows", "events", "mentions as staff")


@dataclass(frozen=True, slots=True)
class Then:
    """A row that another row owes when it is done: `sent` once it was delivered, `failed` once it was set aside (as it
    is when its lane is parked). In `failed` payloads the text `{reason}` is replaced by the reason, JSON-escaped.

    lane: as in `Owed`.
    """

    to: Address
    sent: Outgoing | None = None
    failed: Outgoing | None = None
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A row for any conversation.

    lane: the key of the outbox lane whose order it keeps; by default the address's own key. A case's thread has the
    lane `case:<id>:<key of its desk>` (see `lane_of`): its first row (kind "thread") opens the thread, the receipt's
    `conversation` becomes the address of the lane (and `Case.thread`), and later rows of the lane go there. to: where
    the lane goes when nothing is known of it; a lane's own address, as it was seen last, counts more. Only a "thread"
    goes to `to` itself, the desk. message: the transcript message (case id, mark) that is "delivered" or "failed" with
    this row. then: what follows it.
    """

    to: Address
    row: Outgoing
    lane: str = ""
    message: tuple[str, int] | None = None
    then: Then | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A conversation's new state, if `version` is still its version."""

    address: Address
    version: int
    state: State


@dataclass(frozen=True, slots=True)
class Step:
    """All that a turn with a case changes.

    event_key/event_id: the inbox entry that makes it happen once; an empty event_id is for timers, which are once by
    the case's version. conversations: one or two states to save. case: the new case (its `version` is the one that
    was loaded, 0 for a new one, which fails as a "conflict" when its id is taken). open_for: keys of conversations that
    from now on load this case with them (a new one among them must be the user's or the thread's, or be saved); left:
    keys that load it no more. (A conversation that gets or loses its case has a new version, as if it had been saved.)
    messages: to add to the transcript; edits: (mark, new text or None when it was deleted).
    """

    event_key: str
    event_id: str
    at: float
    case: Case
    owed: tuple[Owed, ...] = ()
    conversations: tuple[Saved, ...] = ()
    open_for: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    edits: tuple[tuple[int, str | None], ...] = ()
    answer: Payload | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the staff of a queue sit: a channel, bound by whom and when."""

    queue: str
    address: Address
    bound_by: str
    at: float


class CaseStore(Protocol):
    """The part of a Store that keeps cases; `Store.commit_step` changes them. Times are Unix seconds, passed in."""

    async def case(self, case_id: str) -> Case | None:
        """A case by its id."""
        ...

    async def case_of(self, key: str) -> Case | None:
        """The case that this conversation (a user's or a thread's) loads with it, if any."""
        ...

    async def bind_thread(self, case_id: str, lane: str, thread: Address, now: float) -> None:
        """The platform confirmed the thread: later rows of the lane go there, the case knows it (if its desk is still
        the one of the lane), and the thread's key loads the case from now on. Idempotent.

        The case and the thread's conversation get a new version: who has loaded them before must do so again. `sent`
        does the same by itself; this is for whoever learns of a thread in another way.
        """
        ...

    async def unbound(self, desk_key: str) -> int:
        """How many open cases of the desk in this channel still wait for their thread to be confirmed."""
        ...

    async def cases(
        self, state: str = "", queue: str = "", agent: str = "", user_key: str = "", limit: int = 100
    ) -> list[Case]:
        """Cases that match all given, those waiting longest first; closed ones newest first."""
        ...

    async def waits(self, queue: str, since: float, limit: int = 50) -> list[float]:
        """Seconds that the cases of the queue waited that were claimed since then, newest first, for an honest
        expectation. (A case that waits again has not been claimed yet.)"""
        ...

    async def place(self, case: Case) -> int:
        """The place of a waiting case in its queue, from 1."""
        ...

    async def load_case(self, agent: str) -> int:
        """How many claimed cases this agent holds."""
        ...

    async def due(self, now: float, limit: int) -> list[Case]:
        """Open cases whose timer is due, longest due first. No lease: the case's version lets one replica win."""
        ...

    async def transcript(self, case_id: str) -> list[Message]:
        """The case's messages in order."""
        ...

    async def message_by_source(self, key: str, message_id: str) -> Message | None:
        """The transcript message that came in as this platform message, for edits and deletions."""
        ...

    async def desks(self) -> list[Desk]:
        """All bound desks."""
        ...

    async def bind_desk(self, desk: Desk) -> None:
        """Bind a queue to a channel (replaces the former)."""
        ...

    async def unbind_desk(self, queue: str) -> bool:
        """Unbind it; False when it was not bound."""
        ...

    async def sweep_cases(self, closed_before: float, limit: int) -> int:
        """Delete at most `limit` closed cases older than given, with their transcripts."""
        ...

    async def forget(self, person_id: str, now: float) -> dict[str, int]:
        """Erase a person everywhere: their cases and transcripts, conversations, waiting rows; open cases are closed as
        "forgotten", without anything of the person's, so that the staff's buttons still find an end. Where they were
        staff, their name and id are taken out of cases and of what they said; their words stay. Gives how many of what
        were erased, by the names in `ERASED`."""
        ...
