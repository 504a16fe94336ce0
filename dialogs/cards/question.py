"""The question card, and its answered form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dialogs.cards import adaptive, blocks, plain
from dialogs.cards.base import Button, SlackForm
from dialogs.cards.markdown import plain as unmarked
from dialogs.cards.slack_form import form


@dataclass(frozen=True, slots=True)
class QuestionCard:
    """A question with its answers as buttons.

    note: a sentence above (misunderstood, help, welcome back). facts: what we took as answered, said back. hint: small
    print below the question. answers: loud buttons, numbered. ways: quiet buttons around the question.
    """

    turn: int
    ask: str
    answers: tuple[Button, ...]
    note: str = ""
    facts_title: str = ""
    facts: tuple[str, ...] = ()
    hint: str = ""
    ways: tuple[Button, ...] = ()

    def adaptive(self) -> dict[str, Any]:
        """The question as a heading, answers right below, ways around it below a line."""
        body = adaptive.paragraphs(self.note) if self.note else []
        if self.facts:
            body += adaptive.facts(self.facts_title, self.facts)
        body.append(adaptive.heading(self.ask))
        if self.hint:
            body += adaptive.paragraphs(self.hint, adaptive.SMALL, "Small")
        body += adaptive.answers(self.answers, self.turn)
        body += adaptive.ways(self.ways, self.turn)
        return adaptive.card(body, unmarked(self.ask), self.text())

    def blocks(self) -> SlackForm:
        """The question in bold, answers right below, ways around it below a line."""
        body = blocks.paragraphs(self.note)
        if self.facts:
            body += blocks.facts(self.facts_title, self.facts)
        body += [*blocks.strong(self.ask), *blocks.small(self.hint)]
        return form([body], [*blocks.answers(self.answers, self.turn), *blocks.ways(self.ways, self.turn)])

    def text(self) -> str:
        """Note, facts, question, numbered answers, ways."""
        return plain.blocks(
            unmarked(self.note),
            plain.listed(self.facts_title, self.facts),
            plain.lines(unmarked(self.ask), unmarked(self.hint)),
            plain.numbered(self.answers),
            plain.ways(self.ways),
        )

    def options(self) -> tuple[Button, ...]:
        """The answers."""
        return self.answers


@dataclass(frozen=True, slots=True)
class AnsweredCard:
    """A question after its answer: no buttons any more. `answer` is a whole line, for example "You answered: No"."""

    ask: str
    answer: str

    def adaptive(self) -> dict[str, Any]:
        """Question and answer, small, without buttons."""
        body = [*adaptive.paragraphs(self.ask, adaptive.SMALL), *adaptive.literal(self.answer, adaptive.BOLD, "Small")]
        return adaptive.card(body, self.answer, self.text())

    def blocks(self) -> SlackForm:
        """Question and answer, without buttons."""
        return form([[*blocks.paragraphs(self.ask), *blocks.literal(self.answer, bold=True)]])

    def text(self) -> str:
        """Question, then answer."""
        return plain.lines(unmarked(self.ask), self.answer)

    def options(self) -> tuple[Button, ...]:
        """None: it is answered."""
        return ()
