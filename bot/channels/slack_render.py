"""What goes out to Slack: cards as messages of Block Kit, and what a press comes to. Pure.

A payload is what `chat.postMessage` takes, without its place: `text`, `blocks`, and `before`: messages that go before
it, where one can't hold the card. `pressed`: the pressed message, as it is from now on. A press is acknowledged before
anything is sent, so its answer is what is done afterwards: {"update": payload} for the pressed message, {"word": text}
for the presser alone, {} for nothing more.
"""

from __future__ import annotations

from typing import Any

from bot.channels.base import Rendered
from bot.channels.slack_read import owned
from bot.envelope import Envelope, Outgoing
from dialogs.cards.base import Card, SlackMessage
from dialogs.turn import Outcome


def payload(card: Card, asker: str = "") -> dict[str, Any]:
    """A card as a message. asker: the only one who may press its buttons."""
    first = [_message(each, asker) for each in card.blocks().messages]
    made = first.pop()
    return made | {"before": first} if first else made


def _message(message: SlackMessage, asker: str) -> dict[str, Any]:
    made = [_owned(block, asker) if asker else block for block in message.blocks]
    return {"text": message.text, "blocks": made}


def _owned(block: dict[str, Any], asker: str) -> dict[str, Any]:
    return {**block, "block_id": owned(block["block_id"], asker)} if block["type"] == "actions" else block


def render(envelope: Envelope, outcome: Outcome) -> Rendered:
    """The outcome as rows: the new cards first, then the answered form of the old one, for which nobody waits."""
    replaced, replies = outcome.replaced, outcome.replies
    asker = envelope.sender.id.rpartition(":")[2] if envelope.address.group else ""
    if envelope.invoke and outcome.stale and replies and not replaced:
        return Rendered((), {"update": payload(replies[0].card, asker)})
    rows: list[Outgoing] = []
    for reply in replies:
        made = payload(reply.card, asker)
        rows += [Outgoing("send", before) for before in made.pop("before", ())]
        rows.append(Outgoing("send", made, reply.turn))
    if replaced:
        made = payload(replaced.card, asker)
        made.pop("before", None)  # what stood before it stands there still
        press = envelope.incoming.press
        if rows and envelope.pressed and press and press.turn == replaced.turn:  # one row in the place of two
            made["ts"] = envelope.pressed
            rows[0] = Outgoing("send", {**rows[0].payload, "pressed": made}, rows[0].turn)
        else:
            rows.append(Outgoing("update", made, replaced.turn))
    return Rendered(tuple(rows), {} if envelope.invoke else None)
