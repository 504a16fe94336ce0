"""What every Store promises of cases, proved over SQLite and over a real PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from bot.envelope import Address, Outgoing, Person
from bot.handoff.case import Case, Message, lane_of
from bot.storage.base import Committed, Loaded, Row, Store, Turn
from bot.storage.cases import Desk, Owed, Saved, Step, Then
from bot.storage.registry import make_store

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


@pytest.fixture
async def open_store(database_url: str) -> AsyncIterator[Open]:
    """Opens one more store on the same database, as another replica would; all are closed at the end."""
    async with AsyncExitStack() as stack:

        async def opened() -> Store:
            store = make_store(database_url)
            await store.open()
            stack.push_async_callback(store.close)
            return store

        yield opened


@pytest.fixture
async def store(open_store: Open) -> Store:
    """An empty store."""
    return await open_store()


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


# ---- steps


async def test_a_case_comes_back_as_it_was(store: Store) -> None:
    """Every field survives, with whatever characters people use; the version counts steps."""
    case = replace(CASE, agent=BO, last_agent=BO, rating=4, comment="ok", tried=("a", "b"), state="claimed")
    await opened(store, case)
    found = await current(store)
    assert found == replace(case, version=1)
    assert (await do(store, step(replace(found, words=("more",))))).result == "done"
    assert await current(store) == replace(case, words=("more",), version=2)
    assert await store.case("HD-22222") is None


async def test_a_conversation_loads_its_case_until_it_is_left(store: Store) -> None:
    """`load` and `case_of` give it, closed or not; after `left` they do not, and the state stays."""
    assert await store.load(USER.key, "?") == Loaded(None, 0)
    await opened(store)
    assert await store.load(USER.key, "?") == Loaded({"n": 1}, 1, case=replace(CASE, version=1))
    await do(store, step(replace(await current(store), state="closed", closed_at=NOW)))
    loaded = await store.load(USER.key, "?")
    assert loaded.case == await store.case_of(USER.key) == await current(store)
    assert (await do(store, step(await current(store), left=(USER.key,)))).result == "done"
    assert (await store.load(USER.key, "?")).case is None
    assert await store.case_of(USER.key) is None
    assert (await store.load(USER.key, "?")).state == {"n": 1}


async def test_a_conversation_that_gets_or_loses_a_case_has_a_new_version(store: Store) -> None:
    """Whoever remembers it from before finds out by a conflict, even when no state was saved."""
    await store.commit(Turn(USER, "e0", 0, {"n": 1}, (), NOW), "me", NOW)
    await do(store, step(CASE, open_for=(USER.key,)))
    assert (await store.load(USER.key, "?")).version == 2
    await do(store, step(await current(store), open_for=(USER.key,)))
    assert (await store.load(USER.key, "?")).version == 2
    await do(store, step(await current(store), left=(USER.key, "teams|t|nobody")))
    assert (await store.load(USER.key, "?")).version == 3
    assert (await store.load("teams|t|nobody", "?")).version == 0


async def test_leaving_another_case_changes_nothing(store: Store) -> None:
    """A conversation that has gone on to its next case keeps that one."""
    await opened(store)
    other = replace(CASE, id="HD-22222")
    await opened(store, other)
    await do(store, step(await current(store), left=(USER.key,)))
    assert (await store.load(USER.key, "?")).case == replace(other, version=1)


async def test_a_step_is_done_once(store: Store) -> None:
    """The same event again ends with the first one's answer, whatever it was computed from, and writes nothing."""
    await opened(store)
    first = step(await current(store), to_user("hi"), event="once", answer={"card": 1})
    assert (await do(store, first)).result == "done"
    before = await current(store)
    for case in (first.case, before):
        again = await do(store, replace(first, case=case, answer={"card": 2}))
        assert again == Committed("duplicate", {"card": 1})
    assert await current(store) == before
    assert (await store.counts(NOW)).waiting == 2


async def test_an_event_is_done_once_as_a_turn_or_as_a_step(store: Store) -> None:
    """A redelivery that is taken for a turn of the bot alone, or the other way, is a duplicate all the same."""
    await opened(store)
    await do(store, step(await current(store), event="x"))
    assert (await store.commit(Turn(USER, "x", 1, {}, (), NOW), "me", NOW)).result == "duplicate"
    await store.commit(Turn(USER, "y", 1, {}, (), NOW), "me", NOW)
    assert (await do(store, step(await current(store), event="y"))).result == "duplicate"
    stale = (Saved(USER, 1, {}),)
    assert (await do(store, step(await current(store), event="y", conversations=stale))).result == "duplicate"


async def test_a_stale_case_is_a_conflict_and_writes_nothing(store: Store) -> None:
    """A step computed from an older case leaves no case, state, event, message or row."""
    await opened(store)
    old = await current(store)
    await do(store, step(old))
    late = step(
        replace(old, words=("lost",)),
        to_user("lost"),
        event="late",
        conversations=(Saved(USER, 1, {"lost": 1}),),
        messages=(Message(CASE.id, 1, NOW, "user", "Ann", "lost"),),
    )
    assert await do(store, late) == Committed("conflict")
    assert (await current(store)).words == CASE.words
    assert await store.load(USER.key, "late") == Loaded({"n": 1}, 1, case=await current(store))
    assert await store.transcript(CASE.id) == []
    assert (await store.counts(NOW)).waiting == 1


