"""Words -> guides: how much each word says for each guide, worked out once, when the index is made.

Much as BM25F has it: a word's count in each field, weighed by the field and made less where the field is long, is added
up and saturated; how rare the word is (its idf) is kept beside the list. The numbers were fitted to half of
`tests/fixtures/find_messages.yaml`.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.search.analysis import split_joined
from bot.search.fields import BODY, FIELDS, FIRST, HEAD, PLACE, SAID, TITLE, Counts

WEIGHTS = {TITLE: 3.0, SAID: 3.0, PLACE: 3.0, HEAD: 0.8, FIRST: 0.6, BODY: 0.3}
LENGTHS = {TITLE: 0.5, SAID: 0.5, PLACE: 0.3, HEAD: 0.6, FIRST: 0.5, BODY: 0.75}  # how much a long field counts less
ENOUGH = 1.2  # of weighted count: half of all that a word can say


@dataclass(frozen=True, slots=True)
class Posting:
    """What a word says: for which guides (by number, ascending), and how much for each, 0 to 1. idf: how rare it is."""

    word: str
    idf: float
    guides: array[int]
    says: array[float]


def postings(
    guides: Sequence[tuple[int, Mapping[str, Counts]]], stem: Callable[[str], str]
) -> tuple[list[Posting], dict[str, int]]:
    """The lists of all words of guides of one language, by number and fields; and each written word with how many
    guides have it."""
    forms: dict[str, int] = defaultdict(int)
    for _, fields in guides:
        for word in {word for name in FIELDS if name != PLACE for word in fields[name]}:
            forms[word] += 1
    stemmed = [(number, _stemmed(fields, stem, forms)) for number, fields in guides]
    means = {name: _mean(sum(fields[name].values()) for _, fields in stemmed) for name in FIELDS}
    found: dict[str, tuple[array[int], array[float]]] = {}
    for number, fields in stemmed:
        for word, says in _says(fields, means):
            if word not in found:
                found[word] = array("I"), array("f")
            found[word][0].append(number)
            found[word][1].append(says)
    count = len(guides)
    made = [Posting(w, idf(count, len(numbers)), numbers, says) for w, (numbers, says) in found.items()]
    return made, forms


def idf(count: int, having: int) -> float:
    """How much it says that a word is there, when so many of so many guides have it."""
    return math.log(1 + (count - having + 0.5) / (having + 0.5))


def _mean(lengths: Iterable[int]) -> float:
    values = list(lengths)
    return max(1.0, sum(values) / max(1, len(values)))


def _stemmed(fields: Mapping[str, Counts], stem: Callable[[str], str], forms: Mapping[str, int]) -> dict[str, Counts]:
    """The fields by stem; words that are run together in tags and paths taken apart."""
    result: dict[str, Counts] = {}
    for name, counts in fields.items():
        stems: Counts = {}
        for word, count in counts.items():
            for part in split_joined(word, forms) if name == PLACE else (word,):
                s = stem(part)
                stems[s] = stems.get(s, 0) + count
        result[name] = stems
    return result


def _says(fields: Mapping[str, Counts], means: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Each word of a guide and how much it says for it."""
    weighed: dict[str, float] = {}
    for name, counts in fields.items():
        length = 1 - LENGTHS[name] + LENGTHS[name] * sum(counts.values()) / means[name]
        weight = WEIGHTS[name] / length
        for word, count in counts.items():
            weighed[word] = weighed.get(word, 0.0) + weight * count
    for word, sum_ in weighed.items():
        yield word, sum_ / (ENOUGH + sum_)
