"""Building blocks of the plain-text renderings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dialogs.cards.base import Button
from dialogs.cards.markdown import plain


def blocks(*parts: str) -> str:
    """The parts that hold something, an empty line between them."""
    return "\n\n".join(part for part in parts if part and not part.isspace())


def lines(*parts: str) -> str:
    """The parts that hold something, one below the other."""
    return "\n".join(part for part in parts if part and not part.isspace())


def numbered(buttons: Sequence[Button]) -> str:
    """Options with the numbers by which they can be chosen."""
    return "\n".join(f"{n}. {button.title}" for n, button in enumerate(buttons, 1))


def ways(buttons: Sequence[Button]) -> str:
    """The quiet buttons in one line: what else can be said."""
    return " · ".join(button.title for button in buttons)


def hung(text: str, lead: str) -> str:
    """`text` behind `lead`, further lines as far in; empty lines stay empty."""
    first, *rest = text.split("\n")
    pad = " " * len(lead)
    return "\n".join([lead + first, *(pad + line if line else line for line in rest)]) if text else ""


def listed(title: str, items: Iterable[str]) -> str:
    """A list below its title; nothing when it is empty."""
    rows = [hung(item, "- ") for item in items]
    return lines(plain(title), *rows) if rows else ""
