"""The outbox and cases: several lanes, threads, deletions, and what follows a row; over a real SQLite store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.envelope import Address, Outgoing, Person, Receipt
from bot.errors import ConversationBlocked, DeliverLater, Undeliverable
from bot.handoff.case import Case, Message, lane_of
from bot.outbox import DAY, Outbox
from bot.storage.base import LEASE, Row
from bot.storage.cases import Owed, Step, Then
from bot.storage.sqlite import SqliteStore
from tests.bot.test_outbox import START, Recorder, Time, World, waiting

USER = Address("test", "t", "c")
DESK = Address("test", "t", "desk", True)
CASE = Case("HD-7K3QP", "q", "waiting", USER, Person("p"), DESK, waiting_since=START)
LANE = lane_of(CASE)


class Threads(Recorder):
    """A channel in which "thread" rows open threads (whose ids are told, if it `names` them); records kinds, too."""

    def __init__(self, time: Time) -> None:
        super().__init__(time)
        self.kinds: list[str] = []
        self.names = True

    async def deliver(self, row: Row) -> Receipt:
        """As the recorder; a new thread has an id of its own."""
        self.kinds.append(row.kind)
        receipt = await super().deliver(row)
        if row.kind != "thread" or not self.names:
            return receipt
        return replace(receipt, conversation=f"desk;{row.payload['text']}")

    @property
    def order(self) -> list[str]:
        """All that was posted, in order, as `conversation: text`."""
        return [f"{where}: {text}" for _, where, text in self.got]


class Desk(World):
    """A world with a case."""

    channel: Threads

    def __init__(self, store: SqliteStore, stack: AsyncExitStack) -> None:
        super().__init__(store, stack)
        self.channel = Threads(self.time)

    async def owe(self, outbox: Outbox | None, *owed: Owed, messages: tuple[Message, ...] = ()) -> None:
        """Commit a step that owes these, and hand it over."""
        self.events += 1
        case = await self.store.case(CASE.id) or CASE
        step = Step(USER.key, f"s{self.events}", self.time.now, case, owed, messages=messages)
        done = await self.store.commit_step(step, "me" if outbox else "dead", self.time.now + LEASE)
        assert done.result == "done"
        if outbox:
            outbox.submit(done.rows)
            await self.settle(16)

    async def states(self) -> list[str]:
        """What became of the messages."""
        return [message.state for message in await self.store.transcript(CASE.id)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A fresh world; its outboxes are stopped at the end."""
    store = SqliteStore(":memory:")
    await store.open()
    with capture_logs():
        async with AsyncExitStack() as stack:
            yield Desk(store, stack)
    await store.close()


def to_user(text: str, **more: Any) -> Owed:
    """A row for the user."""
    return Owed(USER, Outgoing("send", {"text": text}), **more)


def to_thread(text: str, kind: str = "send", turn: int | None = None, **more: Any) -> Owed:
    """A row for the thread."""
    return Owed(DESK, Outgoing(kind, {"text": text}, turn), LANE, **more)


def relay(text: str, mark: int = 1) -> Owed:
    """A message to the user; the thread hears what became of it."""
    sent, failed = (Outgoing("send", {"text": f"{text} {how}"}) for how in ("ok", "failed: {reason}"))
    return to_user(text, message=(CASE.id, mark), then=Then(DESK, sent, failed, LANE))


def message(mark: int = 1) -> Message:
    """A message of the transcript."""
    return Message(CASE.id, mark, START, "agent", "Bo", "x")


async def test_rows_of_several_lanes_come_in_one_call(desk: Desk) -> None:
    """Each lane is delivered at once, in its own order; a thread's rows go into the thread."""
    outbox = await desk.outbox()
    await desk.owe(outbox, to_user("a"), to_thread("root", "thread", 1), to_user("b"), to_thread("x"), to_thread("y"))
    assert desk.channel.texts() == ["a", "b"]
    assert [each for each in desk.channel.order if "desk" in each] == [
        "desk: root",
        "desk;root: x",
        "desk;root: y",
    ]
    assert desk.channel.got[-1][0] == START
    assert await waiting(desk) == 0
    case = await desk.store.case(CASE.id)
    assert case is not None
    assert case.thread == replace(DESK, conversation="desk;root")


