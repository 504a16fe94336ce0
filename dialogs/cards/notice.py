"""The notice card: a few sentences from the bot, with buttons or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, plain
from dialogs.cards.base import Button
from dialogs.cards.markdown import plain as unmarked


@dataclass(frozen=True, slots=True)
class NoticeCard:
    """Something said. With `ways`, `turn` numbers its buttons. plain: sent as bare text, without a card around it."""

    body: str
    title: str = ""
    turn: int = 0
    ways: tuple[Button, ...] = ()
    plain: bool = False

    def adaptive(self) -> dict[str, Any]:
        """Title, sentences, buttons."""
        body = [adaptive.heading(self.title)] if self.title else []
        body += adaptive.literal(self.body) if self.plain else adaptive.paragraphs(self.body)
        body += adaptive.answers(self.options(), self.turn)
        body += adaptive.ways([button for button in self.ways if button.quiet], self.turn)
        return adaptive.card(body, unmarked(self.title or self.body), self.text())

    def text(self) -> str:
        """Title, sentences, buttons. Plain: the body as it is, nothing read as Markdown."""
        if self.plain:
            return self.body
        return plain.blocks(
            unmarked(self.title),
            unmarked(self.body),
            plain.numbered(self.options()),
            plain.ways([button for button in self.ways if button.quiet]),
        )

    def options(self) -> tuple[Button, ...]:
        """Its loud buttons, if any."""
        return tuple(button for button in self.ways if not button.quiet)
