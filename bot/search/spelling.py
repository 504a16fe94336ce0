"""Slips of the finger: for each known word, the forms that it has with a letter left out. A misspelt word has such a
form in common with the word that was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

SHORTEST = 4  # letters of a word that may be misspelt
TWICE = 8  # letters from which on two slips are forgiven
MOST = 3  # words that one may have meant


def worth_knowing(forms: Mapping[str, int]) -> dict[str, int]:
    """The words that others may be corrected to: what only one guide has may itself be a slip."""
    least = 2 if len(forms) > 2000 else 1
    return {w: n for w, n in forms.items() if n >= least and SHORTEST <= len(w) <= 24 and w.isalpha()}


def without_one(word: str) -> set[str]:
    """The word with each of its letters left out."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def left_out(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(form, word) for each word: itself, and with each letter left out."""
    for word in words:
        yield word, word
        for form in without_one(word):
            yield form, word


def meant(word: str, known: Callable[[Iterable[str]], Iterable[tuple[str, int]]]) -> list[str]:
    """The known words that a misspelt one may be, the likeliest first.

    known: gives, for forms, the words that have one of them, with how many guides have the word.
    """
    if len(word) < SHORTEST or not word.isalpha():
        return []
    once = without_one(word)
    found = {(other, n) for other, n in known({word, *once}) if distance(word, other, 1) <= 1}
    if not found and len(word) >= TWICE:
        forms = {word, *once}.union(*(without_one(form) for form in once))
        found = {(other, n) for other, n in known(forms) if distance(word, other, 2) <= 2}
    best = sorted(found, key=lambda f: (f[0][0] != word[0], -f[1], f[0]))
    return [other for other, _ in best[:MOST]]


def distance(a: str, b: str, most: int) -> int:
    """Letters put in, left out, replaced, or swapped with their neighbour, between two words; past `most`: any more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
