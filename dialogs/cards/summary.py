"""The summary card: the problem so far, for a person to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, inputs, plain, slack_inputs
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.fields import Field
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form
from dialogs.cards.slack_told import told


@dataclass(frozen=True, slots=True)
class SummaryCard:
    """How to reach a person, and what to tell them.

    words: the user's own words. path: (question, answer) pairs. advice: titles of the advice shown. copy: the summary
    as one plain text to be sent on; its "Send as text" button is `send` (None: no button). box: an input for anything
    to add, sent with the first of `answers` (loud buttons).
    """

    turn: int
    title: str
    intro: str
    copy: str
    words_title: str = ""
    words: tuple[str, ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    advice_title: str = ""
    advice: tuple[str, ...] = ()
    send: Button | None = None
    box: Field | None = None
    answers: tuple[Button, ...] = ()
    ways: tuple[Button, ...] = ()

    def adaptive(self) -> dict[str, Any]:
        """How to reach a person, then the summary: the user's words, questions with answers, advice."""
        body = [adaptive.heading(self.title), *adaptive.paragraphs(self.intro, spacing="Small")]
        parts = self._told()
        if parts:
            body.append({"type": "Container", "style": "emphasis", "spacing": "Medium", "items": parts})
        body += [inputs.field(self.box)] if self.box else []
        body += adaptive.answers(self.options(), self.turn)
        body += adaptive.ways(self.ways, self.turn)
        return adaptive.card(body, unmarked(self.title), adaptive.short(unmarked(self.title), unmarked(self.intro)))

    def _told(self) -> list[dict[str, Any]]:
        if not (self.words or self.path or self.advice):
            return adaptive.literal(self.copy)
        parts: list[dict[str, Any]] = []
        if self.words:
            parts += adaptive.paragraphs(self.words_title, adaptive.SMALL)
            for n, words in enumerate(self.words):
                parts += adaptive.literal(words, spacing="Small" if n else "None")
        for question, answer in self.path:
            parts += adaptive.paragraphs(question, adaptive.SMALL, "Medium")
            parts += adaptive.literal(answer, spacing="None")
        if self.advice:
            parts += adaptive.paragraphs(self.advice_title, adaptive.SMALL, "Medium")
            for n, title in enumerate(self.advice):
                parts += adaptive.paragraphs(title, spacing="Small" if n else "None")
        return parts

    def blocks(self) -> SlackForm:
        """How to reach a person, then the summary, the box for anything to add, and the buttons."""
        body = [*blocks.heading(self.title), *blocks.paragraphs(self.intro)]
        box = slack_inputs.field(self.box, self.turn) if self.box else []
        buttons = blocks.answers(self.options(), self.turn, primary=bool(self.answers))
        return form([body, self._told_blocks()], [*box, *buttons, *blocks.ways(self.ways, self.turn)])

    def _told_blocks(self) -> list[dict[str, Any]]:
        if not (self.words or self.path or self.advice):
            return blocks.literal(self.copy)
        return told((self.words_title, self.words), ("", self.path), (self.advice_title, self.advice))

    def text(self) -> str:
        """The same: words, questions with answers, advice, "Send as text", ways."""
        told = (
            plain.listed(self.words_title, self.words),
            "\n".join(plain.lines(unmarked(question), f"  {answer}") for question, answer in self.path),
            plain.listed(self.advice_title, [unmarked(title) for title in self.advice]),
        )
        return plain.blocks(
            unmarked(self.title),
            unmarked(self.intro),
            *(told if any(told) else (self.copy,)),
            plain.lines(unmarked(self.box.label), self.box.placeholder) if self.box else "",
            plain.numbered(self.options()),
            plain.ways(self.ways),
        )

    def options(self) -> tuple[Button, ...]:
        """The button that sends the summary as text, if there is one."""
        return (*self.answers, self.send) if self.send else self.answers
