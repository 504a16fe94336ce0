"""The summary card: the problem so far, for a person to read."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards.base import Button


@dataclass(frozen=True, slots=True)
class SummaryCard:
    """How to reach a person, and what to tell them.

    words: the user's own words. path: (question, answer) pairs. advice: titles of the advice shown. copy: the summary
    as one plain text to be sent on; its "Send as text" button is `send` (None: no button).
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
    ways: tuple[Button, ...] = ()
