"""The Channel protocol: a platform's door and its way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.envelope import Address, Envelope, FileRequest, Outgoing, Payload, Person, Receipt
from bot.storage.base import Row
from dialogs.cards.base import Card
from dialogs.turn import Outcome


@dataclass(frozen=True, slots=True)
class Rendered:
    """An outcome in a channel's own terms: the answer to an invoke (None for a message) and the rows to send."""

    outgoing: tuple[Outgoing, ...]
    answer: Payload | None = None


class Channel(Protocol):
    """A platform: verifies and reads what comes in, renders what goes out, delivers it.

    `read` raises `bot.errors.Refused` (with its HTTP status) for everything that is not to be answered by a turn.
    """

    name: str
    takes_files: bool  # a payload may have an "upload": a kept file that `deliver` passes on; else files are links

    async def start(self) -> None:
        """Begin the work in the background that the door needs (keys, tokens); does not wait for it."""
        ...

    def ready(self) -> bool:
        """Whether requests can be verified now."""
        ...

    async def read(self, headers: Mapping[str, str], body: bytes, at: float) -> Envelope | None:
        """Check the token or the signature first, then translate. None: fine, but nothing for us to do."""
        ...

    def render(self, envelope: Envelope, outcome: Outcome) -> Rendered:
        """The outcome as payloads, pure. An invoke's replaced (or stale) card becomes its answer; in a group it is
        also sent as an update, for the others."""
        ...

    def payload(self, card: Card) -> Payload:
        """One card as a message, pure."""
        ...

    def card_answer(self, card: Card) -> Payload:
        """The answer to a press that puts this card in the pressed one's place."""
        ...

    def word_answer(self, text: str) -> Payload:
        """The answer to a press that leaves the card and shows these words for a moment, to the presser only."""
        ...

    def mark(self, message: str) -> Outgoing | None:
        """A quiet mark on a message, that it was passed on; None where the platform has none, and words say it."""
        ...

    def parent(self, address: Address) -> Address:
        """The channel in which a thread lives; the address itself where it is no thread."""
        ...

    async def members(self, address: Address) -> list[Person]:
        """Who is in this channel (or in its team), asked from the platform: all, or where they are very many the first
        of them. Raises `bot.errors.DeliveryError`."""
        ...

    async def member(self, address: Address, person: Person) -> Person | None:
        """This person, when they are in the channel and `members` may not have listed them; None when they are not, or
        when it lists everybody. Raises `bot.errors.DeliveryError`."""
        ...

    async def file_request(self, address: Address, url: str) -> FileRequest:
        """How to fetch what came with a message of this conversation (`SentFile.url`). Raises `DeliverLater` when no
        token can be had now, and `Undeliverable` for an address that we do not fetch from."""
        ...

    async def profile(self, address: Address, person: Person) -> Person:
        """The person with what the platform knows of them (name, mail); themselves where it does not answer."""
        ...

    def apology(self, envelope: Envelope | None) -> Payload:
        """The fixed answer to an invoke that could not be processed (the database is gone)."""
        ...

    async def deliver(self, row: Row) -> Receipt:
        """Send one row. Raises `bot.errors.DeliverLater`, `Undeliverable` or `ConversationBlocked`."""
        ...

    def check_address(self, address: Address) -> None:
        """Raise `bot.errors.Undeliverable` when a stored address may no longer be written to."""
        ...

    async def close(self) -> None:
        """End the work in the background."""
        ...
