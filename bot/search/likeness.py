"""Messages that mean about the same, put together: what authors see of those that found no guide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.search.analysis import Analysis
from bot.storage.unanswered import Unanswered

ALIKE = 0.5  # the share of telling words that two messages have in common, from which on they are put together
SAYINGS = 5  # different wordings that are kept of each group, the newest ones


@dataclass(slots=True)
class Group:
    """Messages alike. words: the newest one's. sayings: other wordings. latest, first: Unix seconds."""

    words: str
    count: int = 0
    latest: float = 0.0
    first: float = 0.0
    sayings: list[str] = field(default_factory=list)
    stems: Counter[str] = field(default_factory=Counter)

    def add(self, message: Unanswered, stems: frozenset[str]) -> None:
        """One more."""
        self.count += 1
        self.latest = max(self.latest, message.at)
        self.first = min(self.first or message.at, message.at)
        self.stems.update(stems)
        words = " ".join(message.words.split())
        if words.lower() not in {s.lower() for s in (self.words, *self.sayings)} and len(self.sayings) < SAYINGS:
            self.sayings.append(words)

    def likeness(self, stems: frozenset[str]) -> float:
        """To a message: of the words of both, the share that both have; a group's by how many of it have them."""
        shared = sum(self.stems[s] / self.count for s in stems)
        every = len(stems) + sum(self.stems.values()) / self.count - shared
        return shared / every if every else 0.0


def grouped(messages: Sequence[Unanswered], analysis: Callable[[str], Analysis]) -> list[Group]:
    """The messages (the newest first) in groups, the largest first. analysis: how a locale is read."""
    groups: list[Group] = []
    by_stem: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        stems = telling(message.words, analysis(message.locale))
        near = {number for s in stems for number in by_stem[s]}
        best = max(near, key=lambda n: (groups[n].likeness(stems), -n), default=None)
        if best is None or groups[best].likeness(stems) < ALIKE:
            best = len(groups)
            groups.append(Group(" ".join(message.words.split())))
        groups[best].add(message, stems)
        for s in stems:
            if best not in by_stem[s]:
                by_stem[s].append(best)
    return sorted(groups, key=lambda group: (-group.count, -group.latest, group.words))


def telling(words: str, analysis: Analysis) -> frozenset[str]:
    """The stems that say what a message is about, synonyms as one; all of them, when none does."""
    stems = [analysis.stem(word) for word in analysis.said(words)]
    told = [s for s in stems if s not in analysis.common] or stems
    return frozenset(min([(s,), *(o for o in analysis.synonyms.get((s,), ()) if len(o) == 1)])[0] for s in told)
