"""What every Store promises, proved over SQLite and over a real PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import chain
from typing import Any

import pytest

from bot.envelope import Address, Outgoing
from bot.errors import StoreUnavailable
from bot.storage.base import AHEAD, Aside, Committed, Counts, Loaded, Row, Store, Turn

NOW = 1_700_000_000.0
UNTIL = NOW + 30
KEY = Address("teams", "t", "c").key

Open = Callable[[], Awaitable[Store]]


def turn(
    event: str,
    version: int = 0,
    *texts: str,
    conversation: str = "c",
    at: float = NOW,
    state: dict[str, Any] | None = None,
    answer: dict[str, Any] | None = None,
) -> Turn:
    """A turn that sends these texts."""
    out = tuple(Outgoing("send", {"text": text}) for text in texts)
    address = Address("teams", "t", conversation, details={"serviceUrl": "https://x"})
    return Turn(address, event, version, state or {"n": version + 1}, out, at, answer)


async def put(store: Store, *texts: str, conversation: str = "c", holder: str = "me", at: float = NOW) -> Committed:
    """Commit the conversation's next turn, whatever its version is."""
    key = turn("", conversation=conversation).address.key
    version = (await store.load(key, "?")).version
    return await store.commit(turn(f"e{version}", version, *texts, conversation=conversation, at=at), holder, at + 30)


def said(rows: list[Row] | tuple[Row, ...] | None) -> list[str]:
    """The texts of rows."""
    return [row.payload["text"] for row in rows or ()]


def places(rows: list[Row] | tuple[Row, ...] | None) -> list[int]:
    """The seqs of rows."""
    return [row.seq for row in rows or ()]


async def drain(store: Store, holder: str, now: float) -> list[tuple[str, str]]:
    """Claim and send until nothing is due: (conversation, text) in the order of sending."""
    got = []
    while claimed := await store.claim(holder, now, now + 30, 100):
        for row in claimed:
            rows: list[Row] | None = [row]
            while rows:
                first = rows.pop(0)
                got.append((first.address.conversation, first.payload["text"]))
                found = await store.sent(first.address.key, first.seq, "", holder, now, more=bool(rows))
                rows = [*rows, *(found or [])]
    return got


# ---- turns


async def test_a_new_conversation_is_empty(store: Store) -> None:
    """An unknown key loads as version 0 without state, and no event was seen."""
    assert await store.load(KEY, "e") == Loaded(None, 0)


async def test_a_committed_turn_is_loaded_again(store: Store) -> None:
    """State comes back equal, the version counts turns, and the event is seen."""
    state = {"a": [1, 2.5, None, True], "text": "Grüße 👋 \x00 \ud800", "deep": {"x": {"y": []}}}
    assert (await store.commit(turn("e1", state=state), "me", UNTIL)).result == "done"
    assert await store.load(KEY, "e1") == Loaded(state, 1, seen=True)
    assert await store.load(KEY, "e2") == Loaded(state, 1)
    assert (await store.commit(turn("e2", 1), "me", UNTIL)).result == "done"
    assert await store.load(KEY, "e3") == Loaded({"n": 2}, 2)


async def test_a_stale_version_is_a_conflict_and_writes_nothing(store: Store) -> None:
    """A turn computed from an older state leaves no state, no event and no rows."""
    await store.commit(turn("e1"), "me", UNTIL)
    await store.commit(turn("e2", 1), "me", UNTIL)
    for version in (0, 1, 3):
        assert await store.commit(turn("e3", version, "x"), "me", UNTIL) == Committed("conflict")
    assert await store.load(KEY, "e3") == Loaded({"n": 2}, 2)
    assert (await store.counts(NOW)).waiting == 0


async def test_a_duplicate_gives_the_stored_answer_and_writes_nothing(store: Store) -> None:
    """The same event again, with whatever version, ends with the first one's answer."""
    await store.commit(turn("e1", 0, "x", answer={"card": 1}), "me", UNTIL)
    for version in (0, 1, 7):
        again = await store.commit(turn("e1", version, "y", answer={"card": 2}), "me", UNTIL)
        assert again == Committed("duplicate", {"card": 1})
    assert await store.load(KEY, "e1") == Loaded({"n": 1}, 1, seen=True, answer={"card": 1})
    assert (await store.counts(NOW)).waiting == 1


