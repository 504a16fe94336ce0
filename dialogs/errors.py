"""Errors of the conversation package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a content file: where it is, what is wrong, and how to mend it.

    warning: the content can be used all the same.
    """

    file: str
    line: int
    what: str
    fix: str = ""
    warning: bool = False

    def __str__(self) -> str:
        """`file:line: what; fix`, as editors and terminals make it clickable."""
        kind = "warning: " if self.warning else ""
        return f"{self.file}:{self.line}: {kind}{self.what}" + (f"; {self.fix}" if self.fix else "")


def os_reason(error: OSError) -> str:
    """Why a file can't be had, as the system says it, for the middle of a sentence."""
    return (error.strerror or "unknown reason").lower()


class ContentError(Exception):
    """The content can't be used; carries *every* problem of every file."""

    def __init__(self, problems: list[Problem]) -> None:
        """Keep the problems sorted by file and line."""
        self.problems = sorted(problems)
        super().__init__("\n".join(str(p) for p in self.problems))
