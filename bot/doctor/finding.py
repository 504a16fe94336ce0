"""What a check found, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is and, unless it is well, what to do. Never a secret, never an address
    with a password."""

    level: Level
    name: str
    text: str

    def __str__(self) -> str:
        """The line as it is printed."""
        return f"{self.level:<8} {self.name}: {self.text}"