async def test_an_event_id_belongs_to_its_conversation(store: Store) -> None:
    """Two conversations may have the same event id."""
    assert (await store.commit(turn("e", conversation="c"), "me", UNTIL)).result == "done"
    assert (await store.commit(turn("e", conversation="d"), "me", UNTIL)).result == "done"


async def test_twenty_concurrent_turns_equal_a_serial_order(open_store: Open) -> None:
    """Twenty turns at once on two replicas, each retried on conflict, end as if one came after the other."""
    stores = [await open_store(), await open_store()]

    async def one(number: int) -> None:
        store = stores[number % 2]
        while True:
            loaded = await store.load(KEY, f"e{number}")
            order = [*(loaded.state or {"order": []})["order"], number]
            done = await store.commit(
                turn(f"e{number}", loaded.version, str(number), state={"order": order}), "me", UNTIL
            )
            if done.result == "done":
                return

    await asyncio.gather(*(one(number) for number in range(20)))
    loaded = await stores[0].load(KEY, "")
    assert loaded.version == 20
    assert loaded.state is not None
    assert sorted(loaded.state["order"]) == list(range(20))
    await stores[0].release("me")
    assert [int(text) for _, text in await drain(stores[0], "x", NOW)] == loaded.state["order"]


async def test_the_same_event_at_once_is_one_turn(open_store: Open) -> None:
    """Of ten deliveries of one event at the same moment one is done, the others are duplicates with its answer."""
    stores = [await open_store(), await open_store()]
    for round_ in range(5):
        results = await asyncio.gather(
            *(
                stores[number % 2].commit(turn(f"e{round_}", round_, "x", answer={"n": number}), "me", UNTIL)
                for number in range(10)
            )
        )
        done = [number for number, result in enumerate(results) if result.result == "done"]
        assert len(done) == 1
        assert all(
            result == Committed("duplicate", {"n": done[0]})
            for number, result in enumerate(results)
            if number != done[0]
        )
    assert (await stores[0].counts(NOW)).waiting == 5


async def test_many_conversations_commit_at_once(open_store: Open) -> None:
    """Turns of many conversations, crosswise on two replicas, all get through; none waits for another for ever."""
    stores = [await open_store(), await open_store()]
    shuffle = random.Random(1)
    jobs = [(number % 2, conversation) for number in range(4) for conversation in range(25)]
    shuffle.shuffle(jobs)

    async def one(replica: int, conversation: int, event: int) -> None:
        while True:
            key = turn("", conversation=str(conversation)).address.key
            version = (await stores[replica].load(key, "")).version
            done = await stores[replica].commit(
                turn(f"e{event}", version, "x", conversation=str(conversation)), f"r{replica}", UNTIL
            )
            for row in done.rows:
                await stores[replica].sent(key, row.seq, "", f"r{replica}", NOW)
            if done.result == "done":
                return

    await asyncio.gather(*(one(*job, event) for event, job in enumerate(jobs)))
    for conversation in range(25):
        assert (await stores[0].load(turn("", conversation=str(conversation)).address.key, "")).version == 4


async def test_one_bad_turn_spoils_no_other(store: Store) -> None:
    """A turn that no database can take (a lone surrogate in its event id) fails alone; what waits beside it is done."""
    jobs = [store.commit(turn(f"e{n}", conversation=str(n)), "me", UNTIL) for n in range(5)]
    bad = store.commit(turn("\ud800", conversation="bad"), "me", UNTIL)
    results = await asyncio.gather(*jobs[:3], bad, *jobs[3:], return_exceptions=True)
    assert isinstance(results.pop(3), Exception)
    assert results == [Committed("done")] * 5
    assert (await store.load(turn("", conversation="bad").address.key, "")).version == 0


# ---- leases and order


async def test_a_commit_leases_and_gives_its_rows(store: Store) -> None:
    """With nothing waiting before, a commit gives its own rows, numbered on from the last turn's."""
    first = await store.commit(turn("e1", 0, "a", "b"), "me", UNTIL)
    assert first.rows == tuple(
        Row(turn("").address, seq, "send", {"text": text}, None, 0, NOW, lane=KEY) for seq, text in ((1, "a"), (2, "b"))
    )
    assert await store.sent(KEY, 1, "", "me", NOW, more=True) == []
    assert await store.sent(KEY, 2, "", "me", NOW) == []
    assert places((await store.commit(turn("e2", 1, "c"), "me", UNTIL)).rows) == [3]


