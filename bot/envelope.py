"""What travels between channels, reception, storage and outbox. Plain values; channel JSON stays opaque."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dialogs.cards.rich import literal
from dialogs.turn import Incoming

Payload = Mapping[str, Any]  # JSON in a channel's own terms, ready to be sent; never changed


class Written(Mapping[str, Any]):
    """A payload that is at hand as JSON text: nobody need write it again, and it is read only if somebody looks."""

    __slots__ = ("_read", "text")

    def __init__(self, text: str) -> None:
        """text: one JSON object."""
        self.text = text
        self._read: dict[str, Any] | None = None

    def _object(self) -> dict[str, Any]:
        if self._read is None:
            self._read = json.loads(self.text)
        return self._read

    def __getitem__(self, name: str) -> Any:
        return self._object()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._object())

    def __len__(self) -> int:
        return len(self._object())

    def __repr__(self) -> str:
        return f"Written({len(self.text)} characters)"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation lives, and all that is needed to write there again.

    channel: name in `bot.channels.registry`. conversation: the platform's id, a thread's suffix included. tenant: the
    directory or workspace. details: what only the channel understands (serviceUrl, bot account…), kept up to date.
    """

    channel: str
    tenant: str
    conversation: str
    group: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Identifies the conversation in every table."""
        return f"{self.channel}|{self.tenant}|{self.conversation}"


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote. id: the stable directory id where the platform gives one, else the platform's own.

    mail, zone: the e-mail address and the IANA time zone, where they are known.
    """

    id: str
    name: str = ""
    mail: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file or picture that came with a message: where the bot may fetch it, and what is known of it.

    url: good for the channel's own `file_request` only. kind: the media type, as the platform says. size: bytes, 0 when
    it is not known. problem: why it can't be fetched at all (a person's attachment in a channel never reaches a bot).
    """

    name: str
    url: str = ""
    kind: str = "application/octet-stream"
    problem: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Envelope:
    """One activity, verified and translated by its channel.

    event_id: unique within the conversation; the same delivery carries the same one. invoke: the platform waits for an
    answer in the response (a card press). pressed: the message id of the card that was pressed, if any. message: the
    platform's id of the message that was said. change: an earlier message of the sender's was changed or deleted, then
    `message` is its id and `incoming.text` its new text. files: what came with the message. said: its words with their
    formatting, as Markdown of `dialogs.cards.rich` ("" when there is none: then `incoming.text` is all, as it stands).
    mentioned: False for what was said in a channel without mentioning the bot. gone: the bot was taken out of this
    conversation ("here"), or of the whole team in which it lies ("team").
    """

    event_id: str
    address: Address
    sender: Person
    incoming: Incoming
    invoke: bool = False
    pressed: str = ""
    message: str = ""
    change: Literal["", "edit", "delete"] = ""
    files: tuple[SentFile, ...] = ()
    said: str = ""
    mentioned: bool = True
    gone: Literal["", "here", "team"] = ""

    @property
    def body(self) -> str:
        """What was said, as Markdown of `dialogs.cards.rich`: this is what crosses to the other side."""
        return self.said or literal(self.incoming.text)


@dataclass(frozen=True, slots=True)
class FileRequest:
    """How to fetch a `SentFile`: by a GET of this address with these headers.

    follow: whether a redirect to another address may be followed (without the headers). The address has been checked
    by the channel; that no name leads into a private network is checked by whoever fetches.
    """

    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    follow: Callable[[str], bool] = field(default=lambda url: False, repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the outbox before it is stored.

    kind "send": a new message. kind "update": the message that was sent at `turn` is replaced; when that message was
    never sent, or its receipt is gone, the row is done without a word. kind "delete": so too, but it is taken back.
    kind "thread": a new thread in a channel, with this as its first message. kind "mark": a channel's own quiet mark on
    a message, which `payload` names. turn: the number of the turn whose card
    this is.
    """

    kind: str
    payload: Payload
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform said of a delivered message: its id (empty where it gives none).

    conversation: the new thread's conversation id, where the row opened one.
    """

    message_id: str = ""
    conversation: str = ""
