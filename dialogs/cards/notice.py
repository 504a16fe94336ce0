"""The notice card: a few sentences from the bot, with buttons or without."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button


@dataclass(frozen=True, slots=True)
class NoticeCard:
    """Something said. With `ways`, `turn` numbers its buttons. plain: sent as bare text, without a card around it."""

    body: str
    title: str = ""
    turn: int = 0
    ways: tuple[Button, ...] = ()
    plain: bool = False
