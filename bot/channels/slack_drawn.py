"""Cards as the JSON text of messages for Slack. One that many people see is drawn once, not once for each of them.

Such cards differ from turn to turn only by the turn's number, which their buttons carry; what was typed or said by
people is not kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from dialogs.cards.base import Card, SlackMessage
from dialogs.cards.menu import MenuCard
from dialogs.cards.question import AnsweredCard, QuestionCard

_KEPT = 512  # cards, of a few KB each
_TURNS = (10**12 + 1, 10**12 + 3)  # no card has these numbers: they stand where the turn's is put in

# The sum in a block's name is one over what it holds, the turn included.
_NAME = re.compile(r'("block_id":"\d+-)[0-9a-f]{8}(?=")')

encode = json.JSONEncoder(separators=(",", ":")).encode


def _but_turn(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name != "turn")


_REPEATED: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*_but_turn(kind)) for kind in (QuestionCard, AnsweredCard, MenuCard)
}


def drawn(card: Card) -> tuple[str, ...]:
    """The messages that show the card, each as one JSON object in pure ASCII."""
    values = _REPEATED.get(type(card))
    if values is None:
        return _draw(card)
    made = _template(type(card), values(card))
    if made is None:
        return _draw(card)
    turn = str(getattr(card, "turn", 0))
    return tuple([parts[0] if len(parts) == 1 else turn.join(parts) for parts in made])


def _draw(card: Card) -> tuple[str, ...]:
    return tuple([_message(each) for each in card.blocks().messages])


def _message(message: SlackMessage) -> str:
    return encode({"text": message.text, "blocks": message.blocks})


@lru_cache(maxsize=_KEPT)
def _template(kind: type[Any], values: tuple[Any, ...]) -> tuple[tuple[str, ...], ...] | None:
    """A card's messages in the parts between which its turn's number stands; None where that can't be told."""
    known = dict(zip(_but_turn(kind), values, strict=True))
    if kind is AnsweredCard:
        return tuple((text,) for text in _draw(kind(**known)))
    first, second = (_parts(_draw(kind(turn=turn, **known)), turn) for turn in _TURNS)
    return first if first == second else None


def _parts(texts: tuple[str, ...], turn: int) -> tuple[tuple[str, ...], ...]:
    """The texts, cut where the turn stands. It stands in the blocks' names too, so that they are new in each turn."""
    return tuple(tuple(_NAME.sub(rf"\g<1>{turn}", text).split(str(turn))) for text in texts)
