"""From an envelope to a committed turn: lock, load, run, render, commit; then the outbox is woken."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from bot.channels.base import Channel, Rendered
from bot.envelope import Envelope, Outgoing, Payload
from bot.errors import StoreUnavailable
from bot.handoff.case import but
from bot.handoff.front import Front
from bot.handoff.staff_side import Said
from bot.metrics import Metrics
from bot.remembered import Remembered
from bot.script import Script
from bot.storage.base import Committed, Loaded, Row, Store, Turn
from bot.storage.cases import Step
from bot.storage.unanswered import Unanswered
from dialogs.cards.base import Button
from dialogs.cards.notice import NoticeCard
from dialogs.turn import Outcome, Reply, State

ROUNDS = 8  # of load, run, commit, before a busy conversation is left to the platform's next delivery
MAX_UNANSWERED = 500  # characters kept of what found no guide
_FAILING = 1000  # conversations remembered whose last turn failed

_Try = Callable[[Envelope, Loaded, bool], Awaitable[tuple[bool, Payload | None]]]

log = structlog.get_logger()


class Submits(Protocol):
    """Takes committed rows to be sent: `bot.outbox.Outbox`."""

    def submit(self, rows: Sequence[Row]) -> None:
        """Send these at once; returns at once."""
        ...


class Locks:
    """One lock for each conversation at work; a conversation at rest has none, so the table stays small."""

    def __init__(self) -> None:
        """No conversation is at work."""
        self._locks: dict[str, deque[asyncio.Future[None]]] = {}  # by conversation, who waits for it

    def __len__(self) -> int:
        """How many conversations are at work."""
        return len(self._locks)

    def hold(self, key: str) -> _Hold:
        """`async with`: turns of one conversation come one after the other, in the order of their arrival."""
        return _Hold(self._locks, key)


class _Hold:
    """A place in the queue of one conversation, where there is one; most often there is none, and no lock is made."""

    __slots__ = ("_key", "_locks")

    def __init__(self, locks: dict[str, deque[asyncio.Future[None]]], key: str) -> None:
        self._locks = locks
        self._key = key

    async def __aenter__(self) -> None:
        queue = self._locks.get(self._key)
        if queue is None:
            self._locks[self._key] = deque()
            return
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it had just become ours
            raise

    async def __aexit__(self, *_: object) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        """The next who still waits has it; or nobody."""
        queue = self._locks[self._key]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._locks[self._key]


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
        front: Front | None = None,
    ) -> None:
        """holder: this replica's name for leases; lease: seconds that one is taken for. front: the hand-off."""
        self._front = front
        self._store = store
        self._channels = channels
        self._outbox = outbox
        self.script = script
        self._metrics = metrics
        self._holder = holder
        self._lease = lease
        self._locks = Locks()
        self._remembered = Remembered()
        self._failing: OrderedDict[str, None] = OrderedDict()

    async def receive(self, envelope: Envelope) -> Payload | None:
        """Run and commit one turn; gives the answer to an invoke. When it returns, the turn is durable.

        Raises `StoreUnavailable` when it could not be committed: then nothing happened, and the platform may deliver
        it again.
        """
        return await self._settle(envelope, self._event)

    def hears(self, envelope: Envelope) -> bool:
        """Whether it is for us at all. What was said in a channel without mentioning the bot is so only where the
        desk's plan has all relayed that the one says who holds a case."""
        return envelope.mentioned or bool(envelope.change) or self.script.plan.relay == "all"

    async def tell_off(self, envelope: Envelope) -> Payload | None:
        """Tell the sender, once, that this is too much; nothing of what was said is taken in."""
        return await self._settle(envelope, self._refuse)

    async def apologize(self, envelope: Envelope) -> Payload | None:
        """Tell the sender that this could not be processed, and will not be; nothing of what was said is taken in."""
        return await self._settle(envelope, self._give_up)

    async def _settle(self, envelope: Envelope, attempt: _Try) -> Payload | None:
        """Try the event on the state as it is; again, when somebody was faster."""
        key = envelope.address.key
        async with self._locks.hold(key):
            for _ in range(ROUNDS):
                known = self._remembered.get(key)
                if known:
                    loaded = known
                else:
                    loaded = await self._store.load(key, envelope.event_id)
                    if loaded.seen:
                        self._metrics.duplicate.inc()
                        return loaded.answer
                done, answer = await attempt(envelope, loaded, bool(known))
                if done:
                    return answer
        log.warning("conversation_too_busy", attempts=ROUNDS)
        raise StoreUnavailable("the conversation changed too often to commit a turn; it will be delivered again")

    async def _refuse(self, envelope: Envelope, loaded: Loaded, known: bool) -> tuple[bool, Payload | None]:
        """The notice that this was too fast."""
        card = NoticeCard(self.script.texts(envelope.incoming.locale).too_fast)
        return await self._only(card, envelope, loaded, known)

    async def _give_up(self, envelope: Envelope, loaded: Loaded, known: bool) -> tuple[bool, Payload | None]:
        """The apology."""
        card = self._apology(self.script, envelope.incoming.locale, envelope.address.group)
        return await self._only(card, envelope, loaded, known)

    async def _only(
        self, card: NoticeCard, envelope: Envelope, loaded: Loaded, known: bool
    ) -> tuple[bool, Payload | None]:
        """A card in place of a turn; the state stays."""
        kept = loaded.state if loaded.state is not None else {}
        rendered = self._channels[envelope.address.channel].render(envelope, Outcome(kept, (Reply(card),)))
        return await self._commit(envelope, loaded, kept, rendered, known, remember=loaded.case is None)

    async def _event(self, envelope: Envelope, loaded: Loaded, known: bool) -> tuple[bool, Payload | None]:
        """One try at an event: the hand-off's, or a turn of the bot alone."""
        front, script = self._front, self.script
        if front is not None and (loaded.case is not None or envelope.address.group or _for_front(envelope)):
            try:
                taken = await front.take(envelope, loaded, script)
            except StoreUnavailable:
                raise
            except Exception as error:  # nothing was passed on, and whoever said it is told
                outcome, rendered = self._mistake(envelope, loaded.state or {}, error)
                return await self._commit(envelope, loaded, outcome.state, rendered, known, remember=False)
            if isinstance(taken, Step):
                return await self._commit_step(taken, loaded, known)
            if known and loaded.case is not None:  # only a change of the case would show whether this holds still
                self._remembered.forget(envelope.address.key)
                return False, None
            if taken is not None:
                said = self._said(envelope, taken)
                quiet = envelope.invoke or envelope.change or envelope.gone or not envelope.mentioned
                if quiet and not said.outgoing:
                    return True, said.answer  # refused, or of no case: there is nothing to commit, nor to race for
                return await self._commit(envelope, loaded, loaded.state or {}, said, known, remember=False)
        if envelope.change or envelope.gone or not envelope.mentioned:
            return True, None  # nobody keeps what was said to the bot alone: there is nothing to change
        if front is not None and (staff := await front.staff(envelope, loaded, script)):
            in_case = loaded.case is not None and loaded.case.open
            envelope = replace(envelope, incoming=replace(envelope.incoming, staff=staff, in_case=in_case))
        outcome, rendered = await self._run(envelope, loaded.state)
        if front is not None and outcome.handoff and outcome.handoff.send:
            step = await front.open(envelope, loaded, outcome.handoff, outcome.state, rendered, script)
            if step is not None:
                return await self._commit_step(step, loaded, known)
            outcome = replace(outcome, replies=(Reply(self._no_desk(script, envelope.incoming.locale)),))
            rendered = self._channels[envelope.address.channel].render(envelope, outcome)
        remember = loaded.case is None and (front is None or not envelope.address.group)
        try:
            done = await self._commit(envelope, loaded, outcome.state, rendered, known, remember)
            if done[0] and outcome.unanswered and not envelope.address.group:
                await self._note_unanswered(envelope, outcome.unanswered)
            return done
        except (TypeError, ValueError) as error:  # what the turn gave is no JSON: a mistake of ours like any other
            outcome, rendered = self._mistake(envelope, loaded.state or {}, error)
            return await self._commit(envelope, loaded, outcome.state, rendered, known, remember)

    async def _note_unanswered(self, envelope: Envelope, words: str) -> None:
        """Keep words that found no guide, for authors. The turn is committed already, and does not hang on it."""
        incoming = envelope.incoming
        try:
            message = Unanswered(incoming.at, incoming.locale, words[:MAX_UNANSWERED])
            await self._store.note_unanswered(envelope.address.key, envelope.event_id, message)
        except StoreUnavailable as error:
            log.warning("unanswered_not_kept", exc_info=error)

    async def _run(self, envelope: Envelope, before: State | None) -> tuple[Outcome, Rendered]:
        """Run the engine and render. A mistake of ours is told to the user, and does not come back for ever."""
        script, channel = self.script, self._channels[envelope.address.channel]
        state, key = before if before is not None else {}, envelope.address.key
        try:
            outcome = await script.engine.run(state, envelope.incoming)
            if envelope.files:  # nobody looks at them; who sent them must not wait for that
                outcome = replace(outcome, replies=(Reply(self._unread(script, envelope)), *outcome.replies))
            rendered = channel.render(envelope, outcome)
        except Exception as error:
            return self._mistake(envelope, state, error)
        if self._failing:
            self._failing.pop(key, None)
        return outcome, rendered

    def _mistake(self, envelope: Envelope, state: State, error: Exception) -> tuple[Outcome, Rendered]:
        """An apology in place of a turn that failed."""
        self._metrics.failed.inc()
        log.error("turn_failed", exc_info=error)
        key = envelope.address.key
        # The second failure in a row may lie in the state: begin anew rather than fail for ever.
        kept = {} if key in self._failing else state
        self._failing[key] = None
        if len(self._failing) > _FAILING:
            self._failing.popitem(last=False)
        card = self._apology(self.script, envelope.incoming.locale, envelope.address.group)
        outcome = Outcome(kept, (Reply(card),))
        return outcome, self._channels[envelope.address.channel].render(envelope, outcome)

    def _said(self, envelope: Envelope, said: Said) -> Rendered:
        """What the staff's side says where no case changes."""
        channel = self._channels[envelope.address.channel]
        rows = tuple(Outgoing("send", channel.payload(card)) for card in said.cards)
        answer = said.answer
        if answer is None and envelope.invoke:
            answer = channel.word_answer(self.script.texts(envelope.incoming.locale).pressed)
        return Rendered(rows, answer)

    async def _commit_step(self, step: Step, loaded: Loaded, known: bool) -> tuple[bool, Payload | None]:
        """As `_commit`, for a step that touches a case. Remembered is what only passes something on: then the
        conversation itself stays as it was loaded, with the case as it is now."""
        for key in (step.event_key, *(saved.address.key for saved in step.conversations), *step.open_for, *step.left):
            self._remembered.forget(key)
        self._remembered.forget_case(step.case.id)
        committed = await self._store.commit_step(step, self._holder, step.at + self._lease)
        if committed.result == "conflict":
            self._remembered.forget(step.event_key, stale=known)
        elif committed.result == "done":
            case = but(step.case, version=step.case.version + 1)
            self._remembered.keep_case(case)
            plain = not (step.conversations or step.open_for or step.left)
            if plain and loaded.case is not None and loaded.case.id == case.id:
                self._remembered.keep(step.event_key, loaded.version, loaded.state, known, case)
        return self._done(committed, step.answer)

    async def _commit(
        self,
        envelope: Envelope,
        loaded: Loaded,
        state: State,
        rendered: Rendered,
        known: bool,
        remember: bool = True,
    ) -> tuple[bool, Payload | None]:
        """Whether the event is durable now, by us or by somebody before us, and its answer."""
        at, key = envelope.incoming.at, envelope.address.key
        turn = Turn(envelope.address, envelope.event_id, loaded.version, state, rendered.outgoing, at, rendered.answer)
        try:
            committed = await self._store.commit(turn, self._holder, at + self._lease)
        except BaseException:
            self._remembered.forget(key)  # it may have been committed all the same
            raise
        if committed.result == "conflict":
            self._remembered.forget(key, stale=known)
        elif committed.result == "done" and remember:
            self._remembered.keep(key, loaded.version + 1, state, known)
        return self._done(committed, rendered.answer)

    def _done(self, committed: Committed, answer: Payload | None) -> tuple[bool, Payload | None]:
        if committed.result == "conflict":
            self._metrics.conflicts.inc()
            return False, None
        if committed.result == "duplicate":
            self._metrics.duplicate.inc()
            return True, committed.answer
        self._metrics.done.inc()
        if committed.rows:
            self._outbox.submit(committed.rows)
        return True, answer

    @staticmethod
    def _no_desk(script: Script, locale: str) -> NoticeCard:
        """The desk went away between the summary and its sending: the contact instead, never silence."""
        texts = script.texts(locale)
        unreachable = texts.desk.desk_unreachable.replace("{contact}", script.contact)
        return NoticeCard(unreachable if script.contact else texts.no_contact)

    @staticmethod
    def _unread(script: Script, envelope: Envelope) -> NoticeCard:
        texts = script.texts(envelope.incoming.locale)
        later = f" {texts.files_later}" if envelope.incoming.staff else ""
        return NoticeCard(f"{texts.files_unread}{later}")

    @staticmethod
    def _apology(script: Script, locale: str, group: bool) -> NoticeCard:
        texts = script.texts(locale)
        way = f"\n{texts.person_title}: {script.contact}" if script.contact else ""
        person = Button(texts.way_person, "person", quiet=True, stays=True)  # good on any card, whatever its number
        return NoticeCard(texts.apology + way, ways=() if group else (person,))


def _for_front(envelope: Envelope) -> bool:
    """Whether an event without a case may concern one all the same: a late rating, a change of an old message."""
    press = envelope.incoming.press
    return bool(envelope.change or envelope.gone) or (
        press is not None and press.verb in ("rate", "skip-rating", "leave")
    )
