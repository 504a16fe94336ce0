"""Finding in the compiled library by words, in one language: which guides a message may be about, the likeliest first.

Each word of a message is a slot: the stems that it may stand for (itself, what it was meant to be, what means the
same), of which the one counts for a guide that says most. What a guide gets from all slots is its score.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.search import spelling
from bot.search.analysis import Analysis, Language
from bot.search.file import Compiled
from bot.search.postings import idf

COMMON = 0.4  # what a common word says, of what others do
SLIP = 0.9  # a word that was misspelt
SYNONYM = 0.5  # what means the same, in one word
SEVERAL = 0.4  # what means the same, in several words, together
BLUNT = 0.85  # the power to which rarity is taken
EVERYWHERE = 0.15  # a word that more guides have than this share does not say where to look, if others do
MOST_SLOTS = 14  # words of a message that say where to look, the rarest first
TELLING = 3  # words of a message that say enough to be certain by
NEAR = 150  # guides that are then weighed by all of its words

THERE = "SELECT word FROM words WHERE language = ? AND word IN ({})"
WORDS = "SELECT word, idf, guides, says FROM words WHERE language = ? AND word IN ({})"
KNOWN = "SELECT DISTINCT word, guides FROM forms WHERE language = ? AND form IN ({})"


@dataclass(slots=True)
class Slot:
    """One word: its stems with how well each stands for it, and how much it counts."""

    stems: dict[str, float]
    counts: float = 1.0
    added: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """A guide by its number, its score, and how much of what the message says it knows, 0 to 1.

    known: of the first one, how many telling words of the message it knows, slips and synonyms among them; an error
    code counts as `TELLING` of them.
    """

    number: int
    score: float
    covered: float
    known: int = 0


@dataclass(frozen=True, slots=True)
class _Word:
    idf: float
    guides: array[int]
    says: array[float]

    def has(self, number: int) -> bool:
        """Whether a guide has this word."""
        place = bisect_left(self.guides, number)
        return place < len(self.guides) and self.guides[place] == number


@dataclass(slots=True)
class Lookup:
    """The guides that are read in one language. No state but what is at hand of the file."""

    compiled: Compiled
    language: Language
    count: int
    analysis: Analysis = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the language."""
        self.analysis = Analysis(self.language)

    @property
    def english(self) -> bool:
        """Whether its guides are in English, the language of the vectors."""
        return self.language.name.partition("-")[0] == "en"

    def rank(self, text: str, most: int) -> list[Ranked]:
        """The likeliest guides, best first; equal ones in the order of their numbers."""
        slots = self._slots(self.analysis.said(text))
        words = self._words({s for slot in slots for s in slot.stems})
        first, rest = self._apart(slots, words)
        if not first:
            return []
        scores = [0.0] * (max((word.guides[-1] for word in words.values()), default=0) + 1)
        for slot in first:
            self._add(scores, slot, words)
        near = _highest(scores, max(most, NEAR))
        for slot in rest:
            self._add_for(near, scores, slot, words)
        near.sort(key=lambda number: (-scores[number], number))
        whole = sum(slot.counts * self._rarity(slot, words) for slot in slots if not slot.added)
        found = [Ranked(n, scores[n], min(1.0, scores[n] / whole)) for n in near[:most] if scores[n] > 0]
        if found:
            own = [slot for slot in slots if not slot.added and slot.counts >= 1]
            found[0] = replace(found[0], known=self._known_by(found[0].number, own, words))
        return found

    def telling(self, text: str) -> frozenset[str]:
        """The stems of a text that say something of the matter, as they are written."""
        stems = {self.analysis.stem(word) for word in self.analysis.said(text)}
        return frozenset(stems - self.analysis.common)

    # -- reading the message

    def _slots(self, said: list[str]) -> list[Slot]:
        analysis = self.analysis
        stems = [analysis.stem(word) for word in said]
        known = {row[0] for row in self._rows(THERE, stems)}
        slots = []
        for word, s in zip(said, stems, strict=True):
            meant = {s: 1.0}
            if s not in known and (likely := spelling.meant(word, self._known)):
                meant = {analysis.stem(other): SLIP for other in likely}
            slots.append(Slot(meant, COMMON if s in analysis.common else 1.0))
        return self._with_synonyms(slots)

    def _with_synonyms(self, slots: list[Slot]) -> list[Slot]:
        """What means the same beside each word; in several words, as slots that count less."""
        base = [next(iter(slot.stems)) for slot in slots]
        said, added = set(base), []
        for length in range(1, self.analysis.longest + 1):
            for end in range(length, len(base) + 1):
                for other in self.analysis.synonyms.get(tuple(base[end - length : end]), ()):
                    if len(other) == 1:
                        slots[end - 1].stems.setdefault(other[0], SYNONYM)
                    elif not said.issuperset(other):
                        counts = SEVERAL / len(other) ** 0.5
                        added += [Slot({s: 1.0}, counts, added=True) for s in other if s not in said]
        return _once(slots + added)

    def _known(self, forms: Iterable[str]) -> list[tuple[str, int]]:
        return self._rows(KNOWN, forms)

    def _rows(self, statement: str, names: Iterable[str]) -> list[Any]:
        return self.compiled.rows_of(statement, dict.fromkeys(names), self.language.name)

    # -- looking up

    def _words(self, stems: Iterable[str]) -> dict[str, _Word]:
        found = {}
        for word, rarity, guides, says in self.compiled.rows_of(WORDS, stems, self.language.name):
            numbers, weights = array("I"), array("f")
            numbers.frombytes(guides)
            weights.frombytes(says)
            found[word] = _Word(rarity, numbers, weights)
        return found

    def _apart(self, slots: list[Slot], words: dict[str, _Word]) -> tuple[list[Slot], list[Slot]]:
        """The slots that say where to look, and those by which only what was found is weighed: words that are
        everywhere, and all but the rarest of a long message."""
        few = [slot for slot in slots if not self._everywhere(slot, words)] or slots
        few = sorted(few, key=lambda slot: -slot.counts * self._rarity(slot, words))[:MOST_SLOTS]
        chosen = {id(slot) for slot in few}
        return few, [slot for slot in slots if id(slot) not in chosen]

    @staticmethod
    def _known_by(number: int, slots: list[Slot], words: dict[str, _Word]) -> int:
        """See `Ranked.known`."""
        known = 0
        for slot in slots:
            stem = next((s for s in slot.stems if s in words and words[s].has(number)), None)
            if stem is not None:
                known += TELLING if stem.startswith("#") else 1
        return known

    def _everywhere(self, slot: Slot, words: dict[str, _Word]) -> bool:
        first = words.get(next(iter(slot.stems)))
        return first is not None and len(first.guides) > EVERYWHERE * self.count

    def _rarity(self, slot: Slot, words: dict[str, _Word]) -> float:
        """How much a slot says at most; a word that no guide has says as much as one that one has."""
        found = [words[s].idf for s in slot.stems if s in words]
        return math.pow(max(found) if found else idf(max(1, self.count), 1), BLUNT)

    @staticmethod
    def _add(scores: list[float], slot: Slot, words: dict[str, _Word]) -> None:
        """Give each guide what the slot says for it."""
        found = [(words[s], fits) for s, fits in slot.stems.items() if s in words]
        if len(found) == 1:
            word, fits = found[0]
            factor = slot.counts * fits * word.idf**BLUNT
            for number, says in zip(word.guides, word.says, strict=True):
                scores[number] += factor * says
            return
        best: dict[int, float] = {}
        for word, fits in found:
            factor = slot.counts * fits * word.idf**BLUNT
            for number, says in zip(word.guides, word.says, strict=True):
                if (value := factor * says) > best.get(number, 0.0):
                    best[number] = value
        for number, value in best.items():
            scores[number] += value

    @staticmethod
    def _add_for(near: list[int], scores: list[float], slot: Slot, words: dict[str, _Word]) -> None:
        """Give these guides alone what the slot says for them."""
        found = [(words[s], slot.counts * fits * words[s].idf ** BLUNT) for s, fits in slot.stems.items() if s in words]
        for number in near:
            best = 0.0
            for word, factor in found:
                place = bisect_left(word.guides, number)
                if place < len(word.guides) and word.guides[place] == number:
                    best = max(best, factor * word.says[place])
            scores[number] += best


def _highest(scores: list[float], most: int) -> list[int]:
    """The places of the highest scores; of many, those above 0. (Sorting bare floats is much faster than by a key.)"""
    if len(scores) <= most:
        return list(range(len(scores)))
    least = sorted(scores)[-most]
    found = [number for number, score in enumerate(scores) if score > 0 and score >= least]
    if len(found) > most:
        found = sorted(found, key=lambda number: (-scores[number], number))[:most]
    return found


def _once(slots: list[Slot]) -> list[Slot]:
    """A word that is said twice counts once."""
    seen: dict[str, Slot] = {}
    for slot in slots:
        seen.setdefault(next(iter(slot.stems)), slot)
    return list(seen.values())
