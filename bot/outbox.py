"""The outbox: sends what was committed, in order within a conversation, in parallel across them, until it is done."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

import structlog

from bot.channels.base import Channel
from bot.channels.limits import Limiter, Limits
from bot.clock import SteadyClock
from bot.envelope import Receipt
from bot.errors import ConversationBlocked, DeliverLater, DeliveryError, StoreUnavailable, Undeliverable
from bot.log import conversation_tag
from bot.patience import Patience
from bot.storage.base import LEASE, Row, Store
from bot.storage.codec import ABOUT

T = TypeVar("T")
log = structlog.get_logger()

POLL = 1.0  # seconds between looks for what is due and what others left
WIDTH = 64  # deliveries under way at once
IN_HAND = 1000  # conversations in memory; what is more stays in the database until their lease ends
DAY = 86400.0  # an older row is no answer any more
DELIVERY = 60.0  # seconds: a channel that gives no answer in this time has none
PATIENCE = 5.0  # seconds: a longer wait for a rate limit is spent in the database
AFTER_CAP = 3600.0
BACKOFF = (1.0, 300.0)  # seconds: the first pause and the longest
STORE_PAUSES = (0.1, 5.0)  # seconds between tries to mark a row while the database is away


@dataclass(slots=True)
class OutboxEvents:
    """Counts since the start, for /metrics. failed: exceptions nobody expected; left: conversations beyond IN_HAND."""

    sent: int = 0
    retried: int = 0
    aside: int = 0
    parked: int = 0
    failed: int = 0
    left: int = 0


@dataclass(slots=True)
class _Lane:
    """A conversation in our hands. rows: the next to deliver, in order; again: rows that came for it meanwhile."""

    key: str
    rows: deque[Row]
    again: deque[Row] = field(default_factory=deque)
    handled: int = 0  # the highest seq that is done with
    busy: bool = False  # delivering or marking: not to be interrupted lightly
    lost: bool = False  # somebody else holds the lease
    task: asyncio.Task[None] | None = None


class Outbox:
    """Delivers rows through their channels and marks them.

    Without a fault each row is sent once; a crash or a broken connection between the platform's acceptance and our mark
    sends it once more. Rows that this process committed come by `submit`; others' leftovers and due retries are claimed
    from the store. A row whose delivery was accepted is never sent again by this process, however long the database
    takes to hear of it.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        holder: str,
        *,
        limits: Mapping[str, Limits] | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        lease: float = LEASE,
        width: int = WIDTH,
        prepare: Callable[[Row], Awaitable[Row | None]] | None = None,
    ) -> None:
        """`channels` and `limits` by name. holder: a name that no other living process has. `clock`: Unix seconds.

        prepare: makes a row that can be sent of one of kind "file" (None: there is nothing to send any more).
        """
        self._store = store
        self._channels = channels
        self._holder = holder
        self._limiter = Limiter(limits or {})
        self._clock = clock or SteadyClock()
        self._sleep = sleep
        self._jitter = jitter
        self._lease = lease
        self._width = width
        self._prepare = prepare
        self._slots = asyncio.Semaphore(width)
        self._patience = Patience(DELIVERY)
        self._lanes: dict[str, _Lane] = {}
        self._woken = asyncio.Event()
        self._poll: asyncio.Task[None] | None = None
        self._stopping = False
        self._backlog = False  # the last claim was full: there is more
        self._renew_at = 0.0
        self.events = OutboxEvents()

    @property
    def in_hand(self) -> int:
        """Conversations that are being delivered to now."""
        return len(self._lanes)

    async def start(self) -> None:
        """Begin to look for due rows."""
        self._poll = asyncio.create_task(self._polling(), name="outbox")

    def submit(self, rows: Sequence[Row]) -> None:
        """Deliver the rows of lanes that a commit leased to us, one lane after the other, in the background."""
        if self._stopping:
            return
        for lane, its in groupby(rows, lambda row: row.lane):
            self._take(lane, its)

    def wake(self) -> None:
        """Look for due rows now."""
        self._woken.set()

    async def stop(self, grace: float = 5.0) -> None:
        """Finish deliveries under way (`grace` seconds at most), give all leases back."""
        self._stopping = True
        if self._poll is not None:
            self._poll.cancel()
            await asyncio.wait({self._poll})
        tasks = {lane.task for lane in self._lanes.values() if lane.task is not None}
        for lane in self._lanes.values():
            if lane.task is not None and not lane.busy:
                lane.task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                log.warning("outbox_stopped_in_delivery", count=len(late))
                await asyncio.wait(late)
        try:
            await self._store.release(self._holder)
        except StoreUnavailable as error:
            log.warning("outbox_leases_not_released", exc_info=error)

    # ---- finding work

    async def _polling(self) -> None:
        while True:
            try:
                await self._look()
            except StoreUnavailable as error:
                log.warning("outbox_store_unavailable", exc_info=error)
            except Exception as error:
                self.events.failed += 1
                log.error("outbox_poll_failed", exc_info=error)
            await self._pause(POLL)

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless woken."""
        waits = {asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._woken.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._woken.clear()

    async def _look(self) -> None:
        """Renew the leases in hand when it is time, then claim what is due."""
        now = self._clock()
        if now >= self._renew_at:
            self._renew_at = now + self._lease / 3
            if asked := dict(self._lanes):
                kept = await self._store.renew(asked, self._holder, now + self._lease)
                for key in asked.keys() - kept:
                    asked[key].lost = True
        limit = self._width - len(self._lanes)
        if limit <= 0:
            self._backlog = True
            return
        rows = await self._store.claim(self._holder, now, now + self._lease, limit)
        self._backlog = len(rows) == limit
        for row in rows:
            self._take(row.lane, (row,))

    def _take(self, key: str, rows: Iterable[Row]) -> None:
        lane = self._lanes.get(key)
        if lane is not None:
            # Its last row may be done in the database, but not yet here. What is handled meanwhile is left out later.
            lane.again.extend(rows)
            return
        if len(self._lanes) >= IN_HAND:
            self.events.left += 1
            return
        lane = self._lanes[key] = _Lane(key, deque(rows))
        lane.task = asyncio.create_task(self._run(lane))

    # ---- one conversation

    async def _run(self, lane: _Lane) -> None:
        try:
            while lane.rows and not self._stopping:
                await self._step(lane, lane.rows.popleft())
                if lane.lost:
                    lane.rows.clear()
                if not lane.rows:
                    lane.rows.extend(row for row in lane.again if row.seq > lane.handled)
                    lane.again.clear()
                    lane.lost = False
        except Exception as error:  # a mistake of ours; the lease ends by itself and the rows are found again
            self.events.failed += 1
            log.error("outbox_lane_failed", conversation=conversation_tag(lane.key), exc_info=error)
        finally:
            del self._lanes[lane.key]
            if self._backlog and len(self._lanes) <= self._width // 2:
                self._woken.set()

    async def _step(self, lane: _Lane, row: Row) -> None:
        """Deliver a row and mark what became of it."""
        if self._clock() - row.created > DAY:
            await self._put_aside(lane, row, "older than a day")
            return
        try:
            receipt = await self._deliver(lane, row)
        except ConversationBlocked as error:
            await self._park(lane, error.reason)
        except Undeliverable as error:
            await self._put_aside(lane, row, error.reason)
        except DeliverLater as error:
            await self._later(lane, row, error)
        else:
            if receipt is not None:
                await self._sent(lane, row, receipt)

    async def _deliver(self, lane: _Lane, row: Row) -> Receipt | None:
        """Wait for our turn and send. None: the wait would be long, or the lease is lost; the lane was let go."""
        if row.kind in ABOUT and not row.receipt:
            return Receipt()  # what it is about was never sent, or too long ago
        if row.threadless:
            raise Undeliverable("its thread was never opened")
        channel = self._channels.get(row.address.channel)
        if channel is None:
            raise DeliverLater(f"no channel named {row.address.channel} is set up here")
        if row.kind == "file":
            prepared = await self._prepared(row)
            if prepared is None or lane.lost:
                return None if lane.lost else Receipt()
            row = prepared
        reserved = False
        while not reserved:
            wait, reserved = self._limiter.reserve(row.address, self._clock(), PATIENCE, row.kind)
            if wait > PATIENCE:
                await self._hold(lane, row, wait, failed=False)
                return None
            if wait > 0:
                await self._sleep(wait)
        async with self._slots:
            if lane.lost:
                return None
            lane.busy = True
            return await self._through(channel, row)

    async def _prepared(self, row: Row) -> Row | None:
        """The row that takes a file's place. Whoever prepares it knows how long that may take: it may wait its turn."""
        if self._prepare is None:
            raise Undeliverable("files are not set up here")
        try:
            return await self._prepare(row)
        except DeliveryError:
            raise
        except Exception as error:
            self.events.failed += 1
            log.error("outbox_file_failed", conversation=conversation_tag(row.address.key), exc_info=error)
            raise DeliverLater(f"unexpected {type(error).__name__}") from error

    async def _through(self, channel: Channel, row: Row) -> Receipt:
        """Send by this channel; whatever goes wrong comes out as a DeliveryError."""
        try:
            with self._patience:
                return await channel.deliver(row)
        except DeliveryError:
            raise
        except TimeoutError as error:
            raise DeliverLater("no answer in time", ambiguous=True) from error
        except Exception as error:
            self.events.failed += 1
            log.error("outbox_delivery_failed", conversation=conversation_tag(row.address.key), exc_info=error)
            raise DeliverLater(f"unexpected {type(error).__name__}") from error

    # ---- marking

    async def _sent(self, lane: _Lane, row: Row, receipt: Receipt) -> None:
        self.events.sent += 1
        message = receipt.message_id if row.kind != "update" or receipt.message_id != row.receipt else ""
        thread = None
        if row.kind == "thread" and receipt.conversation:
            thread = replace(row.address, conversation=receipt.conversation)
        await self._go_on(
            lane,
            row,
            lambda more: self._store.sent(
                lane.key, row.seq, message, self._holder, self._clock(), more, thread=thread, follows=row.follows
            ),
        )

    async def _put_aside(self, lane: _Lane, row: Row, reason: str) -> None:
        self.events.aside += 1
        log.warning("outbox_set_aside", conversation=conversation_tag(lane.key), reason=reason)
        await self._go_on(
            lane,
            row,
            lambda more: self._store.set_aside(
                lane.key, row.seq, reason, self._holder, self._clock(), more, follows=row.follows
            ),
        )

    async def _go_on(self, lane: _Lane, row: Row, mark: Callable[[bool], Awaitable[list[Row] | None]]) -> None:
        """Mark the row as done with, and take the next ones."""
        lane.busy = True
        lane.handled = max(lane.handled, row.seq)
        more = bool(lane.rows)
        found = await self._insist(lane, lambda: mark(more))
        lane.busy = False
        if found is None:
            lane.rows.clear()
        else:
            own = [row for row in found if row.lane == lane.key]
            lane.rows.extend(own)
            if len(own) < len(found):  # what follows the row, in another lane
                self.submit([row for row in found if row.lane != lane.key])

    async def _later(self, lane: _Lane, row: Row, error: DeliverLater) -> None:
        if error.ambiguous and row.doubtful:
            await self._put_aside(lane, row, f"{error.reason}, twice; it may have arrived")
            return
        self.events.retried += 1
        first, longest = BACKOFF
        wait = min(longest, first * 2.0 ** min(row.attempts, 20) * (1.0 + self._jitter() / 2))
        if error.after is not None:
            wait = min(AFTER_CAP, error.after)
        log.info("outbox_retry", conversation=conversation_tag(lane.key), reason=error.reason, seconds=round(wait, 1))
        await self._hold(lane, row, wait, failed=True, doubtful=error.ambiguous)

    async def _hold(self, lane: _Lane, row: Row, wait: float, failed: bool, doubtful: bool = False) -> None:
        due = self._clock() + wait
        await self._let_go(lane, lambda: self._store.retry(lane.key, row.seq, due, self._holder, failed, doubtful))

    async def _park(self, lane: _Lane, reason: str) -> None:
        self.events.parked += 1
        log.info("outbox_parked", conversation=conversation_tag(lane.key), reason=reason)
        await self._let_go(lane, lambda: self._store.park(lane.key, reason, self._holder, self._clock()))
        self._woken.set()  # whoever waited for what is waiting here is told now

    async def _let_go(self, lane: _Lane, mark: Callable[[], Awaitable[None]]) -> None:
        """Mark the conversation as held or parked; nothing more of it is in our hands."""
        lane.busy = True
        lane.rows.clear()
        await self._insist(lane, mark)
        lane.busy = False

    async def _insist(self, lane: _Lane, mark: Callable[[], Awaitable[T]]) -> T:
        """Mark, again and again while the database is away: sending a second time would be worse than waiting."""
        pause, longest = STORE_PAUSES
        while True:
            try:
                return await mark()
            except StoreUnavailable as error:
                log.warning("outbox_mark_waits", conversation=conversation_tag(lane.key), exc_info=error)
            except Exception as error:
                self.events.failed += 1
                log.error("outbox_mark_failed", conversation=conversation_tag(lane.key), exc_info=error)
            await self._sleep(pause)
            pause = min(longest, pause * 2)
