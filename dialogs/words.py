"""Words: a message as clauses of stemmed tokens, and phrases found in it.

Small and fast on purpose: no grammar, only what an answer to a question needs. The words of a language come from
`dialogs.texts.Words`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Generic, TypeVar

from dialogs.texts import Words

MIN_SLIP = 5  # letters of a word in which a slip of the finger is forgiven
MAX_CHARS = 2000  # what a message is read up to; nobody answers a question on page three
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")
_ALTERNATIVES = re.compile(r"(\S*\|\S*)")
_BREAK = frozenset(".,;:!?()…—–\n")
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "y", "e")


T = TypeVar("T")
Slot = tuple[str, ...]  # stems, one as good as the other
Pattern = tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A stemmed word, the number of the clause in which it stands, and whether that clause is a question."""

    stem: str
    clause: int
    asked: bool = False


def plain(text: str) -> str:
    """Lower case, one kind of apostrophe and of width, no invisible characters, single blanks within lines."""
    text = text[:MAX_CHARS]
    if text.isascii() and text.isprintable():  # nothing of that is there
        return text.replace("`", "'").lower()
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("`", "'").lower()
    return "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C")


@lru_cache(maxsize=8192)
def stem(word: str, endings: tuple[str, ...] = ENDINGS) -> str:
    """The word without its commonest endings: received and receive are one. Rough, but alike on both sides."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: len(word) - len(ending)]
    return word


class Reader:
    """Turns text into tokens by one language's short forms ("didn't", "e-mail"), letters and endings."""

    def __init__(
        self, expand: Mapping[str, str], letters: Mapping[str, str] | None = None, endings: tuple[str, ...] = ()
    ) -> None:
        """Compile the short forms, longest first; those of letters only match as whole words.

        letters: how a letter is also typed ("ü" as "ue"); one as good as the other. endings: what makes no difference
        at the end of a word, longest first; English ones when there are none.
        """
        self._letters = str.maketrans(dict(letters or {}))
        self._endings = endings or ENDINGS
        expand = {self._fold(form): self._fold(text) for form, text in expand.items()}
        forms = sorted(expand, key=len, reverse=True)
        self._expand = expand
        self._forms = re.compile(self._any(forms)) if forms else None
        self.tokens = lru_cache(maxsize=64)(self._tokens)  # one message is read several times in a turn
        self.expanded = lru_cache(maxsize=64)(self._expanded)
        self.phrase = lru_cache(maxsize=65536)(self._phrase)
        self.pattern = lru_cache(maxsize=65536)(self._pattern)

    def _fold(self, text: str) -> str:
        return plain(text).translate(self._letters)

    @classmethod
    def of(cls, words: Words) -> Reader:
        """The reader of a language."""
        return cls(words.expand, words.letters, words.endings)

    def stem(self, word: str) -> str:
        """A word, as it stands in an expanded text, without its commonest endings."""
        return stem(word, self._endings)

    @classmethod
    def _any(cls, forms: Sequence[str]) -> str:
        """A pattern of any of these, the first before the others. Those that begin with a word begin together: then the
        pattern is tried where words begin, not at every letter."""
        runs = groupby(forms, lambda form: form[0].isalnum() and form != "n't")
        found = ((starts, "|".join(map(cls._form, run))) for starts, run in runs)
        return "|".join(rf"\b(?:{run})" if starts else run for starts, run in found)

    @staticmethod
    def _form(form: str) -> str:
        return re.escape(form) + (r"\b" if form[-1].isalnum() else "")

    def _expanded(self, text: str) -> str:
        """Plain text with its short forms written out."""
        text = self._fold(text)
        if self._forms is None:
            return text
        return self._forms.sub(lambda m: self._expand[m.group()], text)

    def _tokens(self, text: str) -> tuple[Token, ...]:
        """The message as tokens; punctuation ends a clause (a language writes its "but" out as one, in `expand`)."""
        found: list[Token] = []
        clause = begin = 0
        for match in _TOKEN.finditer(self.expanded(text)):
            word = match.group()
            if word in _BREAK:
                clause += 1
                if word == "?":
                    found[begin:] = [Token(t.stem, t.clause, asked=True) for t in found[begin:]]
                begin = len(found)
            elif word.isalnum() or unicodedata.category(word[0]) == "So":
                found.append(Token(self.stem(word), clause))
        return tuple(found)

    def _phrase(self, phrase: str) -> tuple[str, ...]:
        """A phrase as stems (cached: phrases come from content, and there are few)."""
        return tuple(t.stem for t in self.tokens(phrase))

    def _pattern(self, phrase: str) -> Pattern:
        """A phrase whose words may have alternatives, each a single word: "never|not got|received the|my mail"."""
        slots: list[Slot] = []
        for alternatives in _ALTERNATIVES.split(phrase):
            if "|" in alternatives:
                slots.append(tuple(dict.fromkeys(s for word in alternatives.split("|") for s in self.phrase(word))))
            else:
                slots += [(word,) for word in self.phrase(alternatives)]
        return tuple(slots)


@lru_cache(maxsize=16384)
def one_slip(a: str, b: str) -> bool:
    """Whether one insertion, deletion, replacement or swap of neighbours makes `a` of `b`."""
    if len(a) > len(b):
        a, b = b, a
    i = 0
    while i < len(a) and a[i] == b[i]:
        i += 1
    if len(a) < len(b):
        return a[i:] == b[i + 1 :]
    return a[i + 1 :] == b[i + 1 :] or (a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :])


class Patterns(Generic[T]):
    """Many patterns, each standing for something, found in a message at once.

    The cost goes with the message's length, not with the number of patterns: they are looked up by their first word,
    and a word with a slip is first made the one word of theirs that it must mean.
    """

    def __init__(self, entries: Iterable[tuple[Pattern, T]]) -> None:
        """Patterns and what each stands for; empty patterns are left out."""
        self._by_first: dict[str, list[tuple[Pattern, T]]] = {}
        self._known: set[str] = set()
        for pattern, meaning in entries:
            for word in pattern[0] if pattern else ():
                self._by_first.setdefault(word, []).append((pattern, meaning))
            self._known.update(word for slot in pattern for word in slot)
        # What somebody began with is read again at each question that they answer.
        self._found = lru_cache(maxsize=8)(self._find)
        self._near: dict[tuple[str, int], list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= MIN_SLIP and word.isalpha():
                self._near.setdefault((word[0], len(word)), []).append(word)

    def find(self, tokens: Sequence[Token]) -> list[tuple[int, int, T]]:
        """Where patterns stand: (start, end, meaning); never across a clause's end."""
        return list(self._found(tuple(tokens)))

    def _find(self, tokens: tuple[Token, ...]) -> list[tuple[int, int, T]]:
        words = [self._meant(t.stem) for t in tokens]
        found = []
        for i, word in enumerate(words):
            for pattern, meaning in self._by_first.get(word, ()):
                end = i + len(pattern)
                if (
                    end <= len(words)
                    and tokens[end - 1].clause == tokens[i].clause
                    and all(words[i + k] in pattern[k] for k in range(1, len(pattern)))
                ):
                    found.append((i, end, meaning))
        return found

    def _meant(self, word: str) -> str:
        """The word itself, or the pattern's word that it is one slip away from."""
        if word in self._known or len(word) < MIN_SLIP - 1 or not word.isalpha():
            return word
        for length in (len(word), len(word) + 1, len(word) - 1):
            for known in self._near.get((word[0], length), ()):
                if len(word) >= MIN_SLIP and one_slip(word, known):
                    return known
        return word
