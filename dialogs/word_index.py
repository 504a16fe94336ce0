"""What every guide says, by words: an index that measures how a message matches each guide."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dialogs.guide import Guide, Question
from dialogs.words import Reader, one_slip, stem

MAX_WORDS = 120  # of a message; what it is about stands in its beginning
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[a-z]{2,}(\d{4,})|(\d{5,})")

# How much a word says for a guide, by where it stands there.
_TITLE, _TAG, _SUMMARY, _OUTCOME, _QUESTION, _SAID = 1.0, 0.8, 0.7, 0.5, 0.45, 0.35
_ONCE = 0.45  # of 1.0: a word that stands in one phrase of very many
_SALIENT = 0.25  # the share of a guide's phrases from which on a word is what the guide is about
_BACKGROUND = 10  # as many guides about other things are imagined beside those there are
_COMMON = 0.1  # what a common word says, of 1.0
_SLIP, _FORM, _SYNONYM = 0.85, 0.8, 0.9
_TURNED = 0.7  # of 1.0: a pair in the other order
_NEAR = 4  # words of a pair stand at most so far apart


@dataclass(frozen=True, slots=True)
class Match:
    """How a message matches one guide.

    matter: what its words say for the guide (1 is one word that only this guide knows, and that it is about).
    foreign: what its words say against it, in the same measure. pairs: how many neighbours of the message are
    neighbours in the guide. phrase: likeness to the guide's nearest phrase, 0 to 1. anchor: how much the guide is about
    the word of the message that it is most about, 0 to 1. code: an error code of the guide.
    """

    matter: float
    foreign: float
    pairs: float
    phrase: float
    anchor: float
    code: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    """A word of the message: the stems that it may stand for, with how well they fit; common ones say little."""

    stems: tuple[tuple[str, float], ...]
    common: bool


@dataclass(slots=True)
class _Entry:
    """One guide while it is indexed: its weight for each stem, its phrases, and its neighbouring stems."""

    guide: str
    weights: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    pairs: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase of a guide: its stems in order, and what they say altogether."""

    entry: int
    stems: tuple[str, ...]
    total: float


def normal(word: str) -> str:
    """A word's stem; an error code's digits behind a #, so that AADSTS50020 and 50020 are one."""
    if code := _CODE.fullmatch(word):
        return f"#{code.group(1) or code.group(2)}"
    return stem(word)


