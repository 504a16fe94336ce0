"""Every card that a guide can show, step by step, without a conversation: for checking and for the preview."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator
from dataclasses import dataclass

from dialogs import views
from dialogs.cards.base import Card
from dialogs.finder import Finder, Found
from dialogs.guide import Guide, Outcome, Question
from dialogs.library import Library
from dialogs.turn import Incoming
from dialogs.understand import Understanding
from dialogs.walk import Walk
from dialogs.work import Work


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, the step that shows it, and when: "asks", "asks again", "advises", "answered"."""

    step: str
    when: str
    card: Card


class _NoFinder:
    """Nothing is looked for here."""

    async def find(self, words: str, locale: str) -> list[Found]:
        return []


class _Silent(Understanding):
    """Nobody speaks here, so no words are prepared, which would take longer than a card."""

    def __init__(self) -> None:
        """Without any words."""


_SILENT = _Silent()


class Gallery:
    """Makes the cards of guides in one language."""

    def __init__(self, library: Library, locale: str = "en") -> None:
        """locale: BCP 47, whose texts stand on the cards."""
        self.library = library.spoken(locale)
        self.finder: Finder = _NoFinder()
        self.contact = ""
        self._incoming = Incoming(0.0, locale=locale)
        self._texts = library.say(locale)

    def _work(self) -> Work:
        return Work({}, self._incoming, self._texts, _SILENT, self)

    def cards(self, guide: Guide, only: Container[str] | None = None) -> Iterator[Shown]:
        """The cards of each step (or of some), as they look after the shortest way to it; questions in all forms."""
        for name, walk in ways(guide).items():
            step = guide.steps[name]
            if only is not None and name not in only:
                continue
            if isinstance(step, Outcome):
                yield Shown(name, "advises", views.outcome_card(self._work(), guide, walk, step))
                continue
            yield Shown(name, "asks", self._question(guide, walk, step))
            yield Shown(name, "asks again", self._question(guide, walk, step, again=True))
            line = self._texts.you_answered.format(answer=step.answers[0].label)
            yield Shown(name, "answered", views.closed_guide(self._work(), guide, walk, line))

    def _question(self, guide: Guide, walk: Walk, step: Question, again: bool = False) -> Card:
        work = self._work()
        if again:
            work.tell(f"{self._texts.misunderstood} {self._texts.misunderstood_hint}")
        return views.question_card(work, guide, walk, step, again=again)


def ways(guide: Guide) -> dict[str, Walk]:
    """For each step that can be reached, in the order of the file, the shortest walk to it."""
    found = {guide.start: Walk(guide.id, guide.version, guide.start)}
    queue = deque([guide.start])
    while queue:
        name = queue.popleft()
        step, walk = guide.steps[name], found[name]
        for answer in step.answers if isinstance(step, Question) else ():
            if answer.goto not in found:
                path = (*walk.path, (name, answer.id))
                found[answer.goto] = Walk(guide.id, guide.version, answer.goto, path)
                queue.append(answer.goto)
    return {name: found[name] for name in guide.steps if name in found}
