"""What goes out to Teams: cards as payloads, and the answers to card presses. Pure.

Text beside an attachment is split by Teams into two messages, and then no id comes back: so a card goes alone, with a
`summary` for the notification, and a text goes alone.
"""

from __future__ import annotations

import html
import re
from typing import Any

from bot.channels.base import Rendered
from bot.envelope import Envelope, Outgoing, Payload
from dialogs.cards.adaptive import link_url
from dialogs.cards.base import Button, Card
from dialogs.cards.notice import NoticeCard
from dialogs.cards.relay import RelayCard
from dialogs.texts import Texts
from dialogs.turn import Outcome, Press

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
_SUMMARY_LENGTH = 160
_LINK = re.compile(r"\](?=[(\[:])")


def message(card: Card) -> Payload:
    """The activity that shows this card."""
    if isinstance(card, RelayCard):
        return {"type": "message", "textFormat": "markdown", "text": relayed(card)}
    if isinstance(card, NoticeCard) and card.plain:
        return {"type": "message", "textFormat": "plain", "text": card.text()}
    content = card.adaptive()
    # The notification shows the card's own heading: its whole text is longer than any banner.
    summary = str(content.get("speak", ""))[:_SUMMARY_LENGTH]
    return {"type": "message", "summary": summary, "attachments": [{"contentType": CARD_TYPE, "content": content}]}


def relayed(card: RelayCard) -> str:
    """Another person's words as Markdown: nothing in them becomes a tag, a mention, or a link that bears another
    name than its address; lines stay lines."""
    files = [f"[{_bare(f.name)}]({link_url(f.url)})" if f.url else _bare(f.name) for f in card.files]
    words = "\n".join([_bare(card.body), *files] if card.body else files)
    return f"**{_bare(card.author)}:** {words}".replace("\n", "\n\n")


def _bare(text: str) -> str:
    """Text without tags; what would make a Markdown link of it is parted by a character that nobody sees."""
    return _LINK.sub("]\u200b", html.escape(text, quote=False))


def render(envelope: Envelope, outcome: Outcome, texts: Texts) -> Rendered:
    """The outcome as rows, and for a press as its answer.

    The new cards come before the update of the old one: whoever waits, waits for those. A press is answered in place:
    with the answered form of the pressed card, or, when it was stale, with the card that shows where we are. In a
    group the others see the answered form only by an update.
    """
    replaced, replies, press = outcome.replaced, outcome.replies, envelope.incoming.press
    answer: Payload | None = None
    if envelope.invoke:
        if replaced and press and replaced.turn == press.turn:
            answer = card_answer(replaced.card.adaptive())
            if not envelope.address.group:
                replaced = None
        elif outcome.stale and replies and not replaced:
            return Rendered((), card_answer(replies[0].card.adaptive()))
        else:
            answer = text_answer(texts.pressed)
    rows = [Outgoing("send", message(reply.card), reply.turn) for reply in replies]
    if replaced:
        rows.append(Outgoing("update", message(replaced.card), replaced.turn))
    return Rendered(tuple(rows), answer)


def card_answer(card: dict[str, Any]) -> Payload:
    """The answer to a press that puts this card in the pressed one's place."""
    return {"statusCode": 200, "type": CARD_TYPE, "value": card}


def text_answer(text: str) -> Payload:
    """The answer to a press that leaves the card as it is, and shows these words for a moment."""
    return {"statusCode": 200, "type": MESSAGE_TYPE, "value": text}


def apology(press: Press | None, texts: Texts) -> Payload:
    """The answer when nothing could be done: an apology in the card's place, with the pressed button to try again."""
    if press is None:
        return card_answer(NoticeCard(texts.unavailable).adaptive())
    again = Button(texts.try_again, press.verb, press.value)
    return card_answer(NoticeCard(texts.unavailable, turn=press.turn, ways=(again,)).adaptive())
