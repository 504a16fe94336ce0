"""The outbox over a real SQLite store, with channels made by hand that record what was posted, and a passed clock."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.channels.limits import Limit, Limits
from bot.envelope import Address, Outgoing, Receipt
from bot.errors import ConversationBlocked, DeliverLater, StoreUnavailable, Undeliverable
from bot.outbox import DAY, IN_HAND, Outbox
from bot.storage.base import LEASE, Row, Store, Turn
from bot.storage.sqlite import SqliteStore

START = 1_000_000.0
TEAMS = Limits((Limit(7, 1), Limit(8, 2), Limit(60, 30), Limit(1800, 3600)), (Limit(50, 1),))


class Time:
    """A clock that stands still until it is moved, and the sleepers that wait for it."""

    def __init__(self) -> None:
        self.now = START
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def __call__(self) -> float:
        """The present time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """As asyncio's, in this time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, future))
        await future

    def next(self, end: float) -> bool:
        """Move on to the next sleeper's time, but not beyond `end`, and wake who sleeps until then."""
        if self.now >= end:
            return False
        self.now = max(self.now, min(end, self._sleepers[0][0] if self._sleepers else end))
        while self._sleepers and self._sleepers[0][0] <= self.now:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)
        return True


class Recorder:
    """A channel that records what it was given. `fails`: exceptions by the text of the payload, used up in order."""

    name = "test"

    def __init__(self, time: Time) -> None:
        self.time = time
        self.got: list[tuple[float, str, str]] = []
        self.receipts: list[str] = []
        self.fails: dict[str, list[Exception]] = {}
        self.hang = asyncio.Event()
        self.hang.set()
        self.now = 0
        self.most = 0

    async def deliver(self, row: Row) -> Receipt:
        """Record the row; wait while `hang` is cleared; fail as ordered."""
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.hang.wait()
            text = row.payload["text"]
            self.got.append((self.time.now, row.address.conversation, text))
            self.receipts.append(row.receipt)
            if self.fails.get(text):
                raise self.fails[text].pop(0)
            return Receipt(f"id-{text}")
        finally:
            self.now -= 1

    def texts(self, conversation: str = "c") -> list[str]:
        """What was posted to a conversation."""
        return [text for _, where, text in self.got if where == conversation]


class Flaky:
    """A real store in front of which a switch can be thrown: then every call fails as a lost database does."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.away = False
        self.error: Exception = StoreUnavailable("away")

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def call(*args: object, **kwargs: object) -> object:
            if self.away:
                raise self.error
            return await getattr(self._store, name)(*args, **kwargs)

        return call


class World:
    """A store, a channel, and outboxes over them."""

    def __init__(self, store: SqliteStore, stack: AsyncExitStack) -> None:
        self.time = Time()
        self.store = store
        self.switch = Flaky(store)
        self.channel = Recorder(self.time)
        self.events = 0
        self._stack = stack

    async def settle(self, rounds: int = 8) -> None:
        """Let tasks and the store's thread come to rest: each ping waits until its queue was empty once."""
        for _ in range(rounds):
            await self.store.ping()
            await asyncio.sleep(0)

    async def pass_(self, seconds: float) -> None:
        """Let time pass, and everybody do what is theirs in it."""
        end = self.time.now + seconds
        while self.time.next(end):
            await self.settle()

    async def outbox(self, holder: str = "me", limits: Limits | None = None, width: int = 64) -> Outbox:
        """A started outbox, stopped at the end."""
        store: Store = self.switch  # type: ignore[assignment]  # passes every method on
        outbox = Outbox(
            store,
            {"test": self.channel},  # type: ignore[dict-item]  # the outbox only delivers
            holder,
            limits={"test": limits} if limits else None,
            clock=self.time,
            sleep=self.time.sleep,
            jitter=lambda: 0.0,
            width=width,
        )
        await outbox.start()
        self._stack.push_async_callback(outbox.stop, 0.1)
        await self.settle()
        return outbox

    async def say(
        self, outbox: Outbox | None, *texts: str, conversation: str = "c", turn: int | None = None, kind: str = "send"
    ) -> None:
        """Commit a turn that sends these texts; with an outbox, hand it its rows."""
        address = Address("test", "t", conversation)
        self.events += 1
        event = f"e{self.events}"
        version = (await self.store.load(address.key, event)).version
        out = tuple(Outgoing(kind, {"text": text}, turn) for text in texts)
        holder = "me" if outbox else "dead"
        done = await self.store.commit(
            Turn(address, event, version, {"n": version}, out, self.time.now), holder, self.time.now + LEASE
        )
        if outbox:
            outbox.submit(done.rows)
            await self.settle()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A fresh world; its outboxes are stopped at the end."""
    store = SqliteStore(":memory:")
    await store.open()
    with capture_logs():
        async with AsyncExitStack() as stack:
            yield World(store, stack)
    await store.close()


async def waiting(world: World) -> int:
    """Rows that still wait."""
    return (await world.store.counts(world.time.now)).waiting


async def test_rows_are_sent_once_and_in_order(world: World) -> None:
    """What three turns of one conversation commit is delivered once each, in order, at once."""
    outbox = await world.outbox()
    for text in ("a", "c", "e"):
        await world.say(outbox, text, chr(ord(text) + 1))
    await world.pass_(120)
    assert world.channel.texts() == list("abcdef")
    assert world.channel.got[-1][0] == START
    assert await waiting(world) == 0
    assert outbox.events.sent == 6
    assert outbox.in_hand == 0


async def test_rows_committed_while_one_is_delivered_follow_it(world: World) -> None:
    """A turn that is committed while its conversation's row is on its way is sent after it, by the same outbox."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    await world.say(outbox, "a")
    await world.say(outbox, "b")
    await world.say(outbox, "c")
    assert world.channel.most == 1
    world.channel.hang.set()
    await world.settle()
    assert world.channel.texts() == ["a", "b", "c"]


