"""What is done in Slack beside turns: a word in passing, the App Home, a form that opens, an app that was taken out."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.channels.slack import SlackChannel
from bot.channels.slack_read import Gone, Home, Opening, Word
from bot.envelope import Envelope, Person
from bot.errors import DeliveryError
from bot.handoff.desk import Desk
from bot.handoff.forms import form_of
from bot.reception import Reception
from bot.script import Script
from dialogs.cards import slack_inputs
from dialogs.turn import Incoming

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
        """Publish the App Home."""

    async def gone(self, gone: Gone) -> None:
        """Forget the installation; desks there are none any more, and who has a case there is told."""
        address = gone.address
        if not gone.tokens:
            who = Person(f"{address.tenant}:bot")
            incoming = Incoming(gone.at, locale=self._locale)
            lost = Envelope(f"gone:{gone.at}", address, who, incoming, gone="team")
            await self._reception.receive(lost)
        await self._channel.tokens.forget(address.tenant, str(address.details.get("enterprise", "")))
        log.warning("slack_app_removed", kind="tokens" if gone.tokens else "app")
