"""The notice card: a few sentences from the bot, with buttons or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, plain
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form


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

    def blocks(self) -> SlackForm:
        """Title, sentences, buttons."""
        body = blocks.heading(self.title) if self.title else []
        body += blocks.literal(self.body) if self.plain else blocks.paragraphs(self.body)
        quiet = [button for button in self.ways if button.quiet]
        buttons = blocks.answers(self.options(), self.turn)
        if not buttons:  # then nothing is to be set off by a line
            return form([body], blocks.ways(quiet, self.turn)[1:])
        return form([body], [*buttons, *blocks.ways(quiet, self.turn)])

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


@dataclass(frozen=True, slots=True)
class FixedNotice(NoticeCard):
    """A notice made of the bot's own sentences alone: the same for everybody, so that it need be drawn only once."""
