"""The outcome card: the recommended steps, and whether they helped."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button
from dialogs.guide import Action, Detail, Link


@dataclass(frozen=True, slots=True)
class OutcomeLabels:
    """The card's own words. `was` and `marks` are format strings: "formerly {url}", "The article says"."""

    documents: str
    check: str
    send_as_text: str
    was: str
    mark_article: str
    mark_today: str


@dataclass(frozen=True, slots=True)
class OutcomeCard:
    """Advice: steps with who does what, code, links and documents, then "did this solve it?" with its answers.

    text_value: prefix of the value of "Send as text" buttons: `<text_value>/<n>`, n the number (from 0) of the code
    in the order in which `codes()` gives them. answered: set once answered; the steps stay readable, the answers go.
    """

    turn: int
    title: str
    actions: tuple[Action, ...]
    labels: OutcomeLabels
    text_value: str
    intro: str = ""
    note: str = ""
    facts_title: str = ""
    facts: tuple[str, ...] = ()
    notes: tuple[Detail, ...] = ()
    documents: tuple[Link, ...] = ()
    ask: str = ""
    answers: tuple[Button, ...] = ()
    ways: tuple[Button, ...] = ()
    answered: str = ""
