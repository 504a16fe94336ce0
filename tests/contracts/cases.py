"""A case, its user, its desk and its steps, for the contract suites of cases."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.envelope import Address, Outgoing, Person
from bot.handoff.case import Case, Message, lane_of
from bot.storage.base import Committed, Row, Store
from bot.storage.cases import Owed, Saved, Step, Then

NOW = 1_700_000_000.0
USER = Address("teams", "t", "a:user", details={"serviceUrl": "https://x", "user": "p-ann"})
DESK = Address("teams", "t", "19:desk@thread", True, {"serviceUrl": "https://x"})
THREAD = replace(DESK, conversation="19:desk@thread;messageid=7")
ANN = Person("p-ann", "Ann", "ann@example.com", "Europe/Berlin")
BO = Person("p-bo", "Bo")
CASE = Case(
    "HD-7K3QP",
    "helpdesk",
    "waiting",
    USER,
    ANN,
    DESK,
    title="VPN 👋 \x00 \ud800",
    path=(("Which?", "This"), ("Since?", "Monday")),
    advice=("Restart",),
    words=("it broke",),
    opened_at=NOW,
    waiting_since=NOW,
    timer="waiting",
    due=NOW + 300,
)
LANE = lane_of(CASE)

Open = Callable[[], Awaitable[Store]]
_events = itertools.count(1)


def text(words: str, kind: str = "send", turn: int | None = None) -> Outgoing:
    """A row of these words."""
    return Outgoing(kind, {"text": words}, turn)


def to_user(words: str, **more: Any) -> Owed:
    """A row for the user."""
    return Owed(USER, text(words), **more)


def to_thread(words: str, kind: str = "send", turn: int | None = None, lane: str = LANE, **more: Any) -> Owed:
    """A row for the case's thread."""
    return Owed(DESK, text(words, kind, turn), lane, **more)


def step(case: Case, *owed: Owed, event: str | None = None, at: float = NOW, key: str = USER.key, **more: Any) -> Step:
    """A step at this time, by an event that nobody had before unless one is named."""
    return Step(key, f"e{next(_events)}" if event is None else event, at, case, owed, **more)


async def do(store: Store, one: Step, holder: str = "me") -> Committed:
    """Commit a step."""
    return await store.commit_step(one, holder, one.at + 30)


async def opened(store: Store, case: Case = CASE, *owed: Owed) -> Committed:
    """A case as reception opens it: its user's conversation is saved and loads it, its thread is owed."""
    version = (await store.load(case.user.key, "?")).version
    saved = (Saved(case.user, version, {"n": version + 1}),)
    rows = owed or (Owed(case.desk, text("root", "thread", 1), lane_of(case)),)
    opening = step(case, *rows, key=case.user.key, conversations=saved, open_for=(case.user.key,))
    done = await do(store, opening)
    assert done.result == "done"
    return done


async def threaded(store: Store, case: Case = CASE, thread: Address = THREAD) -> Case:
    """An open case whose thread was delivered and is confirmed."""
    await opened(store, case)
    await store.sent(lane_of(case), 1, "m-root", "me", NOW, thread=thread)
    found = await store.case(case.id)
    assert found is not None
    return found


async def current(store: Store, case_id: str = CASE.id) -> Case:
    """The case as stored."""
    found = await store.case(case_id)
    assert found is not None
    return found


def said(rows: Iterable[Row] | None) -> list[tuple[str, str]]:
    """(lane, text) of rows."""
    return [(row.lane, row.payload["text"]) for row in rows or ()]


async def drain(store: Store, holder: str = "me", at: float = NOW) -> list[tuple[str, str, str]]:
    """Claim and send until nothing is due: (lane, conversation, text) in the order of sending."""
    got = []
    while waiting := await store.claim(holder, at, at + 30, 100):
        while waiting:
            row = waiting.pop(0)
            got.append((row.lane, row.address.conversation, row.payload["text"]))
            more = any(other.lane == row.lane for other in waiting)
            waiting += await store.sent(row.lane, row.seq, f"id-{row.payload['text']}", holder, at, more) or []
    return got


def relayed(words: str = "hi", mark: int = 1, turn: int | None = None, **then: Any) -> Owed:
    """A message of the agent's to the user, of which the thread hears what became of it."""
    follows = Then(DESK, then.get("sent"), then.get("failed"), LANE) if then else None
    return Owed(USER, text(words, turn=turn), message=(CASE.id, mark), then=follows)


def message(mark: int = 1, words: str = "hi", **more: Any) -> Message:
    """A message of the agent's in the transcript."""
    return Message(CASE.id, mark, NOW, "agent", "Bo", words, THREAD.key, f"src-{mark}", USER.key, 10 + mark, **more)


def words_of(got: list[tuple[str, str, str]], lane: str) -> list[str]:
    """The texts of a lane."""
    return [words for its, _, words in got if its == lane]


async def many(store: Store, *cases: Case) -> None:
    """Store these as new cases, in the state that they have."""
    for case in cases:
        assert (await do(store, step(replace(case, version=0), key=case.user.key))).result == "done"
