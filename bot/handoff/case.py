"""A case: one user's problem in the hands of the helpdesk. Values and pure rules, no I/O.

The states are `waiting` -> `claimed` -> `closed`; release, transfer and reopening lead back to `waiting`. Every change
gives a new Case; the store writes it only if nobody else changed it meanwhile (`version`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, Literal

from bot.envelope import Address, Person

State = Literal["waiting", "claimed", "closed"]
Ending = Literal["", "solved", "not_solved", "user_left", "no_answer", "given_back", "forgotten"]
Side = Literal["user", "agent", "note", "bot"]

# No vowels: no words by chance. No look-alikes: neither 0, 1, O, I, nor B, G, S, Z beside 8, 6, 5, 2.
ALPHABET = "23456789CDFHJKLMNPQRTVWX"
ID_LENGTH = 5  # 8 million ids; drawn anew in the rare case that one is taken


@dataclass(frozen=True, slots=True)
class Case:
    """A case as stored.

    id: for people ("HD-7K3Q"); knowing it grants nothing. user: where the user's chat is. person: who they are.
    desk: the channel of the queue's staff; thread: the case's own thread there, None until the platform has
    confirmed it. agent: who holds it now (None while waiting); last_agent: who held it last, asked first when it is
    reopened. at_*: Unix seconds, 0 when it has not happened. timer/due: what happens next by itself, and when
    (None: nothing). nudges: how often the present timer has fired. tried: queues in which nobody took it. guiding:
    a guide that the agent sent is running in the user's chat. gone: the user has blocked or removed the bot. mark:
    the number of the newest message of the case. version: 0 before it is stored.
    """

    id: str
    queue: str
    state: State
    user: Address
    person: Person
    desk: Address
    thread: Address | None = None
    agent: Person | None = None
    last_agent: Person | None = None
    locale: str = "en"
    zone: str = ""
    mail: str = ""
    guide: str = ""
    guide_version: str = ""
    title: str = ""
    path: tuple[tuple[str, str], ...] = ()
    advice: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    added: str = ""
    opened_at: float = 0.0
    waiting_since: float = 0.0
    claimed_at: float = 0.0
    closed_at: float = 0.0
    user_at: float = 0.0
    agent_at: float = 0.0
    ending: Ending = ""
    closed_by: str = ""
    rating: int = 0
    comment: str = ""
    rated_agent: str = ""
    rated_at: float = 0.0
    timer: str = ""
    due: float | None = None
    nudges: int = 0
    tried: tuple[str, ...] = ()
    guiding: bool = False
    gone: bool = False
    mark: int = 0
    version: int = 0

    @property
    def open(self) -> bool:
        """Whether it still waits or is held."""
        return self.state != "closed"


_values = attrgetter(*(each.name for each in fields(Case)))
_setters = tuple(getattr(Case, each.name).__set__ for each in fields(Case))


def but(case: Case, **changes: Any) -> Case:
    """As `dataclasses.replace`, at less than half the cost: for what happens with every message."""
    copy: Case = object.__new__(Case)
    for put, value in zip(_setters, _values(case), strict=True):
        put(copy, value)
    for name, value in changes.items():
        object.__setattr__(copy, name, value)
    return copy


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a case's transcript.

    mark: its number in the case, from 1. side: who said it. source: the conversation's key and the platform's message
    id where it came in; twin: the key of the conversation to which it was relayed ("" for a note), where its receipt
    is stored under `turn` (see `bot.envelope.Outgoing.turn`). state: what became of it on the other side ("internal":
    it was never meant to go there); reason: why it failed. files: name, size and where it is kept. changed: what its
    author did to it later; the text of a deleted one is gone. author_id: the directory id of a member of the staff, by
    which they can be taken out one day ("" on the user's side, and where it was written before ids were kept).
    """

    case: str
    mark: int
    at: float
    side: Side
    author: str
    text: str
    source_key: str = ""
    source_id: str = ""
    twin_key: str = ""
    turn: int = 0
    state: Literal["pending", "delivered", "failed", "internal"] = "pending"
    reason: str = ""
    files: tuple[dict[str, Any], ...] = field(default=())
    changed: Literal["", "edited", "deleted"] = ""
    author_id: str = ""


def lane_of(case: Case) -> str:
    """The outbox lane of the case's thread; a thread at another desk is another lane."""
    return f"case:{case.id}:{case.desk.key}"


def forgotten(case: Case, now: float) -> Case:
    """What is left of a case whose user is to be forgotten, while staff may still press its buttons: where its thread
    is and who held it; it is closed."""
    return Case(
        id=case.id,
        queue=case.queue,
        state="closed",
        user=Address(case.user.channel, case.user.tenant, ""),
        person=Person(""),
        desk=case.desk,
        thread=case.thread,
        last_agent=case.last_agent,
        opened_at=case.opened_at,
        waiting_since=case.waiting_since,
        claimed_at=case.claimed_at,
        closed_at=now,
        ending="forgotten",
        mark=case.mark,
        version=case.version,
    )


def without_staff(case: Case, person_id: str) -> Case:
    """The case with a former member of the staff taken out of what is past; who holds it now stays."""
    last, by, rated = case.last_agent, case.closed_by, case.rated_agent
    return replace(
        case,
        last_agent=None if last and last.id == person_id else last,
        closed_by="" if by == person_id else by,
        rated_agent="" if rated == person_id else rated,
    )


def new_id(prefix: str, draw: bytes) -> str:
    """A case id from random bytes (at least ID_LENGTH of them): `HD-7K3QP`."""
    return f"{prefix}-" + "".join(ALPHABET[b % len(ALPHABET)] for b in draw[:ID_LENGTH])