async def test_a_stale_conversation_is_a_conflict_and_writes_nothing(store: Store) -> None:
    """The same when the case is as it was, but one of two conversations has moved on, or is not new any more."""
    await opened(store)
    case = await current(store)
    third = Address("teams", "t", "z-third")
    await store.commit(Turn(third, "e", 0, {"n": 1}, (), NOW), "me", NOW)
    for version in (0, 2):
        states = (Saved(USER, 1, {"lost": 1}), Saved(third, version, {"lost": 1}))
        late = step(case, to_user("lost"), event="late", conversations=states, open_for=(third.key,))
        assert await do(store, late) == Committed("conflict")
    assert await current(store) == case
    assert await store.load(USER.key, "late") == Loaded({"n": 1}, 1, case=case)
    assert await store.load(third.key, "late") == Loaded({"n": 1}, 1)
    assert (await store.counts(NOW)).waiting == 1


async def test_a_new_case_whose_id_is_taken_is_a_conflict(store: Store) -> None:
    """Somebody else's case is never overwritten by a new one of the same id."""
    await opened(store)
    assert (await do(store, step(replace(CASE, title="other"), to_user("lost")))).result == "conflict"
    assert (await current(store)).title == CASE.title


async def test_a_timer_fires_once_by_the_version(store: Store) -> None:
    """Without an event id the case's version lets one of two replicas win; no event is remembered."""
    await opened(store)
    case = await current(store)
    assert (await do(store, step(case, event=""))).result == "done"
    assert (await do(store, step(case, event=""))).result == "conflict"
    assert (await do(store, step(await current(store), event=""))).result == "done"


async def test_of_a_hundred_claims_one_wins(open_store: Open) -> None:
    """A hundred agents claim one case at once on two replicas: one holds it, the others learn of a conflict."""
    stores = [await open_store(), await open_store()]
    await opened(stores[0])
    case = await current(stores[0])

    async def claim(number: int) -> str:
        agent = Person(f"p-{number}")
        mine = replace(case, state="claimed", agent=agent, claimed_at=NOW + 60)
        one = step(mine, to_user(f"joined {number}"), key=DESK.key, at=NOW + 60)
        return (await do(stores[number % 2], one, f"r{number % 2}")).result

    results = await asyncio.gather(*map(claim, range(100)))
    assert sorted(results) == ["conflict"] * 99 + ["done"]
    found = await current(stores[1])
    assert found.agent == Person(f"p-{results.index('done')}")
    assert found.version == case.version + 1
    assert (await stores[0].counts(NOW)).waiting == 2


# ---- rows in their lanes


async def test_a_step_leases_every_lane_and_gives_its_rows(store: Store) -> None:
    """Rows of several lanes come at once, in order in each; of a thread that is to be opened only the opening."""
    await opened(store, CASE, to_user("queued"))
    case = await current(store)
    done = await do(
        store,
        step(case, to_thread("root", "thread", 1), to_user("a"), to_thread("x"), to_user("b"), to_thread("y")),
    )
    assert said(done.rows) == [(LANE, "root")]  # the user's lane is somebody's already
    assert [row.address for row in done.rows] == [DESK]
    rows = await store.sent(USER.key, 1, "", "me", NOW)
    assert said(rows) == [(USER.key, "a"), (USER.key, "b")]
    rows = await store.sent(LANE, 1, "m-root", "me", NOW, thread=THREAD)
    assert said(rows) == [(LANE, "x"), (LANE, "y")]
    assert [row.address for row in rows or ()] == [THREAD, THREAD]
    assert [row.threadless for row in (*done.rows, *(rows or ()))] == [False] * 3


async def test_both_lanes_are_given_when_both_are_free(store: Store) -> None:
    """What one step owes to the user and to the thread is in the same answer, lane by lane."""
    await threaded(store)
    done = await do(store, step(await current(store), to_user("a"), to_thread("x"), to_user("b"), to_thread("y")))
    assert sorted(said(done.rows)) == sorted([(LANE, "x"), (LANE, "y"), (USER.key, "a"), (USER.key, "b")])
    lanes = [lane for lane, _ in itertools.groupby(done.rows, lambda row: row.lane)]
    assert sorted(lanes) == sorted([LANE, USER.key])


async def test_a_lane_keeps_the_order_of_steps_and_turns(open_store: Open) -> None:
    """Two replicas that write into the same lanes at once: each lane is sent in the order of its numbers, once."""
    stores = [await open_store(), await open_store()]
    await threaded(stores[0])

    async def relay(number: int) -> None:
        store = stores[number % 2]
        while True:
            case = await current(store)
            one = step(case, to_user(f"u{number}"), to_thread(f"t{number}"), event=f"r{number}")
            if (await do(store, one, "dead")).result == "done":
                return

    await asyncio.gather(*map(relay, range(30)))
    got = await drain(stores[0], at=NOW + 60)
    for lane, letter in ((USER.key, "u"), (LANE, "t")):
        numbers = [words[1:] for its, _, words in got if its == lane]
        assert sorted(numbers, key=int) == [str(number) for number in range(30)]
        assert words_of(got, USER.key) == [f"u{number}" for number in numbers] or letter == "t"
    assert (await stores[0].counts(NOW)).waiting == 0


