"""What every Store promises of the rows that cases owe: lanes, threads, and what follows a row."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace

import pytest

from bot.envelope import Address
from bot.handoff.case import Message, lane_of
from bot.storage.base import Loaded, Store, Turn
from bot.storage.cases import Owed, Saved, Then
from tests.contracts.cases import (
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
    message,
    opened,
    relayed,
    said,
    step,
    text,
    threaded,
    to_thread,
    to_user,
    words_of,
)

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