async def test_what_outruns_the_thread_waits_for_it(desk: Desk) -> None:
    """While the opening is on its way, later rows wait; then they go into the thread, updates with its receipt."""
    outbox = await desk.outbox()
    desk.channel.hang.clear()
    await desk.owe(outbox, to_thread("root", "thread", 1))
    await desk.owe(outbox, to_thread("x"))
    await desk.owe(outbox, to_thread("root2", "update", 1))
    assert desk.channel.order == []
    desk.channel.hang.set()
    await desk.settle(16)
    assert desk.channel.order == ["desk: root", "desk;root: x", "desk;root: root2"]
    assert desk.channel.receipts == ["", "", "id-root"]


async def test_another_replica_goes_on_in_the_thread(desk: Desk) -> None:
    """Rows left by a replica that died after the thread was confirmed are sent into it by the next."""
    first = await desk.outbox()
    await desk.owe(first, to_thread("root", "thread", 1))
    await desk.owe(None, to_thread("x"), to_thread("y"))
    await desk.pass_(LEASE + 2)
    assert desk.channel.order == ["desk: root", "desk;root: x", "desk;root: y"]


async def test_nothing_is_posted_into_the_channel_when_the_thread_failed(desk: Desk) -> None:
    """Rows behind an opening that was refused are set aside one by one, and whoever waits for them is told."""
    outbox = await desk.outbox()
    desk.channel.fails["root"] = [Undeliverable("403")]
    no_desk = Then(USER, failed=Outgoing("send", {"text": "no desk: {reason}"}))
    lost = Then(USER, failed=Outgoing("send", {"text": "not passed on: {reason}"}))
    await desk.owe(
        outbox,
        to_thread("root", "thread", 1, then=no_desk),
        to_thread("x", then=lost, message=(CASE.id, 1)),
        to_thread("root2", "update", 1),
        to_thread("notice"),
        messages=(message(),),
    )
    await desk.pass_(3)
    assert desk.channel.order == ["desk: root", "c: no desk: 403", "c: not passed on: its thread was never opened"]
    assert await desk.states() == ["failed"]
    assert [(row.seq, row.kind) for row in await desk.store.aside(9)] == [(1, "thread"), (2, "send"), (4, "send")]
    assert await waiting(desk) == 0


async def test_a_thread_that_was_refused_can_be_opened_again(desk: Desk) -> None:
    """A new opening in the same lane is tried, and what comes after it goes into its thread."""
    outbox = await desk.outbox()
    desk.channel.fails["root"] = [Undeliverable("403")]
    await desk.owe(outbox, to_thread("root", "thread", 1))
    await desk.owe(outbox, to_thread("again", "thread", 1), to_thread("x"))
    assert desk.channel.order == ["desk: root", "desk: again", "desk;again: x"]


async def test_a_delivery_is_acknowledged_at_once(desk: Desk) -> None:
    """What follows a delivered row is delivered without waiting for the next look."""
    outbox = await desk.outbox()
    await desk.owe(outbox, to_thread("root", "thread", 1))
    await desk.owe(outbox, relay("a"), relay("b", 2), messages=(message(), message(2)))
    assert sorted(desk.channel.order) == sorted(["desk: root", "c: a", "c: b", "desk;root: a ok", "desk;root: b ok"])
    assert desk.channel.texts("desk;root") == ["a ok", "b ok"]
    assert desk.channel.got[-1][0] == START
    assert await desk.states() == ["delivered", "delivered"]


