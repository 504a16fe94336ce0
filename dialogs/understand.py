"""What a message means: which answers it leans to, or which command it gives.

The rule above all others: a yes is never taken for a no. Where words lean both ways, *all* the answers that they lean
to come back, and the dialog asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

from dialogs.texts import Words
from dialogs.words import Pattern, Patterns, Reader, Token

COMMANDS = ("help", "cancel", "restart", "back", "change", "topics", "hello", "thanks", "person")
MAX_INDEXES = 4096  # sets of answers kept ready; more than that are prepared again when needed
WHOLE = "."  # ends what counts only as the whole message: "got it." said later may be mere politeness
_OPPOSITE = {"yes": "no", "no": "yes"}


class Choosable(Protocol):
    """Something that can be answered: its id, its label, how people say it, and its generic meaning if it has one."""

    @property
    def id(self) -> str:
        """What stands for it in a state."""

    @property
    def label(self) -> str:
        """What stands on its button."""

    @property
    def said(self) -> tuple[str, ...]:
        """Other ways in which people say it."""

    @property
    def means(self) -> str | None:
        """yes, no, not_sure, or nothing generic."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that is no guide's answer."""

    id: str
    label: str
    said: tuple[str, ...] = ()
    means: str | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    """Tokens [start, end) of a message that speak for an answer. generic: by a bare yes or no, not by the matter."""

    start: int
    end: int
    choice: Choosable
    generic: bool

    @property
    def means(self) -> str:
        """The generic meaning of its answer, or nothing."""
        return self.choice.means or ""


@dataclass(frozen=True, slots=True)
class _Answers:
    """How people say some choices: as a whole message, and inside one."""

    choices: tuple[Choosable, ...]
    whole: dict[tuple[str, ...], Choosable]
    inside: Patterns[Choosable]


