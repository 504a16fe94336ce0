"""What goes out to Slack: cards as messages of Block Kit, and what a press comes to. Pure.

A payload is what `chat.postMessage` takes, without its place: `text`, `blocks`, and `before`: messages that go before
it, where one can't hold the card; `LAST`, in an update, where those stay as they are. `pressed`: the pressed message,
as it is from now on. A press is acknowledged before anything is sent, so its answer is what is done afterwards:
{"update": payload} for the pressed message, {"word": text} for the presser alone, {} for nothing more.
"""

from __future__ import annotations

import json
from typing import Any

from bot.channels.base import Rendered
from bot.channels.slack_drawn import drawn, encode
from bot.channels.slack_read import owned
from bot.envelope import Envelope, Outgoing, Payload, Written
from dialogs.cards.base import Card
from dialogs.turn import Outcome

LAST = "last"  # in an update's payload: of the card's messages only the last one changes


class Pair(Written):
    """A message, and the pressed one as it is from now on; each also as JSON text of its own."""

    __slots__ = ("message", "pressed")

    def __init__(self, message: str, pressed: str) -> None:
        """Both as one JSON object; `pressed` with its `ts`."""
        super().__init__(f'{message[:-1]},"pressed":{pressed}}}')
        self.message = message
        self.pressed = pressed


def payload(card: Card, asker: str = "") -> Payload:
    """A card as a message. asker: the only one who may press its buttons."""
    *before, last = messages(card, asker)
    return Written(f'{last[:-1]},"before":[{",".join(before)}]}}' if before else last)


def messages(card: Card, asker: str = "") -> tuple[str, ...]:
    """A card's messages, each as JSON text."""
    texts = drawn(card)
    return tuple(_owned(text, asker) for text in texts) if asker else texts


def _owned(text: str, asker: str) -> str:
    """With the buttons for one person only."""
    message = json.loads(text)
    message["blocks"] = [_named(block, asker) for block in message["blocks"]]
    return encode(message)


def _named(block: dict[str, Any], asker: str) -> dict[str, Any]:
    return {**block, "block_id": owned(block["block_id"], asker)} if block["type"] == "actions" else block


def render(envelope: Envelope, outcome: Outcome) -> Rendered:
    """The outcome as rows: the new cards first, then the answered form of the old one, for which nobody waits. Of a
    pressed card that is answered, both go in one row."""
    replaced, replies = outcome.replaced, outcome.replies
    asker = envelope.sender.id.rpartition(":")[2] if envelope.address.group else ""
    if envelope.invoke and outcome.stale and replies and not replaced:
        return Rendered((), {"update": dict(payload(replies[0].card, asker))})
    said: list[tuple[str, int | None]] = []
    for reply in replies:
        *before, last = messages(reply.card, asker)
        said += [(text, None) for text in before]
        said.append((last, reply.turn))
    rows = [Outgoing("send", Written(text), turn) for text, turn in said]
    if replaced:
        *rest, made = messages(replaced.card, asker)  # what stood before it stands there still
        press = envelope.incoming.press
        if rows and envelope.pressed and press and press.turn == replaced.turn:
            text, turn = said[0]
            pressed = f'{made[:-1]},"ts":{encode(envelope.pressed)}}}'
            rows[0] = Outgoing("send", Pair(text, pressed), turn)
        else:
            only = f'{made[:-1]},"{LAST}":true}}' if rest else made
            rows.append(Outgoing("update", Written(only), replaced.turn))
    return Rendered(tuple(rows), {} if envelope.invoke else None)