async def test_a_commit_gives_no_rows_where_somebody_is_at_work(store: Store) -> None:
    """Rows committed while the conversation is leased, to whomever, are met by the holder after `sent`."""
    assert said((await put(store, "a")).rows) == ["a"]
    assert (await put(store, "b")).rows == ()
    assert (await put(store, "c", holder="other")).rows == ()
    assert await store.claim("other", NOW, UNTIL, 10) == []
    assert said(await store.sent(KEY, 1, "", "me", NOW)) == ["b", "c"]


async def test_claim_gives_the_first_row_of_each_due_conversation(store: Store) -> None:
    """Freed conversations are claimed once, up to the limit, longest waiting first."""
    for number in range(5):
        await put(store, f"a{number}", f"b{number}", conversation=f"c{number}", at=NOW + number)
    assert await store.claim("other", NOW + 5, NOW + 35, 10) == []
    got = await store.claim("other", NOW + 32, NOW + 62, 2)
    assert said(got) == ["a0", "a1"]
    assert got[0].address == turn("", conversation="c0").address
    assert said(await store.claim("third", NOW + 50, NOW + 80, 10)) == ["a2", "a3", "a4"]
    assert await store.claim("other", NOW + 50, NOW + 80, 10) == []


async def test_a_dead_holders_conversation_is_taken_over(store: Store) -> None:
    """When a lease has run out, the next claim of anybody gets the conversation; the dead one learns it by None."""
    await put(store, "a", "b", "c")
    assert await store.claim("other", UNTIL - 1, UNTIL + 30, 10) == []
    assert said(await store.claim("other", UNTIL, UNTIL + 30, 10)) == ["a"]
    assert await store.renew([KEY], "me", UNTIL + 99) == set()
    assert await store.set_aside(KEY, 1, "why", "me", UNTIL) is None
    await store.retry(KEY, 1, UNTIL, "me", failed=True)
    await store.park(KEY, "why", "me", NOW)
    assert (await store.counts(UNTIL)).parked == 0
    assert await store.claim("me", UNTIL + 1, UNTIL + 50, 10) == []
    # That it was sent is a fact, whoever says so.
    assert await store.sent(KEY, 1, "", "me", UNTIL) is None
    assert said(await store.sent(KEY, 1, "", "other", UNTIL)) == ["b", "c"]


async def test_renewing_keeps_a_lease(store: Store) -> None:
    """A renewed lease lasts until its new end; only what the holder still had is named."""
    await put(store, "a")
    assert await store.renew([KEY, "unknown"], "me", UNTIL + 60) == {KEY}
    assert await store.claim("other", UNTIL + 59, UNTIL + 99, 10) == []
    assert said(await store.claim("other", UNTIL + 60, UNTIL + 99, 10)) == ["a"]


async def test_a_commit_takes_over_what_is_due_older_rows_first(store: Store) -> None:
    """When a dead holder's rows wait, the next commit leases them and gives all, in order."""
    await put(store, "a", "b", holder="dead")
    assert said((await put(store, "c", at=UNTIL + 1)).rows) == ["a", "b", "c"]
    assert await store.claim("other", UNTIL + 2, UNTIL + 9, 10) == []


async def test_sent_gives_a_bounded_number_of_rows(store: Store) -> None:
    """A long queue comes in portions, without a gap."""
    await put(store, *(str(number) for number in range(60)))
    seen = ["0"]
    rows = await store.sent(KEY, 1, "", "me", NOW)
    while rows:
        assert len(rows) <= AHEAD
        seen += said(rows)
        for row in rows[:-1]:
            assert await store.sent(KEY, row.seq, "", "me", NOW, more=True) == []
        rows = await store.sent(KEY, rows[-1].seq, "", "me", NOW)
    assert seen == [str(number) for number in range(60)]
    assert rows == []
    assert await store.counts(NOW) == Counts(0, 0.0, 0, 0)


