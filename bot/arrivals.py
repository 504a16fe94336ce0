"""Events of a platform that waits for no turn: it is answered when the turn is committed, or when the event is kept.

Most turns are committed within milliseconds, and then that is the answer. One that takes longer, and every event behind
it, is kept: written down as it came, so that it can be acknowledged and survives the process. One conversation's events
are processed in the order of their arrival, each by the replica that took it in or, when that one dies, by another;
whatever was committed already is known by its event id, and only what is left is done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot.admission import Admission
from bot.channels.base import Channel
from bot.envelope import Envelope, Payload
from bot.errors import Refused, StoreUnavailable
from bot.log import conversation_tag, correlation
from bot.metrics import Metrics
from bot.patience import Patience
from bot.reception import Locks
from bot.storage.arrivals import SENDER, Arrival, ArrivalStore

LEASE = 40.0  # seconds that an event may be at work before another replica takes it up
TURN = 30.0  # seconds that one turn may take, with what it asks of the platform; below LEASE
POLL = 1.0  # seconds between looks for what others left
AT_ONCE = 64  # conversations at work
SOON = 0.5  # seconds that a turn may take before its event is kept, and acknowledged without it
TRIES = 20  # after which an event is given up, and its sender told so
TELLS = 5  # tries to tell
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

    def follows(self, envelope: Envelope) -> bool:
        """Whether there is something to do when the turn is committed."""
        ...

    async def done(self, envelope: Envelope) -> None:
        """The turn is committed, and what it came to was done."""
        ...


@dataclass(slots=True)
class _Job:
    """An event at work that is not kept. keeping: set while, and once, it is being kept after all."""

    arrival: Arrival
    envelope: Envelope
    task: asyncio.Task[None] | None = None
    keeping: asyncio.Task[bool] | None = None


class Arrivals:
    """Processes events, and keeps those that take their time."""

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
        soon: float = SOON,
    ) -> None:
        """holder: this replica's name for leases. clock: Unix seconds. ids: correlation ids for the log. turn: seconds
        that a turn may take; soon: before it is kept."""
        self._store = store
        self._channel = channel
        self._around = around
        self._admission = admission
        self._metrics = metrics
        self._holder = holder
        self._clock = clock
        self._ids = ids
        self._sleep = sleep
        self._turn = Patience(turn)
        self._soon = soon
        self._locks = Locks()
        self._jobs: dict[str, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._poll: asyncio.Task[None] | None = None

    @property
    def in_hand(self) -> int:
        """Conversations at work."""
        return len(self._tasks)

    def hears(self, envelope: Envelope) -> bool:
        """Whether it is for us at all."""
        return self._admission.reception.hears(envelope)

    async def take(self, envelope: Envelope, body: Payload) -> None:
        """When this returns, the turn is committed, or the event is kept and will be processed. Raises
        `StoreUnavailable`: then neither is certain, and it is to be delivered again."""
        key = envelope.address.key
        arrival = Arrival(key, envelope.event_id, {**body, SENDER: envelope.sender.id}, envelope.incoming.at)
        free = key not in self._jobs and not await self._store.waiting(key)
        before = self._jobs.get(key)
        if free and before is None:
            job = self._jobs[key] = _Job(arrival, envelope)
            job.task = self._spawn(self._at_once(job))
            await asyncio.wait({job.task}, timeout=self._soon)
            if job.task.done():
                await job.task
            else:
                await self._keep(job)
            return
        if before is not None:
            await self._keep(before)  # or this one would be kept before it
        if await self._store.arrive(arrival, self._holder, self._clock() + LEASE):
            self._begin(arrival, envelope)

    async def _keep(self, job: _Job) -> None:
        """Keep the event of a turn that is under way."""
        if job.keeping is None:
            job.keeping = asyncio.ensure_future(self._store.arrive(job.arrival, self._holder, self._clock() + LEASE))
        await asyncio.shield(job.keeping)

    async def _at_once(self, job: _Job) -> None:
        """One turn whose event is not kept, unless it takes its time; then also those that wait behind it."""
        arrival, key = job.arrival, job.arrival.key
        kept = False
        try:
            try:
                with self._turn:
                    async with self._locks.hold(key):
                        await self._process(arrival, job.envelope)
            finally:
                self._jobs.pop(key, None)
                if job.keeping is not None:
                    await asyncio.wait({job.keeping})
                    kept = job.keeping.exception() is None
            following = await self._store.arrived(arrival, self._holder, self._clock() + LEASE) if kept else None
        except Exception as error:
            if not kept:
                raise
            await self._failed(arrival, error)
            return
        if following is not None:
            await self._work(following, None)

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
        self._spawn(self._work(arrival, envelope))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it has it; what nobody waits for is logged where it happens

    async def _work(self, first: Arrival, envelope: Envelope | None) -> None:
        """One event and those that wait behind it."""
        arrival, more = first, envelope
        while True:
            correlation.set(self._ids())
            try:
                with self._turn:
                    async with self._locks.hold(arrival.key):
                        await self._process(arrival, more)
                following = await self._store.arrived(arrival, self._holder, self._clock() + LEASE)
            except Exception as error:
                await self._failed(arrival, error)
                return
            if following is None:
                return
            arrival, more = following, None

    async def _failed(self, arrival: Arrival, error: Exception) -> None:
        away = isinstance(error, StoreUnavailable | TimeoutError)
        (self._metrics.unavailable if away else self._metrics.failed).inc()
        tag = conversation_tag(arrival.key)
        log.error("arrival_postponed", conversation=tag, attempts=arrival.tries, exc_info=error)
        await self._postpone(arrival)

    async def _postpone(self, arrival: Arrival) -> None:
        """Again later; the lease ends by itself when not even this can be written."""
        first, most = PAUSE
        try:
            await self._store.postpone(arrival, self._holder, self._clock() + min(most, first * 2.0**arrival.tries))
        except StoreUnavailable as error:
            log.warning("arrivals_store_unavailable", exc_info=error)

    async def _process(self, arrival: Arrival, envelope: Envelope | None) -> None:
        started = time.perf_counter()
        found = self._heard(arrival) if envelope is None else envelope
        if not isinstance(found, Envelope):
            return
        if arrival.tries > TRIES:
            await self._give_up(arrival, found)
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
        if answer or self._around.follows(found):
            self._spawn(self._after(found, complete, answer))

    def _heard(self, arrival: Arrival) -> object:
        """What was kept, read again. Whatever is wrong with it, it holds up those behind it for a time only."""
        try:
            return self._channel.hear(arrival.data, arrival.at)
        except Refused:  # what was good when it came is not any more, to a newer version
            return None
        except Exception as error:
            if arrival.tries <= TRIES:
                raise
            tag = conversation_tag(arrival.key)
            log.error("arrival_given_up", conversation=tag, attempts=arrival.tries, exc_info=error)
            return None

    async def _give_up(self, arrival: Arrival, envelope: Envelope) -> None:
        """Its sender hears of it, if not even that fails for good; then those behind it have their turn."""
        log.error("arrival_given_up", conversation=conversation_tag(arrival.key), attempts=arrival.tries)
        if envelope.gone or arrival.tries > TRIES + TELLS:
            return
        await self._admission.reception.apologize(envelope)

    async def _after(self, envelope: Envelope, complete: Envelope, answer: Payload | None) -> None:
        """What a press comes to, beside what was committed; nobody waits for it."""
        try:
            if answer:
                await self._channel.respond(complete, answer)
            if self._around.follows(envelope):
                await self._around.done(envelope)
        except Exception as error:
            log.error("not_answered", conversation=conversation_tag(envelope.address.key), exc_info=error)
