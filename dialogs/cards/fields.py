"""Inputs and forms: what a card lets people type or choose. Data only; drawn by `inputs` (and as modals in Slack)."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button


@dataclass(frozen=True, slots=True)
class Field:
    """An input on a card. kind "text" or "choice"; options: (value, title) pairs of a choice.

    error: said when a required input was left empty; without it the client does not ask for one.
    """

    id: str
    label: str
    kind: str = "text"
    placeholder: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Inputs that open below the card when the button called `title` is pressed, and the button that sends them.

    In Adaptive Cards an Action.ShowCard; in Slack a modal.
    """

    title: str
    fields: tuple[Field, ...]
    send: Button
