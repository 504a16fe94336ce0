"""The question card, and its answered form."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button


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


@dataclass(frozen=True, slots=True)
class AnsweredCard:
    """A question after its answer: no buttons any more. `answer` is a whole line, for example "You answered: No"."""

    ask: str
    answer: str