def words_of(got: list[tuple[str, str, str]], lane: str) -> list[str]:
    """The texts of a lane."""
    return [words for its, _, words in got if its == lane]


async def test_a_lanes_own_address_counts_more_than_the_steps(store: Store) -> None:
    """A row goes where the conversation was last seen, not where the case remembers it."""
    await opened(store)
    newer = replace(USER, details={"serviceUrl": "https://newer"})
    await store.commit(Turn(newer, "e", 1, {}, (), NOW), "me", NOW)
    done = await do(store, step(await current(store), to_user("a")))
    assert [row.address for row in done.rows] == [newer]


async def test_a_step_resumes_what_was_parked(store: Store) -> None:
    """A row owed to a parked lane is tried; and the user who writes is back, though nothing is owed to them."""
    await threaded(store)
    await do(store, step(await current(store), to_user("a")))
    await store.park(USER.key, "blocked", "me", NOW)
    assert (await store.counts(NOW)).parked == 1
    done = await do(store, step(await current(store), to_user("b"), key=THREAD.key))
    assert said(done.rows) == [(USER.key, "a"), (USER.key, "b")]
    await store.park(USER.key, "blocked", "me", NOW)
    timer = await do(store, step(await current(store), event=""))
    assert timer.rows == ()
    done = await do(store, step(await current(store), to_thread("x")))
    assert sorted(said(done.rows)) == sorted([(LANE, "x"), (USER.key, "a"), (USER.key, "b")])


async def test_updates_wait_for_the_message_that_they_are_about(store: Store) -> None:
    """In a lane that has both waiting, an update is given only once the receipt of its message is known."""
    await threaded(store)
    await do(store, step(await current(store), to_thread("x"), to_thread("m", turn=11), to_thread("m2", "update", 11)))
    rows = await store.sent(LANE, 2, "", "me", NOW)
    assert said(rows) == [(LANE, "m")]
    rows = await store.sent(LANE, 3, "id-m", "me", NOW)
    assert [(row.kind, row.receipt) for row in rows or ()] == [("update", "id-m")]


async def test_a_deleted_message_has_no_receipt_any_more(store: Store) -> None:
    """A deletion gets the receipt of its message; what comes after it for the same message finds none."""
    await threaded(store)
    await do(store, step(await current(store), to_thread("m", turn=11)))
    assert await store.sent(LANE, 2, "id-m", "me", NOW) == []
    done = await do(store, step(await current(store), to_thread("", "delete", 11), to_thread("m3", "update", 11)))
    assert [(row.kind, row.receipt) for row in done.rows] == [("delete", "id-m"), ("update", "id-m")]
    await store.release("me")
    (row,) = await store.claim("me", NOW, NOW + 30, 10)
    rows = await store.sent(LANE, row.seq, "id-m", "me", NOW)
    assert [(row.kind, row.receipt) for row in rows or ()] == [("update", "")]


async def test_a_turn_may_delete_too(store: Store) -> None:
    """A deletion in a plain turn gets its receipt as well."""
    await store.commit(Turn(USER, "e1", 0, {}, (text("m", turn=3),), NOW), "me", NOW + 30)
    await store.sent(USER.key, 1, "id-m", "me", NOW)
    done = await store.commit(Turn(USER, "e2", 1, {}, (text("", "delete", 3),), NOW), "me", NOW + 30)
    assert [(row.kind, row.receipt) for row in done.rows] == [("delete", "id-m")]


# ---- threads


async def test_a_confirmed_thread_is_known_everywhere(store: Store) -> None:
    """The case knows it, its key loads the case, nothing waits to be confirmed, and the lane leads there."""
    await opened(store)
    assert await store.unbound(DESK.key) == 1
    assert await store.unbound(USER.key) == 0
    before = await current(store)
    assert await store.sent(LANE, 1, "m-root", "me", NOW, thread=THREAD) == []
    case = await current(store)
    assert (case.thread, case.version) == (THREAD, before.version + 1)
    assert await store.unbound(DESK.key) == 0
    assert (await store.load(THREAD.key, "?")).case == await store.case_of(THREAD.key) == case
    done = await do(store, step(case, to_thread("x"), to_thread("root2", "update", 1)))
    assert [(row.address, row.receipt) for row in done.rows] == [(THREAD, ""), (THREAD, "m-root")]


async def test_a_step_that_did_not_know_the_thread_is_a_conflict(store: Store) -> None:
    """What was computed before the confirmation can't take the thread away again."""
    await opened(store)
    before = await current(store)
    await store.sent(LANE, 1, "m-root", "me", NOW, thread=THREAD)
    assert (await do(store, step(before))).result == "conflict"
    assert (await current(store)).thread == THREAD


async def test_a_thread_that_was_written_in_before_it_was_confirmed(store: Store) -> None:
    """Its conversation is there already; it loads the case from the confirmation on, and keeps its state."""
    await opened(store)
    await store.commit(Turn(THREAD, "early", 0, {"early": 1}, (), NOW), "me", NOW)
    await store.sent(LANE, 1, "m-root", "me", NOW, thread=THREAD)
    assert await store.load(THREAD.key, "?") == Loaded({"early": 1}, 2, case=await current(store))


