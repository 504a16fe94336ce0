"""What an author may want to look at again, in content without mistakes: told by `helpbot check` as warnings."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dialogs.errors import Problem
from dialogs.guide import Guide, Link, Outcome, Question
from dialogs.source import Document, Place
from dialogs.words import plain, stem

_LINK = re.compile(r"\[[^\[\]]+\]\((https://[^()\s]+)\)")
_WORD = re.compile(r"[^\W_]+")
FEW_PHRASES = 3
ROOM = 24_500  # bytes that a card in Teams has
MANY_MESSAGES = 3  # of one card in Slack
_NOT_SURE = 'add one with "means: not_sure": users often don\'t know, and then should get on all the same'


Measure = Callable[[Guide, set[str]], Iterable[tuple[str, bool, int]]]
_TOLD = ("code", "check", "intro", "title", "actions_title")
_BELOW = ("actions", "notes", "sections", "details", "links")


@dataclass(slots=True)
class SecondLook:
    """Looks at each guide as it is read, and at all of them together at the end.

    today: for dates of review. measure: of these steps of a guide, the id, whether Teams has no room for all of it, how
    many messages Slack takes. wants_links: collect `links`.
    """

    today: dt.date
    measure: Measure
    wants_links: bool = False
    problems: list[Problem] = field(default_factory=list)
    links: dict[str, tuple[str, int]] = field(default_factory=dict)  # each address, and where it stands first
    _ids: set[str] = field(default_factory=set)
    _there: dict[str, set[str]] = field(default_factory=dict)  # by language, the guides that there are in it
    _said: dict[tuple[str, tuple[str, ...]], tuple[str, str, int]] = field(default_factory=dict)

    def __call__(self, doc: Document, guide: Guide) -> None:
        """Look at one guide, in whatever language it is."""
        original = "." not in Path(doc.file).stem
        self._ids.add(guide.id)
        self._there.setdefault(guide.language.lower(), set()).add(guide.id)
        for place, url in addresses(guide) if self.wants_links else ():
            self.links.setdefault(url, (doc.file, doc.line(place)))
        self._phrases(doc, guide)
        self._sizes(doc, guide)
        if original:
            self._questions(doc, guide)
            if guide.review < self.today:
                what = f'"{guide.id}" was to be reviewed by {guide.review}'
                self._warn(doc, ("review",), what, "read it once more, then write a new date")

    def untranslated(self, texts: Iterable[Path]) -> list[Problem]:
        """A warning for each language that the bot speaks (its files of texts) in which guides are missing."""
        problems = []
        ids = sorted(self._ids)
        for path in texts:
            language = path.stem.lower()
            there = self._there.get(language, set())
            if gone := [each for each in ids if each not in there]:
                names = ", ".join(gone[:3]) + (f" and {len(gone) - 3} more" if len(gone) > 3 else "")
                what = f"{len(gone)} of {len(ids)} guides are not there in this language: {names}"
                fix = f'"helpbot translate --missing {language}" writes a file to fill in'
                problems.append(Problem(str(path), 1, what, fix, warning=True))
        return problems

    def _warn(self, doc: Document, place: Place, what: str, fix: str) -> None:
        self.problems.append(Problem(doc.file, doc.line(place), what, fix, warning=True))

    def _phrases(self, doc: Document, guide: Guide) -> None:
        """Too few to be found by, and those that another guide has, too."""
        if len(guide.phrases) < FEW_PHRASES:
            count = f"{len(guide.phrases)} phrase" + ("" if len(guide.phrases) == 1 else "s")
            fix = 'add to "phrases" how people say it who have this problem'
            self._warn(doc, ("phrases",), f"it is found by {count} only", fix)
        for i, phrase in enumerate(guide.phrases):
            said = (guide.language, tuple(stem(word) for word in _WORD.findall(plain(phrase))))
            file, other, line = self._said.setdefault(said, (doc.file, guide.id, doc.line(("phrases", i))))
            if other != guide.id:
                what = f'"{phrase}" leads to "{other}", too ({file}:{line})'
                self._warn(doc, ("phrases", i), what, "say in one of them what sets it apart, or remove it there")

    def _questions(self, doc: Document, guide: Guide) -> None:
        for name, step in guide.steps.items():
            if not isinstance(step, Question) or any(answer.means == "not_sure" for answer in step.answers):
                continue
            if len(step.answers) > 2 or any(answer.means for answer in step.answers):  # two things: everybody knows
                self._warn(doc, ("steps", name), f'step "{name}" has no answer for who is not sure', _NOT_SURE)

    def _sizes(self, doc: Document, guide: Guide) -> None:
        """Cards that a platform can only show shortened, or in many parts."""
        large = {
            name for name, step in guide.steps.items() if isinstance(step, Outcome) and _at_most(guide, step) > ROOM
        }
        for name, shortened, messages in self.measure(guide, large) if large else ():
            fix = "make it shorter, or two steps of it"
            if shortened:
                what = f'the card of step "{name}" is too large for Teams, so its end is only sent as text'
                self._warn(doc, ("steps", name), what, fix)
            if messages > MANY_MESSAGES:
                self._warn(doc, ("steps", name), f'the card of step "{name}" takes {messages} messages in Slack', fix)


def _at_most(guide: Guide, step: Outcome) -> float:
    """More bytes than the card of this step has, at once: measured on thousands, so that few need to be made."""
    said = step.model_dump_json(exclude_defaults=True).encode("ascii", "backslashreplace")
    documents = guide.documents if step.documents else ()
    parts = _parts(step) + len(documents)
    return 4500 + 1.3 * (len(said) + sum(len(link.url) + len(link.title) for link in documents)) + 400 * parts


def _parts(part: Any) -> int:
    """How many things a card shows one below the other."""
    if isinstance(part, tuple):
        return sum(map(_parts, part))
    if not isinstance(part, BaseModel):
        return 0
    held = vars(part)  # a model is slow to say that it lacks a field
    own = sum(1 for name in _TOLD if held.get(name))
    return own + 1 + sum(_parts(held.get(name, ())) for name in _BELOW)


def addresses(guide: Guide) -> Iterator[tuple[Place, str]]:
    """Every address that a guide links to, with its place."""
    yield from _within((), guide)


def _within(place: Place, part: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(part, Link):
        yield place, part.url  # where it lay formerly is nobody's way any more
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            if name not in ("code", "said", "phrases", "sources"):
                yield from _within((*place, name), getattr(part, name))
    elif isinstance(part, dict):
        for name, below in part.items():
            yield from _within((*place, name), below)
    elif isinstance(part, tuple):
        for i, below in enumerate(part):
            yield from _within((*place, i), below)
    elif isinstance(part, str) and "](https://" in part:
        for url in _LINK.findall(part):
            yield place, url
