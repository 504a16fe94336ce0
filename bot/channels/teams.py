"""Microsoft Teams over the Bot Connector service: the door, and the way out. Plain JSON both ways."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import aiohttp

from bot.channels import teams_people, teams_read, teams_render
from bot.channels.base import Rendered
from bot.channels.teams_fields import MAX_ID, decode, text_of
from bot.channels.teams_hosts import FileHosts, ServiceHosts, loopback_host, loopback_origin
from bot.channels.teams_send import PATIENCE, Sender, Tokens
from bot.envelope import Address, Envelope, FileRequest, Outgoing, Payload, Person, Receipt
from bot.errors import Refused, Undeliverable
from bot.storage.base import Row
from dialogs.cards.base import Card
from dialogs.texts import Texts
from dialogs.turn import Outcome


class Claims(Protocol):
    """What a verified token says."""

    @property
    def service_url(self) -> str:
        """The one serviceUrl that it is good for."""
        ...

    @property
    def endorsements(self) -> frozenset[str]:
        """The channels that its key may speak for."""
        ...


class Verifier(Protocol):
    """Proves who sent a request."""

    async def verify(self, authorization: str, now: float) -> Claims:
        """The claims of the token in this header; raises `Refused` when it is not good."""
        ...

    def ready(self) -> bool:
        """Whether tokens can be verified now."""
        ...

    async def start(self) -> None:
        """Begin to keep the keys fresh."""
        ...

    async def close(self) -> None:
        """Stop that."""
        ...


class TeamsChannel:
    """Implements `bot.channels.base.Channel`. Without a verifier it is in local mode: this machine only, no tokens."""

    name = teams_read.CHANNEL
    takes_files = False

    def __init__(
        self,
        session: aiohttp.ClientSession,
        texts: Callable[[str], Texts],
        hosts: ServiceHosts,
        *,
        tenants: frozenset[str] = frozenset(),
        verifier: Verifier | None = None,
        tokens: Tokens | None = None,
        files: FileHosts | None = None,
        locale: str = "en",
        clock: Callable[[], float] = time.time,
        patience: float = PATIENCE,
    ) -> None:
        """`texts` gives the sentences of a locale. tenants: ids of the tenants that we answer, in lower case.

        files: where people's files are fetched from; None: nowhere, only pictures at the service itself. locale: for
        people whose own is not known. clock: Unix seconds as the world has them, for tokens.
        patience: seconds that a request to Teams may take.
        """
        self._texts = texts
        self._hosts = hosts
        self._tenants = tenants
        self._verifier = verifier
        self._tokens = tokens
        self._files = files or FileHosts(())
        self._locale = locale
        self._clock = clock
        self._sender = Sender(session, tokens, clock, patience)

    async def start(self) -> None:
        """Begin to fetch keys and token; does not wait for them."""
        if self._verifier:
            await self._verifier.start()
        if self._tokens:
            await self._tokens.start()

    async def close(self) -> None:
        """Stop fetching keys and token; the session belongs to whoever made it."""
        if self._verifier:
            await self._verifier.close()
        if self._tokens:
            await self._tokens.close()

    def ready(self) -> bool:
        """Whether the keys are here."""
        return self._verifier is None or self._verifier.ready()

    async def read(self, headers: Mapping[str, str], body: bytes, at: float) -> Envelope | None:
        """The token first, then the body, then whether both belong together."""
        claims: Claims | None = None
        if self._verifier is None:
            only_local(headers)
        else:
            claims = await self._verifier.verify(headers.get("Authorization", ""), self._clock())
        activity = decode(body)
        return teams_read.translate(activity, self._admit(activity, claims), at, self._locale)

    def _admit(self, activity: dict[str, Any], claims: Claims | None) -> str:
        """Refuse what comes from elsewhere than Teams, or from a tenant that is not ours; give the tenant."""
        channel = text_of(activity, "channelId")
        if channel != "msteams" and not (claims is None and channel == "emulator"):
            raise Refused(403, "channel", "Only Microsoft Teams is answered here.")
        service = text_of(activity, "serviceUrl", MAX_ID)
        if not service:
            raise Refused(400, "no-service-url", "An activity has a serviceUrl.")
        tenant, same = teams_read.tenants_of(activity)
        if claims is None:
            if tenant and same and tenant != same:
                raise Refused(403, "tenant", "The activity names two tenants.")
        elif channel not in claims.endorsements:
            raise Refused(403, "endorsement", "The token's key is not endorsed for this channel.")
        elif service != claims.service_url:
            raise Refused(403, "service-claim", "The token is for another serviceUrl.")
        elif tenant != same or tenant not in self._tenants:
            raise Refused(403, "tenant", "This tenant is not served here.")
        if not self._hosts.allow(service):
            raise Refused(403, "service-host", "This serviceUrl is not served here.")
        return tenant or same or "local"

    def render(self, envelope: Envelope, outcome: Outcome) -> Rendered:
        """Cards as attachments; see `teams_render`."""
        return teams_render.render(envelope, outcome, self._texts(envelope.incoming.locale))

    def payload(self, card: Card) -> Payload:
        """The activity that shows this card."""
        return teams_render.message(card)

    def card_answer(self, card: Card) -> Payload:
        """This card in the pressed one's place."""
        return teams_render.card_answer(card)

    def word_answer(self, text: str) -> Payload:
        """The pressed card stays; Teams shows the words for a moment, to the presser only."""
        return teams_render.text_answer(text)

    def mark(self, message: str) -> Outgoing | None:
        """A bot can't react to a message in Teams."""
        return None

    def parent(self, address: Address) -> Address:
        """The channel of a thread: its conversation id without the root message's."""
        channel = address.conversation.partition(";messageid=")[0]
        return address if channel == address.conversation else replace(address, conversation=channel)

    async def members(self, address: Address) -> list[Person]:
        """The members of the channel's team, as the Bot Connector gives them."""
        self.check_address(address)
        return await teams_people.members(self._sender, address)

    async def member(self, address: Address, person: Person) -> Person | None:
        """None: everybody is listed."""
        return None

    async def profile(self, address: Address, person: Person) -> Person:
        """The person with the name and the mail that Teams knows."""
        self.check_address(address)
        return await teams_people.profile(self._sender, address, person)

    async def file_request(self, address: Address, url: str) -> FileRequest:
        """A pasted picture lies at the service itself, for our token; a file elsewhere, for whoever has its link."""
        if self._hosts.serves(url):
            return FileRequest(url, {"Authorization": f"Bearer {await self._tokens.get()}"} if self._tokens else {})
        if not self._files.allow(url):
            raise Undeliverable("file-host")
        return FileRequest(url, follow=self._files.allow)

    def apology(self, envelope: Envelope | None) -> Payload:
        """An apology in the pressed card's place, with the pressed button to try again."""
        texts = self._texts(envelope.incoming.locale if envelope else self._locale)
        return teams_render.apology(envelope.incoming.press if envelope else None, texts)

    def check_address(self, address: Address) -> None:
        """Raise `Undeliverable` when the stored service is not allowed (any more): the token must not go there."""
        if not self._hosts.allow(str(address.details.get("serviceUrl", ""))):
            raise Undeliverable("service-host")

    async def deliver(self, row: Row) -> Receipt:
        """Through the Bot Connector; see `teams_send`."""
        self.check_address(row.address)
        return await self._sender.deliver(row)


def only_local(headers: Mapping[str, str]) -> None:
    """Refuse whatever did not come straight from this machine: there is no token that would tell.

    A browser on this machine may be led here by any page: its Origin tells, and the Host does when a name was made to
    point here.
    """
    if not loopback_host(headers.get("Host", "")):
        raise Refused(403, "local-host", "Local mode answers only requests to localhost, 127.0.0.1 or [::1].")
    if any(name.lower() == "forwarded" or name.lower().startswith("x-forwarded-") for name in headers):
        raise Refused(403, "local-proxy", "Local mode is not for use behind a proxy: configure the bot instead.")
    if (origin := headers.get("Origin")) is not None and not loopback_origin(origin):
        raise Refused(403, "local-origin", "Local mode answers no pages from elsewhere.")
