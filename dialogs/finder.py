"""Finding the guide that a message is about: the `Finder` seam, and a small finder in memory.

How `WordFinder` weighs: every word of a message that says something (not "the", not "please") is looked up in what each
guide says, slips of the finger forgiven. A word counts for a guide by where it stands there, by how many of the guide's
phrases have it, and by how few other guides do. Words that a guide does not know count against it, so that a dirty
guest room is not a guest account. Beside this, the message is compared with each phrase. The order of words was tried,
too: it found nothing more. Together they make a score that means the same in a library of one guide and of fifty: other
guides about other things are imagined beside those there are. The numbers were fitted to half of
`tests/fixtures/messages.yaml` and some more; `tests/dialogs/test_finder.py` holds both halves to the same measure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dialogs.guide import Guide
from dialogs.library import Groups, Library
from dialogs.texts import Texts, Words
from dialogs.word_index import Index, Match
from dialogs.words import Reader

SURE = 0.48  # from here on a guide is opened, when it is clearly ahead
MAYBE = 0.36  # from here on a guide is offered
AHEAD = 0.1  # how far the best must be before the second to be opened without asking
MOST = 3  # guides offered in "did you mean"
_BEHIND = 0.6  # a guide with less than this share of the best one's score is not offered beside it

_CODE = 0.99  # an error code says it all
_FOREIGN = 1.1  # how much words that a guide does not know count against it
_MATTER = 2.0  # so many words of the matter are two thirds of a certainty
_ALIKE, _STEEP = 0.92, 1.5  # what likeness to a phrase is worth: the whole phrase nearly all, half of it a third


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
    least = max(MAYBE, best.score * _BEHIND)
    return Unsure(tuple(f.guide for f in found[:MOST] if f.score >= least))


class WordFinder:
    """A Finder in memory, for libraries of up to a few hundred guides. No I/O; made once, then only read."""

    def __init__(
        self,
        guides: Mapping[str, Guide],
        texts: Mapping[str, Texts],
        synonyms: Mapping[str, Groups] | None = None,
        translations: Mapping[str, Mapping[str, Guide]] | None = None,
    ) -> None:
        """Index the guides with each locale's words, in its language where they are translated.

        synonyms: by language, groups of words and short phrases ("remote access") that mean the same.
        """
        self._library = library = Library(guides, texts, translations or {})
        groups = synonyms or {}
        self._indexes = {
            id(say): Index(
                tuple(library.spoken(language).guides.values()),
                Reader.of(say.words),
                _common(say.words),
                groups.get(language, groups.get(language.partition("-")[0], ())),
            )
            for language, say in texts.items()
        }

    @classmethod
    def over(cls, library: Library) -> WordFinder:
        """A finder over all of a library."""
        return cls(library.guides, library.texts, library.synonyms, library.translations)

    def index(self, locale: str) -> Index:
        """The index that reads messages in this locale."""
        return self._indexes[id(self._library.say(locale))]

    async def find(self, words: str, locale: str) -> list[Found]:
        """Guides with a score above nothing, best first; ties in the order of their ids."""
        matches = self.index(locale).match(words)
        found = [Found(guide, score(match)) for guide, match in matches.items()]
        return sorted((f for f in found if f.score > 0), key=lambda f: (-f.score, f.guide))


def _common(words: Words) -> tuple[str, ...]:
    """What says nothing about the matter; a language without a list of such words has its fillers at least."""
    return (*words.common, *words.fillers, *words.negations, *words.thanks)


def score(match: Match) -> float:
    """How certain a match is, 0 to 1."""
    if match.code:
        return _CODE
    pure = match.matter / (match.matter + _FOREIGN * match.foreign)
    enough = 1 - math.exp(-match.matter / _MATTER)
    alike = _ALIKE * math.pow(match.phrase, _STEEP)
    return 1 - (1 - pure * enough) * (1 - alike)