async def test_binding_by_hand_is_the_same_and_may_be_repeated(store: Store) -> None:
    """`bind_thread` does what the delivery does; twice is once."""
    await opened(store)
    for _ in range(2):
        await store.bind_thread(CASE.id, LANE, THREAD, NOW)
        case = await current(store)
        assert (case.thread, case.version) == (THREAD, 2)
        assert (await store.load(THREAD.key, "?")) == Loaded({}, 1, case=case)
    (row,) = await store.claim("other", NOW + 60, NOW + 90, 10)
    assert row.address == DESK  # the opening itself still goes to the desk
    await store.bind_thread("HD-22222", "case:HD-22222:teams|t|x", THREAD, NOW)


async def test_the_thread_of_a_former_desk_is_not_the_cases(store: Store) -> None:
    """A case that was handed on while its thread was being opened gets the new desk's thread, not the late one."""
    await opened(store)
    other = Address("teams", "t", "19:other@thread", True)
    moved = replace(await current(store), desk=other, queue="network")
    await do(store, step(moved, Owed(other, text("root2", "thread", 1), lane_of(moved))))
    await store.sent(LANE, 1, "m1", "me", NOW, thread=THREAD)
    assert (await current(store)).thread is None
    assert await store.unbound(other.key) == 1
    assert (await store.load(THREAD.key, "?")).case == await current(store)
    second = replace(other, conversation="19:other@thread;messageid=8")
    await store.sent(lane_of(moved), 1, "m2", "me", NOW, thread=second)
    assert (await current(store)).thread == second


async def test_a_case_that_comes_back_to_a_desk_gets_a_new_thread(store: Store) -> None:
    """In the same lane: what waits before the opening goes to the old thread, what comes after it to the new one."""
    case = await threaded(store)
    await do(store, step(case, to_thread("m", turn=11)))
    await store.sent(LANE, 2, "id-m", "me", NOW)
    back = replace(await current(store), thread=None)
    done = await do(store, step(back, to_thread("old"), to_thread("root2", "thread", 1), to_thread("m2", "update", 11)))
    assert [(row.address, row.kind) for row in done.rows] == [(THREAD, "send"), (DESK, "thread")]
    await store.sent(LANE, 3, "", "me", NOW, more=True)
    second = replace(DESK, conversation="19:desk@thread;messageid=9")
    rows = await store.sent(LANE, 4, "m-root2", "me", NOW, thread=second)
    assert [(row.address, row.receipt) for row in rows or ()] == [(second, "")]
    assert (await current(store)).thread == second
    await store.sent(LANE, 5, "", "me", NOW)
    done = await do(store, step(await current(store), to_thread("r", "update", 1)))
    assert [row.receipt for row in done.rows] == ["m-root2"]


async def test_rows_of_a_thread_that_could_not_be_opened_are_known(store: Store) -> None:
    """Once the opening was set aside, the rows behind it say that they have no thread to go to."""
    await opened(store)
    await do(store, step(await current(store), to_thread("x")))
    rows = await store.set_aside(LANE, 1, "403", "me", NOW)
    assert [(row.payload["text"], row.threadless) for row in rows or ()] == [("x", True)]


# ---- what follows a row


def relayed(words: str = "hi", mark: int = 1, turn: int | None = None, **then: Any) -> Owed:
    """A message of the agent's to the user, of which the thread hears what became of it."""
    follows = Then(DESK, then.get("sent"), then.get("failed"), LANE) if then else None
    return Owed(USER, text(words, turn=turn), message=(CASE.id, mark), then=follows)


def message(mark: int = 1, words: str = "hi", **more: Any) -> Message:
    """A message of the agent's in the transcript."""
    return Message(CASE.id, mark, NOW, "agent", "Bo", words, THREAD.key, f"src-{mark}", USER.key, 10 + mark, **more)


async def test_what_follows_a_delivery_is_owed_with_it(store: Store) -> None:
    """The transcript says so, and the row that follows is given at once, after the conversation's own."""
    await threaded(store)
    case = await current(store)
    await do(store, step(case, relayed(sent=text("sent ✓"), failed=text("no")), to_user("b"), messages=(message(),)))
    rows = await store.sent(USER.key, 1, "id-hi", "me", NOW, follows=True)
    assert said(rows) == [(USER.key, "b"), (LANE, "sent ✓")]
    assert [row.address for row in rows or ()] == [USER, THREAD]
    assert await store.transcript(CASE.id) == [message(state="delivered")]
    assert await store.sent(USER.key, 1, "id-hi", "me", NOW) is not None
    assert (await store.counts(NOW)).waiting == 2


