"""English words without their endings, by Porter's algorithm (1980): connected, connecting and connection are one.

`dialogs.words.stem` is rougher: among a few guides it is better to take two words for one, among thousands it is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

_VOWELS = frozenset("aeiou")
# Step 2, 3 and 4 of the algorithm: an ending, and what takes its place where enough of a word stands before it.
_DERIVED = (
    ("ational", "ate"), ("ization", "ize"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"),
    ("tional", "tion"), ("biliti", "ble"), ("entli", "ent"), ("ousli", "ous"), ("ation", "ate"), ("alism", "al"),
    ("aliti", "al"), ("iviti", "ive"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("ator", "ate"), ("eli", "e"),
)  # fmt: skip
_MORE = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ness", ""), ("ful", ""),
)  # fmt: skip
_LAST = (
    "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti", "ous", "ive", "ize",
    "al", "er", "ic", "ou",
)  # fmt: skip
_PLURAL = (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", ""))
_SYLLABLE = re.compile("v+c+")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of an English word in small letters; what is no plain word, or a short one, stays as it is."""
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    word = _inflected(word)
    if word.endswith("y") and "v" in _shape(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(_replaced(word, _DERIVED), _MORE)
    return _tidied(_stripped(word))


def _shape(word: str) -> str:
    """A c for each consonant, a v for each vowel; y is a vowel behind a consonant."""
    shape = ""
    for letter in word:
        vowel = letter in _VOWELS or (letter == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(word: str) -> int:
    """How many times vowels are followed by consonants: about the number of syllables."""
    return len(_SYLLABLE.findall(_shape(word)))


def _short(word: str) -> bool:
    """Whether it ends like "hop" or "fil", where an e belongs behind."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"


def _inflected(word: str) -> str:
    """Step 1: plurals, -ed, -ing."""
    for ending, instead in _PLURAL:
        if word.endswith(ending):
            word = word[: len(word) - len(ending)] + instead
            break
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and "v" in _shape(rest):
            return _mended(rest)
    return word


def _mended(rest: str) -> str:
    """What stands before -ed or -ing, as a word: hop(p)-ing, mak(e)-ing."""
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if rest[-2:-1] == rest[-1:] and _shape(rest).endswith("c") and rest[-1] not in "lsz":
        return rest[:-1]
    return rest + "e" if _measure(rest) == 1 and _short(rest) else rest


def _replaced(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, instead in endings:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            return rest + instead if _measure(rest) > 0 else word
    return word


def _stripped(word: str) -> str:
    for ending in _LAST:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            whole = ending == "ion" and not rest.endswith(("s", "t"))
            return rest if _measure(rest) > 1 and not whole else word
    return word


def _tidied(word: str) -> str:
    """Step 5: an e at the end, a double l."""
    if word.endswith("e"):
        rest = word[:-1]
        if (count := _measure(rest)) > 1 or (count == 1 and not _short(rest)):
            word = rest
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