async def test_a_failure_is_told_with_its_reason(desk: Desk) -> None:
    """A row refused for good, one that is too old, and one that may have arrived twice: the sender hears of each."""
    outbox = await desk.outbox()
    await desk.owe(outbox, to_thread("root", "thread", 1))
    desk.channel.fails["a"] = [Undeliverable('413 "too big"')]
    desk.channel.fails["b"] = [DeliverLater("502", ambiguous=True) for _ in range(2)]
    await desk.owe(outbox, relay("a"), relay("b", 2), messages=(message(), message(2)))
    await desk.pass_(10)
    assert desk.channel.texts("desk;root") == [
        'a failed: 413 "too big"',
        "b failed: 502, twice; it may have arrived",
    ]
    assert await desk.states() == ["failed", "failed"]


async def test_a_row_that_is_too_old_fails_as_well(desk: Desk) -> None:
    """What waited longer than a day is not sent, and its sender is told."""
    await desk.owe(await desk.outbox(), to_thread("root", "thread", 1))
    await desk.owe(None, relay("a"), messages=(message(),))
    desk.time.now += DAY + 1
    await desk.pass_(LEASE)
    assert desk.channel.texts("desk;root") == ["a failed: older than a day"]
    assert desk.channel.texts() == []


async def test_a_blocked_user_fails_all_that_the_staff_wait_for(desk: Desk) -> None:
    """Each message is told as failed soon after the block; the bot's own rows wait until the user is back."""
    outbox = await desk.outbox()
    await desk.owe(outbox, to_thread("root", "thread", 1))
    desk.channel.fails["note"] = [ConversationBlocked("blocked")]
    desk.channel.fails["c"] = [ConversationBlocked("blocked")]
    await desk.owe(outbox, to_user("note"), relay("a"), relay("b", 2), messages=(message(), message(2)))
    await desk.pass_(3)
    assert desk.channel.texts("desk;root") == ["a failed: blocked", "b failed: blocked"]
    assert desk.channel.texts() == ["note"]
    await desk.owe(outbox, relay("c", 3), messages=(message(3),))
    await desk.pass_(3)
    assert desk.channel.texts() == ["note", "note", "c"]
    assert desk.channel.texts("desk;root")[2:] == ["c failed: blocked"]
    await desk.say(outbox, "hello")
    assert desk.channel.texts()[3:] == ["hello"]


async def test_a_deletion_names_the_message_and_is_the_last_word(desk: Desk) -> None:
    """It carries the receipt of what it deletes; one of a message never sent, and later updates, reach no channel."""
    outbox = await desk.outbox()
    await desk.owe(outbox, to_thread("root", "thread", 1), to_thread("m", turn=11))
    await desk.owe(outbox, to_thread("gone", "delete", 11), to_thread("never", "delete", 12))
    await desk.owe(outbox, to_thread("m2", "update", 11), to_thread("end"))
    assert desk.channel.kinds == ["thread", "send", "delete", "send"]
    assert desk.channel.receipts == ["", "", "id-m", ""]
    assert await waiting(desk) == 0


async def test_a_thread_whose_platform_names_none_stays_unconfirmed(desk: Desk) -> None:
    """Without an id in the receipt nothing is bound, and what belongs into the thread goes nowhere else."""
    outbox = await desk.outbox()
    desk.channel.names = False
    await desk.owe(outbox, to_thread("root", "thread", 1), to_thread("x"))
    assert await desk.store.unbound(DESK.key) == 1
    assert [row.reason for row in await desk.store.aside(9)] == ["its thread was never opened"]


async def test_stopping_leaves_what_follows_to_others(desk: Desk) -> None:
    """A delivery that ends while the outbox stops is marked, and what follows it is another replica's."""
    outbox = await desk.outbox()
    await desk.owe(outbox, to_thread("root", "thread", 1))
    desk.channel.hang.clear()
    await desk.owe(outbox, relay("a"), messages=(message(),))
    stopping = asyncio.create_task(outbox.stop(5.0))
    await desk.settle()
    desk.channel.hang.set()
    await stopping
    assert await desk.states() == ["delivered"]
    assert desk.channel.texts("desk;root") == []
    await desk.outbox("other")
    await desk.pass_(2)
    assert desk.channel.texts("desk;root") == ["a ok"]
