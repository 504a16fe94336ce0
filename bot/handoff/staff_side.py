"""The staff's side of a hand-off: buttons of the case card, mentions in a case's thread, commands in the channel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from bot.envelope import Envelope, Outgoing, Payload, Person
from bot.handoff import moves, step, views, words
from bot.handoff.carried import carried
from bot.handoff.case import Case, Ending
from bot.handoff.change import AFTER_ROOT, Change, Say
from bot.handoff.desk import Desk
from bot.handoff.moves import Scene
from bot.handoff.user_side import changed, said_in, short
from bot.script import Script
from bot.storage.cases import Desk as BoundDesk
from bot.storage.cases import Owed, Saved, Step
from dialogs.cards import rich
from dialogs.cards.base import Button, Card
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.texts import DeskTexts, fill
from dialogs.turn import Outcome, Press

log = structlog.get_logger()

MAX_LISTED = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What a staff event without a case comes to: cards to post where it was said, and the answer to a press."""

    cards: tuple[Card, ...] = ()
    answer: Payload | None = None


@dataclass(frozen=True, slots=True)
class _Turn:
    """One action on a case: who, on what, with which button or words."""

    envelope: Envelope
    case: Case
    agent: Person
    scene: Scene
    script: Script
    press: Press | None = None
    text: str = ""

    @property
    def say(self) -> DeskTexts:
        """The staff's sentences."""
        return self.scene.staff.desk

    @property
    def body(self) -> str:
        """What was written, as Markdown: with its formatting, or in a box of a card, where Markdown is typed."""
        return rich.write(rich.read(self.text.strip())) if self.envelope.incoming.press else self.envelope.body

    @property
    def files(self) -> bool:
        """Whether files came with it that may be passed on."""
        return any(file.problem != "channel" for file in self.envelope.files)

    def only(self, text: str, *ways: Button) -> Change:
        """Nothing changes; the one who acted is told, in the thread for words, in passing for a press."""
        if self.envelope.invoke:
            return (
                Change(self.case, word=text) if not ways else Change(self.case, (self._told(text, *ways),), word=text)
            )
        return Change(self.case, (self._told(text, *ways),))

    def _told(self, text: str, *ways: Button) -> Say:
        return Say("thread", views.notice(text, *ways))


