"""What a guide says, by the places where it says it: the words that the index is made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from bot.search.analysis import Analysis, counted
from dialogs.guide import Action, Detail, Guide, Link, Outcome, Question

Counts = dict[str, int]
TITLE, SAID, PLACE, HEAD, FIRST, BODY = "title", "said", "place", "head", "first", "body"
FIELDS = (TITLE, SAID, PLACE, HEAD, FIRST, BODY)
_PART = re.compile(r"[a-z]+|[0-9]+")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINK = re.compile(r"\]\(https?://[^)\s]*\)")
_EVERYWHERE = frozenset({"recommended steps", "recommended documents"})


def read(guide: Guide, analysis: Analysis) -> dict[str, Counts]:
    """The words of each field, as they are written, with how often."""
    parts: dict[str, list[str]] = {name: [] for name in FIELDS}
    for name, text in _parts(guide):
        if text:
            parts[name].append(text)
    found = {}
    for name, texts in parts.items():
        words = _path_words(texts) if name == PLACE else analysis.written(_LINK.sub("]", "\n".join(texts)))
        found[name] = counted(words)
    return found


def headline(guide: Guide, split: Callable[[str], Iterable[str]]) -> str:
    """What a guide is about in one line, for its vector: product, title, what people say, what its file is called.

    split: takes a word of a path apart that is several run together.
    """
    product, name = _places(guide, split)
    return ". ".join(part for part in dict.fromkeys((product, guide.title, *guide.phrases[:3], name)) if part)


def abstract(guide: Guide, split: Callable[[str], Iterable[str]]) -> str:
    """What a guide says, from its beginning, for its vector."""
    texts = (text for name, text in _parts(guide) if name not in (PLACE, TITLE) and text and text != guide.title)
    said = " ".join(dict.fromkeys(_LINK.sub("]", text) for text in texts))
    product, _ = _places(guide, split)
    return ". ".join(part for part in (product, guide.title, " ".join(said.split())[:700]) if part)


def _places(guide: Guide, split: Callable[[str], Iterable[str]]) -> tuple[str, str]:
    """The words of the folder that a guide's article lies in (else of its tags), and of its file's name."""
    path = next((s.path for s in guide.sources if s.path), "").removeprefix("articles/").removesuffix(".md")
    folder, _, name = path.rpartition("/")
    parts = ([folder] if folder else guide.tags, [name])
    product, file = (" ".join(w for word in _path_words(texts) for w in split(word)) for texts in parts)
    return product.removeprefix("microsoft "), file


def _path_words(texts: Iterable[str]) -> list[str]:
    """The words of tags and paths, each once: a path often says the same twice."""
    found = (word for text in texts for word in _PART.findall(_ID.sub("", text.lower())))
    return list(dict.fromkeys(word for word in found if len(word) > 1 or word.isdigit()))


def _parts(guide: Guide) -> Iterator[tuple[str, str]]:
    """Every text of the guide with its field."""
    yield TITLE, guide.title
    for phrase in guide.phrases:
        if phrase != guide.title:
            yield SAID, phrase
    for tag in guide.tags:
        yield PLACE, tag
    for source in guide.sources:
        yield PLACE, (source.path or source.file or "").removesuffix(".md").removeprefix("articles/")
        if source.title != guide.title:
            yield HEAD, source.title
    yield FIRST, guide.summary
    for step in guide.steps.values():
        yield from _question(step) if isinstance(step, Question) else _outcome(step, guide.title)
    for link in guide.documents:
        yield BODY, link.title


def _question(step: Question) -> Iterator[tuple[str, str]]:
    yield HEAD, step.ask
    for answer in step.answers:
        yield HEAD, answer.label
        for said in answer.said:
            yield SAID, said


def _outcome(step: Outcome, title: str) -> Iterator[tuple[str, str]]:
    for head in dict.fromkeys((step.outcome, step.cause, step.actions_title or "")):
        if head != title and head.lower() not in _EVERYWHERE:
            yield HEAD, head
    yield BODY, step.intro or ""
    yield from _advice(step.actions, step.notes)
    for section in step.sections:
        if (section.title or "").lower() not in _EVERYWHERE:
            yield HEAD, section.title or ""
        yield BODY, section.intro or ""
        yield from _advice(section.actions, section.notes)


def _advice(actions: Iterable[Action], notes: Iterable[Detail]) -> Iterator[tuple[str, str]]:
    for action in actions:
        yield BODY, action.do
        yield BODY, action.code or ""
        yield BODY, action.check or ""
        yield from _links(action.links)
        yield from _details(action.details)
    yield from _details(notes)


def _details(details: Iterable[Detail]) -> Iterator[tuple[str, str]]:
    for detail in details:
        yield BODY, detail.text
        yield BODY, detail.code or ""
        yield from _links(detail.links)
        yield from _details(detail.details)


def _links(links: Iterable[Link]) -> Iterator[tuple[str, str]]:
    for link in links:
        yield BODY, link.title