class Index:
    """The guides of a library, by words of one language."""

    def __init__(
        self, guides: Sequence[Guide], reader: Reader, common: Iterable[str], synonyms: Mapping[str, Sequence[str]]
    ) -> None:
        """Read all that the guides say. Cost: about a millisecond for every hundred sentences."""
        self._reader = reader
        self._common = frozenset(s for word in common for s in self._stems(word))
        self._raw: dict[str, str] = {}
        self._joined: dict[str, tuple[str, str]] = {}
        self._entries = [self._entry(g) for g in guides]
        self._idf = self._measure(len(guides))
        self._synonyms = self._pair_up(synonyms)
        self._phrases: list[_Phrase] = []
        self._where: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(self._entries):
            for stems in entry.phrases:
                self._add_phrase(number, stems)
        self._by_start: dict[tuple[str, int], list[str]] = defaultdict(list)
        for raw in self._raw:
            if raw.isalpha() and len(raw) > 3:
                self._by_start[raw[0], len(raw)].append(raw)

    # -- reading the guides

    def _words(self, text: str) -> list[str]:
        return _WORD.findall(self._reader.expanded(text))[:MAX_WORDS]

    def _stems(self, text: str) -> tuple[str, ...]:
        return tuple(normal(w) for w in self._words(text))

    def _entry(self, guide: Guide) -> _Entry:
        entry = _Entry(guide.id)
        phrases = [self._learn(p) for p in (guide.title, *guide.phrases)]
        entry.phrases = phrases
        counts: dict[str, int] = defaultdict(int)
        for stems in phrases:
            for s in set(stems):
                counts[s] += 1
        for s, n in counts.items():
            share = entry.shares[s] = min(1.0, n / len(phrases) / _SALIENT)
            entry.weights[s] = _ONCE + (1 - _ONCE) * share
        for weight, text in _fields(guide):
            stems = self._learn(text)
            for s in stems:
                entry.weights[s] = max(entry.weights.get(s, 0.0), weight)
            self._add_pairs(entry, stems, weight)
        for stems in phrases:
            self._add_pairs(entry, stems, 1.0)
        return entry

    def _learn(self, text: str) -> tuple[str, ...]:
        words = self._words(text)
        stems = tuple(normal(w) for w in words)
        self._raw.update(zip(words, stems, strict=True))
        for a, b in pairwise(words):
            self._joined.setdefault(a + b, (normal(a), normal(b)))
        return stems

    def _add_pairs(self, entry: _Entry, stems: Sequence[str], weight: float) -> None:
        for pair in self._neighbours([((s, s in self._common)) for s in stems]):
            entry.pairs[pair] = max(entry.pairs.get(pair, 0.0), weight)

    @staticmethod
    def _neighbours(stems: Sequence[tuple[str, bool]]) -> list[tuple[str, str]]:
        """Stems that follow each other closely, common ones between them passed over."""
        found = []
        last, at = "", -_NEAR - 1
        for i, (s, common) in enumerate(stems):
            if common:
                continue
            if i - at <= _NEAR and s != last:
                found.append((last, s))
            last, at = s, i
        return found

    def _measure(self, count: int) -> dict[str, float]:
        """What a stem says: 1 when one guide has it, less the more do."""
        spread: dict[str, float] = defaultdict(float)
        for entry in self._entries:
            for s, weight in entry.weights.items():
                spread[s] += weight
        whole = math.log(count + _BACKGROUND)
        idf = {s: math.log((count + _BACKGROUND) / max(1.0, n)) / whole for s, n in spread.items()}
        for s in self._common:
            idf[s] = _COMMON * idf.get(s, 1.0)
        return idf

    def _pair_up(self, synonyms: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for word, others in synonyms.items():
            for other in others:
                a, b = self._stems(word), self._stems(other)
                if len(a) == len(b) == 1:
                    groups[a[0]].add(b[0])
                    groups[b[0]].add(a[0])
        return {s: frozenset(g) for s, g in groups.items()}

    def _add_phrase(self, entry: int, stems: tuple[str, ...]) -> None:
        total = sum(self._idf[s] for s in stems)
        number = len(self._phrases)
        self._phrases.append(_Phrase(entry, stems, total))
        for s in set(stems) - self._common:
            self._where[s].append(number)

    # -- reading a message

    def match(self, text: str) -> dict[str, Match]:
        """How the message matches each guide that it has a word in common with."""
        slots = self._slots(self._words(text))
        telling = {s.stems[0][0] if s.stems else "": s for s in slots if not s.common}
        likeness = self._likeness(slots)
        pairs = self._neighbours([(s.stems[0][0] if s.stems else "", s.common) for s in slots])
        found = {}
        for number, entry in enumerate(self._entries):
            matter, foreign = self._matter(entry, slots)
            if matter > 0:
                beside = sum(
                    max(entry.pairs.get((a, b), 0.0), _TURNED * entry.pairs.get((b, a), 0.0)) for a, b in set(pairs)
                )
                anchor = max((entry.shares.get(o, 0.0) * q for s in telling.values() for o, q in s.stems), default=0.0)
                code = any(name[0] == "#" and entry.weights.get(name) for name in telling if name)
                found[entry.guide] = Match(matter, foreign, beside, likeness.get(number, 0.0), anchor, bool(code))
        return found

    def _slots(self, words: list[str]) -> list[_Slot]:
        slots: list[_Slot] = []
        i = 0
        while i < len(words):
            word = words[i]
            joined = word + words[i + 1] if i + 1 < len(words) else ""
            if joined in self._raw and normal(joined) not in self._common:
                slots.append(self._slot(joined))
                i += 2
                continue
            i += 1
            if word not in self._raw and word in self._joined:
                slots += [self._of_stem(s) for s in self._joined[word]]
            else:
                slots.append(self._slot(word))
        return slots

    def _of_stem(self, s: str) -> _Slot:
        alternatives = ((o, _SYNONYM) for o in self._synonyms.get(s, ()))
        return _Slot(((s, 1.0), *alternatives), s in self._common)

    def _slot(self, word: str) -> _Slot:
        s = normal(word)
        if s in self._common or (word[0].isdigit() and len(word) < 5):
            return _Slot(((s, 1.0),), True)
        if s in self._idf:
            return self._of_stem(s)
        near = self._near(word, s)
        if near:
            other, quality = near
            alternatives = ((o, _SYNONYM * quality) for o in self._synonyms.get(other, ()))
            return _Slot(((other, quality), *alternatives), other in self._common)
        return self._of_stem(s) if s in self._synonyms else _Slot((), False)

    def _near(self, word: str, s: str) -> tuple[str, float] | None:
        """The known stem that the word was meant to be: a slip of the finger, or another form of it."""
        if not word.isalpha() or len(word) < 4:
            return None
        for length in (len(word), len(word) + 1, len(word) - 1):
            if max(length, len(word)) < 5:
                continue
            for other in self._by_start.get((word[0], length), ()):
                if one_slip(word, other):
                    return self._raw[other], _SLIP
        if len(s) >= 5:
            for cut in range(len(s) - 1, 4, -1):
                if s[:cut] in self._idf and len(s) - cut <= 4:
                    return s[:cut], _FORM
        return None

    def _matter(self, entry: _Entry, slots: Sequence[_Slot]) -> tuple[float, float]:
        """What the words say for the guide and against it; a word said twice counts once."""
        matter = foreign = 0.0
        seen: set[str] = set()
        for slot in slots:
            if slot.common:
                continue
            if not slot.stems:
                foreign += 1.0
                continue
            name = slot.stems[0][0]
            if name in seen:
                continue
            seen.add(name)
            weight = max(entry.weights.get(s, 0.0) * q for s, q in slot.stems)
            says = max(self._idf.get(s, 1.0) for s, _ in slot.stems)
            matter += weight * says
            foreign += (1 - weight) * says
        return matter, foreign

    def _likeness(self, slots: Sequence[_Slot]) -> dict[int, float]:
        """For each guide, the likeness of its nearest phrase to the message."""
        said: dict[str, float] = {}
        total = 0.0
        for slot in slots:
            total += 1.0 if not slot.stems else self._idf.get(slot.stems[0][0], 1.0)
            for s, quality in slot.stems:
                said[s] = max(said.get(s, 0.0), quality)
        near: set[int] = set()
        for s in said:
            near.update(self._where.get(s, ()))
        best: dict[int, float] = {}
        for number in near:
            phrase = self._phrases[number]
            shared = sum(self._idf[s] * said.get(s, 0.0) for s in phrase.stems)
            value = shared / (shared + 0.7 * (phrase.total - shared) + 0.3 * max(0.0, total - shared))
            if value > best.get(phrase.entry, 0.0):
                best[phrase.entry] = value
        return best


def _fields(guide: Guide) -> Iterable[tuple[float, str]]:
    """What a guide says beside its phrases, with the weight of the place."""
    yield _SUMMARY, guide.summary
    for tag in guide.tags:
        yield _TAG, tag
    for step in guide.steps.values():
        if isinstance(step, Question):
            yield _QUESTION, step.ask
            for answer in step.answers:
                yield _QUESTION, answer.label
                for said in answer.said:
                    yield _SAID, said
        else:
            yield _OUTCOME, step.outcome
            yield _OUTCOME, step.cause
