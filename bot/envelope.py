"""What travels between channels, reception, storage and outbox. Plain values; channel JSON stays opaque."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dialogs.turn import Incoming

Payload = dict[str, Any]  # JSON in a channel's own terms, ready to be sent


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
    """Who wrote. id: the stable directory id where the platform gives one, else the platform's own."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One activity, verified and translated by its channel.

    event_id: unique within the conversation; the same delivery carries the same one. invoke: the platform waits for an
    answer in the response (a card press). pressed: the message id of the card that was pressed, if any.
    """

    event_id: str
    address: Address
    sender: Person
    incoming: Incoming
    invoke: bool = False
    pressed: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the outbox before it is stored.

    kind "send": a new message. kind "update": the message that was sent at `turn` is replaced; when that message was
    never sent, or its receipt is gone, the row is done without a word. turn: the number of the turn whose card this is.
    """

    kind: str
    payload: Payload
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform said of a delivered message: its id (empty where it gives none)."""

    message_id: str = ""