@pytest.mark.parametrize("told", [True, False])
async def test_what_follows_needs_no_hint(store: Store, told: bool) -> None:
    """Whether the store is told that something follows makes no difference to what is owed."""
    await threaded(store)
    owed = (relayed("a", 1, sent=text("A")), relayed("b", 2, failed=text("B {reason}")))
    done = await do(store, step(await current(store), *owed, messages=(message(1), message(2))))
    assert [row.follows for row in done.rows] == [True, True]
    rows = await store.sent(USER.key, 1, "", "me", NOW, more=True, follows=told)
    assert said(rows) == [(LANE, "A")]
    rows = await store.set_aside(USER.key, 2, "why", "me", NOW, follows=told)
    assert rows == []  # the lane is being delivered to: its holder meets the row
    rows = await store.sent(LANE, 2, "", "me", NOW)
    assert said(rows) == [(LANE, "B why")]
    assert [each.state for each in await store.transcript(CASE.id)] == ["delivered", "failed"]


async def test_a_reason_can_hold_anything(store: Store) -> None:
    """It is put into the payload as JSON has it, and comes out as it was."""
    await threaded(store)
    reason = 'a "quoted" \\ back\nslash, Grüße 👋 {reason}'
    await do(store, step(await current(store), relayed(failed=text("failed: {reason}!")), messages=(message(),)))
    rows = await store.set_aside(USER.key, 1, reason, "me", NOW, follows=True)
    assert said(rows) == [(LANE, f"failed: {reason}!")]
    assert await store.transcript(CASE.id) == [message(state="failed", reason=reason)]


async def test_blocked_conversations_fail_what_somebody_waits_for(store: Store) -> None:
    """Parking sets aside the rows on which others follow, tells of each, and keeps the rest for later, in order."""
    await threaded(store)
    owed = (to_user("a"), relayed("b", 1, failed=text("b {reason}")), to_user("c"), relayed("d", 2))
    await do(store, step(await current(store), *owed, messages=(message(1), message(2))))
    await store.park(USER.key, "blocked", "me", NOW)
    assert [(each.state, each.reason) for each in await store.transcript(CASE.id)] == [("failed", "blocked")] * 2
    assert said(await store.claim("me", NOW, NOW + 30, 10)) == [(LANE, "b blocked")]
    assert sorted((each.seq, each.parked) for each in await store.aside(10)) == [
        (1, True),
        (2, False),
        (3, True),
        (4, False),
    ]
    done = await do(store, step(await current(store)))
    assert said(done.rows) == [(USER.key, "a"), (USER.key, "c")]


async def test_nothing_is_parked_where_nothing_is_left(store: Store) -> None:
    """When every row of a blocked conversation was set aside, it is an ordinary conversation with nothing waiting."""
    await threaded(store)
    await do(store, step(await current(store), relayed(failed=text("no")), messages=(message(),)))
    await store.park(USER.key, "blocked", "other", NOW)
    assert (await store.counts(NOW)).parked == 0
    assert [each.state for each in await store.transcript(CASE.id)] == ["pending"]
    await store.park(USER.key, "blocked", "me", NOW)
    assert (await store.counts(NOW)).parked == 0
    done = await do(store, step(await current(store), to_user("b")))
    assert said(done.rows) == [(USER.key, "b")]


async def test_a_lost_lease_fails_nothing_but_a_delivery_is_a_fact(store: Store) -> None:
    """Who lost the lane can't set a row aside; what was sent is sent, and what follows waits for anybody."""
    await threaded(store)
    await do(store, step(await current(store), relayed(sent=text("A"), failed=text("B")), messages=(message(),)))
    await store.claim("other", NOW + 60, NOW + 90, 10)
    assert await store.set_aside(USER.key, 1, "why", "me", NOW, follows=True) is None
    assert [each.state for each in await store.transcript(CASE.id)] == ["pending"]
    await store.sent(USER.key, 1, "", "me", NOW, follows=True)
    assert [each.state for each in await store.transcript(CASE.id)] == ["delivered"]
    assert said(await store.claim("third", NOW, NOW + 30, 10)) == [(LANE, "A")]


async def test_a_row_sent_again_by_the_operator_tells_again(store: Store) -> None:
    """What was set aside and then sent after all is delivered in the transcript, and what follows says so."""
    await threaded(store)
    await do(store, step(await current(store), relayed(sent=text("A"), failed=text("B")), messages=(message(),)))
    assert said(await store.set_aside(USER.key, 1, "why", "me", NOW)) == [(LANE, "B")]
    assert await store.resend(USER.key, 1, NOW)
    assert (await drain(store))[0] == (USER.key, USER.conversation, "hi")
    assert (await store.transcript(CASE.id))[0].state == "delivered"


async def test_a_thread_sent_again_by_the_operator_is_a_thread(store: Store) -> None:
    """An opening that was set aside goes to the desk when it is sent again, before what waits behind it."""
    await opened(store)
    await do(store, step(await current(store), to_thread("x")))
    await store.set_aside(LANE, 1, "403", "me", NOW)
    await store.release("me")
    assert await store.resend(LANE, 1, NOW)
    (row,) = await store.claim("me", NOW, NOW + 30, 10)
    assert (row.kind, row.address) == ("thread", DESK)


async def test_a_row_may_follow_into_its_own_lane(store: Store) -> None:
    """It comes at the lane's end, once."""
    await threaded(store)
    own = Owed(USER, text("a"), then=Then(USER, text("after a")))
    await do(store, step(await current(store), own, to_user("b")))
    assert await store.sent(USER.key, 1, "", "me", NOW, more=True, follows=True) == []
    assert said(await store.sent(USER.key, 2, "", "me", NOW)) == [(USER.key, "after a")]