async def test_conversations_go_in_parallel_up_to_the_width(world: World) -> None:
    """Many conversations are delivered to at once, but never more than the width."""
    outbox = await world.outbox(width=4)
    world.channel.hang.clear()
    for number in range(10):
        await world.say(outbox, "a", conversation=f"c{number}")
    assert world.channel.most == 4
    world.channel.hang.set()
    await world.settle()
    assert len(world.channel.got) == 10
    assert world.channel.most == 4


async def test_a_slow_conversation_holds_no_other(world: World) -> None:
    """While one conversation is refused with 429, another is served."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [DeliverLater("429", after=30)]
    await world.say(outbox, "a", "b")
    await world.say(outbox, "x", conversation="d")
    await world.pass_(5)
    assert world.channel.texts("d") == ["x"]
    assert world.channel.texts() == ["a"]
    await world.pass_(30)
    assert world.channel.texts() == ["a", "a", "b"]
    assert START + 30 <= world.channel.got[2][0] <= START + 32


async def test_backoff_grows_from_a_second_to_five_minutes(world: World) -> None:
    """Without Retry-After the pauses double, from 1 s up to 300 s."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [DeliverLater("503") for _ in range(11)]
    await world.say(outbox, "a")
    await world.pass_(1600)
    times = [at for at, _, _ in world.channel.got]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 12
    for pause, expected in zip(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], strict=True):
        assert expected <= pause <= expected + 2
    assert outbox.events.retried == 11


async def test_retry_after_is_capped_at_an_hour(world: World) -> None:
    """A platform that asks for a day gets an hour."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [DeliverLater("429", after=86400)]
    await world.say(outbox, "a")
    await world.pass_(3590)
    assert world.channel.texts() == ["a"]
    await world.pass_(20)
    assert world.channel.texts() == ["a", "a"]


async def test_an_ambiguous_row_is_sent_once_more_and_then_set_aside(world: World) -> None:
    """After two answers that leave it open whether it arrived, the row is set aside and the next goes on."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [DeliverLater("502", ambiguous=True) for _ in range(5)]
    await world.say(outbox, "a", "b")
    await world.pass_(30)
    assert world.channel.texts() == ["a", "a", "b"]
    (row,) = await world.store.aside(10)
    assert "502" in row.reason
    assert outbox.events.aside == 1


