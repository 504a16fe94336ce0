"""The user's side of a hand-off: opening a case, what is said while it waits, the live chat, its end, the rating."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from bot.channels.base import Channel, Rendered
from bot.envelope import Address, Envelope, Outgoing
from bot.handoff import moves, step, views
from bot.handoff.carried import MAX_FILES, carried
from bot.handoff.case import Case, Message, lane_of
from bot.handoff.change import Change, Say
from bot.handoff.desk import Desk
from bot.handoff.moves import MINUTE, Scene
from bot.script import Engine, Script
from bot.storage.base import Loaded, Store
from bot.storage.cases import Owed, Saved, Step
from dialogs.cards import rich
from dialogs.cards.relay import RelayCard
from dialogs.texts import fill
from dialogs.turn import HandOff, Outcome, Staff, State

MAX_COMMENT = 1000  # characters of a rating's comment
BY_TIMER = "timer"  # `Case.closed_by` of a case that was closed because its user fell silent


class UserSide:
    """Turns of a user who has a case. Gives the Step to commit, or None for a plain turn without the case."""

    def __init__(self, desk: Desk) -> None:
        """Work with this desk."""
        self._desk = desk

    # -- opening

    async def open(
        self,
        envelope: Envelope,
        loaded: Loaded,
        handoff: HandOff,
        state: State,
        rendered: Rendered,
        script: Script,
    ) -> Step | None:
        """The user sent the summary off: a case. None when no desk is there any more."""
        told = script.engine.hand_off(loaded.state or {})
        if told.guide == handoff.guide:  # the user saw it in their language; the staff see it in theirs
            handoff = replace(handoff, title=told.title, path=told.path, advice=told.advice)
        guide = script.guides.get(handoff.guide)
        queue = await self._desk.queue(script, guide)
        if queue is None:
            return None
        case = await self._desk.new_case(script, envelope, handoff, queue)
        scene = await self._desk.scene(script, replace(case, waiting_since=envelope.incoming.at), envelope.incoming.at)
        change = moves.opened(case, scene)
        return self._step(envelope, loaded, change, rendered, state, opens=True)

    # -- with a case

    async def turn(self, envelope: Envelope, loaded: Loaded, case: Case, script: Script) -> Step | None:
        """One event of the user's while this case is loaded with their chat."""
        incoming, engine = envelope.incoming, script.engine
        press = incoming.press
        if press and press.verb in ("rate", "skip-rating"):
            return await self.rate(envelope, loaded, script)
        if envelope.gone or (case.gone and incoming.arrived):
            return await self._left_or_came(envelope, case, script) if case.open else None
        if case.state == "closed":
            return await self._after(envelope, case, script)
        if case.gone:
            case = replace(case, gone=False)
        scene = await self._desk.scene(script, case, incoming.at, figures=False)
        if press and press.verb == "leave" and press.value != case.id:  # of an earlier case, which is closed
            return self._only(envelope, Change(case, word=scene.user.pressed))
        leaving = press is not None and press.verb == "leave"
        if leaving or (incoming.text and engine.word(incoming.locale, incoming.text, "end_chat")):
            left = self._left(case, scene)
            return self._only(envelope, left) if case.agent else await self._resumed(envelope, loaded, left, script)
        if incoming.arrived:
            return None
        words = incoming.text.strip() or not envelope.files  # a file alone is for the staff
        if press or (words and (case.state == "waiting" or case.guiding)):
            return await self._with_bot(envelope, loaded, case, scene, engine)
        return self._only(envelope, self._said(case, scene, envelope))

    async def _left_or_came(self, envelope: Envelope, case: Case, script: Script) -> Step | None:
        """The user has blocked or removed the bot, or let it in again: the staff read so, once."""
        if case.gone == bool(envelope.gone):
            return None
        scene = await self._desk.scene(script, case, envelope.incoming.at, figures=False)
        say = scene.staff.desk
        line = fill(say.user_gone if envelope.gone else say.user_returned, name=views.who(case, say))
        return self._only(envelope, Change(replace(case, gone=bool(envelope.gone)), (scene.tell_staff(line),)))

    def _said(self, case: Case, scene: Scene, envelope: Envelope) -> Change:
        source = (envelope.address.key, envelope.message)
        author = fill(scene.staff.desk.said_user, name=views.who(case, scene.staff.desk))
        files = carried(envelope, case.id, "user", author, self._desk.draw)
        return moves.user_said(case, scene, envelope.body, source, files)

    @staticmethod
    def _left(case: Case, scene: Scene) -> Change:
        """The user ends it: asked how it was only when somebody held it."""
        say, name = scene.staff.desk, views.who(case, scene.staff.desk)
        held = case.state == "claimed"
        line = fill(say.user_ended if held else say.user_left, name=name)
        words = fill(scene.user.desk.left, case=case.id)
        change = moves.closed(case, scene, "leave", "user_left", case.person.id, line, words, rate=held)
        return replace(change, answer=None, word=words)

    async def _with_bot(self, envelope: Envelope, loaded: Loaded, case: Case, scene: Scene, engine: Engine) -> Step:
        """The bot answers (a waiting case, a guide under way, a button); the staff read along."""
        state = loaded.state or {}
        incoming = replace(envelope.incoming, in_case=True, staff=Staff())
        outcome = await engine.run(state, incoming)
        rendered = self._channel(envelope).render(envelope, outcome)
        change = Change(moves.user_pressed(case, scene) if incoming.press else case)
        if envelope.incoming.text.strip() or envelope.files:
            change = self._said(case, scene, envelope)
        told = engine.hand_off(outcome.state)
        now = change.case
        if told.path and (told.path, told.advice) != (now.path, now.advice):
            now = replace(now, guide=told.guide, path=told.path, advice=told.advice, title=told.title or now.title)
            change = replace(change, case=now).plus(scene.root(now))
        if case.guiding:
            change = self._guided(replace(now), change, scene, outcome, ended=not engine.busy(outcome.state))
        return self._step(envelope, loaded, change, rendered, outcome.state)

    @staticmethod
    def _guided(case: Case, change: Change, scene: Scene, outcome: Outcome, ended: bool) -> Change:
        """What the bot showed is shown to the agent; at the guide's end both are told."""
        for reply in outcome.replies:
            heard = moves.bot_said(case, scene, short(reply.card.text()))
            case = heard.case
            change = replace(change, messages=(*change.messages, *heard.messages)).plus(*heard.says)
        if ended:
            say, result = scene.staff.desk, scene.staff.desk.guide_result_stopped
            answered = outcome.replaced.card.text() if outcome.replaced else ""
            if scene.user.solved_yes in answered:
                result = say.guide_result_solved
            elif scene.user.solved_no in answered or scene.user.no_other in _all_text(outcome):
                result = say.guide_result_not_solved
            end = moves.guide_ended(case, scene, solved=result == say.guide_result_solved)
            case = end.case
            change = change.plus(scene.tell_staff(fill(say.guide_result, result=result)), *end.says)
        return replace(change, case=case)

    # -- after the end

    async def _after(self, envelope: Envelope, case: Case, script: Script) -> Step | None:
        """Closed a while ago: words within the time bring it back; everything else is the bot's again."""
        incoming = envelope.incoming
        late = incoming.at - case.closed_at > script.plan.limits.reopen * MINUTE
        polite = script.engine.word(incoming.locale, incoming.text, "thanks", "hello", "end_chat", "solved")
        if late or incoming.press or not incoming.text.strip() or polite:
            return None
        ended = case.ending in ("solved", "not_solved") or case.closed_by == BY_TIMER
        if not ended or (case.rated_at and case.ending == "solved") or case.closed_by == case.person.id:
            return None
        if case.queue not in await self._desk.desks():  # nobody would read it; the bot names the way to a person
            return None
        scene = await self._desk.scene(script, replace(case, waiting_since=incoming.at), incoming.at)
        change = moves.reopened(case, scene)
        again = self._said(change.case, scene, envelope)
        return self._only(envelope, replace(again, says=(*change.says, *again.says)))

    async def rate(self, envelope: Envelope, loaded: Loaded, script: Script) -> Step | None:
        """The rating card, sent or skipped; good for its own user's case only. Then the guide goes on, if there is one,
        unless the problem is solved."""
        press = envelope.incoming.press
        case = await self._desk.store.case(press.value) if press else None
        if press is None or case is None or case.user.key != envelope.address.key or case.state != "closed":
            return None
        scene = await self._desk.scene(script, case, envelope.incoming.at, figures=False)
        if case.rated_at or press.verb == "skip-rating":
            words = scene.user.desk.rating_thanks if case.rated_at else scene.user.desk.rating_skipped
            change = Change(case, answer=views.rating_card(case, scene.user.desk, words))
            return (
                self._only(envelope, change) if case.rated_at else await self._resumed(envelope, loaded, change, script)
            )
        if not press.field("solved"):  # Slack's messages can't insist on an answer
            return self._only(envelope, Change(case, word=scene.user.desk.needed_choice))
        stars = press.field("rating")
        solved = press.field("solved") != "no"
        count = int(stars) if stars in tuple("12345") else 0
        change = moves.rated(case, scene, solved, count, press.field("comment")[:MAX_COMMENT])
        return await self._resumed(envelope, loaded, replace(change, left=solved), script, solved)

    # -- edits

    async def change(self, envelope: Envelope, case: Case, script: Script) -> Step | None:
        """The user changed or deleted a message of this case: its twin in the thread follows, whatever has become of
        the case."""
        scene = await self._desk.scene(script, case, envelope.incoming.at, figures=False)
        # What was deleted stays so, even if a change of before comes late.
        said = await said_in(self._desk.store, envelope)
        messages = [m for m in said if m.case == case.id and m.side == "user" and m.changed != "deleted"]
        if not messages:
            return None
        if envelope.change == "edit" and messages[0].files:  # it had no words until now
            if not case.open:
                return None
            return self._only(envelope, self._said(case, scene, replace(envelope, files=())))
        author = fill(scene.staff.desk.said_user, name=messages[0].author)
        return self._only(envelope, changed(case, scene, envelope, messages, author, "thread"))

    # -- common

    async def _resumed(
        self, envelope: Envelope, loaded: Loaded, change: Change, script: Script, done: bool = False
    ) -> Step:
        """The change, and then the bot again, where it stopped. done: what was open is left."""
        state, at, case = loaded.state or {}, envelope.incoming.at, change.case
        now = await self._desk.store.case_of(envelope.address.key)
        if now is not None and now.id != case.id:  # an earlier case's rating, while another one is open
            return self._only(envelope, change)
        outcome = await script.engine.resume(state, at, envelope.incoming.locale, done)
        channel = self._channel(envelope)
        made = self._only(envelope, change)
        cards = tuple(
            Owed(envelope.address, Outgoing("send", channel.payload(r.card), r.turn)) for r in outcome.replies
        )
        saved = (Saved(envelope.address, loaded.version, outcome.state),) if outcome.state != state else ()
        return replace(made, owed=(*made.owed, *cards), conversations=saved)

    def _channel(self, envelope: Envelope) -> Channel:
        return self._desk.channels[envelope.address.channel]

    def _only(self, envelope: Envelope, change: Change) -> Step:
        """A step that leaves the user's state as it is."""
        case = change.case
        answer = step.answer(envelope, change, self._channel(envelope), nothing="OK")
        return step.step(envelope, case, step.owed(change, case, self._desk.channels), change, answer=answer)

    def _step(
        self,
        envelope: Envelope,
        loaded: Loaded,
        change: Change,
        rendered: Rendered,
        state: State,
        opens: bool = False,
    ) -> Step:
        """A step that saves the user's state too, with what the bot itself says first."""
        case = change.case
        own: Iterable[Owed] = (Owed(envelope.address, row) for row in rendered.outgoing)
        rows = (*own, *step.owed(change, case, self._desk.channels))
        saved = (Saved(envelope.address, loaded.version, state),)
        return step.step(envelope, case, rows, change, saved=saved, answer=rendered.answer, opens=opens)