async def test_what_follows_into_an_unknown_conversation_makes_it(store: Store) -> None:
    """The address that comes with it is enough."""
    await threaded(store)
    there = Address("teams", "t", "new")
    await do(store, step(await current(store), Owed(USER, text("a"), then=Then(there, text("b")))))
    rows = await store.sent(USER.key, 1, "", "me", NOW, follows=True)
    assert [(row.lane, row.address) for row in rows or ()] == [(there.key, there)]


async def test_replicas_that_touch_the_same_lanes_do_not_stand_in_each_others_way(open_store: Open) -> None:
    """Steps, deliveries, parkings and plain turns over the same few conversations at once, from two replicas: nobody
    waits for a deadlock to be found (a second), and every message's state is known at the end."""
    stores = [await open_store(), await open_store()]
    cases = [replace(CASE, id=f"HD-{n}", user=replace(USER, conversation=f"a:{n}")) for n in range(3)]
    for case in cases:
        await threaded(stores[0], case, replace(DESK, conversation=f"19:desk@thread;messageid={case.id}"))
    chance = random.Random(7)

    async def relay(store: Store, holder: str, case_id: str, mark: int) -> None:
        while True:
            case = await current(store, case_id)
            user, lane = case.user, lane_of(case)
            left = Owed(user, text("m"), message=(case_id, mark), then=Then(DESK, text("ok"), text("no"), lane))
            right = Owed(DESK, text("m"), lane, (case_id, mark), Then(user, text("ok"), text("no")))
            one = left if mark % 2 else right
            states = (Saved(user, (await store.load(user.key, "?")).version, {"mark": mark}),)
            said_now = (Message(case_id, mark, NOW, "agent", "Bo", "m"),)
            made = step(case, one, event=f"r{mark}", key=user.key, conversations=states, messages=said_now)
            if (await do(store, made, holder)).result in ("done", "duplicate"):
                return

    async def deliver(store: Store, holder: str) -> None:
        for _ in range(60):
            for row in await store.claim(holder, NOW + 60, NOW + 90, 10):
                if chance.random() < 0.15:
                    await store.park(row.lane, "blocked", holder, NOW)
                elif chance.random() < 0.15:
                    await store.set_aside(row.lane, row.seq, "why", holder, NOW, follows=row.follows)
                else:
                    await store.sent(row.lane, row.seq, "id", holder, NOW, follows=row.follows)
            await store.release(holder)

    work = [relay(stores[mark % 2], f"r{mark % 2}", cases[mark % 3].id, mark) for mark in range(60)]
    await asyncio.gather(*work, *(deliver(store, f"d{n}") for n, store in enumerate(stores)))
    await asyncio.wait_for(drain(stores[0], at=NOW + 1000), 30)
    for case in cases:
        assert {each.state for each in await stores[0].transcript(case.id)} <= {"delivered", "failed"}
        assert len(await stores[0].transcript(case.id)) == 20


# ---- transcripts


async def test_a_transcript_comes_back_in_order_with_its_edits(store: Store) -> None:
    """Messages by their marks; an edited one has its new text, a deleted one none."""
    case = await threaded(store)
    words = "Grüße 👋 \x00 \ud800"
    file = {"name": "a.png", "size": 3, "kept": "x"}
    messages = (message(1, words), message(2, "b", state="internal"), message(3, "c", files=(file,)))
    await do(store, step(case, messages=messages))
    await do(store, step(await current(store), edits=((1, words + "!"), (3, None), (9, "nobody"))))
    assert await store.transcript(CASE.id) == [
        message(1, words + "!", changed="edited"),
        message(2, "b", state="internal"),
        message(3, "", files=(file,), changed="deleted"),
    ]
    assert await store.transcript("HD-22222") == []


async def test_a_message_is_found_by_where_it_came_in(store: Store) -> None:
    """By the conversation and the platform's id; messages without one are never found."""
    case = await threaded(store)
    await do(store, step(case, messages=(message(1), replace(message(2), source_id=""))))
    assert await store.message_by_source(THREAD.key, "src-1") == message(1)
    assert await store.message_by_source(USER.key, "src-1") is None
    assert await store.message_by_source(THREAD.key, "") is None


# ---- lists


async def many(store: Store, *cases: Case) -> None:
    """Store these as new cases, in the state that they have."""
    for case in cases:
        assert (await do(store, step(replace(case, version=0), key=case.user.key))).result == "done"


