"""What a message means: which answers it leans to, or which command it gives.

The rule above all others: a yes is never taken for a no. Where words lean both ways, *all* the answers that they lean
to come back, and the dialog asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.texts import Words
from dialogs.words import Reader, Token, occurrences

COMMANDS = ("help", "cancel", "restart", "back", "change", "topics", "hello", "thanks", "person")
_OPPOSITE = {"yes": "no", "no": "yes"}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be answered: its id, its label, how people say it, and its generic meaning if it has one."""

    id: str
    label: str
    said: tuple[str, ...] = ()
    means: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    """Tokens [start, end) of a message that speak for an answer. generic: by a bare yes or no, not by the matter."""

    start: int
    end: int
    answer: str
    means: str
    generic: bool


class Understanding:
    """Reads messages in one language."""

    def __init__(self, words: Words) -> None:
        """Prepare the language's phrases."""
        self.reader = Reader(dict(words.expand))
        phrase, pattern = self.reader.phrase, self.reader.pattern
        self._generic = {means: [pattern(p) for p in getattr(words, means)] for means in ("yes", "no", "not_sure")}
        self._both = {phrase(p) for p in words.both}
        self._negations = frozenset(s for p in words.negations for s in phrase(p))
        self._inabilities = [pattern(p) for p in words.inabilities]
        self._no = frozenset(phrase("no")) | frozenset(s for p in words.no[:1] for s in phrase(p))
        self._fillers = sorted({phrase(p) for p in words.fillers} - {()}, key=len, reverse=True)
        self._small = frozenset(f[0] for f in self._fillers if len(f) == 1)
        self._dull = frozenset(s for p in words.common for s in phrase(p))
        self._numbers = [{phrase(p) for p in forms} for forms in words.numbers]
        self._whole = {
            name: {phrase(p) for p in getattr(words, name)} - {()}
            for name in (*COMMANDS, "proceed", "causes", "solved", "not_solved")
        }
        self._doubts = [pattern(p) for p in (*words.doubts, *words.not_sure)]
        self._ordinal_noise = frozenset(s for p in words.ordinal_noise for s in phrase(p))
        self._symbols = {name: {p.strip().lower() for p in getattr(words, name)} for name in COMMANDS}
        self._person_anywhere = [pattern(p) for p in words.person_anywhere]
        self._loose = {name: [pattern(p) for p in getattr(words, name)] for name in ("solved", "not_solved")}

    # -- commands

    def command(self, text: str) -> str | None:
        """The command that the whole message is, or "person" where it asks for one in passing; else None."""
        bare = text.strip().lower()
        for name in COMMANDS:
            if bare in self._symbols[name]:
                return name
        tokens = self.reader.tokens(text)
        if any(occurrences(p, tokens) for p in self._person_anywhere):
            return "person"
        return self._is_whole(tokens, COMMANDS)

    def word(self, text: str, *names: str) -> str | None:
        """Which of the named word lists ("proceed", "causes", …) the whole message stands in."""
        return self._is_whole(self.reader.tokens(text), names)

    def _is_whole(self, tokens: list[Token], names: Sequence[str]) -> str | None:
        for stems in self._trimmed(tokens):
            for name in names:
                if stems in self._whole[name]:
                    return name
        return None

    def _trimmed(self, tokens: list[Token]) -> list[tuple[str, ...]]:
        """The message's stems as they stand, and with fillers taken from its beginning and its end."""
        stems = tuple(t.stem for t in tokens)
        forms = [stems]
        if len(stems) > 12:
            return forms
        changed = True
        while changed and stems:
            changed = False
            for filler in self._fillers:
                n = len(filler)
                if n < len(stems) and stems[:n] == filler:
                    stems, changed = stems[n:], True
                elif n < len(stems) and stems[-n:] == filler:
                    stems, changed = stems[:-n], True
                else:
                    continue
                forms.append(stems)
                break
        return forms

    # -- answers

    def lean(self, text: str, choices: Sequence[Choice], strict: bool = False) -> tuple[str, ...]:
        """The ids of the answers to which the message leans, in the order of `choices`; none, one, or several.

        strict: only what names the matter itself counts; no bare yes or no, no number. So the first words of a
        conversation answer a question that was not yet asked only where they really speak of it.
        """
        tokens = self.reader.tokens(text)
        if not strict:
            if (picked := self._number(tokens, len(choices))) is not None:
                return (choices[picked].id,)
            trimmed = self._trimmed(tokens)
            for choice in choices:
                label = self.reader.phrase(choice.label)
                if any(label == stems for stems in trimmed if stems):
                    return (choice.id,)
            if any(stems in self._both for stems in trimmed):
                return tuple(c.id for c in choices if c.means in _OPPOSITE) or ()
        spans = self._without_inner(self._spans(tokens, choices, strict))
        hits = self._hits(spans, tokens, choices)
        return tuple(c.id for c in choices if c.id in hits)

    def nearest(self, text: str, choices: Sequence[Choice]) -> str | None:
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
        spans = [
            _Span(i, i + len(p), name, "yes" if name == "solved" else "no", False)
            for name, phrases in self._loose.items()
            for p in phrases
            for i in occurrences(p, tokens)
        ]
        choices = (Choice("solved", "", means="yes"), Choice("not_solved", "", means="no"))
        spans += self._generic_spans(tokens, choices)
        hits = self._hits(self._without_inner(spans), tokens, choices)
        return "both" if len(hits) > 1 else next(iter(hits), None)

    def _number(self, tokens: list[Token], count: int) -> int | None:
        """The place that "2", "option 2" or "the second one" names, from 0."""
        stems = tuple(t.stem for t in tokens if t.stem not in self._ordinal_noise)
        everything = tuple(t.stem for t in tokens)
        if len(everything) > 4:
            return None
        for place, forms in enumerate(self._numbers[:count]):
            if stems in forms or everything in forms:
                return place
        return None

    def _spans(self, tokens: list[Token], choices: Sequence[Choice], strict: bool) -> list[_Span]:
        spans = []
        for choice in choices:
            patterns = [self.reader.pattern(p) for p in choice.said]
            label = tuple((word,) for word in self.reader.phrase(choice.label))
            if not choice.means and (len(label) > 1 or not strict):
                patterns.append(label)
            for p in patterns:
                spans += [_Span(i, i + len(p), choice.id, choice.means, False) for i in occurrences(p, tokens)]
        return spans if strict else spans + self._generic_spans(tokens, choices)

    def _generic_spans(self, tokens: list[Token], choices: Sequence[Choice]) -> list[_Span]:
        """Bare yes, no and not sure.

        One word counts only where a clause begins or ends ("no" in "there is no way" does not), several only where
        they end it ("it does not" in "it does not load" do not); not sure counts anywhere.
        """
        spans = []
        starts = self._clause_starts(tokens)
        for choice in choices:
            for p in self._generic.get(choice.means, ()):
                for i in occurrences(p, tokens):
                    alone = i in starts or self._ends_clause(tokens, i)
                    if choice.means == "not_sure" or (self._closes(tokens, i + len(p)) if len(p) > 1 else alone):
                        spans.append(_Span(i, i + len(p), choice.id, choice.means, True))
        unsure = [s for s in spans if s.means == "not_sure"]
        return [s for s in spans if s in unsure or not any(s.start < u.end and u.start < s.end for u in unsure)]

    def _closes(self, tokens: list[Token], end: int) -> bool:
        """Whether nothing but fillers follows in the clause."""
        for i in range(end, len(tokens)):
            if tokens[i].clause != tokens[end - 1].clause:
                return True
            if tokens[i].stem not in self._small:
                return False
        return True

    def _clause_starts(self, tokens: list[Token]) -> set[int]:
        """Places at which a clause begins, fillers passed over."""
        starts: set[int] = set()
        for i, token in enumerate(tokens):
            begins = i == 0 or tokens[i - 1].clause != token.clause
            if begins or (i - 1 in starts and tokens[i - 1].stem in self._small):
                starts.add(i)
        return starts

    def _ends_clause(self, tokens: list[Token], i: int) -> bool:
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

    def _hits(self, spans: list[_Span], tokens: list[Token], choices: Sequence[Choice]) -> set[str]:
        by_meaning = {c.means: c.id for c in choices if c.means}
        doubts: dict[int, int] = {}
        for phrase in self._doubts:
            for i in occurrences(phrase, tokens):
                doubts.setdefault(tokens[i].clause, i)
        hits: set[str] = set()
        for span in spans:
            clause = tokens[span.start].clause
            if span.means != "not_sure" and doubts.get(clause, span.start) < span.start:
                continue  # "not sure if she got it" is not a yes
            if not span.generic and self._unable(span, tokens):
                continue  # "can't accept it" says nothing of whether it was accepted
            negated = self._negated(span, tokens, spans)
            if not negated:
                hits.add(span.answer)
            elif negated > 1:
                hits |= {span.answer, by_meaning.get(_OPPOSITE.get(span.means, ""), span.answer)}
            elif opposite := by_meaning.get(_OPPOSITE.get(span.means, "")):
                hits.add(opposite)
        return hits

    def _unable(self, span: _Span, tokens: list[Token]) -> bool:
        """Whether the span is what somebody can not do: "can not" and its like end at most two words before it."""
        for phrase in self._inabilities:
            for i in occurrences(phrase, tokens):
                if tokens[i].clause == tokens[span.start].clause and 0 <= span.start - (i + len(phrase)) <= 2:
                    return True
        return False

    def _negated(self, span: _Span, tokens: list[Token], spans: list[_Span]) -> int:
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