async def test_a_row_refused_for_good_does_not_hold_the_next(world: World) -> None:
    """An undeliverable row is set aside with its reason, the next one is sent."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [Undeliverable("413 too big")]
    await world.say(outbox, "a", "b")
    assert world.channel.texts() == ["a", "b"]
    assert [row.reason for row in await world.store.aside(10)] == ["413 too big"]


async def test_a_blocked_conversation_is_parked_until_its_user_writes(world: World) -> None:
    """Nothing is sent to a conversation that blocked us; the next turn there resumes it, older rows first."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [ConversationBlocked("blocked")]
    await world.say(outbox, "a", "b")
    await world.pass_(600)
    assert world.channel.texts() == ["a"]
    assert outbox.events.parked == 1
    await world.say(outbox, "c")
    assert world.channel.texts() == ["a", "a", "b", "c"]


async def test_a_row_older_than_a_day_is_not_sent(world: World) -> None:
    """What waited longer than a day is set aside unsent."""
    await world.say(None, "a")
    world.time.now += DAY + 1
    await world.outbox()
    await world.pass_(2)
    assert world.channel.texts() == []
    assert [row.reason for row in await world.store.aside(10)] == ["older than a day"]


async def test_an_unexpected_exception_is_a_retry(world: World) -> None:
    """A mistake in a channel costs a retry, never the loop."""
    outbox = await world.outbox()
    world.channel.fails["a"] = [KeyError("oops"), RuntimeError("oops")]
    await world.say(outbox, "a", "b")
    await world.pass_(10)
    assert world.channel.texts() == ["a", "a", "a", "b"]
    assert outbox.events.failed == 2


async def test_a_dead_holders_rows_are_taken_over(world: World) -> None:
    """Rows leased to a process that died are sent by another once the lease has ended, and not before."""
    await world.say(None, "a", "b")
    await world.outbox()
    await world.pass_(LEASE - 2)
    assert world.channel.texts() == []
    await world.pass_(4)
    assert world.channel.texts() == ["a", "b"]


async def test_a_backlog_is_drained_without_pauses(world: World) -> None:
    """A hundred conversations left by others go out within a few looks, though the width is 8."""
    for number in range(100):
        await world.say(None, "a", conversation=f"c{number}")
    await world.store.release("dead")
    await world.outbox(width=8)
    for _ in range(200):
        await world.settle()
        if len(world.channel.got) == 100:
            break
    assert len(world.channel.got) == 100
    assert world.time.now == START


async def test_a_long_delivery_keeps_its_lease(world: World) -> None:
    """A delivery that takes longer than the lease isn't repeated by another replica."""
    first = await world.outbox("me")
    await world.outbox("other")
    world.channel.hang.clear()
    await world.say(first, "a")
    await world.pass_(LEASE * 3)
    assert world.channel.most == 1
    world.channel.hang.set()
    await world.settle()
    assert world.channel.texts() == ["a"]
    assert await waiting(world) == 0


async def test_a_lost_lease_ends_the_work_there(world: World) -> None:
    """Who lost a conversation to another replica finishes the row under way and sends no further one."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    await world.say(outbox, "a", "b", "c")
    world.switch.away = True  # the lease can't be renewed
    await world.pass_(LEASE + 15)
    (row,) = await world.store.claim("other", world.time.now, world.time.now + LEASE * 100, 10)
    assert row.payload == {"text": "a"}
    world.switch.away = False
    world.channel.hang.set()
    await world.pass_(20)
    assert world.channel.texts() == ["a"]
    assert outbox.in_hand == 0


async def test_a_database_hiccup_sends_nothing_twice(world: World) -> None:
    """A row that was delivered while the database was away is marked when it is back, and never sent again."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    await world.say(outbox, "a", "b")
    world.switch.away = True
    world.channel.hang.set()
    await world.pass_(LEASE * 4)
    assert world.channel.texts() == ["a"]
    world.switch.away = False
    await world.pass_(10)
    assert world.channel.texts() == ["a", "b"]
    await world.pass_(LEASE * 2)
    assert world.channel.texts() == ["a", "b"]
    assert await waiting(world) == 0