class Understanding:
    """Reads messages in one language."""

    def __init__(self, words: Words) -> None:
        """Prepare the language's phrases."""
        self.reader = Reader.of(words)
        phrase = self.reader.phrase
        self._generic = Patterns(
            (self.reader.pattern(p), means) for means in ("yes", "no", "not_sure") for p in getattr(words, means)
        )
        self._tone = Patterns(
            (self.reader.pattern(p), name) for name in ("solved", "not_solved") for p in getattr(words, name)
        )
        self._doubts = self._patterns((*words.doubts, *words.not_sure))
        self._corrections = self._patterns(words.corrections)
        self._inabilities = self._patterns(words.inabilities)
        self._meant = self._patterns(words.meant)
        self._of_people = self._patterns((*words.meant, *words.of_people))
        self._changes = self._patterns(words.change_anywhere)
        self._person_anywhere = self._patterns(words.person_anywhere)
        self._both = {phrase(p) for p in words.both}
        self._negations = frozenset(s for p in words.negations for s in phrase(p))
        self._no = frozenset(s for p in words.no[:1] for s in phrase(p))
        self._fillers = {phrase(p) for p in words.fillers} - {()}
        self._longest_filler = max(map(len, self._fillers), default=0)
        self._small = frozenset(f[0] for f in self._fillers if len(f) == 1)
        self._dull = frozenset(s for p in words.common for s in phrase(p))
        self._numbers = [{phrase(p) for p in forms} for forms in words.numbers]
        self._ordinal_noise = frozenset(s for p in words.ordinal_noise for s in phrase(p))
        self._symbols = {p.strip().lower(): name for name in reversed(COMMANDS) for p in getattr(words, name)}
        self._whole = {
            name: {phrase(p) for p in getattr(words, name)} - {()}
            for name in (*COMMANDS, "proceed", "causes", "end_chat", "solved", "not_solved")
        }
        # Of each of these phrases the longest stem: a text in which none of them stands is none of the phrases.
        self._marks = {name: {max(stems, key=len) for stems in phrases} for name, phrases in self._whole.items()}
        self._answers: dict[int, _Answers] = {}

    def _patterns(self, phrases: Sequence[str]) -> Patterns[str]:
        return Patterns((self.reader.pattern(p), p) for p in phrases)

    # -- commands

    def command(self, text: str) -> str | None:
        """The command that the whole message is, or "person" where it asks for one in passing; else None."""
        bare = text.strip().lower()
        if bare in self._symbols:
            return self._symbols[bare]
        tokens = self.reader.tokens(text)
        if self._person_anywhere.find(tokens):
            return "person"
        return self._is_whole(tokens, COMMANDS)

    def word(self, text: str, *names: str) -> str | None:
        """Which of the named word lists ("proceed", "causes", …) the whole message stands in."""
        written = self.reader.expanded(text)
        if not any(mark in written for name in names for mark in self._marks[name]):
            return None  # as most messages, at a small part of the cost
        return self._is_whole(self.reader.tokens(text), names)

    def _is_whole(self, tokens: Sequence[Token], names: Sequence[str]) -> str | None:
        for stems in self._trimmed(tokens):
            for name in names:
                if stems in self._whole[name]:
                    return name
        return None

    def _trimmed(self, tokens: Sequence[Token]) -> list[tuple[str, ...]]:
        """The message's stems as they stand, and with fillers taken from its beginning and its end."""
        stems = tuple(t.stem for t in tokens)
        forms = [stems]
        if len(stems) > 12:
            return forms
        while (shorter := self._without_filler(stems)) != stems:
            stems = shorter
            forms.append(stems)
        return forms

    def _without_filler(self, stems: tuple[str, ...]) -> tuple[str, ...]:
        """Without one filler at its beginning or its end, the longest first; never nothing at all."""
        for n in range(min(self._longest_filler, len(stems) - 1), 0, -1):
            if stems[:n] in self._fillers:
                return stems[n:]
            if stems[-n:] in self._fillers:
                return stems[:-n]
        return stems

    def corrects(self, text: str) -> bool:
        """Whether the message begins like a correction of what was said before ("sorry, …", "no wait, …")."""
        return any(i <= 2 for i, _, _ in self._corrections.find(self.reader.tokens(text)))

    def changes(self, text: str, count: int) -> tuple[bool, int | None]:
        """Whether the message begins with the wish to change an answer, and which of `count` it names, from 0."""
        tokens = self.reader.tokens(text)
        for i, end, _ in self._changes.find(tokens):
            before = (*(t.stem for t in tokens[:i]), "")
            while (shorter := self._without_filler(before)) != before:
                before = shorter
            if len(before) == 1:
                named = (self._number((token,), count) for token in tokens[i:end])
                return True, next((place for place in named if place is not None), None)
        return False, None

    def takes_back(self, text: str, after_advice: bool) -> bool:
        """Whether a bare yes or no in it is for the question before ("sorry, I meant no"; of advice also "she did")."""
        return bool((self._of_people if after_advice else self._meant).find(self.reader.tokens(text)))

    # -- answers

    def lean(self, text: str, choices: tuple[Choosable, ...], strict: bool = False) -> tuple[str, ...]:
        """The ids of the answers to which the message leans, in the order of `choices`; none, one, or several.

        strict: only what names the matter itself counts; no bare yes or no, no number. So the first words of a
        conversation answer a question that was not yet asked only where they really speak of it.
        """
        tokens = self.reader.tokens(text)
        if not strict:
            if (picked := self._number(tokens, len(choices))) is not None:
                return (choices[picked].id,)
            trimmed = self._trimmed(tokens)
            whole = self._index(choices).whole
            if named := next((whole[stems] for stems in trimmed if stems in whole), None):
                return (named.id,)
            if any(stems in self._both for stems in trimmed):
                return tuple(c.id for c in choices if c.means in _OPPOSITE) or ()
        spans = self._without_inner(self._spans(tokens, choices, strict))
        hits = self._hits(spans, tokens, choices)
        return tuple(c.id for c in choices if c.id in hits)

    def nearest(self, text: str, choices: tuple[Choosable, ...]) -> str | None:
        """The one choice whose label has most of the message's own words ("expired"); None when that is not clear.

        Only for labels that name a matter: a choice that means yes or no is never guessed at.
        """
        stems = {t.stem for t in self.reader.tokens(text)} - self._small - self._dull
        if not stems or stems & self._negations:
            return None
        shared = {c.id: len(stems & set(self.reader.phrase(c.label))) for c in choices if not c.means}
        best = max(shared.values(), default=0)
        winners = [i for i, n in shared.items() if n == best]
        return winners[0] if len(winners) == 1 and best * 2 >= len(stems) else None

    def tone(self, text: str) -> str | None:
        """For "did this solve it?": "solved", "not_solved", "both" or None."""
        tokens = self.reader.tokens(text)
        choices = (Choice("solved", "", means="yes"), Choice("not_solved", "", means="no"))
        by_name = {c.id: c for c in choices}
        spans = [_Span(i, end, by_name[name], False) for i, end, name in self._tone.find(tokens)]
        spans += self._generic_spans(tokens, choices)
        hits = self._hits(self._without_inner(spans), tokens, choices)
        return "both" if len(hits) > 1 else next(iter(hits), None)

    def tells_of_solution(self, text: str) -> bool:
        """Whether the message itself speaks of whether it helped ("it works now"), not only by a bare yes or no."""
        return bool(self._tone.find(self.reader.tokens(text)))

    def place(self, text: str, count: int) -> int | None:
        """The place in a list of `count` that the message names ("2", "the second one"), from 0; None when none."""
        return self._number(self.reader.tokens(text), count)

    def _number(self, tokens: Sequence[Token], count: int) -> int | None:
        """The place that "2", "option 2" or "the second one" names, from 0."""
        stems = tuple(t.stem for t in tokens if t.stem not in self._ordinal_noise)
        everything = tuple(t.stem for t in tokens)
        if len(everything) > 4:
            return None
        for place, forms in enumerate(self._numbers[:count]):
            if stems in forms or everything in forms:
                return place
        return None

    def _spans(self, tokens: Sequence[Token], choices: tuple[Choosable, ...], strict: bool) -> list[_Span]:
        spans = [_Span(i, end, choice, False) for i, end, choice in self._index(choices).inside.find(tokens)]
        return spans if strict else spans + self._generic_spans(tokens, choices)

    def _index(self, choices: tuple[Choosable, ...]) -> _Answers:
        """How people say these choices, prepared once for as long as the guide is loaded."""
        known = self._answers.get(id(choices))
        if known is None or known.choices is not choices:
            if len(self._answers) >= MAX_INDEXES:
                self._answers.clear()
            known = self._answers[id(choices)] = _Answers(choices, self._whole_sayings(choices), self._sayings(choices))
        return known

    def _sayings(self, choices: tuple[Choosable, ...]) -> Patterns[Choosable]:
        """What counts wherever it stands in a message."""
        found: list[tuple[Pattern, Choosable]] = []
        for choice in choices:
            found += [(self.reader.pattern(said), choice) for said in choice.said if not said.endswith(WHOLE)]
            label = self.reader.phrase(choice.label)
            if not choice.means and len(label) > 1:
                found.append((tuple((word,) for word in label), choice))
        return Patterns(found)

    def _whole_sayings(self, choices: tuple[Choosable, ...]) -> dict[tuple[str, ...], Choosable]:
        """What counts as the whole message: labels, and what is said alone. A label goes before all else."""
        said = (
            (pattern, c) for c in choices for s in c.said if s.endswith(WHOLE) and (pattern := self.reader.pattern(s))
        )
        alone = {stems: choice for pattern, choice in said for stems in product(*pattern)}
        labels = {self.reader.phrase(c.label): c for c in reversed(choices)}
        return {stems: choice for stems, choice in {**alone, **labels}.items() if stems}

    def _generic_spans(self, tokens: Sequence[Token], choices: tuple[Choosable, ...]) -> list[_Span]:
        """Bare yes, no and not sure.

        One word counts only where a clause begins or ends ("no" in "there is no way" does not), several only where
        they end it ("it does not" in "it does not load" do not); not sure counts anywhere.
        """
        meant = {c.means: c for c in choices if c.means}
        spans = []
        starts = self._clause_starts(tokens)
        for i, end, means in self._generic.find(tokens):
            if means not in meant:
                continue
            if means != "not_sure" and self._leads_to_question(tokens, i, end):
                continue  # "ok so what?" is a question, not a yes
            alone = i in starts or self._ends_clause(tokens, i)
            if means == "not_sure" or (self._closes(tokens, end) if end - i > 1 else alone):
                spans.append(_Span(i, end, meant[means], True))
        unsure = [s for s in spans if s.means == "not_sure"]
        return [s for s in spans if s in unsure or not any(s.start < u.end and u.start < s.end for u in unsure)]

    def _leads_to_question(self, tokens: Sequence[Token], start: int, end: int) -> bool:
        """Whether a bare word is only the beginning of a question: within it, or a filler right before one."""
        rest = [t for k, t in enumerate(tokens) if not start <= k < end and t.stem not in self._small]
        here = tokens[start].clause
        if tokens[start].asked and any(t.clause == here for t in rest):
            return True
        filler = end - start == 1 and tokens[start].stem in self._small
        return filler and any(t.asked and t.clause > here for t in tokens)

    def _closes(self, tokens: Sequence[Token], end: int) -> bool:
        """Whether nothing but fillers follows in the clause."""
        for i in range(end, len(tokens)):
            if tokens[i].clause != tokens[end - 1].clause:
                return True
            if tokens[i].stem not in self._small:
                return False
        return True

    def _clause_starts(self, tokens: Sequence[Token]) -> set[int]:
        """Places at which a clause begins, fillers passed over."""
        starts: set[int] = set()
        for i, token in enumerate(tokens):
            begins = i == 0 or tokens[i - 1].clause != token.clause
            if begins or (i - 1 in starts and tokens[i - 1].stem in self._small):
                starts.add(i)
        return starts

    def _ends_clause(self, tokens: Sequence[Token], i: int) -> bool:
        """Whether token i is a yes or a no that closes its clause after few words ("um i guess yes")."""
        last = i + 1 == len(tokens) or tokens[i + 1].clause != tokens[i].clause
        begin = next((k for k, t in enumerate(tokens) if t.clause == tokens[i].clause), i)
        return last and i - begin <= 3

    @staticmethod
    def _without_inner(spans: list[_Span]) -> list[_Span]:
        """Spans that lie within a longer one say nothing of their own ("got it" in "never got it")."""
        return [
            s
            for s in spans
            if not any(o.start <= s.start and s.end <= o.end and o.end - o.start > s.end - s.start for o in spans)
        ]

    def _hits(self, spans: list[_Span], tokens: Sequence[Token], choices: tuple[Choosable, ...]) -> set[str]:
        by_meaning = {c.means: c.id for c in choices if c.means}
        doubts: dict[int, int] = {}
        for i, _, _ in self._doubts.find(tokens) if spans else ():
            doubts.setdefault(tokens[i].clause, i)
        unable = self._inabilities.find(tokens) if spans else []
        hits: set[str] = set()
        for span in spans:
            clause = tokens[span.start].clause
            if span.means != "not_sure" and doubts.get(clause, span.start) < span.start:
                continue  # "not sure if she got it" is not a yes
            if not span.generic and tokens[span.start].asked:
                continue  # "did she get it?" is not an answer
            if not span.generic and self._unable(span, tokens, unable):
                continue  # "can't accept it" says nothing of whether it was accepted
            negated = 0 if span.generic else self._negated(span, tokens, spans)
            if not negated:
                hits.add(span.choice.id)
            elif negated > 1:
                hits |= {span.choice.id, by_meaning.get(_OPPOSITE.get(span.means, ""), span.choice.id)}
            elif opposite := by_meaning.get(_OPPOSITE.get(span.means, "")):
                hits.add(opposite)
        return hits

    @staticmethod
    def _unable(span: _Span, tokens: Sequence[Token], unable: list[tuple[int, int, str]]) -> bool:
        """Whether the span is what somebody can not do: "can not" and its like end at most two words before it."""
        clause = tokens[span.start].clause
        return any(tokens[i].clause == clause and 0 <= span.start - end <= 2 for i, end, _ in unable)

    def _negated(self, span: _Span, tokens: Sequence[Token], spans: list[_Span]) -> int:
        """How many negations stand before the span: "not" and its like up to three words away, "no" only next to it."""
        count = 0
        for distance, i in enumerate(range(span.start - 1, max(span.start - 4, -1), -1), start=1):
            if tokens[i].clause != tokens[span.start].clause:
                break
            word = tokens[i].stem
            in_phrase = any(s.start <= i < s.end and not s.generic for s in spans)
            if word in self._negations and (distance == 1 or in_phrase or word not in self._no):
                count += 1
        return count
