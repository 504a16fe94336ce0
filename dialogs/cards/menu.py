"""The menu card: a list to choose from (guides, other causes, earlier answers)."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A row of a menu: what it does when chosen (its title stands in the button) and one line about it."""

    button: Button
    about: str = ""


@dataclass(frozen=True, slots=True)
class MenuCard:
    """A heading, a sentence, rows to choose from, and quiet buttons around them."""

    turn: int
    title: str
    items: tuple[MenuItem, ...]
    intro: str = ""
    ways: tuple[Button, ...] = ()