async def said_in(store: Store, envelope: Envelope) -> list[Message]:
    """What a message that was changed had come to: its words, if it had any, then its files. Taken back, its files are
    gone from the database at once."""
    source = (envelope.address.key, envelope.message)
    found = [await store.message_by_source(*source)]
    for number in range(1, MAX_FILES + 1):
        of = await store.message_by_source(*moves.file_source(source, number))
        if of is None:
            break
        found.append(of)
    said = [message for message in found if message is not None]
    for file in [file for message in said for file in message.files] if envelope.change == "delete" else ():
        await store.drop_file(str(file["id"]))
    return said


def changed(
    case: Case,
    scene: Scene,
    envelope: Envelope,
    messages: Sequence[Message],
    author: str,
    side: Literal["user", "thread"],
) -> Change:
    """A message was edited or deleted on one side: its twins on the other side, and the transcript. messages: what it
    had come to; on an edit the first are its words."""
    say = scene.user.desk if side == "user" else scene.staff.desk
    if envelope.change == "delete":
        card = RelayCard(author, say.deleted)
        twins = tuple(Say(_stands(case, message, side), card, "delete", message.turn) for message in messages)
        return Change(case, twins, edits=tuple((message.mark, None) for message in messages))
    body, words = envelope.body, messages[0]
    to = _stands(case, words, side)
    twin = Say(to, RelayCard(author, rich.followed(body, say.edited)), "update", words.turn)
    return Change(case, (twin,), edits=((words.mark, body),))


def _stands(case: Case, message: Message, side: Literal["user", "thread"]) -> Literal["user", "thread"] | Case:
    """Where a message's twin stands: in the thread that the case had then, wherever it has gone since. The lane knows
    that thread; here it is named by its desk alone."""
    lane = message.twin_key
    if side == "user" or lane == lane_of(case) or not lane.startswith(f"case:{case.id}:"):
        return side
    channel, tenant, conversation = lane.removeprefix(f"case:{case.id}:").split("|", 2)
    return replace(case, desk=Address(channel, tenant, conversation, True), thread=None)


def short(text: str, limit: int = 700) -> str:
    """The beginning of a long text, for reading along."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _all_text(outcome: Outcome) -> str:
    return "\n".join(reply.card.text() for reply in outcome.replies)