async def test_release_frees_all_of_a_holder(store: Store) -> None:
    """After a release others may claim at once; another's leases stay."""
    await put(store, "a", conversation="c")
    await put(store, "b", conversation="d")
    await put(store, "x", conversation="e", holder="other")
    await store.release("me")
    assert sorted(said(await store.claim("third", NOW, UNTIL, 10))) == ["a", "b"]


async def test_two_replicas_never_claim_the_same(open_store: Open) -> None:
    """Of fifty due conversations, claimed by two replicas in turns of seven at once, each is claimed once."""
    stores = [await open_store(), await open_store()]
    for number in range(50):
        await put(stores[0], str(number), conversation=f"c{number}")
    await stores[0].release("me")

    async def take(number: int) -> list[str]:
        got: list[str] = []
        while claimed := await stores[number].claim(f"r{number}", NOW, UNTIL, 7):
            got += said(claimed)
        return got

    taken = await asyncio.gather(take(0), take(1), take(0), take(1))
    assert sorted(chain.from_iterable(taken)) == sorted(str(number) for number in range(50))


async def test_no_row_is_left_behind_between_sent_and_commit(open_store: Open) -> None:
    """A commit at the very moment when the last row is marked: its row is given to one of the two, never to none."""
    stores = [await open_store(), await open_store()]
    await put(stores[0], "0")
    seq = 1
    for number in range(1, 60):
        nexts, done = await asyncio.gather(
            stores[0].sent(KEY, seq, "", "me", NOW),
            stores[1].commit(turn(f"x{number}", number, str(number)), "me", UNTIL),
        )
        assert said(nexts) + said(done.rows) == [str(number)]
        seq += 1


# ---- receipts


async def test_an_update_gets_the_receipt_of_its_turn(store: Store) -> None:
    """The message id kept by `sent` comes with later updates of that turn, in every way in which rows are given."""
    address = turn("").address

    async def send(event: str, version: int, kind: str, of: int, at: float = NOW) -> tuple[Row, ...]:
        out = (Outgoing(kind, {"text": event}, of),)
        return (await store.commit(Turn(address, event, version, {}, out, at), "me", at + 30)).rows

    assert [row.receipt for row in await send("e1", 0, "send", 5)] == [""]
    await store.sent(KEY, 1, "id5", "me", NOW)
    (update,) = await send("e2", 1, "update", 5)
    assert (update.receipt, update.turn, update.kind) == ("id5", 5, "update")
    await store.sent(KEY, 2, "", "me", NOW)  # nothing new: the old one stays
    assert [row.receipt for row in await send("e3", 2, "update", 5)] == ["id5"]
    await send("e4", 3, "update", 5)
    assert [row.receipt for row in await store.sent(KEY, 3, "id5b", "me", NOW) or ()] == ["id5b"]
    assert [row.receipt for row in await store.claim("you", UNTIL, UNTIL + 9, 9)] == ["id5b"]
    await store.sent(KEY, 4, "", "you", NOW)
    assert [row.receipt for row in await send("e5", 4, "update", 77)] == [""]
    assert [row.receipt for row in await send("e6", 5, "send", 5, at=UNTIL + 99)] == ["", ""]


async def test_an_update_committed_with_its_message_comes_after_it(store: Store) -> None:
    """In one commit, the update is given only when its message was sent, with its receipt."""
    out = (Outgoing("send", {"text": "a"}, 1), Outgoing("update", {"text": "b"}, 1), Outgoing("send", {"text": "c"}))
    done = await store.commit(Turn(turn("").address, "e", 0, {}, out, NOW), "me", UNTIL)
    assert said(done.rows) == ["a"]
    rows = await store.sent(KEY, 1, "id", "me", NOW)
    assert [(row.payload["text"], row.receipt) for row in rows or ()] == [("b", "id"), ("c", "")]


async def test_marking_twice_is_harmless(store: Store) -> None:
    """A mark that is repeated because its answer was lost changes nothing more."""
    out = (Outgoing("send", {"text": "a"}, 1), Outgoing("send", {"text": "b"}))
    await store.commit(Turn(turn("").address, "e", 0, {}, out, NOW), "me", UNTIL)
    for _ in range(3):
        assert said(await store.sent(KEY, 1, "id", "me", NOW)) == ["b"]
    assert await store.sent(KEY, 2, "", "me", NOW) == []
    assert await store.sent(KEY, 2, "", "me", NOW) is None
    assert (await store.counts(NOW)).waiting == 0