async def test_cases_are_listed_by_how_long_they_wait(store: Store) -> None:
    """Open ones first, the longest waiting first; then closed ones, the newest first; each filter narrows."""
    other = Address("teams", "t", "a:other")
    await many(
        store,
        replace(CASE, id="W2", waiting_since=20.0),
        replace(CASE, id="W1", waiting_since=10.0, queue="network"),
        replace(CASE, id="H1", waiting_since=15.0, state="claimed", agent=BO, user=other),
        replace(CASE, id="C1", state="closed", closed_at=30.0),
        replace(CASE, id="C2", state="closed", closed_at=40.0, queue="network"),
    )

    async def ids(**filters: Any) -> str:
        return " ".join(case.id for case in await store.cases(**filters))

    assert await ids() == "W1 H1 W2 C2 C1"
    assert await ids(limit=4) == "W1 H1 W2 C2"
    assert await ids(limit=2) == "W1 H1"
    assert await ids(state="waiting") == "W1 W2"
    assert await ids(state="claimed") == "H1"
    assert await ids(state="closed", limit=1) == "C2"
    assert await ids(queue="network") == "W1 C2"
    assert await ids(agent=BO.id) == "H1"
    assert await ids(user_key=USER.key, state="waiting", queue="helpdesk") == "W2"
    assert await store.load_case(BO.id) == 1
    assert await store.load_case("nobody") == 0


async def test_the_place_in_the_queue(store: Store) -> None:
    """Counted from 1 among those who wait in the same queue, by when they began to; also for one not stored yet."""
    first, second = replace(CASE, id="A", waiting_since=10.0), replace(CASE, id="B", waiting_since=10.0)
    await many(store, first, second, replace(CASE, id="N", queue="network", waiting_since=1.0))
    third = replace(CASE, id="C", waiting_since=11.0)
    assert [await store.place(case) for case in (first, second, third)] == [1, 2, 3]
    await do(store, step(replace(await current(store, "A"), state="claimed", agent=BO)))
    assert [await store.place(case) for case in (second, third)] == [1, 2]


async def test_waits_are_counted_from_the_queue_to_the_claim(store: Store) -> None:
    """Newest first, since a time; being passed on, taken over or closed later makes no wait longer."""
    assert await store.waits("helpdesk", 0.0) == []
    for number, seconds in ((1, 60.0), (2, 30.0), (3, 90.0)):
        await many(store, replace(CASE, id=f"W{number}", waiting_since=NOW, state="waiting"))
        claimed = replace(await current(store, f"W{number}"), state="claimed", agent=BO, claimed_at=NOW + seconds)
        await do(store, step(claimed))
    assert await store.waits("helpdesk", NOW) == [90.0, 60.0, 30.0]
    assert await store.waits("helpdesk", NOW + 50, 1) == [90.0]
    assert await store.waits("network", NOW) == []
    taken = replace(await current(store, "W3"), agent=ANN, claimed_at=NOW + 9000)
    await do(store, step(taken))
    await do(store, step(replace(await current(store, "W2"), state="closed", closed_at=NOW + 99)))
    assert await store.waits("helpdesk", NOW) == [90.0, 60.0, 30.0]
    again = replace(await current(store, "W3"), state="waiting", agent=None, waiting_since=NOW + 9100)
    await do(store, step(again))
    assert await store.waits("helpdesk", NOW) == [60.0, 30.0]


async def test_due_cases_longest_due_first(store: Store) -> None:
    """Only open cases whose time has come, at most as many as asked for."""
    for number, due in enumerate((50.0, 10.0, None, 30.0, 99.0)):
        await many(store, replace(CASE, id=f"D{number}", due=due))
    await many(store, replace(CASE, id="closed", due=5.0, state="closed", closed_at=1.0))
    assert [case.id for case in await store.due(50.0, 10)] == ["D1", "D3", "D0"]
    assert [case.id for case in await store.due(50.0, 2)] == ["D1", "D3"]
    assert await store.due(9.0, 10) == []
    await do(store, step(replace(await current(store, "D1"), due=60.0)))
    assert [case.id for case in await store.due(50.0, 10)] == ["D3", "D0"]


async def test_desks_are_bound_and_unbound(store: Store) -> None:
    """A queue has one desk; binding it again moves it."""
    assert await store.desks() == []
    await store.bind_desk(Desk("network", DESK, "p-bo", 1.0))
    await store.bind_desk(Desk("helpdesk", USER, "p-bo", 2.0))
    await store.bind_desk(Desk("helpdesk", DESK, "p-ann", 3.0))
    assert await store.desks() == [Desk("helpdesk", DESK, "p-ann", 3.0), Desk("network", DESK, "p-bo", 1.0)]
    assert await store.unbind_desk("network")
    assert not await store.unbind_desk("network")
    assert [desk.queue for desk in await store.desks()] == ["helpdesk"]


# ---- what goes away


async def test_old_cases_are_swept_with_all_that_is_theirs(store: Store) -> None:
    """Closed long enough ago: case, transcript, lanes and their rows go; conversations stay, without a case."""
    case = await threaded(store)
    await do(store, step(case, to_thread("x"), messages=(message(),)))
    await store.set_aside(LANE, 2, "why", "me", NOW)
    await do(store, step(await current(store), to_thread("y")))
    await do(store, step(replace(await current(store), state="closed", closed_at=NOW)))
    await many(store, replace(CASE, id="new", state="closed", closed_at=NOW + 9), replace(CASE, id="open"))
    assert await store.sweep_cases(NOW, 10) == 0
    assert await store.sweep_cases(NOW + 1, 10) == 1
    assert await store.sweep_cases(NOW + 1, 10) == 0
    assert sorted(each.id for each in await store.cases()) == ["new", "open"]
    assert await store.transcript(CASE.id) == []
    assert await store.aside(10) == []
    assert (await store.counts(NOW)).waiting == 0
    for key in (USER.key, THREAD.key):
        loaded = await store.load(key, "?")
        assert loaded.case is None
        assert loaded.version > 0


