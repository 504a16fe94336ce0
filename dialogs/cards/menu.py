"""The menu card: a list to choose from (guides, other causes, earlier answers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, plain
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form


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

    def adaptive(self) -> dict[str, Any]:
        """The rows as buttons, what each is about in small print below it."""
        body = [adaptive.heading(self.title)]
        if self.intro:
            body += adaptive.paragraphs(self.intro, spacing="Small")
        body += adaptive.answers(self.options(), self.turn, [item.about for item in self.items])
        body += adaptive.ways(self.ways, self.turn)
        return adaptive.card(body, unmarked(self.title), self.text())

    def blocks(self) -> SlackForm:
        """The rows as buttons, or as a select; what each is about stands above."""
        about = [item.about for item in self.items]
        body = [*blocks.heading(self.title), *blocks.paragraphs(self.intro)]
        choice = blocks.answers(self.options(), self.turn, about)
        return form([body], [*choice, *blocks.ways(self.ways, self.turn)])

    def text(self) -> str:
        """Title, intro, numbered rows with what each is about, ways."""
        rows = [
            plain.lines(f"{n}. {item.button.title}", plain.hung(unmarked(item.about), "   "))
            for n, item in enumerate(self.items, 1)
        ]
        return plain.blocks(
            plain.lines(unmarked(self.title), unmarked(self.intro)), "\n".join(rows), plain.ways(self.ways)
        )

    def options(self) -> tuple[Button, ...]:
        """The rows' buttons."""
        return tuple(item.button for item in self.items)
