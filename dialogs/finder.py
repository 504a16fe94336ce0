"""Finding the guide that a message is about: the `Finder` seam, and a small finder in memory.

How `WordFinder` weighs: every word of a message that says something (not "the", not "please") is looked up in what each
guide says, slips of the finger forgiven. A word counts for a guide by where it stands (phrases and title before summary
and questions), by how many of the guide's phrases have it, and by how few other guides do. Words that a guide does not
know count against it, so that a dirty guest room is not a guest account. Beside this "matter", whole phrases are
compared. Both together make a score that means the same in a library of one guide and of fifty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dialogs.guide import Guide
from dialogs.library import Library
from dialogs.texts import Texts
from dialogs.word_index import Index, Match
from dialogs.words import Reader

SURE = 0.60
MAYBE = 0.35
AHEAD = 0.10  # how far the best must be before the second to be opened without asking
MOST = 3  # guides offered in "did you mean"


@dataclass(frozen=True, slots=True)
class Found:
    """A guide by its id, and how certain it is that the message is about it, 0 to 1."""

    guide: str
    score: float


class Finder(Protocol):
    """Finds guides by words. The same library and the same words give the same answer."""

    async def find(self, words: str, locale: str) -> list[Found]:
        """The guides that the words may be about, best first; any text, even none, is welcome."""


@dataclass(frozen=True, slots=True)
class Sure:
    """The guide to open."""

    guide: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """The guides to choose from, best first: one to three."""

    guides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """No guide is about this."""


def verdict(found: Sequence[Found]) -> Sure | Unsure | Lost:
    """What to do with what was found (best first): open one, ask which is meant, or say that there is none."""
    if not found or found[0].score < MAYBE:
        return Lost()
    best = found[0]
    if best.score >= SURE and (len(found) == 1 or best.score - found[1].score >= AHEAD):
        return Sure(best.guide)
    return Unsure(tuple(f.guide for f in found[:MOST] if f.score >= MAYBE))


class WordFinder:
    """A Finder in memory, for libraries of up to a few hundred guides. No I/O; made once, then only read."""

    def __init__(
        self,
        guides: Mapping[str, Guide],
        texts: Mapping[str, Texts],
        synonyms: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Index the guides with each locale's words. synonyms: a word and others that mean the same, either way."""
        self._library = Library(guides, texts)
        self._indexes = {
            id(say): Index(tuple(guides.values()), Reader(dict(say.words.expand)), say.words.common, synonyms or {})
            for say in texts.values()
        }

    async def find(self, words: str, locale: str) -> list[Found]:
        """Guides with a score above nothing, best first; ties in the order of their ids."""
        matches = self._indexes[id(self._library.say(locale))].match(words)
        found = [Found(guide, score(match)) for guide, match in matches.items()]
        return sorted((f for f in found if f.score > 0), key=lambda f: (-f.score, f.guide))


def score(match: Match) -> float:
    """How certain a match is, 0 to 1."""
    if match.code:
        return 0.99
    matter = match.matter + 0.4 * match.pairs
    purity = matter / (matter + 0.45 * math.pow(match.foreign, 0.8))
    enough = 1 - math.exp(-matter / 0.6)
    about = 0.5 + 0.5 * match.anchor
    return 1 - (1 - purity * enough * about) * (1 - 0.6 * math.pow(match.phrase, 1.5))
