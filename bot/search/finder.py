"""The Finder over a compiled library. All work is done in a thread of its own: other turns go on meanwhile.

How certain it is that the best guide is meant depends on how much of the message that guide knows, on how far the next
one is behind, and on how much was said at all. The numbers were fitted to half of `tests/fixtures/find_messages.yaml`,
and to messages about other things; they are then put on the scale of `dialogs.finder.verdict`.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.search.file import Compiled
from bot.search.lookup import TELLING, Lookup, Ranked
from bot.search.nearest import AMONG, Hit, Nearest
from dialogs.finder import AHEAD, MAYBE, SURE, Found
from dialogs.library import FALLBACK, tags

MOST = 20  # guides that are told at most
_COVERED, _NEXT, _SAID, _BIAS = 4.45, -1.73, 3.46, -8.36  # log odds that the best one is meant
OPEN = 0.65  # the probability from which on a guide is opened
UNDECIDED = 0.6  # no more than this, where words and meaning say different guides (one in two is right then), or where
# too little was said: a rare word, or a slip that looks like one, is no proof
NEAR = 0.8  # of the best score: a guide that comes so near may be meant as well
OFFER = 0.08  # from which on guides are offered


class LibraryFinder:
    """Finds guides in a library of any size: by words, and by meaning where there are vectors."""

    def __init__(self, compiled: Compiled, nearest: Nearest | None = None) -> None:
        """nearest: finds guides by meaning; None: by words alone."""
        self._compiled = compiled
        self._nearest = nearest
        self._lookups = {
            name: Lookup(compiled, language, count) for name, (language, count) in compiled.languages.items() if count
        }
        self._names = {
            number: (guide, source) for number, guide, source in compiled.rows("SELECT number, id, source FROM guides")
        }
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="finder")

    async def find(self, words: str, locale: str) -> list[Found]:
        """See `dialogs.finder.Finder`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.look_up, words, locale)

    def look_up(self, words: str, locale: str, most: int = MOST) -> list[Found]:
        """The same, at once, for whoever has no other turns to wait for."""
        best: dict[str, Found] = {}
        for lookup in self._spoken(locale):
            for found in self._in(lookup, words, most):
                if found.guide not in best or best[found.guide].score < found.score:
                    best[found.guide] = found
        return sorted(best.values(), key=lambda f: (-f.score, f.guide))[:most]

    def articles(self) -> dict[str, str]:
        """The path of each guide's article; "" where none is known."""
        return dict(self._names.values())

    def _spoken(self, locale: str) -> list[Lookup]:
        """The user's own language first, then the others that guides are written in."""
        own = next((tag for tag in (*tags(locale), FALLBACK) if tag in self._lookups), None)
        names = ([own] if own else []) + [name for name in self._lookups if name != own]
        return [self._lookups[name] for name in names]

    def _in(self, lookup: Lookup, words: str, most: int) -> list[Found]:
        ranked = lookup.rank(words, max(most, MOST if self._nearest is None else AMONG))
        if not ranked:
            return []
        sure = certainty(ranked)
        if ranked[0].known < TELLING:
            sure = self._little_said(lookup, words, ranked, sure)
        hits = [Hit(r.number, r.score) for r in ranked]
        if self._nearest is not None and lookup.english:
            hits = self._nearest.fused(words, hits)
            if hits[0].number != ranked[0].number:
                sure = min(sure, UNDECIDED)
        scores = on_scale(sure, [hit.score for hit in hits[:most]])
        return [Found(self._names[h.number][0], s) for h, s in zip(hits, scores, strict=False)]

    def _little_said(self, lookup: Lookup, words: str, ranked: Sequence[Ranked], sure: float) -> float:
        """How certain one or two words of the matter make: enough only where they are all that the best guide's title
        or one of its phrases says, and no other guide comes near."""
        ((body,),) = self._compiled.rows("SELECT body FROM guides WHERE number = ?", (ranked[0].number,))
        guide, said = json.loads(body), lookup.telling(words)
        names = [lookup.telling(name) for name in (guide["title"], *guide.get("phrases", ()))]
        if said in names and said and not (len(ranked) > 1 and ranked[1].score > NEAR * ranked[0].score):
            return max(sure, OPEN)
        return sure if any(name and name <= said for name in names) else min(sure, UNDECIDED)


def certainty(ranked: Sequence[Ranked]) -> float:
    """The probability that the first one is meant."""
    behind = ranked[1].score / ranked[0].score if len(ranked) > 1 else 0.0
    odds = _BIAS + _COVERED * ranked[0].covered + _NEXT * behind + _SAID * math.log1p(ranked[0].score)
    return 1 / (1 + math.exp(-odds))


def on_scale(sure: float, scores: Sequence[float]) -> list[float]:
    """Scores as `verdict` reads them: the first is opened if it is certain enough; else those near it are offered
    beside it; if hardly anything is certain, none is."""
    if sure >= OPEN:
        first = SURE + (1 - SURE) * (sure - OPEN) / (1 - OPEN)
        rest = first - AHEAD - 0.001
    elif sure >= OFFER:
        first = MAYBE + (SURE - MAYBE) * 0.99 * (sure - OFFER) / (OPEN - OFFER)
        rest = first
    else:
        first = rest = MAYBE * 0.99 * sure / OFFER
    shares = [score / scores[0] if scores[0] else 0.0 for score in scores]
    # Half as good as the first still shows beside it.
    return [first, *(rest * min(1.0, 0.5 + share) * (0.9 + 0.1 * share) for share in shares[1:])]
