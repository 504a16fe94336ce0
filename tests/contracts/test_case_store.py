"""What every Store promises of cases, proved over SQLite and over a real PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bot.envelope import Address, Person
from bot.handoff.case import Message, lane_of
from bot.storage.base import Committed, Loaded, Store, Turn
from bot.storage.cases import Desk, Owed, Saved
from tests.contracts.cases import (
    ANN,
    BO,
    CASE,
    DESK,
    LANE,
    NOW,
    THREAD,
    USER,
    Open,
    current,
    do,
    drain,
    many,
    message,
    opened,
    relayed,
    step,
    text,
    threaded,
    to_thread,
    to_user,
)

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
        "files": 0,
        "events": 0,
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


async def test_a_former_agent_is_taken_out_of_what_they_said(store: Store) -> None:
    """Also where somebody else has the case since: what they said is known by their id, not by a name that others bear,
    too; their words stay. The answers to presses, which name them, are gone."""
    case = await threaded(store)
    said = replace(message(1, "Bo's"), author_id=BO.id)
    note = replace(message(2, "Bo's note"), side="note", twin_key="", author_id=BO.id)
    namesake = replace(message(3, "another Bo's"), author_id="p-bo2")
    await do(store, step(case, messages=(said, note, namesake, message(4, "of before ids"))))
    await do(store, step(await current(store), key=THREAD.key, event="press", answer={"card": "Bo"}))
    held = replace(await current(store), state="claimed", agent=Person("p-cy", "Cy"), last_agent=Person("p-cy", "Cy"))
    await do(store, step(held))
    before = await current(store)
    done = await store.forget(BO.id, NOW)
    assert {name: count for name, count in done.items() if count} == {"mentions as staff": 1}
    assert await current(store) == before
    left = await store.transcript(CASE.id)
    assert [(each.author, each.author_id, each.text) for each in left] == [
        ("", "", "Bo's"),
        ("", "", "Bo's note"),
        ("Bo", "p-bo2", "another Bo's"),
        ("Bo", "", "of before ids"),  # whose it was is not known any more
    ]
    assert (await store.load(THREAD.key, "press")).answer is None
    assert set((await store.forget(BO.id, NOW)).values()) == {0}


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


async def test_two_processes_change_a_case_by_turns(open_store: Open) -> None:
    """What is looked for (timers, states, queues, whose it is) holds after each step, whoever wrote last, and even when
    one of them writes again just what it wrote before the other."""
    here, there = await open_store(), await open_store()
    await opened(here)
    waiting = replace(CASE, due=NOW + 5)
    claimed = replace(CASE, state="claimed", queue="other", agent=BO, claimed_at=NOW, due=NOW + 9)
    for store, other, like in [(here, there, waiting), (there, here, claimed), (here, there, waiting)] * 2:
        version = (await current(store)).version
        for said in (0, 1):
            now = replace(like, version=version + said, user_at=NOW + said)
            assert (await do(store, step(now))).result == "done"
        assert await current(other) == replace(like, version=version + 2, user_at=NOW + 1)
        assert [case.due for case in await other.due(NOW + 10, 9)] == [like.due]
        assert await other.due(NOW + 4, 9) == []
        assert len(await other.cases(state=like.state, queue=like.queue)) == 1
        assert await other.load_case("p-bo") == int(like is claimed)
    late = replace(claimed, version=(await current(here)).version - 1)
    assert (await do(there, step(late))).result == "conflict"


async def test_what_is_written_after_a_person_was_forgotten_elsewhere(open_store: Open) -> None:
    """A process that wrote the case last brings nothing back when another one forgets its user: its step is late."""
    here, there = await open_store(), await open_store()
    await opened(here)
    for said in (1.0, 2.0):
        assert (await do(here, step(replace(await current(here), user_at=NOW + said)))).result == "done"
    before = await current(here)
    await there.forget(ANN.id, NOW)
    late = step(replace(before, user_at=NOW + 3), to_user("hi"), messages=(message(),))
    assert (await do(here, late)).result == "conflict"
    gone = await current(here)
    assert (gone.state, gone.person.id, gone.due) == ("closed", "", None)
    assert await here.transcript(CASE.id) == []
    assert await here.due(NOW + 1e6, 9) == []
    assert (await here.counts(NOW)).waiting == 0
