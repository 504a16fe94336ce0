"""What there is to say of a guide in a language: every text by its place, for its translators."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence

from dialogs.guide import Action, Detail, Guide, Link, Model, Outcome, Question, Section
from dialogs.source import Place
from dialogs.translation import (
    ActionWords,
    DetailWords,
    GuideWords,
    LinkWords,
    OutcomeWords,
    QuestionWords,
    SectionWords,
)

Said = str | tuple[str, ...]


def wordings(guide: Guide | GuideWords) -> dict[Place, Said]:
    """Every text of a guide that is said in a language, by its place; answers go by their id. Commands are left out."""
    return dict(_wordings(guide))


def _wordings(guide: Guide | GuideWords) -> Iterator[tuple[Place, Said]]:
    yield from _texts((), guide, "title", "summary", "phrases")
    for name, step in guide.steps.items():
        place: Place = ("steps", name)
        if isinstance(step, Question | QuestionWords):
            yield from _texts(place, step, "ask", "again", "short", "hint")
            for answer in step.answers:
                yield from _texts((*place, "answers", str(answer.id)), answer, "label", "fact", "said")
        else:
            yield from _texts(place, step, "outcome", "cause", "intro", "actions_title")
            yield from _advice_texts(place, step)
            for i, section in enumerate[Section | SectionWords](step.sections):
                yield from _texts((*place, "sections", i), section, "title", "intro")
                yield from _advice_texts((*place, "sections", i), section)
    yield from _texts((), guide, "documents_title")
    yield from _link_texts(("documents",), guide.documents)


def _texts(place: Place, model: Model, *names: str) -> Iterator[tuple[Place, Said]]:
    for name in names:
        if value := getattr(model, name):
            yield (*place, name), value


def _advice_texts(place: Place, part: Outcome | OutcomeWords | Section | SectionWords) -> Iterator[tuple[Place, Said]]:
    for i, action in enumerate[Action | ActionWords](part.actions):
        yield from _action_texts((*place, "actions", i), action)
    for i, note in enumerate[Detail | DetailWords](part.notes):
        yield from _detail_texts((*place, "notes", i), note)


def _action_texts(place: Place, action: Action | ActionWords) -> Iterator[tuple[Place, Said]]:
    yield from _texts(place, action, "who", "do")
    for i, detail in enumerate[Detail | DetailWords](action.details):
        yield from _detail_texts((*place, "details", i), detail)
    yield from _link_texts((*place, "links"), action.links)
    yield from _texts(place, action, "check")


def _detail_texts(place: Place, detail: Detail | DetailWords) -> Iterator[tuple[Place, Said]]:
    yield from _texts(place, detail, "text")
    yield from _link_texts((*place, "links"), detail.links)
    for i, below in enumerate[Detail | DetailWords](detail.details):
        yield from _detail_texts((*place, "details", i), below)


def _link_texts(place: Place, links: Sequence[Link | LinkWords]) -> Iterator[tuple[Place, Said]]:
    for i, link in enumerate(links):
        yield from _texts((*place, i), link, "title")


def missing(original: Guide, words: GuideWords | None) -> dict[Place, Said]:
    """The texts of the original that these words leave out, by their place."""
    there = wordings(words) if words is not None else {}
    return {place: said for place, said in wordings(original).items() if place not in there}


def words_version(original: Guide) -> str:
    """Eight hex digits that change when something that has to be translated changes; what people say is left out."""
    said = [[list(map(str, p)), s] for p, s in wordings(original).items() if p[-1] not in ("said", "phrases")]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:8]
