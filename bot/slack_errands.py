"""What is done in Slack beside turns: a word in passing, the App Home, a form that opens, an app that was taken out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.channels.slack import SlackChannel
from bot.channels.slack_read import CHANNEL, HOME, Gone, Home, Opening, Word
from bot.envelope import Address, Envelope, Person
from bot.errors import DeliveryError
from bot.handoff.case import Case
from bot.handoff.desk import Desk
from bot.handoff.forms import form_of
from bot.handoff.home import for_agent, for_user
from bot.reception import Reception
from bot.script import Script
from dialogs.cards import slack_inputs
from dialogs.cards.home import Home as HomeTab
from dialogs.turn import Incoming

LISTED = 50  # cases of a list in the App Home

log = structlog.get_logger()


class SlackErrands:
    """Does them; see `bot.slack_door.Errands`."""

    def __init__(
        self, channel: SlackChannel, desk: Desk, script: Callable[[], Script], reception: Reception, locale: str
    ) -> None:
        """script: the content as it is now. locale: for whoever's own is not asked for here."""
        self._channel = channel
        self._desk = desk
        self._script = script
        self._reception = reception
        self._locale = locale

    async def word(self, word: Word) -> None:
        """Tell a guest, or who pressed another's button, why nothing happens."""
        _, locale = await self._channel.named(word.address, word.user)
        say = self._script().texts(locale or self._locale).slack
        text = say.guest if word.which == "guest" else say.not_yours
        await self._channel.whisper(word.address, word.user, text)

    async def form(self, opening: Opening) -> None:
        """Open the form; Slack gives three seconds for it."""
        envelope, script = opening.envelope, self._script()
        found = await form_of(self._desk, envelope, script)
        user = envelope.sender.id.rpartition(":")[2]
        if isinstance(found, str):
            await self._channel.whisper(envelope.address, user, found)
            return
        press = envelope.incoming.press
        where = f"{envelope.address.conversation} {envelope.pressed}".rstrip()
        view = slack_inputs.modal(found, press.turn if press else 0, where)
        try:
            body = {"trigger_id": opening.trigger, "view": view}
            await self._channel.view("views.open", envelope.address, body)
        except DeliveryError as error:
            log.warning("slack_form_not_opened", reason=error.reason)
            say = script.texts(script.staff_locale).slack
            await self._channel.whisper(envelope.address, user, say.too_late)

    async def home(self, home: Home) -> None:
        """Publish the App Home: topics, the person's case, the way to a person; to an agent their desks' cases."""
        address, script, store = home.address, self._script(), self._desk.store
        person, locale = await self._channel.named(address, home.person.id.rpartition(":")[2])
        texts = script.texts(locale or self._locale)
        there = await self._desk.queue(script, None) is not None
        case = await store.case_of(address.key)
        guides = script.guides_in(locale or self._locale).values()
        parts = for_user(texts, script.plan, guides, case, there, script.contact)
        if queues := await self._staffed(address, person):
            waiting = [(queue, await store.cases(state="waiting", queue=queue, limit=LISTED)) for queue in queues]
            held = await store.cases(state="claimed", agent=person.id, limit=LISTED)
            say = script.texts(script.staff_locale).desk
            parts = (*for_agent(say, script.plan, waiting, held, thread_link), *parts)
        body = {"user_id": person.id.rpartition(":")[2], "view": HomeTab(parts).view()}
        try:
            await self._channel.view("views.publish", address, body)
        except DeliveryError as error:
            log.warning("slack_home_not_published", reason=error.reason)

    async def _staffed(self, address: Address, person: Person) -> list[str]:
        """The queues whose desk in this workspace has the person among its members."""
        found = []
        for queue, desk in (await self._desk.desks()).items():
            here = (desk.channel, desk.tenant) == (address.channel, address.tenant)
            if here and await self._desk.sits(desk, person):
                found.append(queue)
        return found

    async def complete(self, envelope: Envelope) -> Envelope:
        """With what Slack knows of the sender. A button of the App Home is good whatever was said since: a topic is
        named in words, an agent's button is pressed where the case is."""
        found = await self._channel.complete(envelope)
        press, script = found.incoming.press, self._script()
        if press is None or found.pressed != HOME:
            return found
        locale = found.incoming.locale
        guide = script.guides_in(locale).get(press.value) if press.verb == "guide" else None
        if guide is not None:
            return _said(found, guide.title)
        if press.verb == "person":
            return _said(found, script.texts(locale).way_person)
        case = await self._desk.store.case(press.value.partition("/")[2]) if press.verb == "case" else None
        if case is not None and case.desk.channel == found.address.channel:
            return replace(found, address=case.thread or case.desk)
        return found

    def follows(self, envelope: Envelope) -> bool:
        """After a button of the App Home."""
        return envelope.pressed == HOME

    async def done(self, envelope: Envelope) -> None:
        """Show the App Home as it is now."""
        team, _, user = envelope.sender.id.rpartition(":")
        details = {**envelope.address.details, "user": envelope.sender.id}
        address = Address(envelope.address.channel, team, user, False, details)
        await self.home(Home(address, envelope.sender, envelope.incoming.at))

    async def gone(self, gone: Gone) -> None:
        """Forget the installation; desks there are none any more, and who has a case there is told. It is the same when
        only the token was revoked: nobody at such a desk hears of a case, or can answer."""
        address = gone.address
        desks = (await self._desk.desks(fresh=True)).values()
        whole = {desk.tenant for desk in desks if desk.details.get("enterprise") == address.tenant}
        for team in sorted({address.tenant, *whole}):
            where = replace(address, tenant=team, details={**address.details, "team": team})
            incoming = Incoming(gone.at, locale=self._locale)
            lost = Envelope(f"gone:{gone.at}", where, Person(f"{team}:bot"), incoming, gone="team")
            await self._reception.receive(lost)
        await self._channel.tokens.forget(address.tenant, str(address.details.get("enterprise", "")))
        log.warning("slack_app_removed", kind="tokens" if gone.tokens else "app")


def _said(envelope: Envelope, words: str) -> Envelope:
    """The same as if it had been typed."""
    incoming = replace(envelope.incoming, press=None, text=words)
    return replace(envelope, incoming=incoming, invoke=False, pressed="")


def thread_link(case: Case) -> str:
    """Where Slack opens a case's thread; "" while it has none, or where that is elsewhere."""
    if case.thread is None or case.thread.channel != CHANNEL:
        return ""
    channel, _, stamp = case.thread.conversation.partition(":")
    return f"https://slack.com/app_redirect?team={case.thread.tenant}&channel={channel}&message_ts={stamp}"
