"""What became of each article, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """What became of an article."""

    IMPORTED = "imported"
    MERGED = "merged"
    LEFT_OUT = "left out"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """One article. written: what became of the guide's file (`bot.importer.store.Written`)."""

    path: str
    status: Status
    guide: str = ""
    reason: str = ""
    written: str = ""
    asks: bool = False
    placed: dict[str, int] = field(default_factory=dict)
    unplaced: tuple[tuple[str, str], ...] = ()
    lost: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data; what is empty is left out, but for what was placed of an imported article."""
        made: dict[str, Any] = {"path": self.path, "status": self.status.value}
        made |= {"guide": self.guide, "written": self.written, "reason": self.reason, "asks": self.asks}
        made |= {"placed": self.placed, "words_lost": list(self.lost), "remarks": list(self.remarks)}
        made["unplaced"] = [{"what": what, "why": why} for what, why in self.unplaced]
        return {key: value for key, value in made.items() if value}


@dataclass(slots=True)
class Report:
    """All articles, sorted by path, and pairs of near twins with their likeness (0 to 1).

    left: guides of earlier imports that no article stands behind any more: guide, path of its article, what became of
    that. They are never deleted.
    """

    entries: list[Entry] = field(default_factory=list)
    twins: list[tuple[str, str, float]] = field(default_factory=list)
    left: list[tuple[str, str, str]] = field(default_factory=list)

    def count(self, status: Status) -> int:
        """How many articles have this status."""
        return sum(entry.status is status for entry in self.entries)

    def whole(self) -> int:
        """How many imported articles lost no word."""
        return sum(entry.status is Status.IMPORTED and not entry.lost for entry in self.entries)

    def summary(self) -> dict[str, int]:
        """The counts."""
        written = Counter(entry.written for entry in self.entries if entry.written)
        return {
            "articles": len(self.entries),
            **{status.value: self.count(status) for status in Status},
            "whole": self.whole(),
            "asks": sum(entry.asks for entry in self.entries),
            "with something unplaced": sum(bool(entry.unplaced) for entry in self.entries),
            "near twins": len(self.twins),
            "guides without an article": len(self.left),
            **{f"file {name}": count for name, count in sorted(written.items())},
        }

    def as_json(self) -> dict[str, Any]:
        """The whole report as plain data."""
        twins = [{"one": one, "other": other, "likeness": round(share, 3)} for one, other, share in self.twins]
        return {
            "summary": self.summary(),
            "articles": [entry.as_json() for entry in self.entries],
            "near_twins": twins,
            "guides_without_article": [{"guide": guide, "path": path, "why": why} for guide, path, why in self.left],
        }