async def test_a_mistake_while_marking_sends_nothing_twice(world: World) -> None:
    """Even an unexpected exception of the store is waited out, not answered by sending again."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    await world.say(outbox, "a")
    world.switch.error, world.switch.away = ValueError("oops"), True
    world.channel.hang.set()
    await world.pass_(LEASE * 2)
    world.switch.away = False
    await world.pass_(LEASE * 2)
    assert world.channel.texts() == ["a"]
    assert outbox.events.failed > 0


async def test_updates_get_the_receipt_of_the_message_they_replace(world: World) -> None:
    """An update carries the id of the message sent at its turn, also when both wait in one commit."""
    outbox = await world.outbox()
    await world.say(outbox, "a", turn=1)
    await world.say(outbox, "a2", turn=1, kind="update")
    assert world.channel.receipts == ["", "id-a"]
    # The platform gave the update a new id (the message was gone): later updates go to that.
    await world.say(outbox, "a3", turn=1, kind="update")
    assert world.channel.receipts[2] == "id-a2"


async def test_an_update_of_a_message_never_sent_is_done_without_a_word(world: World) -> None:
    """An update without a receipt reaches no channel, and does not hold the next row."""
    outbox = await world.outbox()
    await world.say(outbox, "a", turn=7, kind="update")
    await world.say(outbox, "b")
    assert world.channel.texts() == ["b"]
    assert await waiting(world) == 0


async def test_stopping_finishes_what_is_under_way_and_gives_the_rest_back(world: World) -> None:
    """After a stop the delivery under way is marked, and another replica may send the rest at once."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    await world.say(outbox, "a", "b")
    stopping = asyncio.create_task(outbox.stop(5.0))
    await world.settle()
    world.channel.hang.set()
    await stopping
    assert world.channel.texts() == ["a"]
    await world.outbox("other")
    await world.pass_(2)
    assert world.channel.texts() == ["a", "b"]


async def test_stopping_does_not_wait_for_ever(world: World) -> None:
    """A delivery that hangs is given up after the grace, and its row is free for others."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    await world.say(outbox, "a")
    await asyncio.wait_for(outbox.stop(0.05), 2)
    assert [row.seq for row in await world.store.claim("other", START, START + 9, 9)] == [1]


async def test_memory_stays_bounded_when_nothing_can_be_sent(world: World) -> None:
    """Beyond a thousand conversations in hand the rest is left to the database, and sent later."""
    outbox = await world.outbox()
    world.channel.hang.clear()
    for number in range(IN_HAND + 5):
        address = Address("test", "t", f"c{number}")
        turn = Turn(address, "e", 0, {}, (Outgoing("send", {"text": "a"}),), START)
        outbox.submit((await world.store.commit(turn, "me", START + LEASE)).rows)
    assert outbox.in_hand == IN_HAND
    assert outbox.events.left == 5
    world.channel.hang.set()
    for _ in range(100):
        await world.settle()
        if not outbox.in_hand:
            break
    await world.pass_(LEASE + 3)
    assert len(world.channel.got) == IN_HAND + 5


async def test_teams_limits_are_kept_before_sending(world: World) -> None:
    """No window of a conversation ever holds more sends than Teams allows, and none waits longer than it must."""
    outbox = await world.outbox(limits=TEAMS)
    for _ in range(13):
        await world.say(outbox, "a", "b", "c", "d", "e")
    await world.pass_(40)
    times = [at for at, _, _ in world.channel.got]
    assert len(times) == 65
    for limit in TEAMS.conversation:
        for start in times:
            assert sum(start <= at < start + limit.seconds for at in times) <= limit.count
    assert times[6] == START
    assert times[59] < START + 30 <= times[60]


async def test_a_tenants_limit_is_shared_by_its_conversations(world: World) -> None:
    """Sixty conversations of one tenant get fifty sends in the first second, the others in the next."""
    outbox = await world.outbox(limits=TEAMS)
    for number in range(60):
        await world.say(outbox, "a", conversation=f"c{number}")
    await world.pass_(3)
    times = [at for at, _, _ in world.channel.got]
    assert [at < START + 1 for at in times].count(True) == 50
    assert len(times) == 60


async def test_a_long_wait_for_a_limit_is_spent_in_the_database(world: World) -> None:
    """A conversation that used up its hour holds no place in memory, and goes on when it may."""
    outbox = await world.outbox(limits=Limits((Limit(1, 60),)))
    await world.say(outbox, "a", "b")
    assert outbox.in_hand == 0
    assert outbox.events.retried == 0
    await world.pass_(62)
    assert world.channel.texts() == ["a", "b"]
