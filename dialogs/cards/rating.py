"""The rating card: was it solved, how was it, anything to add."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button
from dialogs.cards.case import Field


@dataclass(frozen=True, slots=True)
class RatingCard:
    """Asked after a chat with a person. fields: rating (a choice) and comment (text). send: the button that sends;
    ways: quiet buttons (skip). answered: set once it is answered; then nothing can be pressed."""

    turn: int
    title: str
    fields: tuple[Field, ...]
    send: Button
    intro: str = ""
    ways: tuple[Button, ...] = ()
    answered: str = ""
