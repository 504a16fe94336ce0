"""Cards as the JSON text of Adaptive Cards. One that many people see is drawn once, not once for each of them.

Such cards differ from turn to turn only by the turn's number, which their buttons carry; what was typed or said by
people is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from dialogs.cards.base import Card
from dialogs.cards.menu import MenuCard
from dialogs.cards.notice import FixedNotice
from dialogs.cards.question import AnsweredCard, QuestionCard

SUMMARY_LENGTH = 160  # characters; the whole text of a card is longer than any banner
_KEPT = 512  # cards, of a few KB each
_NO_TURN = 10**10  # no card has this number: it stands where the turn's is put in

_encode = json.JSONEncoder(separators=(",", ":")).encode


def _but_turn(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name != "turn")


_REPEATED: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*_but_turn(kind)) for kind in (QuestionCard, AnsweredCard, MenuCard, FixedNotice)
}


def drawn(card: Card) -> tuple[str, str]:
    """The card and its summary for a notification (the card's own heading), both as JSON in pure ASCII."""
    values = _REPEATED.get(type(card))
    if values is None:
        return _draw(card)
    parts, summary = _template(type(card), values(card))
    return parts[0] if len(parts) == 1 else f'"turn":{getattr(card, "turn", 0):d}'.join(parts), summary


def _draw(card: Card) -> tuple[str, str]:
    content = card.adaptive()
    return _encode(content), _encode(str(content.get("speak", ""))[:SUMMARY_LENGTH])


@lru_cache(maxsize=_KEPT)
def _template(kind: type[Any], values: tuple[Any, ...]) -> tuple[tuple[str, ...], str]:
    """A card in the parts between which its turn's number stands."""
    known = dict(zip(_but_turn(kind), values, strict=True))
    content, summary = _draw(kind(**known) if kind is AnsweredCard else kind(turn=_NO_TURN, **known))
    return tuple(content.split(f'"turn":{_NO_TURN}')), summary
