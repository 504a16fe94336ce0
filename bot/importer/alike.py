"""Which articles are near twins: by the pieces of five words that they share.

Each article keeps the few smallest sums of its pieces (a bottom-k sketch): articles that share many pieces share many
of these. So only those few are compared pair by pair, and the likeness told is exact, not an estimate.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from heapq import nsmallest
from zlib import crc32

_PIECE = 5  # words
_SKETCH = 16  # sums that are kept of each article
_COMMON = 60  # articles that share a sum: more share boilerplate, and are compared with the next ones only
LIKE = 0.8


def pieces(words: Sequence[str]) -> array[int]:
    """The sums of all pieces of five words in a row, each once; of a shorter text, of all its words."""
    sums = [_sum(word) for word in words]
    if len(sums) < _PIECE:
        return array("q", {hash(tuple(sums))} if sums else ())
    return array("q", set(map(hash, zip(*(sums[n:] for n in range(_PIECE)), strict=False))))


@lru_cache(maxsize=100_000)
def _sum(word: str) -> int:
    return crc32(word.encode())  # the same on every day, as a word's own hash is not


def pairs(articles: Mapping[str, array[int]], like: float = LIKE) -> list[tuple[str, str, float]]:
    """Pairs of articles that have at least this share of all their pieces in common, the likest first."""
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for name, sums in articles.items():
        for piece in nsmallest(_SKETCH, sums):
            holders[piece].append(name)
    shared: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        for n, one in enumerate(names):
            for other in names[n + 1 : n + _COMMON]:
                shared[one, other] += 1
    made = []
    for (one, other), count in sorted(shared.items()):
        if count >= _SKETCH // 4 or len(articles[one]) < _SKETCH:
            share = _likeness(articles[one], articles[other], like)
            if share >= like:
                made.append((one, other, share))
    return sorted(made, key=lambda pair: (-pair[2], pair[0], pair[1]))


def _likeness(one: array[int], other: array[int], like: float) -> float:
    """The share of pieces that both have among those that one of them has; 0 if it can't be as high as `like`."""
    if min(len(one), len(other)) < like * max(len(one), len(other)):
        return 0.0
    common = len(set(one).intersection(other))
    return common / (len(one) + len(other) - common)
