"""How text becomes words to look up, in one language: those of guides when they are indexed, then those of messages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.search import stems
from dialogs.library import Groups
from dialogs.texts import Words
from dialogs.words import Reader

MAX_WORDS = 120  # of a message
MAX_BODY = 30_000  # characters of one field of a guide
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{3})(?=[0-9])")
_CODE = re.compile(r"[a-z]{2,}(\d{4,})|(\d{5,})")
_OWNED = re.compile(r"(?<=\w)['’]s\b")


@dataclass(frozen=True, slots=True)
class Language:
    """What is to be known of a language to read it: plain values, so that the index file can hold them.

    common: words that say nothing about the matter. The others: as in `dialogs.texts.Words`. synonyms: groups of words
    that mean the same.
    """

    name: str
    common: tuple[str, ...]
    expand: Mapping[str, str]
    letters: Mapping[str, str]
    endings: tuple[str, ...]
    synonyms: Groups

    @classmethod
    def of(cls, name: str, words: Words, synonyms: Groups) -> Language:
        """The language of these texts."""
        common = (*words.common, *words.fillers, *words.negations, *words.thanks)
        return cls(name, common, dict(words.expand), dict(words.letters), words.endings, synonyms)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Language:
        """What `to_json` gave."""
        groups = tuple(tuple(group) for group in data["synonyms"])
        endings = tuple(data["endings"])
        return cls(data["name"], tuple(data["common"]), data["expand"], data["letters"], endings, groups)


class Analysis:
    """Reads one language."""

    def __init__(self, language: Language) -> None:
        """Prepare its words."""
        self._reader = Reader(language.expand, language.letters, language.endings)
        self._letters = str.maketrans(dict(language.letters))
        self._english = language.name.partition("-")[0] == "en"
        self.common = frozenset(self.stem(w) for words in language.common for w in self.said(words))
        self.synonyms = self._pairs(language.synonyms)
        self.longest = max((len(said) for said in self.synonyms), default=1)

    def stem(self, word: str) -> str:
        """The word as the index knows it. An error code is its digits: AADSTS50020 and 50020 are one."""
        if code := _CODE.fullmatch(word):
            return f"#{code.group(1) or code.group(2)}"
        return stems.stem(word) if self._english else self._reader.stem(word)

    def said(self, text: str) -> list[str]:
        """The words of a message, short forms written out."""
        return _WORD.findall(_OWNED.sub("", self._reader.expanded(text)))[:MAX_WORDS]

    def written(self, text: str) -> list[str]:
        """The words of a guide; names in humps (FileSystem) also as their parts."""
        text = unicodedata.normalize("NFKC", text[:MAX_BODY])
        found: list[str] = []
        for word in _WORD.findall(_OWNED.sub("", text)):
            small = self._small(word)
            found.append(small)
            if word != small and not word.isupper() and len(parts := _HUMP.split(word)) > 1:
                found += [self._small(part) for part in parts]
        return found

    def _small(self, word: str) -> str:
        return word.lower().translate(self._letters)

    def _pairs(self, groups: Groups) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
        """For each synonym, by its stems, the others."""
        found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for group in groups:
            stemmed = [tuple(self.stem(w) for w in self.said(word)) for word in group]
            for said in stemmed:
                others = found.setdefault(said, [])
                others += (other for other in stemmed if other != said and other not in others)
        return {said: others for said, others in found.items() if said}


def split_joined(word: str, known: Mapping[str, int], rare: int = 5) -> tuple[str, ...]:
    """A word that is several run together ("recoveryservices"), as the fewest well known ones; else itself.

    known: how many guides have each word.
    """
    if len(word) < 6 or not word.isalpha() or known.get(word, 0) > rare:
        return (word,)
    best: list[tuple[float, tuple[str, ...]] | None] = [(0.0, ()), *[None] * len(word)]
    for end in range(1, len(word) + 1):
        for begin in range(max(0, end - 18), end):
            before, part = best[begin], word[begin:end]
            if before is None or len(part) < 2 or known.get(part, 0) <= rare * (4 if len(part) == 2 else 1):
                continue
            cost = before[0] + 3.0 + 12.0 / known[part] ** 0.5 + (3.0 if len(part) == 2 else 0.0)
            here = best[end]
            if here is None or cost < here[0]:
                best[end] = cost, (*before[1], part)
    found = best[-1]
    return found[1] if found else (word,)


def counted(words: Iterable[str]) -> dict[str, int]:
    """How often each word stands there."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