class StaffSide:
    """Events from a desk's channel and from case threads."""

    def __init__(self, desk: Desk) -> None:
        """Work with this desk."""
        self._desk = desk
        self._actions: dict[str, Callable[[_Turn], Awaitable[Change | Step]]] = {
            "claim": self._claim,
            "release": self._release,
            "take-over": self._take_over,
            "give-back": self._give_back,
            "reply": self._reply,
            "send": self._send_anyway,
            "note": self._note,
            "transfer": self._transfer,
            "guide": self._guide,
            "close": self._close,
            "show": self._show,
            "file": self._file,
            "files": self._files,
            "help": self._help,
        }

    # -- presses and mentions on a case

    async def press(self, envelope: Envelope, script: Script) -> Step | Said:
        """A button of a case card (verb "case", value "<action>/<case>")."""
        press = envelope.incoming.press
        say = script.texts(script.staff_locale).desk
        channel = self._desk.channels[envelope.address.channel]
        action, case_id, *_ = f"{press.value}//".split("/", 2) if press else ("", "")
        case = await self._desk.store.case(case_id)
        if case is None or action not in self._actions:
            return self._word(envelope, fill(say.no_such_case, case=case_id))
        if self._desk.parent(envelope.address).key != case.desk.key:
            log.warning("not_staff", reason="pressed outside of the desk's channel")
            return self._word(envelope, say.not_staff)
        agent = await self._desk.member(case.desk, envelope.sender)
        if agent is None:
            return self._word(envelope, say.not_staff)
        scene = await self._desk.scene(script, case, envelope.incoming.at)
        turn = _Turn(envelope, case, agent, scene, script, press, press.field("text") if press else "")
        result = await self._actions[action](turn)
        if isinstance(result, Step):
            return result
        if result == Change(case, word=result.word):
            return self._word(envelope, result.word)
        answer = step.answer(envelope, result, channel, views.status(case, script.plan, say))
        return self._commit(envelope, result, answer)

    async def thread(self, envelope: Envelope, case: Case, script: Script) -> Step | Said | None:
        """Something said in a case's thread. Only a mention of the bot is an answer to the user."""
        scene = await self._desk.scene(script, case, envelope.incoming.at, figures=False)
        if not (envelope.mentioned or self._relayed(envelope, case, scene)):
            return None
        say, text = scene.staff.desk, envelope.incoming.text.strip()
        agent = await self._desk.member(case.desk, envelope.sender)
        if agent is None:
            return Said((views.notice(say.not_staff),))
        turn = _Turn(envelope, case, agent, scene, script, text=text)
        command = words.in_thread(text, say)
        if command is not None and command.name == "note":
            return self._commit(envelope, self._kept_as_note(turn, command.rest))
        if command is not None:
            return self._commit(envelope, self._asked(turn, command))
        left_behind = any(file.problem == "channel" for file in envelope.files)
        if not text and not turn.files:
            return self._commit(envelope, turn.only(say.file_in_channel if left_behind else say.empty_reply))
        result = await self._reply(turn)
        if left_behind and result.messages:
            result = result.plus(turn.scene.tell_staff(say.file_left_behind))
        return self._commit(envelope, result)

    @staticmethod
    def _relayed(envelope: Envelope, case: Case, scene: Scene) -> bool:
        """Whether what does not mention the bot goes to the user all the same (the plan's `relay: all`): what the one
        says who holds the case. All others talk among themselves."""
        if scene.plan.relay != "all":
            return False
        return case.state == "claimed" and case.agent is not None and case.agent.id == envelope.sender.id

    @staticmethod
    def _kept_as_note(turn: _Turn, note: str) -> Change:
        """Kept, and said to be: what was meant for the user ("note that …") must not be thought to have arrived."""
        if not note:
            return turn.only(turn.say.empty_reply)
        kept = fill(turn.say.note_kept, name=views.who(turn.case, turn.say))
        change = moves.noted(turn.case, turn.agent, turn.scene, rich.literal(note), echo=False)
        return change.plus(turn.scene.tell_staff(kept))

    def _asked(self, turn: _Turn, command: words.Command) -> Change:
        """A command word is never relayed by mistake: the bot asks."""
        action = command.name.replace("_", "-")
        title = fill(turn.say.do_command, command=turn.text)
        name = views.who(turn.case, turn.say)
        do = Button(title, "case", f"{action}/{turn.case.id}", stays=True)
        send = Button(
            fill(turn.say.send_message, name=name), "case", f"send/{turn.case.id}/{turn.text[:80]}", stays=True
        )
        return turn.only(fill(turn.say.command_or_message, word=turn.text, name=name), do, send)

    async def _claim(self, turn: _Turn) -> Change:
        case = turn.case
        if case.state == "closed":
            return turn.only(turn.say.already_closed)
        if case.state == "claimed":
            return turn.only(fill(turn.say.claim_lost, agent=views.holder(case, turn.say)))
        if refused := await self._over_limit(turn):
            return refused
        return moves.claimed(case, turn.agent, turn.scene)

    async def _over_limit(self, turn: _Turn) -> Change | None:
        held = await self._desk.store.load_case(turn.agent.id)
        if held < turn.script.plan.limits.agent_cases:
            return None
        return turn.only(fill(turn.say.limit_reached, count=held))

    async def _full(self, turn: _Turn, colleague: Person) -> Change | None:
        """A case is not put upon somebody who is at the limit; who holds it already is given nothing more."""
        held = await self._desk.store.load_case(colleague.id)
        holds = turn.case.agent is not None and turn.case.agent.id == colleague.id
        if holds or held < turn.script.plan.limits.agent_cases:
            return None
        return turn.only(fill(turn.say.colleague_full, agent=colleague.name, count=held))

    async def _release(self, turn: _Turn) -> Change:
        if refused := self._not_mine(turn):
            return refused
        return moves.released(turn.case, turn.agent.name, turn.scene)

    async def _take_over(self, turn: _Turn) -> Change:
        case = turn.case
        if case.state == "waiting":
            return await self._claim(turn)
        if case.state == "closed":
            return turn.only(turn.say.already_closed)
        if case.agent and case.agent.id == turn.agent.id:
            return turn.only(fill(turn.say.claim_lost, agent=turn.agent.name))
        if refused := await self._over_limit(turn):
            return refused
        return moves.taken_over(case, turn.agent, turn.scene)

    async def _give_back(self, turn: _Turn) -> Change | Step:
        case, agent = turn.case, turn.agent
        if case.state == "closed":
            return turn.only(turn.say.already_closed)
        if case.state == "claimed" and (refused := self._not_mine(turn)):
            return refused
        line = fill(turn.say.given_back_by, agent=agent.name, name=views.who(case, turn.say))
        words_ = fill(turn.scene.user.desk.given_back, agent=agent.name)
        change = replace(
            moves.closed(case, turn.scene, "give back", "given_back", agent.id, line, words_, rate=False), left=True
        )
        loaded = await self._desk.store.load(case.user.key, "")
        outcome = await turn.script.engine.resume(loaded.state or {}, turn.scene.now, case.locale)
        saved = (Saved(case.user, loaded.version, outcome.state),) if outcome.replies else ()
        rows = (*step.owed(change, change.case, self._desk.channels), *self._cards(case, outcome))
        own = self._desk.channels[turn.envelope.address.channel]
        answer = step.answer(turn.envelope, change, own, line)
        return step.step(turn.envelope, change.case, rows, change, saved=saved, answer=answer)

    def _cards(self, case: Case, outcome: Outcome) -> list[Owed]:
        """What the bot itself says in the user's chat."""
        channel = self._desk.channels[case.user.channel]
        return [Owed(case.user, Outgoing("send", channel.payload(r.card), r.turn)) for r in outcome.replies]

    async def _close(self, turn: _Turn) -> Change:
        case, agent = turn.case, turn.agent
        if case.state == "closed":
            return turn.only(turn.say.already_closed)
        if case.state == "claimed" and (refused := self._not_mine(turn)):
            return refused
        how: Ending = "not_solved" if turn.press and turn.press.field("ending") == "not_solved" else "solved"
        ending = turn.say.ending_solved if how == "solved" else turn.say.ending_not_solved
        line = fill(turn.say.closed_by, agent=agent.name, ending=ending)
        minutes = round(turn.script.plan.limits.reopen)
        words_ = fill(turn.scene.user.desk.closed, agent=agent.name, case=case.id, minutes=minutes)
        held = replace(case, last_agent=case.last_agent or agent)
        return moves.closed(held, turn.scene, "close", how, agent.id, line, words_, rate=True)

    async def _reply(self, turn: _Turn) -> Change:
        """To the user, by the claimer only; on a waiting case it claims first; from a colleague it is refused."""
        case = turn.case
        if case.state == "closed":
            return turn.only(turn.say.closed_not_sent)
        if not turn.text.strip() and not turn.files:
            return turn.only(turn.say.empty_reply)
        first: tuple[Say, ...] = ()
        if case.state == "waiting":
            if refused := await self._over_limit(turn):
                return refused
            claim = moves.claimed(case, turn.agent, turn.scene)
            case, first = claim.case, claim.says
        elif not case.agent or case.agent.id != turn.agent.id:
            return self._take_over_offer(turn)
        source = (turn.envelope.address.key, turn.envelope.message)
        files = carried(turn.envelope, case.id, "agent", turn.agent.name, self._desk.draw, case.locale)
        echo = turn.envelope.incoming.press is not None
        said = moves.agent_said(case, turn.agent, turn.scene, turn.body, source, echo, files)
        return replace(said, says=(*first, *said.says))

    async def _send_anyway(self, turn: _Turn) -> Change:
        """A command word that was meant as a message after all: its text stands in the button."""
        value = turn.press.value if turn.press else ""
        return await self._reply(replace(turn, text=value.split("/", 2)[2] if value.count("/") >= 2 else ""))

    def _take_over_offer(self, turn: _Turn) -> Change:
        name, agent = views.who(turn.case, turn.say), views.holder(turn.case, turn.say)
        button = Button(turn.say.take_over, "case", f"take-over/{turn.case.id}", stays=True)
        return turn.only(fill(turn.say.not_claimer, agent=agent, name=name), button)

    async def _note(self, turn: _Turn) -> Change:
        if not turn.text.strip():
            return turn.only(turn.say.empty_reply)
        return moves.noted(turn.case, turn.agent, turn.scene, turn.body, echo=True)

    async def _transfer(self, turn: _Turn) -> Change:
        case = turn.case
        if case.state == "closed":
            return turn.only(turn.say.already_closed)
        if case.state == "claimed" and (refused := self._not_mine(turn)):
            return refused
        kind, _, target = (turn.press.field("to") if turn.press else "").partition(":")
        if kind == "queue" and target in turn.script.plan.queues and target in turn.scene.desks:
            return moves.to_queue(case, turn.agent, target, turn.text, turn.scene)
        if kind == "agent":
            colleague = await self._desk.member(case.desk, Person(target))
            if colleague is not None and (refused := await self._full(turn, colleague)):
                return refused
            if colleague is not None:
                return moves.to_colleague(case, turn.agent, colleague, turn.text, turn.scene)
        queues = ", ".join(turn.script.plan.queues[q].title for q in turn.scene.desks if q in turn.script.plan.queues)
        return turn.only(fill(turn.say.bind_unknown, queues=queues))

    async def _guide(self, turn: _Turn) -> Change | Step:
        """The bot walks the user through a guide inside the live chat, while the agent reads along."""
        case = turn.case
        if refused := self._not_mine(turn):
            return refused
        guide_id, _, step_id = (turn.press.field("guide") if turn.press else "").partition("/")
        guide = turn.script.guides.get(guide_id)
        if guide is None or (step_id and step_id not in guide.steps):
            return turn.only(turn.say.guide_unknown)
        loaded = await self._desk.store.load(case.user.key, "")
        outcome = await turn.script.engine.send_guide(
            loaded.state or {}, guide.id, turn.envelope.incoming.at, turn.case.locale, step_id
        )
        case = moves.timed(replace(case, guiding=True, agent_at=turn.scene.now, timer="", nudges=0), turn.scene)
        name = views.who(case, turn.say)
        title = turn.script.engine.title(guide.id, case.locale)
        begin = fill(turn.scene.user.desk.guide_begins, agent=turn.agent.name, guide=title)
        line = fill(turn.say.guide_sent, agent=turn.agent.name, guide=guide.title, name=name)
        cards = self._cards(case, outcome)
        change = Change(
            case, (turn.scene.tell_user(case, begin), turn.scene.tell_staff(line)), answer=turn.scene.card(case)
        )
        rows = [*step.owed(change, case, self._desk.channels)]
        for reply in outcome.replies:
            heard = moves.bot_said(case, turn.scene, short(reply.card.text()))
            case = heard.case
            change = replace(change, messages=(*change.messages, *heard.messages))
            rows += step.owed(heard, case, self._desk.channels)
        own = self._desk.channels[turn.envelope.address.channel]
        return step.step(
            turn.envelope,
            case,
            (rows[0], *cards, *rows[1:]),
            change,
            saved=(Saved(case.user, loaded.version, outcome.state),),
            answer=step.answer(turn.envelope, change, own, line),
        )

    async def _file(self, turn: _Turn) -> Change:
        """A new link to a file, in the place of its card; only for members of the desk, as every action here."""
        value, shown = turn.press.value if turn.press else "", self._desk.files
        file = await self._desk.store.file(value.partition("/")[2].partition("/")[2])
        if shown is None or file is None or file.case != turn.case.id:
            return turn.only(turn.say.file_over)
        card = shown.card(file, (await self._senders(turn)).get(file.mark, ""), "user")
        update = Say("thread", card, "update", AFTER_ROOT + file.mark)
        return Change(turn.case, (update,), answer=card)

    async def _files(self, turn: _Turn) -> Change:
        """All files that came with the case, each with a new link."""
        shown, senders = self._desk.files, await self._senders(turn)
        kept = [file for file in await self._desk.store.files(turn.case.id) if file.blob]
        if shown is None or not kept:
            return turn.only(turn.say.files_none)
        cards = (shown.card(file, senders.get(file.mark, ""), "user") for file in kept[-MAX_LISTED:])
        return Change(turn.case, tuple(Say("thread", card) for card in cards))

    async def _senders(self, turn: _Turn) -> dict[int, str]:
        """Who said which message of the case."""
        return {message.mark: message.author for message in await self._desk.store.transcript(turn.case.id)}

    async def _show(self, turn: _Turn) -> Change:
        """The case card, in the place of the list of one's cases."""
        return Change(turn.case, answer=turn.scene.card(turn.case))

    async def _help(self, turn: _Turn) -> Change:
        return Change(turn.case, (Say("thread", views.notice(turn.say.help)),))

    def _not_mine(self, turn: _Turn) -> Change | None:
        """Refused unless the one who acts holds the case."""
        case = turn.case
        if case.state != "claimed":
            return turn.only(turn.say.not_claimed if case.state == "waiting" else turn.say.already_closed)
        if case.agent is None or case.agent.id != turn.agent.id:
            return self._take_over_offer(turn)
        return None

    async def change(self, envelope: Envelope, case: Case, script: Script) -> Step | None:
        """The agent changed or deleted a reply in the thread: its twin in the user's chat follows. New words are only
        for the one who holds the case; what was said before can be taken back whoever holds it now."""
        scene = await self._desk.scene(script, case, envelope.incoming.at, figures=False)
        held = case.agent is not None and case.agent.id == envelope.sender.id
        if envelope.change == "edit" and not held:
            return None
        # What was deleted stays so, even if a change of before comes late.
        said = await said_in(self._desk.store, envelope)
        messages = [m for m in said if m.case == case.id and m.side == "agent" and m.changed != "deleted"]
        if not messages or (envelope.change == "edit" and messages[0].files):
            return None
        if envelope.change == "edit" and not self._still_for_the_user(envelope, scene):
            name = views.who(case, scene.staff.desk)
            return self._commit(
                envelope, Change(case, (scene.tell_staff(fill(scene.staff.desk.edit_kept, name=name)),))
            )
        change = changed(case, scene, envelope, messages, messages[0].author, "user")
        return self._commit(envelope, change)

    @staticmethod
    def _still_for_the_user(envelope: Envelope, scene: Scene) -> bool:
        """Whether an answer, as it reads now, is one still: a note or a command is none, nor what mentions nobody."""
        text = envelope.incoming.text.strip()
        heard = envelope.mentioned or scene.plan.relay == "all"
        return bool(text) and heard and words.in_thread(text, scene.staff.desk) is None

    def _commit(self, envelope: Envelope, change: Change, answer: Payload | None = None) -> Step:
        rows = step.owed(change, change.case, self._desk.channels)
        return step.step(envelope, change.case, rows, change, answer=answer)

    def _word(self, envelope: Envelope, text: str) -> Said:
        channel = self._desk.channels[envelope.address.channel]
        if envelope.invoke:
            return Said(answer=channel.word_answer(text))
        return Said((views.notice(text),))

    # -- commands outside of case threads

    async def channel(self, envelope: Envelope, queues: list[str], script: Script) -> Said:
        """A mention in a desk's channel outside of cases: queue, mine, case …, help, undesk."""
        if bound := await self.bind(envelope, script):  # a second queue, or the same once more
            return bound
        say = script.texts(script.staff_locale).desk
        desk = self._desk.parent(envelope.address)
        agent = await self._desk.member(desk, envelope.sender)
        if agent is None:
            return Said((views.notice(say.not_staff),))
        command = words.outside(envelope.incoming.text, say)
        if command is None:
            return Said((views.notice(f"{say.unknown_command}\n\n{say.help}"),))
        if command.name == "queue":
            return Said(tuple([await self._waiting(queue, script, say) for queue in queues]))
        if command.name == "mine":
            held = await self._desk.store.cases(state="claimed", agent=agent.id, limit=MAX_LISTED)
            return Said((self._list("show", say.mine_title, say.mine_empty, held, script, say),))
        if command.name == "case":
            return Said((await self._one(command.rest.upper(), desk.key, script, say),))
        if command.name == "unbind" and self._desk.may_bind(envelope.sender):
            for queue in queues:
                await self._desk.store.unbind_desk(queue)
            await self._desk.desks(fresh=True)
            return Said((views.notice(say.unbound),))
        return Said((views.notice(say.help),))

    async def bind(self, envelope: Envelope, script: Script) -> Said | None:
        """ "desk <queue>" in a channel: bind it. None when the words are something else."""
        say = script.texts(script.staff_locale).desk
        command = words.outside(envelope.incoming.text, say)
        if command is None or command.name != "bind":
            return None
        if not self._desk.may_bind(envelope.sender):
            return Said((views.notice(say.bind_admin),))
        if self._desk.parent(envelope.address) == envelope.address:
            return Said((views.notice(say.bind_channel),))  # a group chat has no threads
        plan = script.plan
        queue = next((q for q, s in plan.queues.items() if words.named(command.rest, q, s.title)), None)
        if queue is None and not command.rest and len(plan.queues) == 1:
            queue = plan.default
        if queue is None:
            titles = ", ".join(f"{q} ({s.title})" for q, s in plan.queues.items())
            return Said((views.notice(fill(say.bind_unknown, queues=titles)),))
        desk = self._desk.parent(envelope.address)
        await self._desk.store.bind_desk(BoundDesk(queue, desk, envelope.sender.id, envelope.incoming.at))
        await self._desk.desks(fresh=True)
        return Said((views.notice(fill(say.bound, queue=plan.queues[queue].title)),))

    async def _waiting(self, queue: str, script: Script, say: DeskTexts) -> Card:
        cases = await self._desk.store.cases(state="waiting", queue=queue, limit=MAX_LISTED)
        title = fill(say.queue_title, queue=views.queue_title(script.plan, queue))
        return self._list("claim", title, say.queue_empty, cases, script, say)

    @staticmethod
    def _list(action: str, title: str, empty: str, cases: list[Case], script: Script, say: DeskTexts) -> Card:
        if not cases:
            return views.notice(empty, title=title)
        items = tuple(
            MenuItem(
                Button(
                    fill(say.card_title, case=c.id, title=c.title or say.no_title),
                    "case",
                    f"{action}/{c.id}",
                    stays=True,
                ),
                f"{views.who(c, say)} · {views.status(c, script.plan, say)}",
            )
            for c in cases
        )
        return MenuCard(turn=0, title=title, items=items)

    async def _one(self, case_id: str, desk_key: str, script: Script, say: DeskTexts) -> Card:
        prefix = f"{script.plan.prefix}-"
        case = await self._desk.store.case(case_id if case_id.startswith(prefix) else prefix + case_id)
        if case is None or case.desk.key != desk_key:
            return views.notice(fill(say.no_such_case, case=case_id))
        staff = script.texts(script.staff_locale)
        known, desks = self._desk.known_members(case.desk), await self._desk.desks()
        return views.case_card(case, script.plan, staff, script.guides.values(), known, desks=desks)
