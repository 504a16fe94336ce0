"""What every card has: renderings of equal content, and buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `verb` and `value` come back in `turn.Press`.

    quiet: a way around the question (back, help), drawn less loudly. stays: pressing it does not answer the card, so
    the card is not replaced.
    """

    title: str
    verb: str
    value: str = ""
    quiet: bool = False
    stays: bool = False


class Card(Protocol):
    """A card: data with every sentence already in the user's language."""

    def adaptive(self) -> dict[str, Any]:
        """An Adaptive Card 1.5 as plain JSON, below 25 KB."""
        ...

    def text(self) -> str:
        """The same content as plain text, options numbered from 1."""
        ...

    def options(self) -> tuple[Button, ...]:
        """Its numbered options, in order: what the answers "1", "2", … mean."""
        ...
