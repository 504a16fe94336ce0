"""The rating card: was it solved, how was it, anything to add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, inputs, plain, slack_inputs
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.fields import Field
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form


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

    def adaptive(self) -> dict[str, Any]:
        """The questions as inputs; once answered, the thanks alone."""
        body = [adaptive.heading(self.title)]
        if self.answered:
            body = [*adaptive.paragraphs(self.title, adaptive.SMALL), *adaptive.literal(self.answered, adaptive.BOLD)]
        else:
            body += adaptive.paragraphs(self.intro, spacing="Small") if self.intro else []
            body += inputs.fields(self.fields)
            body += inputs.submit((self.send,), self.turn)
            body += inputs.skipping(adaptive.ways(self.ways, self.turn))
        return adaptive.card(body, unmarked(self.title), self.text())

    def blocks(self) -> SlackForm:
        """The questions as inputs; once answered, the thanks alone."""
        if self.answered:
            return form([[*blocks.paragraphs(self.title), *blocks.literal(self.answered, bold=True)]])
        body = [*blocks.heading(self.title), *blocks.paragraphs(self.intro)]
        body += slack_inputs.fields(self.fields, self.turn)
        send = blocks.answers((self.send,), self.turn, primary=True)
        return form([body], [*send, *blocks.ways(self.ways, self.turn)])

    def text(self) -> str:
        """The questions with their choices."""
        if self.answered:
            return plain.lines(unmarked(self.title), self.answered)
        asked = [
            plain.lines(unmarked(f.label), *(plain.hung(title, "- ") for _, title in f.options)) for f in self.fields
        ]
        return plain.blocks(
            plain.lines(unmarked(self.title), unmarked(self.intro)),
            *asked,
            plain.numbered(self.options()),
            plain.ways(self.ways),
        )

    def options(self) -> tuple[Button, ...]:
        """The button that sends."""
        return () if self.answered else (self.send,)
