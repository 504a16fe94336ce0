"""What goes out to Teams: cards as payloads, and the answers to card presses. Pure.

Text beside an attachment is split by Teams into two messages, and then no id comes back: so a card goes alone, with a
`summary` for the notification, and a text goes alone.
"""

from __future__ import annotations

import html
import re

from bot.channels.base import Rendered
from bot.channels.teams_drawn import SUMMARY_LENGTH, drawn
from bot.envelope import Envelope, Outgoing, Payload, Written
from dialogs.cards import rich
from dialogs.cards.adaptive import link_url
from dialogs.cards.base import Button, Card
from dialogs.cards.markdown import Span
from dialogs.cards.notice import NoticeCard
from dialogs.cards.relay import RelayCard
from dialogs.texts import Texts
from dialogs.turn import Outcome, Press

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
MESSAGE_TYPE = "application/vnd.microsoft.activity.message"
_LINK = re.compile(r"\](?=[(\[:])")
# A star, a backtick, an exclamation mark before a link, a backslash before a mark, tildes that strike, an underscore
# that is not within a word.
_MARKS = re.compile(r"[*`]|!\Z|\\(?=[!-/:-@\[-`{-~])|~(?=~)|(?<=~)~|(?<![^\W_])_|_(?![^\W_])")
_MAY_BE_MARK = re.compile(r"[*`!\\~_]")
_LEAD = re.compile(r"^(\s*)(?:([-+=#])(?=\s|$|[-+=#])|(\d{1,9})([.)])(?=\s|$))")
_IN_CODE = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)")


def message(card: Card) -> Payload:
    """The activity that shows this card."""
    if isinstance(card, RelayCard):
        summary = " ".join(card.text().split())[:SUMMARY_LENGTH]
        return {"type": "message", "textFormat": "markdown", "text": relayed(card), "summary": summary}
    if isinstance(card, NoticeCard) and card.plain:
        return {"type": "message", "textFormat": "plain", "text": card.text()}
    content, summary = drawn(card)
    attachment = f'{{"contentType":"{CARD_TYPE}","content":{content}}}'
    return Written(f'{{"type":"message","summary":{summary},"attachments":[{attachment}]}}')


def relayed(card: RelayCard) -> str:
    """Another person's words as Teams' Markdown: nothing in them becomes a tag, a mention, or a link that bears another
    name than its address; lines stay lines."""
    name = _bare(" ".join(card.author.split()))
    lines, lists = [], []
    for block in rich.blocks(card.body):
        lists.append(block.kind in ("bullet", "number"))
        lines.append(_line(block))
    text = f"**{name}:**" + (" " if lists and not lists[0] and not lines[0].startswith((">", "```")) else "\n\n")
    for number, line in enumerate(lines):
        together = number > 0 and lists[number] and lists[number - 1]
        text += ("\n" if together else "\n\n" if number else "") + line
    return text.rstrip()


def _line(block: rich.Block) -> str:
    if block.kind == "code":
        return f"```\n{_code(block.words)}\n```"
    text = "".join(map(_span, block.spans))
    if block.kind == "line":
        return _LEAD.sub(_led, text, count=1)
    mark = {"bullet": "-", "number": f"{block.number}.", "quote": ">"}[block.kind]
    return f"{'   ' * block.depth}{mark} {text}"


def _span(span: Span) -> str:
    if span.url:
        text = _bare(span.text) if span.text == span.url else f"[{_bare(span.text)}]({link_url(span.url)})"
    elif span.code:
        text = f"`{_code(span.text)}`"
    else:
        text = _bare(span.text)
    if span.text != span.text.strip():
        return text  # marks beside a blank would be stars
    text = f"*{text}*" if span.italic else text
    return f"**{text}**" if span.bold else text


def _bare(text: str) -> str:
    """Words that mean nothing but themselves. What would make a tag or a mark of Markdown is written as an entity: a
    backslash is shown by some clients. Brackets are parted by a character that nobody sees."""
    text = html.escape(text, quote=False)
    if _MAY_BE_MARK.search(text):
        text = _MARKS.sub(lambda m: f"&#{ord(m[0])};", text)
    return _LINK.sub("]\u200b", text) if "]" in text else text


def _code(text: str) -> str:
    """Code stands as it is, but for what a client could take for a tag or an entity, or the end of the code."""
    return _IN_CODE.sub(lambda m: html.escape(m[0]), text).replace("```", "``\u200b`")


def _led(found: re.Match[str]) -> str:
    """The begin of a line that would be taken for a heading, a list, a rule."""
    blanks, mark, number, dot = found.groups()
    return f"{blanks}&#{ord(mark)};" if mark else f"{blanks}{number}&#{ord(dot)};"


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
            answer = card_answer(replaced.card)
            if not envelope.address.group:
                replaced = None
        elif outcome.stale and replies and not replaced:
            return Rendered((), card_answer(replies[0].card))
        else:
            answer = text_answer(texts.pressed)
    rows = [Outgoing("send", message(reply.card), reply.turn) for reply in replies]
    if replaced:
        rows.append(Outgoing("update", message(replaced.card), replaced.turn))
    return Rendered(tuple(rows), answer)


def card_answer(card: Card) -> Payload:
    """The answer to a press that puts this card in the pressed one's place."""
    return Written(f'{{"statusCode":200,"type":"{CARD_TYPE}","value":{drawn(card)[0]}}}')


def text_answer(text: str) -> Payload:
    """The answer to a press that leaves the card as it is, and shows these words for a moment."""
    return {"statusCode": 200, "type": MESSAGE_TYPE, "value": text}


def apology(press: Press | None, texts: Texts) -> Payload:
    """The answer when nothing could be done: an apology in the card's place, with the pressed button to try again."""
    if press is None:
        return card_answer(NoticeCard(texts.unavailable))
    again = Button(texts.try_again, press.verb, press.value)
    return card_answer(NoticeCard(texts.unavailable, turn=press.turn, ways=(again,)))