# ---- what goes wrong


async def test_retry_holds_the_conversation_until_due(store: Store) -> None:
    """A held conversation is nobody's until then, commits included; attempts and doubt are remembered."""
    await put(store, "a", "b")
    await store.retry(KEY, 1, NOW + 100, "me", failed=True)
    assert await store.claim("me", NOW + 99, NOW + 200, 10) == []
    assert (await put(store, "c", at=NOW + 50)).rows == ()
    (row,) = await store.claim("other", NOW + 100, NOW + 130, 10)
    assert (row.seq, row.attempts, row.doubtful) == (1, 1, False)
    await store.retry(KEY, 1, NOW + 101, "other", failed=True, doubtful=True)
    (row,) = await store.claim("me", NOW + 101, NOW + 130, 10)
    assert (row.seq, row.attempts, row.doubtful) == (1, 2, True)
    await store.retry(KEY, 1, NOW + 102, "me", failed=False)
    (row,) = await store.claim("me", NOW + 102, NOW + 130, 10)
    assert (row.seq, row.attempts, row.doubtful) == (1, 2, True)
    assert said(await store.sent(KEY, 1, "", "me", NOW)) == ["b", "c"]


async def test_a_row_set_aside_does_not_hold_the_next(store: Store) -> None:
    """It is kept with its reason, the next rows are given as after `sent`."""
    await put(store, "a", "b", "c")
    assert await store.set_aside(KEY, 1, "413", "me", NOW, more=True) == []
    assert said(await store.set_aside(KEY, 2, "403", "me", NOW)) == ["c"]
    assert await store.sent(KEY, 3, "", "me", NOW) == []
    assert await store.aside(10) == [Aside(KEY, 1, "send", 0, NOW, "413"), Aside(KEY, 2, "send", 0, NOW, "403")]
    assert len(await store.aside(1)) == 1
    assert await store.counts(NOW) == Counts(0, 0.0, 2, 0)


async def test_the_last_row_set_aside_frees_the_conversation(store: Store) -> None:
    """When nothing else waits, the lease is given back."""
    await put(store, "a")
    assert await store.set_aside(KEY, 1, "413", "me", NOW) == []
    assert said((await put(store, "b", holder="other")).rows) == ["b"]


async def test_a_parked_conversation_waits_for_a_commit(store: Store) -> None:
    """Parked, nothing is due, however long; a commit resumes it, older rows first, and visible meanwhile."""
    await put(store, "a", "b")
    await store.park(KEY, "blocked", "me", NOW)
    assert await store.claim("me", NOW + 10**6, NOW + 10**7, 10) == []
    assert await store.aside(10) == [
        Aside(KEY, 1, "send", 0, NOW, "blocked", parked=True),
        Aside(KEY, 2, "send", 0, NOW, "blocked", parked=True),
    ]
    assert await store.counts(NOW + 99) == Counts(0, 0.0, 0, 1)
    assert said((await put(store, "c", at=NOW + 50)).rows) == ["a", "b", "c"]
    assert await store.counts(NOW + 60) == Counts(3, 60.0, 0, 0)


async def test_a_commit_that_says_nothing_resumes_too(store: Store) -> None:
    """An installation event without an answer resumes a parked conversation, and gives what waits there."""
    await put(store, "a")
    await store.park(KEY, "blocked", "me", NOW)
    assert said((await put(store)).rows) == ["a"]
    assert (await put(store)).rows == ()


async def test_a_row_is_sent_again_by_hand(store: Store) -> None:
    """`resend` makes a row due as if new, before what waits behind it; what is not there can't be sent again."""
    await put(store, "a", "b")
    await store.retry(KEY, 1, NOW, "me", failed=True, doubtful=True)
    await store.claim("me", NOW, UNTIL, 1)
    await store.set_aside(KEY, 1, "413", "me", NOW)
    assert await store.resend(KEY, 1, NOW + 500)
    assert not await store.resend(KEY, 1, NOW + 500)
    assert not await store.resend(KEY, 2, NOW + 500)
    assert not await store.resend("unknown", 1, NOW + 500)
    assert await store.aside(10) == []
    (row,) = await store.claim("you", NOW + 500, NOW + 530, 10)
    assert (row.seq, row.attempts, row.doubtful, row.created) == (1, 0, False, NOW + 500)
    assert said(await store.sent(KEY, 1, "", "you", NOW)) == ["b"]


