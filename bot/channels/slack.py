"""Slack: the door, and the way out. What is read is kept first and processed afterwards (see `bot.arrivals`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import structlog

from bot.channels import slack_read, slack_render
from bot.channels.base import Rendered
from bot.channels.slack_api import PATIENCE, SlackApi
from bot.channels.slack_bolt import Door, Reading
from bot.channels.slack_people import People
from bot.channels.slack_read import CHANNEL, COLLEAGUE, HOME, Doubtful, Heard, Rules
from bot.channels.slack_send import MARK, Sender
from bot.channels.slack_tokens import Tokens, token_for
from bot.channels.slack_words import PERSON
from bot.envelope import Address, Envelope, FileRequest, Outgoing, Payload, Person, Receipt
from bot.errors import DeliverLater, DeliveryError, Undeliverable
from bot.storage.base import Row
from bot.storage.files import FileStore
from dialogs.cards import slack_text
from dialogs.cards.base import Card
from dialogs.texts import Texts
from dialogs.turn import Outcome

ANSWER_TRIES = 3  # of what is done after a press

DELIVERED = "white_check_mark"  # the reaction on a message that was passed on

log = structlog.get_logger()


class SlackChannel:
    """Implements `bot.channels.base.Channel`."""

    name = CHANNEL
    takes_files = True

    def __init__(
        self,
        session: aiohttp.ClientSession,
        texts: Callable[[str], Texts],
        tokens: Callable[[SlackApi], Tokens],
        files: FileStore | None = None,
        *,
        secret: str,
        api: str = "https://slack.com/api",
        command: str = "/help-me",
        guests: bool = False,
        locale: str = "en",
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
    ) -> None:
        """`texts` gives the sentences of a locale; `locale` is for people whose own is not known. tokens: what knows
        where the app is installed, over the Web API at `api`. files: where those are kept that are passed on. secret:
        the signing secret ("": Socket Mode only). clock: Unix seconds as the world has them, for signatures. patience:
        seconds that a call may take.
        """
        self._texts = texts
        self._locale = locale
        self._guests = guests
        self.api = SlackApi(session, api, patience)
        self.tokens = tokens(self.api)
        self._sender = Sender(self.api, self.tokens, files)
        self._people = People(self.api, self.tokens, ticks)
        self.door = Door(
            self.api,
            self.tokens,
            self.hear,
            secret,
            clock=clock,
            command=command,
            in_chat=self._in_chat,
            needed=lambda: texts(locale).desk.needed_text,
        )

    async def start(self) -> None:
        """Begin to find out who we are; does not wait for it."""
        await self.tokens.start()

    async def close(self) -> None:
        """Stop that; the session belongs to whoever made it."""
        await self.tokens.close()

    def ready(self) -> bool:
        """Whether we know who we are."""
        return self.tokens.ready()

    # -- in

    async def read(self, headers: Mapping[str, str], body: bytes, at: float) -> Envelope | None:
        """The signature first, then the body. Only what is a turn; the door reads the rest, too."""
        heard = (await self.receive(headers, body, at)).heard
        return heard if isinstance(heard, Envelope) else None

    async def receive(self, headers: Mapping[str, str], body: bytes, at: float) -> Reading:
        """A request over HTTP, read. Raises `Refused`."""
        return await self.door.read(headers, body, at)

    def hear(self, body: dict[str, Any], at: float) -> Heard:
        """What a verified body means, now or when it is read again from where it was kept. Raises `Refused`."""
        return slack_read.hear(body, at, Rules(self._guests, self.tokens.bots, self._locale))

    async def settled(self, doubtful: Doubtful, body: dict[str, Any], at: float) -> tuple[Heard, dict[str, Any]]:
        """What a body means, now that Slack was asked whose its person is, and the body with the answer: it means the
        same when it is read again. Raises `TimeoutError` while Slack does not say, `DeliveryError`, `Refused`."""
        if not await self._people.colleague(doubtful.address, doubtful.user):
            return doubtful.otherwise, body
        body = {**body, COLLEAGUE: True}
        return self.hear(body, at), body

    async def complete(self, envelope: Envelope) -> Envelope:
        """With what Slack knows of the sender: name, mail, time zone, language; and the names of who is mentioned."""
        sender, locale = await self._people.named(envelope.address, envelope.sender)
        text, said = envelope.incoming.text, envelope.said
        for user in dict.fromkeys(PERSON.findall(text)):
            found = await self._people.profile(envelope.address, f"{envelope.address.tenant}:{user}")
            if found.name:
                text, said = text.replace(f"@{user}", f"@{found.name}"), said.replace(f"@{user}", f"@{found.name}")
        incoming = replace(envelope.incoming, text=text, locale=locale or envelope.incoming.locale)
        return replace(envelope, sender=sender, incoming=incoming, said=said)

    # -- out

    def render(self, envelope: Envelope, outcome: Outcome) -> Rendered:
        """Cards as messages; see `slack_render`."""
        return slack_render.render(envelope, outcome)

    def payload(self, card: Card) -> Payload:
        """The message that shows this card; more than one, where one can't hold it."""
        return slack_render.payload(card)

    def card_answer(self, card: Card) -> Payload:
        """This card in the pressed one's place."""
        return {"update": dict(slack_render.payload(card))}

    def word_answer(self, text: str) -> Payload:
        """The pressed card stays; the presser alone sees the words."""
        return {"word": text}

    def apology(self, envelope: Envelope | None) -> Payload:
        """Words for the presser alone: the card is still there to be pressed again."""
        return {"word": self._texts(envelope.incoming.locale if envelope else self._locale).unavailable}

    async def respond(self, envelope: Envelope, answer: Payload) -> None:
        """Do what a press comes to. A case's root card is made true again by the outbox, so not here."""
        root = envelope.address.group and envelope.address.conversation.endswith(f":{envelope.pressed}")
        press = envelope.incoming.press
        if "update" in answer and envelope.pressed not in ("", HOME) and not (root and press and press.verb == "case"):
            await self._insist(
                lambda: self._sender.replace(envelope.address, envelope.pressed, answer["update"]), "update"
            )
        elif answer.get("word") and self._tells(envelope, str(answer["word"])):
            user = envelope.sender.id.rpartition(":")[2]
            text = slack_text.escape(str(answer["word"]))
            await self._insist(lambda: self._sender.whisper(envelope.address, user, text), "word")

    def _tells(self, envelope: Envelope, word: str) -> bool:
        """Whether a word in passing tells something. In the chat with one person what came of a press stands below it;
        only a press of which nothing comes is answered."""
        return envelope.address.group or word == self._texts(envelope.incoming.locale).pressed

    async def named(self, address: Address, user: str) -> tuple[Person, str]:
        """Somebody of this workspace with what is known of them, and their language."""
        return await self._people.named(address, Person(f"{address.tenant}:{user}"))

    async def whisper(self, address: Address, user: str, text: str) -> None:
        """Say something to one person alone, who waits for it; when it can't be said, it is not."""
        await self._insist(lambda: self._sender.whisper(address, user, text), "word")

    async def view(self, method: str, address: Address, body: dict[str, Any]) -> None:
        """Open a modal or publish the App Home. Raises `DeliveryError`."""
        await self._sender.view(method, address, body)

    async def _insist(self, do: Callable[[], Any], kind: str) -> None:
        for attempt in range(ANSWER_TRIES):
            try:
                await do()
                return
            except DeliverLater as error:
                if error.after is not None and error.after > PATIENCE:
                    break
                await asyncio.sleep(0.5 * 2**attempt if error.after is None else error.after)
            except DeliveryError as error:
                log.info("slack_not_answered", kind=kind, reason=error.reason)
                return
        log.warning("slack_not_answered", kind=kind, reason="tried too often")

    async def deliver(self, row: Row) -> Receipt:
        """By the Web API; see `slack_send`."""
        return await self._sender.deliver(row)

    def check_address(self, address: Address) -> None:
        """Raise `Undeliverable` for an address that names no workspace, or one that is not served here."""
        team = str(address.details.get("team", ""))
        if not team or team != address.tenant:
            raise Undeliverable("no-team")
        self.tokens.check(team)

    def mark(self, message: str) -> Outgoing | None:
        """A reaction."""
        return Outgoing(MARK, {"name": DELIVERED, "timestamp": message})

    # -- who and where

    def parent(self, address: Address) -> Address:
        """The channel of a thread."""
        channel, colon, _ = address.conversation.partition(":")
        return replace(address, conversation=channel) if colon else address

    async def members(self, address: Address) -> list[Person]:
        """The first people in the channel."""
        self.check_address(address)
        return await self._people.members(address, self._guests)

    async def member(self, address: Address, person: Person) -> Person | None:
        """Anybody in the channel."""
        self.check_address(address)
        return await self._people.member(address, person, self._guests)

    async def profile(self, address: Address, person: Person) -> Person:
        """The person with what Slack knows of them."""
        self.check_address(address)
        return (await self._people.named(address, person))[0]

    async def file_request(self, address: Address, url: str) -> FileRequest:
        """By a GET with the bot's token, which goes to Slack's own hosts only."""
        if not self.api.owns(url):
            raise Undeliverable("file-host")
        token = await token_for(self.tokens, address)
        return FileRequest(url, {"Authorization": f"Bearer {token}"}, self._leads_to_file)

    def _leads_to_file(self, url: str) -> bool:
        """Whether a redirect may be followed: within Slack, and not to its sign-in, which is a page with a 200."""
        return self.api.owns(url) and "redir" not in dict(parse_qsl(urlsplit(url).query))

    def _in_chat(self, body: dict[str, Any]) -> str:
        """Where a command was typed: that it was answered in the chat, and the way there."""
        link = f"slack://app?team={body.get('team_id', '')}&id={body.get('api_app_id', '')}&tab=messages"
        return self._texts(self._locale).slack.in_chat.replace("{link}", slack_text.escape(link))
