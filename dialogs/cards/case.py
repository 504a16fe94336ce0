"""The case card: what the helpdesk staff see of a case, and its buttons. It is the root of the case's thread."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button


@dataclass(frozen=True, slots=True)
class Field:
    """An input on a card. kind "text" or "choice"; options: (value, title) pairs of a choice."""

    id: str
    label: str
    kind: str = "text"
    placeholder: str = ""
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Inputs that open below the card when the button called `title` is pressed, and the button that sends them.

    In Adaptive Cards an Action.ShowCard; in Slack a modal.
    """

    title: str
    fields: tuple[Field, ...]
    send: Button


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A case for its staff.

    title: id and subject; status: one line that says the state and who holds it; facts: (label, value) pairs (who,
    mail, time zone, language, queue, waiting since); link: a link to chat directly with the person. words, path,
    advice, added: as in the summary card, each with its heading in `headings` ("words", "path", "advice", "added").
    buttons: at once (claim, release…); forms: with inputs (reply, note, transfer, send a guide, close).
    notice: a line on top when something needs attention (a failed delivery, a taken claim).
    """

    turn: int
    title: str
    status: str
    facts: tuple[tuple[str, str], ...] = ()
    link: tuple[str, str] | None = None
    headings: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    advice: tuple[str, ...] = ()
    added: str = ""
    notice: str = ""
    buttons: tuple[Button, ...] = ()
    forms: tuple[Form, ...] = ()
