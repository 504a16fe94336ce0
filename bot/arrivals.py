"""Events of a platform that waits for no turn: kept first, so that it can be answered at once; processed afterwards.

One conversation's events are processed in the order of their arrival, each by the replica that took it in or, when that
one dies, by another; whatever was processed already is known by its event id, and only what is left is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import structlog

from bot.admission import Admission
from bot.channels.base import Channel
from bot.envelope import Envelope, Payload
from bot.errors import Refused, StoreUnavailable
from bot.log import conversation_tag, correlation
from bot.metrics import Metrics
from bot.storage.arrivals import Arrival, ArrivalStore

LEASE = 40.0  # seconds that an event may be at work before another replica takes it up
TURN = 30.0  # seconds that one turn may take, with what it asks of the platform; below LEASE
POLL = 1.0  # seconds between looks for what others left
AT_ONCE = 64  # conversations at work
TRIES = 20  # after which an event is given up
PAUSE = (1.0, 60.0)  # seconds until an event that failed is tried again: the first time, and the most

log = structlog.get_logger()


class Quick(Channel, Protocol):
    """A channel whose platform wants an answer at once, and does not show what a turn gives back."""

    def hear(self, body: dict[str, Any], at: float) -> object:
        """A body that was kept, read again: an Envelope, for one that was one when it came."""
        ...

    async def respond(self, envelope: Envelope, answer: Payload) -> None:
        """Do what a press comes to."""
        ...


class Around(Protocol):
    """What is done before a turn and after it."""

    async def complete(self, envelope: Envelope) -> Envelope:
        """With what the platform must be asked for: names, language."""
        ...

    async def done(self, envelope: Envelope) -> None:
        """The turn is committed, and what follows at once was done."""
        ...


class Arrivals:
    """Keeps events and processes them in the background."""

    def __init__(
        self,
        store: ArrivalStore,
        channel: Quick,
        around: Around,
        admission: Admission,
        metrics: Metrics,
        *,
        holder: str,
        clock: Callable[[], float],
        ids: Callable[[], str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        turn: float = TURN,
    ) -> None:
        """holder: this replica's name for leases. clock: Unix seconds. ids: correlation ids for the log. turn: seconds
        that a turn may take."""
        self._store = store
        self._channel = channel
        self._around = around
        self._admission = admission
        self._metrics = metrics
        self._holder = holder
        self._clock = clock
        self._ids = ids
        self._sleep = sleep
        self._turn = turn
        self._tasks: set[asyncio.Task[None]] = set()
        self._poll: asyncio.Task[None] | None = None

    @property
    def in_hand(self) -> int:
        """Conversations at work."""
        return len(self._tasks)

    def hears(self, envelope: Envelope) -> bool:
        """Whether it is for us at all."""
        return self._admission.reception.hears(envelope)

    async def take(self, envelope: Envelope, body: dict[str, Any]) -> None:
        """When this returns the event is kept, and will be processed. Raises `StoreUnavailable`."""
        at = envelope.incoming.at
        arrival = Arrival(envelope.address.key, envelope.event_id, body, at)
        if await self._store.arrive(arrival, self._holder, self._clock() + LEASE):
            self._begin(arrival, envelope)

    def start(self) -> None:
        """Begin to look for what is left by others, or from before."""
        self._poll = asyncio.create_task(self._polling(), name="arrivals")

    async def stop(self, grace: float = 2.0) -> None:
        """Finish what is at work, within `grace` seconds; what is left is another's (by `Store.release`)."""
        if self._poll is not None:
            self._poll.cancel()
            await asyncio.wait({self._poll})
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        late = list(self._tasks)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def look(self) -> int:
        """Take up what is due; how much that was."""
        room = AT_ONCE - len(self._tasks)
        if room <= 0:
            return 0
        now = self._clock()
        found = await self._store.claim_arrivals(self._holder, now, now + LEASE, room)
        for arrival in found:
            self._begin(arrival, None)
        return len(found)

    async def _polling(self) -> None:
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                log.warning("arrivals_store_unavailable", exc_info=error)
            except Exception as error:
                log.error("arrivals_failed", exc_info=error)
            await self._sleep(POLL)

    def _begin(self, arrival: Arrival, envelope: Envelope | None) -> None:
        task = asyncio.create_task(self._work(arrival, envelope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, first: Arrival, envelope: Envelope | None) -> None:
        """One event and those that wait behind it."""
        arrival, more = first, envelope
        while True:
            correlation.set(self._ids())
            try:
                async with asyncio.timeout(self._turn):
                    await self._process(arrival, more)
                following = await self._store.arrived(arrival, self._holder, self._clock() + LEASE)
            except Exception as error:
                away = isinstance(error, StoreUnavailable | TimeoutError)
                (self._metrics.unavailable if away else self._metrics.failed).inc()
                tag = conversation_tag(arrival.key)
                log.error("arrival_postponed", conversation=tag, attempts=arrival.tries, exc_info=error)
                await self._postpone(arrival)
                return
            if following is None:
                return
            arrival, more = following, None

    async def _postpone(self, arrival: Arrival) -> None:
        """Again later; the lease ends by itself when not even this can be written."""
        first, most = PAUSE
        try:
            await self._store.postpone(arrival, self._holder, self._clock() + min(most, first * 2.0**arrival.tries))
        except StoreUnavailable as error:
            log.warning("arrivals_store_unavailable", exc_info=error)

    async def _process(self, arrival: Arrival, envelope: Envelope | None) -> None:
        started = time.perf_counter()
        if arrival.tries > TRIES:
            log.error("arrival_given_up", conversation=conversation_tag(arrival.key), attempts=arrival.tries)
            return
        found: object = envelope
        if found is None:
            try:
                found = self._channel.hear(arrival.data, arrival.at)
            except Refused:  # what was good when it came is not any more, to a newer version
                found = None
        if not isinstance(found, Envelope):
            return
        complete = await self._around.complete(found)
        answer = await self._admission.take(self._channel, complete)
        seconds = time.perf_counter() - started
        self._metrics.seconds.observe(seconds)
        log.info(
            "turn",
            channel=found.address.channel,
            conversation=conversation_tag(found.address.key),
            invoke=found.invoke,
            seconds=round(seconds, 4),
        )
        if answer:
            await self._channel.respond(complete, answer)
        await self._around.done(found)
