"""What every guide says, by words: an index that measures how a message matches each guide."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dialogs.guide import Guide, Question
from dialogs.library import Groups
from dialogs.words import Reader, one_slip

MOST_WORDS = 3  # that are read as one
MAX_WORDS = 120  # of a message; what it is about stands in its beginning
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[a-z]{2,}(\d{4,})|(\d{5,})")

# How much a word says for a guide, by where it stands there; in title and phrases, by how many of them have it.
_TAG, _SUMMARY, _SAID, _QUESTION, _OUTCOME = 0.9, 0.9, 0.5, 0.2, 0.2
_ONCE = 0.5  # a word that stands in one phrase of very many
_SALIENT = 0.3  # the share of the phrases from which on a word is what the guide is about, and says 1.0
_BACKGROUND = 20  # as many guides about other things are imagined beside those there are
_COMMON = 0.35  # of 1.0: what a common word says where phrases are compared; elsewhere it says nothing
_SLIP, _FORM, _SYNONYM = 0.9, 0.85, 0.95  # of 1.0: words that are not quite the same
_BARE = 0.75  # an error code without its letters: it may be any number
_BESIDE = 0.15  # what a message says beside a phrase makes it less like the phrase, but not much


@dataclass(frozen=True, slots=True)
class Match:
    """How a message matches one guide.

    matter: what its words say for the guide (1 is one word that only this guide knows, and that it is about).
    foreign: what its words say against it, in the same measure. phrase: likeness to the guide's nearest phrase, 0 to 1.
    code: it names an error code that the guide knows (in full: bare digits may be anything).
    """

    matter: float
    foreign: float
    phrase: float
    code: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    """A word of the message: the stems that it may stand for with how well they fit, best first, and what it says."""

    stems: tuple[tuple[str, float], ...]
    says: float
    common: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One guide: how much each stem says for it, and its phrases."""

    guide: str
    weights: dict[str, float] = field(default_factory=dict)
    phrases: list[tuple[str, ...]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase of a guide (by its place): what each of its stems says, and all of them."""

    entry: int
    stems: tuple[tuple[str, float], ...]
    total: float


def normal(reader: Reader, word: str) -> str:
    """A word's stem; of an error code, its digits behind a #, so that AADSTS50020 and 50020 are one."""
    if code := _CODE.fullmatch(word):
        return f"#{code.group(1) or code.group(2)}"
    return reader.stem(word)


class Index:
    """The guides of a library, by the words of one language. Never changes once made."""

    def __init__(self, guides: Sequence[Guide], reader: Reader, common: Iterable[str], synonyms: Groups) -> None:
        """Read all that the guides say. Cost: some milliseconds a guide."""
        self._reader = reader
        self._common = frozenset(self._normal(w) for words in common for w in self._words(words))
        self._raw: dict[str, str] = {}  # every word that is known, as it is written -> its stem
        self._joined: dict[str, tuple[str, str]] = {}  # "onedrive" -> the stems of "one drive"
        self._as_one: dict[tuple[str, ...], str] = {}  # the stems of a synonym of several words -> what it is kept as
        self._synonyms = self._pair_up(synonyms)
        self._entries = [self._entry(g) for g in guides]
        self._idf = self._measure(len(guides))
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

    def _normal(self, word: str) -> str:
        return normal(self._reader, word)

    def _learn(self, text: str) -> tuple[str, ...]:
        """The text's stems; its words are known from now on."""
        words = self._words(text)
        stems = tuple(self._normal(w) for w in words)
        self._raw.update(zip(words, stems, strict=True))
        for a, b in pairwise(words):
            self._joined.setdefault(a + b, (self._normal(a), self._normal(b)))
        return stems

    def _entry(self, guide: Guide) -> _Entry:
        entry = _Entry(guide.id, phrases=[self._learn(p) for p in (guide.title, *guide.phrases)])
        counts: dict[str, int] = defaultdict(int)
        for stems in entry.phrases:
            for s in {*stems, *self._several(stems)}:
                counts[s] += 1
        for s, count in counts.items():
            share = min(1.0, count / len(entry.phrases) / _SALIENT)
            entry.weights[s] = _ONCE + (1 - _ONCE) * share
        for weight, text in _fields(guide):
            stems = self._learn(text)
            for s in (*stems, *self._several(stems)):
                entry.weights[s] = max(entry.weights.get(s, 0.0), weight)
        return entry

    def _measure(self, count: int) -> dict[str, float]:
        """What each stem says: 1 when one guide has it, less the more do; with one guide as with many."""
        spread: dict[str, float] = defaultdict(float)
        for entry in self._entries:
            for s, weight in entry.weights.items():
                spread[s] += weight
        guides = count + _BACKGROUND
        says = {s: math.log(guides / max(1.0, n)) / math.log(guides) for s, n in spread.items()}
        return says | {s: _COMMON * says.get(s, 1.0) for s in self._common}

    def _several(self, stems: tuple[str, ...]) -> list[str]:
        """The synonyms of several words among these stems, each as one."""
        if not self._as_one:
            return []
        spans = (stems[i : i + n] for n in range(2, MOST_WORDS + 1) for i in range(len(stems) - n + 1))
        return [self._as_one[span] for span in spans if span in self._as_one]

    def _pair_up(self, groups: Groups) -> dict[str, tuple[str, ...]]:
        """Synonyms by stem. One of several words ("remote access") is also known as one word from now on."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for group in groups:
            stems = [self._synonym(word) for word in group]
            for s in stems:
                found[s] |= dict.fromkeys(stems)
        return {s: tuple(other for other in others if other != s) for s, others in found.items()}

    def _synonym(self, synonym: str) -> str:
        words = self._words(synonym)
        joined = "".join(words)
        self._raw.setdefault(joined, self._normal(joined))
        if len(words) > 1:
            self._as_one[tuple(self._normal(w) for w in words)] = self._normal(joined)
        return self._normal(joined)

    def _add_phrase(self, entry: int, stems: tuple[str, ...]) -> None:
        says = tuple((s, self._idf[s]) for s in stems)
        for s in set(stems) - self._common:
            self._where[s].append(len(self._phrases))
        self._phrases.append(_Phrase(entry, says, sum(n for _, n in says)))

    # -- reading a message

    def match(self, text: str) -> dict[str, Match]:
        """How the message matches each guide that it has a telling word in common with."""
        words = self._words(text)
        slots = self._slots(words)
        likeness = self._likeness(slots)
        codes = [s for w in words if not w.isdigit() and (s := self._normal(w))[0] == "#"]
        found = {}
        for number, entry in enumerate(self._entries):
            matter, foreign = _matter(entry, slots)
            if matter > 0:
                code = any(c in entry.weights for c in codes)
                found[entry.guide] = Match(matter, foreign, likeness.get(number, 0.0), code)
        return found

    def _slots(self, words: list[str]) -> list[_Slot]:
        """The words as what they may stand for; "one drive" is known where a guide says "OneDrive", and back."""
        slots: list[_Slot] = []
        place = 0
        while place < len(words):
            word = words[place]
            joined, count = self._joined_at(words, place)
            if count > 1:
                slots.append(self._slot(joined))
            elif word not in self._raw and word in self._joined:
                slots += [self._known(s) for s in self._joined[word]]
            else:
                slots.append(self._slot(word))
            place += count
        return slots

    def _joined_at(self, words: list[str], place: int) -> tuple[str, int]:
        """The longest known word that some words make together from this place on, and of how many."""
        for count in range(min(MOST_WORDS, len(words) - place), 1, -1):
            joined = "".join(words[place : place + count])
            if joined in self._raw and self._normal(joined) not in self._common:
                return joined, count
        return words[place], 1

    def _slot(self, word: str) -> _Slot:
        s = self._normal(word)
        if s in self._common or (word[0].isdigit() and len(word) < 5):
            return _Slot(((s, 1.0),), self._idf.get(s, _COMMON), common=True)
        if s in self._idf or s in self._synonyms:
            return self._known(s, _BARE if s[0] == "#" and word.isdigit() else 1.0)
        if near := self._near(word, s):
            return self._known(*near)
        return _Slot((), 1.0)

    def _known(self, s: str, quality: float = 1.0) -> _Slot:
        stems = ((s, quality), *((other, _SYNONYM * quality) for other in self._synonyms.get(s, ())))
        says = max((self._idf[o] for o, _ in stems if o in self._idf), default=1.0)
        return _Slot(stems, says, common=s in self._common)

    def _near(self, word: str, s: str) -> tuple[str, float] | None:
        """The known stem that the word was meant to be, and how well it fits: a slip of the finger, another form."""
        if not word.isalpha() or len(word) < 4:
            return None
        for length in (len(word), len(word) + 1, len(word) - 1):
            if max(length, len(word)) < 5:
                continue
            for other in self._by_start.get((word[0], length), ()):
                if one_slip(word, other):
                    return self._raw[other], _SLIP
        for cut in range(len(s) - 1, max(4, len(s) - 4), -1):
            if s[:cut] in self._idf:
                return s[:cut], _FORM
        return None

    def _likeness(self, slots: Sequence[_Slot]) -> dict[int, float]:
        """For each guide (by its place), the likeness of its nearest phrase to the message."""
        said: dict[str, float] = {}
        for slot in slots:
            for s, quality in slot.stems:
                said[s] = max(said.get(s, 0.0), quality)
        total = sum(slot.says for slot in slots)
        best: dict[int, float] = {}
        for number in {n for s in said for n in self._where.get(s, ())}:
            phrase = self._phrases[number]
            shared = sum([says * said[s] for s, says in phrase.stems if s in said])
            value = shared / (phrase.total + _BESIDE * max(0.0, total - shared))
            if value > best.get(phrase.entry, 0.0):
                best[phrase.entry] = value
        return best


def _matter(entry: _Entry, slots: Sequence[_Slot]) -> tuple[float, float]:
    """What the words say for the guide and against it; a known word said twice counts once."""
    matter = foreign = 0.0
    seen: set[str] = set()
    weights = entry.weights
    for slot in slots:
        if slot.common:
            continue
        if not slot.stems:
            foreign += slot.says
        elif (name := slot.stems[0][0]) not in seen:
            seen.add(name)
            weight = max([weights.get(s, 0.0) * quality for s, quality in slot.stems])
            matter += weight * slot.says
            foreign += (1 - weight) * slot.says
    return matter, foreign


def _fields(guide: Guide) -> Iterable[tuple[float, str]]:
    """What a guide says beside its title and phrases, with the weight of the place."""
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
