"""Who hears an event: the bot alone, the user's side of a case, or the staff's side. One place decides."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.channels.base import Rendered
from bot.envelope import Envelope
from bot.handoff import moves, step, ticks, views
from bot.handoff.case import Case
from bot.handoff.desk import Desk
from bot.handoff.staff_side import Said, StaffSide
from bot.handoff.user_side import UserSide
from bot.script import Script
from bot.storage.base import Loaded
from bot.storage.cases import Step
from dialogs.texts import fill
from dialogs.turn import HandOff, Press, Staff, State

log = structlog.get_logger()

AT_ONCE = 1000  # cases of a desk that went away, looked after at once
RATING = ("rate", "skip-rating")
BINDING = (0.1, 20)  # seconds between looks for a thread that is being confirmed, and how many looks


class Front:
    """The hand-off as reception sees it."""

    def __init__(self, desk: Desk, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Work with this desk."""
        self.desk = desk
        self._users = UserSide(desk)
        self._staff = StaffSide(desk)
        self._sleep = sleep

    async def take(self, envelope: Envelope, loaded: Loaded, script: Script) -> Step | Said | None:
        """What the hand-off makes of an event; None: it is the bot's alone."""
        case, press, group = loaded.case, envelope.incoming.press, envelope.address.group
        if envelope.gone and (group or case is None):
            if group:
                await self._gone(envelope, script)
            return Said()
        if envelope.change:
            return await self._change(envelope, script)
        if press and press.verb == "case" and group:
            return await self._staff.press(envelope, script)
        if group and (held := await self._of_this_chat(envelope, case)):
            if not envelope.mentioned:
                return Said()  # people talking among themselves
            if held.person.id != envelope.sender.id:
                return self._refused(envelope, held, script) if held.open or _ends(press) else None
        if case is None and group:
            queues = await self.desk.queues_at(envelope.address)
            if queues:
                case = await self._late_thread(envelope)
                if case is None:
                    return await self._staff.channel(envelope, queues, script) if envelope.mentioned else Said()
            elif not envelope.mentioned:
                return Said()
            elif not press and (said := await self._staff.bind(envelope, script)):
                return said
        if case is None:
            if press and press.verb in RATING:
                return await self._users.rate(envelope, loaded, script)
            return None
        if case.user.key == envelope.address.key:
            own = await self._users.turn(envelope, loaded, case, script)
            return Said() if own is None and envelope.gone else own
        return await self._staff.thread(envelope, case, script) or Said()

    async def _change(self, envelope: Envelope, script: Script) -> Step | Said:
        """A message was changed or deleted: that belongs to the case in which it was said, whichever the conversation
        loads by now, if any."""
        source = (envelope.address.key, envelope.message)
        for each in (source, moves.file_source(source, 1)):  # what came without words is known by its files
            message = await self.desk.store.message_by_source(*each)
            case = await self.desk.store.case(message.case) if message else None
            if case is not None:
                side = self._users if case.user.key == envelope.address.key else self._staff
                return await side.change(envelope, case, script) or Said()
        return Said()

    async def _of_this_chat(self, envelope: Envelope, case: Case | None) -> Case | None:
        """In a chat of several people: the case that somebody has there and that the event is about, if any. It is of
        the one who sent it off, and of nobody else in that chat."""
        press = envelope.incoming.press
        if press and _ends(press):
            case = await self.desk.store.case(press.value) or case
        return case if case and case.user.key == envelope.address.key and not envelope.incoming.arrived else None

    def _refused(self, envelope: Envelope, case: Case, script: Script) -> Said:
        """A polite no to others in the chat of somebody who has a case: nothing of theirs goes to the staff."""
        log.info("not_the_user", case=case.id, reason="another person in the chat of the case's user")
        say, name = script.texts(envelope.incoming.locale).desk, case.person.name
        text = fill(say.not_your_case, name=name or say.somebody)
        if envelope.invoke:
            return Said(answer=self.desk.channels[envelope.address.channel].word_answer(text))
        return Said((views.notice(text),))

    async def _late_thread(self, envelope: Envelope) -> Case | None:
        """The case of a thread whose confirmation the message outran: waited for, but not for long."""
        parent = self.desk.parent(envelope.address)
        if parent.key == envelope.address.key:
            return None
        pause, looks = BINDING
        for _ in range(looks):
            if not await self.desk.store.unbound(parent.key):
                break
            await self._sleep(pause)
            if case := await self.desk.store.case_of(envelope.address.key):
                return case
        return await self.desk.store.case_of(envelope.address.key)

    async def _gone(self, envelope: Envelope, script: Script) -> None:
        """The bot was thrown out of a channel or a team: its desks are none any more, the operator reads so in the log,
        and whoever has a case there goes to the next queue or gets the contact. What is missed is done by timers."""
        here, now, store = envelope.address, envelope.incoming.at, self.desk.store
        team = str(here.details.get("team", "")) if envelope.gone == "team" else ""
        lost = [
            (queue, desk)
            for queue, desk in (await self.desk.desks(fresh=True)).items()
            if desk.key == self.desk.parent(here).key or (team and desk.details.get("team") == team)
        ]
        for queue, _ in lost:
            log.error("desk_lost", kind=queue, hint="add the bot to the team again and bind the desk, or another one")
            await store.unbind_desk(queue)
        await self.desk.desks(fresh=True)
        keys = {desk.key for _, desk in lost}
        for case in [c for q, _ in lost for c in await store.cases(queue=q, limit=AT_ONCE) if c.desk.key in keys]:
            if case.open:
                scene = await self.desk.scene(script, case, now)
                change = ticks.desk_lost(case, scene)
                # Leased to nobody: the next look of any outbox finds the rows.
                await store.commit_step(step.by_itself(change, now, self.desk.channels), "", now)

    async def open(
        self,
        envelope: Envelope,
        loaded: Loaded,
        handoff: HandOff,
        state: State,
        rendered: Rendered,
        script: Script,
    ) -> Step | None:
        """The user sent the summary off; None when the desk went away meanwhile."""
        return await self._users.open(envelope, loaded, handoff, state, rendered, script)

    async def staff(self, envelope: Envelope, loaded: Loaded, script: Script) -> Staff | None:
        """Whether a person could take over from where the conversation is."""
        if not await self.desk.desks():
            return None
        told = script.engine.hand_off(loaded.state or {})
        guide = script.guides.get(told.guide)
        return await self.desk.staff(script, guide, envelope.incoming.at, envelope.incoming.locale)


def _ends(press: Press | None) -> bool:
    """Whether this button, which names its case, ends a chat or comes after its end."""
    return press is not None and press.verb in ("leave", *RATING)