async def test_a_batch_of_the_sweep_is_bounded(store: Store) -> None:
    """At most as many as asked for, the oldest first."""
    await many(store, *(replace(CASE, id=f"C{n}", state="closed", closed_at=float(n)) for n in range(5)))
    assert await store.sweep_cases(NOW, 2) == 2
    assert sorted(case.id for case in await store.cases()) == ["C2", "C3", "C4"]


async def test_a_forgotten_user_is_nowhere(store: Store) -> None:
    """Their closed cases are gone; open ones are closed and hold nothing of them; neither chat nor waiting row is
    left, and nobody else loses anything."""
    case = await threaded(store)
    await do(store, step(case, to_user("secret"), to_thread("secret"), messages=(message(1, "secret"),)))
    await do(store, step(await current(store), key=THREAD.key, event="press", answer={"card": "Ann"}))
    old = replace(CASE, id="HD-OLD22", state="closed", closed_at=NOW, desk=replace(DESK, conversation="19:d2"))
    await many(store, old)
    await do(store, step(await current(store, old.id), Owed(old.desk, text("secret", "thread", 1), lane_of(old))))
    other = replace(CASE, id="HD-33333", person=Person("p-ann2", "Other"), user=Address("teams", "t", "a:o"))
    await opened(store, other, Owed(other.user, text("theirs")))
    second = replace(USER, conversation="a:second")  # another chat of the same person, which never had a case
    await store.commit(Turn(second, "e", 0, {"words": "secret"}, (text("secret"),), NOW), "me", NOW + 30)
    done = await store.forget(ANN.id, NOW + 5)
    assert done == {
        "cases": 1,
        "open cases": 1,
        "messages": 1,
        "conversations": 2,
        "rows": 4,
        "mentions as staff": 0,
    }
    left = await current(store)
    assert (left.state, left.ending, left.closed_at, left.thread) == ("closed", "forgotten", NOW + 5, THREAD)
    assert not any(word in repr(left) for word in ("Ann", "p-ann", "a:user", "VPN", "broke", "Monday"))
    assert (await store.load(THREAD.key, "?")).case == left
    press = await store.load(THREAD.key, "press")
    assert (press.seen, press.answer) == (True, None)
    assert await store.case(old.id) is None
    assert await store.transcript(CASE.id) == []
    for address in (USER, second):
        assert await store.load(address.key, "e") == Loaded(None, 0)
    assert await drain(store, at=NOW + 60) == [(other.user.key, "a:o", "theirs")]
    assert await store.case_of(other.user.key) is not None
    assert set((await store.forget(ANN.id, NOW)).values()) == {0}


async def test_what_was_in_delivery_when_its_user_was_forgotten_leaves_no_trace(store: Store) -> None:
    """A row that was on its way is marked as sent without making anything anew."""
    case = await threaded(store)
    await do(store, step(case, relayed(sent=text("sent to Ann")), messages=(message(),)))
    await store.forget(ANN.id, NOW)
    assert not await store.sent(USER.key, 1, "id", "me", NOW, follows=True)
    assert await store.load(USER.key, "?") == Loaded(None, 0)
    assert (await store.counts(NOW)).waiting == 0


async def test_a_forgotten_member_of_the_staff_is_taken_out(store: Store) -> None:
    """Of cases that are not theirs: their id and name go, the cases and what was said stay."""
    case = await threaded(store)
    held = replace(case, state="closed", closed_at=NOW, last_agent=BO, closed_by=BO.id, rated_agent=BO.id)
    await do(store, step(held, messages=(message(1), replace(message(2), author="Cy"))))
    await store.bind_desk(Desk("helpdesk", DESK, BO.id, 1.0))
    done = await store.forget(BO.id, NOW)
    assert {name: count for name, count in done.items() if count} == {"mentions as staff": 2}
    left = await current(store)
    assert (left.last_agent, left.closed_by, left.rated_agent) == (None, "", "")
    assert left.person == ANN
    assert [(each.author, each.text) for each in await store.transcript(CASE.id)] == [("", "hi"), ("Cy", "hi")]
    assert (await store.desks())[0].bound_by == ""


async def test_everything_is_there_after_a_restart(open_store: Open) -> None:
    """Case, thread, transcript, timers, desks and rows with what follows them outlive the process."""
    first = await open_store()
    case = await threaded(first)
    await do(first, step(case, relayed(sent=text("A"), failed=text("B")), messages=(message(),)))
    await first.bind_desk(Desk("helpdesk", DESK, "p", 1.0))
    stored = await current(first)
    await first.close()
    again = await open_store()
    assert await current(again) == stored
    assert (await again.load(THREAD.key, "?")).case == stored
    assert [each.id for each in await again.due(NOW + 300, 10)] == [CASE.id]
    assert len(await again.desks()) == 1
    await again.release("me")
    assert [words for _, _, words in await drain(again)] == ["hi", "A"]
    assert await again.transcript(CASE.id) == [message(state="delivered")]