async def test_a_row_sent_again_where_nothing_waits_is_due(store: Store) -> None:
    """`resend` into a conversation at rest makes it due at once."""
    await put(store, "a")
    await store.set_aside(KEY, 1, "413", "me", NOW)
    assert await store.resend(KEY, 1, NOW + 5)
    assert await store.claim("me", NOW + 4, UNTIL, 10) == []
    assert said(await store.claim("me", NOW + 5, UNTIL, 10)) == ["a"]


async def test_a_row_sent_again_disturbs_nobody_at_work(store: Store) -> None:
    """`resend` into a leased conversation leaves the lease, the holder meets the row later."""
    await put(store, "a", "b")
    await store.set_aside(KEY, 1, "413", "me", NOW)
    assert await store.resend(KEY, 1, NOW)
    assert await store.claim("other", NOW + 1, UNTIL, 10) == []
    assert said(await store.sent(KEY, 2, "", "me", NOW)) == ["a"]


async def test_a_parked_row_is_sent_again_by_hand(store: Store) -> None:
    """`resend` of a row that waits in a parked conversation resumes that."""
    await put(store, "a", "b")
    await store.park(KEY, "blocked", "me", NOW)
    assert await store.resend(KEY, 2, NOW + 9)
    assert (await store.counts(NOW + 9)).parked == 0
    assert said(await store.claim("me", NOW + 9, NOW + 39, 10)) == ["a"]


async def test_rows_are_dropped_by_hand(store: Store) -> None:
    """`drop` deletes rows set aside and parked rows, and only those."""
    await put(store, "a", "b", "c")
    await store.set_aside(KEY, 1, "413", "me", NOW)
    assert await store.drop(KEY, 1)
    assert not await store.drop(KEY, 1)
    assert not await store.drop(KEY, 2)
    await store.park(KEY, "blocked", "me", NOW)
    assert await store.drop(KEY, 2)
    assert await store.drop(KEY, 3)
    assert await store.counts(NOW) == Counts(0, 0.0, 0, 0)
    assert said((await put(store, "d")).rows) == ["d"]


async def test_counts_tell_how_long_the_longest_waits(store: Store) -> None:
    """The age is that of the conversation that has waited longest for its next row."""
    await put(store, "a", "b", conversation="c", at=NOW)
    await put(store, "x", conversation="d", at=NOW + 10)
    assert await store.counts(NOW + 15) == Counts(3, 15.0, 0, 0)
    await store.sent(KEY, 1, "", "me", NOW)
    await store.sent(KEY, 2, "", "me", NOW)
    assert await store.counts(NOW + 15) == Counts(1, 5.0, 0, 0)
    assert await store.counts(NOW - 15) == Counts(1, 0.0, 0, 0)


# ---- sweeping


async def test_old_event_ids_are_swept_in_small_batches(store: Store) -> None:
    """Event ids older than given go, at most `limit` at once; younger ones stay."""
    for number in range(7):
        await put(store, at=NOW + number)
    assert await store.sweep(NOW + 5, 0, 0, 3) == 3
    assert await store.sweep(NOW + 5, 0, 0, 3) == 2
    assert await store.sweep(NOW + 5, 0, 0, 3) == 0
    assert not (await store.load(KEY, "e4")).seen
    assert (await store.load(KEY, "e5")).seen


async def test_old_receipts_are_swept(store: Store) -> None:
    """A receipt older than given is gone: an update of it has nothing to replace."""
    address = turn("").address
    for number, kind in enumerate(("send", "update", "update")):
        out = (Outgoing(kind, {"text": kind}, 1),)
        (row,) = (await store.commit(Turn(address, str(number), number, {}, out, NOW), "me", UNTIL)).rows
        assert row.receipt == ("id" if number == 1 else "")
        await store.sent(KEY, row.seq, "" if number else "id", "me", NOW)
        if number == 1:
            assert await store.sweep(0, NOW, 0, 10) == 0
            assert await store.sweep(0, NOW + 1, 0, 10) == 1


