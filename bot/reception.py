"""From an envelope to a committed turn: lock, load, run, render, commit; then the outbox is woken."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.channels.base import Channel, Rendered
from bot.envelope import Envelope, Payload
from bot.errors import StoreUnavailable
from bot.metrics import Metrics
from bot.storage.base import Loaded, Row, Store, Turn
from dialogs.cards.notice import NoticeCard
from dialogs.texts import Texts
from dialogs.turn import Incoming, Outcome, Reply, State

ROUNDS = 8  # of load, run, commit, before a busy conversation is left to the platform's next delivery
_FAILING = 1000  # conversations remembered whose last turn failed

log = structlog.get_logger()


class Runs(Protocol):
    """The conversation: `dialogs.engine.Engine`."""

    async def run(self, state: State | None, incoming: Incoming) -> Outcome:
        """One turn, pure: `state` is not changed; None: a new conversation."""
        ...


class Submits(Protocol):
    """Takes committed rows to be sent: `bot.outbox.Outbox`."""

    def submit(self, rows: Sequence[Row]) -> None:
        """Send these at once; returns at once."""
        ...


@dataclass(slots=True)
class Script:
    """What a reload replaces: the engine and its sentences. All turns in flight end with what they began with."""

    engine: Runs
    texts: Callable[[str], Texts]
    contact: str = ""


class Locks:
    """One lock for each conversation at work; a conversation at rest has none, so the table stays small."""

    def __init__(self) -> None:
        """No conversation is at work."""
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        """How many conversations are at work."""
        return len(self._locks)

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Turns of one conversation come one after the other, in the order of their arrival."""
        lock, users = self._locks.get(key) or (asyncio.Lock(), 0)
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)


class Reception:
    """Turns an envelope into a committed turn, exactly once for each event id."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        outbox: Submits,
        script: Script,
        metrics: Metrics,
        *,
        holder: str,
        lease: float,
    ) -> None:
        """holder: this replica's name for leases; lease: seconds that one is taken for."""
        self._store = store
        self._channels = channels
        self._outbox = outbox
        self.script = script
        self._metrics = metrics
        self._holder = holder
        self._lease = lease
        self._locks = Locks()
        self._failing: OrderedDict[str, None] = OrderedDict()

    async def receive(self, envelope: Envelope) -> Payload | None:
        """Run and commit one turn; gives the answer to an invoke. When it returns, the turn is durable.

        Raises `StoreUnavailable` when it could not be committed: then nothing happened, and the platform may deliver
        it again.
        """
        key = envelope.address.key
        async with self._locks.hold(key):
            for _ in range(ROUNDS):
                loaded = await self._store.load(key, envelope.event_id)
                if loaded.seen:
                    self._metrics.duplicate.inc()
                    return loaded.answer
                state, rendered = await self._turn(key, loaded, envelope)
                done, answer = await self._commit(envelope, loaded.version, state, rendered)
                if done:
                    return answer
        log.warning("conversation_too_busy", attempts=ROUNDS)
        raise StoreUnavailable("the conversation changed too often to commit a turn; it will be delivered again")

    async def tell_off(self, envelope: Envelope) -> Payload | None:
        """Tell the sender, once, that this is too much; nothing of what was said is taken in."""
        key = envelope.address.key
        channel = self._channels[envelope.address.channel]
        async with self._locks.hold(key):
            for _ in range(ROUNDS):
                loaded = await self._store.load(key, envelope.event_id)
                if loaded.seen:
                    return loaded.answer
                state = loaded.state if loaded.state is not None else {}
                card = NoticeCard(self.script.texts(envelope.incoming.locale).too_fast)
                rendered = channel.render(envelope, Outcome(state, (Reply(card),)))
                done, answer = await self._commit(envelope, loaded.version, state, rendered)
                if done:
                    return answer
        raise StoreUnavailable("the conversation changed too often to say that it goes too fast")

    async def _turn(self, key: str, loaded: Loaded, envelope: Envelope) -> tuple[State, Rendered]:
        """Run the engine and render. A mistake of ours is told to the user, and does not come back for ever."""
        script, channel = self.script, self._channels[envelope.address.channel]
        state = loaded.state if loaded.state is not None else {}
        try:
            outcome = await script.engine.run(state, envelope.incoming)
            rendered = channel.render(envelope, outcome)
        except Exception as error:
            self._metrics.failed.inc()
            log.error("turn_failed", exc_info=error)
            # The second failure in a row may lie in the state: begin anew rather than fail for ever.
            kept = {} if key in self._failing else state
            self._remember_failure(key)
            outcome = Outcome(kept, (Reply(self._apology(script, envelope.incoming.locale)),))
            return kept, channel.render(envelope, outcome)
        if self._failing:
            self._failing.pop(key, None)
        return outcome.state, rendered

    async def _commit(
        self, envelope: Envelope, version: int, state: State, rendered: Rendered
    ) -> tuple[bool, Payload | None]:
        """Whether the event is durable now, by us or by somebody before us, and its answer."""
        at = envelope.incoming.at
        turn = Turn(envelope.address, envelope.event_id, version, state, rendered.outgoing, at, rendered.answer)
        committed = await self._store.commit(turn, self._holder, at + self._lease)
        if committed.result == "conflict":
            self._metrics.conflicts.inc()
            return False, None
        if committed.result == "duplicate":
            self._metrics.duplicate.inc()
            return True, committed.answer
        self._metrics.done.inc()
        if committed.rows:
            self._outbox.submit(committed.rows)
        return True, rendered.answer

    @staticmethod
    def _apology(script: Script, locale: str) -> NoticeCard:
        texts = script.texts(locale)
        way = f"\n{texts.person_title}: {script.contact}" if script.contact else ""
        return NoticeCard(texts.apology + way)

    def _remember_failure(self, key: str) -> None:
        self._failing[key] = None
        if len(self._failing) > _FAILING:
            self._failing.popitem(last=False)