async def test_ended_conversations_are_swept(store: Store) -> None:
    """Conversations unused for long go, unless something waits there; parked ones go with their rows."""
    await put(store, conversation="done")
    await put(store, "a", conversation="waits")
    await put(store, "a", conversation="parked")
    await store.park(turn("", conversation="parked").address.key, "blocked", "me", NOW)
    await put(store, "a", conversation="aside")
    await store.set_aside(turn("", conversation="aside").address.key, 1, "413", "me", NOW)
    await put(store, conversation="young", at=NOW + 10)
    assert await store.sweep(0, 0, NOW, 100) == 0
    assert await store.sweep(0, 0, NOW + 5, 2) == 2
    assert await store.sweep(0, 0, NOW + 5, 2) == 1
    assert await store.sweep(0, 0, NOW + 5, 2) == 0
    versions = {
        name: (await store.load(turn("", conversation=name).address.key, "")).version
        for name in ("done", "waits", "parked", "aside", "young")
    }
    assert versions == {"done": 0, "waits": 1, "parked": 0, "aside": 0, "young": 1}
    assert await store.counts(NOW) == Counts(1, 0.0, 0, 0)


async def test_a_swept_conversation_begins_anew_but_knows_its_events(store: Store) -> None:
    """A conversation that comes back after the sweep starts at version 0; an event of before is still a duplicate."""
    await put(store, "a", at=NOW)
    await store.sent(KEY, 1, "", "me", NOW)
    assert await store.sweep(0, 0, NOW + 1, 10) == 1
    assert await store.commit(turn("old", 1), "me", UNTIL) == Committed("conflict")
    assert await store.commit(turn("e0", 0), "me", UNTIL) == Committed("duplicate")
    done = await store.commit(turn("new", 0, "b"), "me", UNTIL)
    assert places(done.rows) == [1]


# ---- durability


async def test_everything_survives_a_restart(open_store: Open, database_url: str) -> None:
    """What was committed is there after closing and opening again: state, events, rows, leases, receipts, asides."""
    store = await open_store()
    out = (Outgoing("send", {"text": "q"}, 1), Outgoing("send", {"text": "r"}))
    await store.commit(Turn(turn("").address, "e", 0, {"s": 1}, out, NOW, {"answer": 1}), "me", UNTIL)
    await store.sent(KEY, 1, "id", "me", NOW, more=True)
    await put(store, "x", conversation="d")
    await store.set_aside(turn("", conversation="d").address.key, 1, "413", "me", NOW)
    await store.close()
    again = await open_store()
    assert await again.load(KEY, "e") == Loaded({"s": 1}, 1, seen=True, answer={"answer": 1})
    assert await again.claim("me", NOW, UNTIL, 10) == []
    assert said(await again.claim("me", UNTIL, UNTIL + 30, 10)) == ["r"]
    await again.sent(KEY, 2, "", "me", NOW)
    update = Turn(turn("").address, "f", 1, {}, (Outgoing("update", {"text": "u"}, 1),), NOW)
    assert [row.receipt for row in (await again.commit(update, "me", UNTIL)).rows] == ["id"]
    assert [row.reason for row in await again.aside(10)] == ["413"]


async def test_a_closed_store_says_so(store: Store) -> None:
    """After closing, calls raise StoreUnavailable; closing again does nothing; what was under way is finished."""
    late = [asyncio.ensure_future(store.commit(turn("e", conversation=str(n)), "me", UNTIL)) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert [done.result for done in await asyncio.gather(*late)] == ["done"] * 20
    with pytest.raises(StoreUnavailable):
        await store.load(KEY, "e")
    with pytest.raises(StoreUnavailable):
        await store.ping()
    await store.close()


async def test_a_cancelled_caller_breaks_nothing(store: Store) -> None:
    """Callers that go away while they wait leave the store in order for the others."""
    for round_ in range(10):
        tasks = [
            asyncio.ensure_future(store.commit(turn("e", conversation=f"{round_}-{n}"), "me", UNTIL)) for n in range(10)
        ]
        await asyncio.sleep(0.0005 * round_)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result == Committed("done") for result in results[1::2])
    await store.ping()
