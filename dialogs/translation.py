"""A guide in another language: `guides/<id>.<language>.yaml` holds its words, and nothing else.

What the guide does (steps, answers, where they lead, commands, addresses) stays in the original, so a translation can
never lead anybody another way. Steps and answers go by their ids, actions, details and links by their order. What a
translation leaves out or leaves empty stays as the original has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import Field, StringConstraints

from dialogs.guide import (
    Action,
    Answer,
    AnswerId,
    Detail,
    Guide,
    Id,
    Label,
    Link,
    Model,
    Outcome,
    Question,
    Section,
    Step,
    Text,
    Url,
)
from dialogs.source import Place

Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class LinkWords(Model):
    """A document's title in this language, and its address where there is another one for it."""

    title: Text | None = None
    url: Url | None = None


class DetailWords(Model):
    """Nested advice. `code` only where it is a text to be sent, not a command."""

    text: Text | None = None
    code: Text | None = None
    links: tuple[LinkWords, ...] = ()
    details: tuple[DetailWords, ...] = ()


class ActionWords(Model):
    """One thing to do."""

    who: Text | None = None
    do: Text | None = None
    details: tuple[DetailWords, ...] = ()
    code: Text | None = None
    links: tuple[LinkWords, ...] = ()
    check: Text | None = None


class AnswerWords(Model):
    """An answer, known by its id. `said` are the ways in which people say it in this language."""

    id: AnswerId
    label: Label | None = None
    fact: Text | None = None
    said: tuple[Text, ...] = ()


class QuestionWords(Model):
    """The words of a question."""

    ask: Text | None = None
    again: Text | None = None
    short: Short | None = None
    hint: Text | None = None
    answers: tuple[AnswerWords, ...] = ()


class SectionWords(Model):
    """The words of a section."""

    title: Text | None = None
    intro: Text | None = None
    actions: tuple[ActionWords, ...] = ()
    notes: tuple[DetailWords, ...] = ()


class OutcomeWords(Model):
    """The words of an outcome."""

    outcome: Text | None = None
    cause: Short | None = None
    intro: Text | None = None
    actions_title: Text | None = None
    actions: tuple[ActionWords, ...] = ()
    notes: tuple[DetailWords, ...] = ()
    sections: tuple[SectionWords, ...] = ()


class GuideWords(Model):
    """The words of a guide in one language. `of`: `words_version` of the original that they were made from."""

    id: Id
    of: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None
    title: Text | None = None
    summary: Text | None = None
    phrases: tuple[Text, ...] = ()
    steps: dict[Id, QuestionWords | OutcomeWords] = Field(default_factory=dict)
    documents_title: Text | None = None
    documents: tuple[LinkWords, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What does not fit, or is missing, in a translation; `place` is where."""

    place: Place
    what: str
    fix: str


def translated(original: Guide, words: GuideWords, language: str) -> tuple[Guide, list[Remark]]:
    """The guide in this language: the original with these words, and what of them does not fit it."""
    merge = _Merge()
    steps = {name: merge.step(name, step, words.steps.get(name)) for name, step in original.steps.items()}
    for name in words.steps:
        if name not in original.steps:
            merge.remark(("steps", name), f'the original has no step "{name}" any more', "remove it here")
    guide = original.model_copy(
        update={
            "language": language,
            "title": words.title or original.title,
            "summary": words.summary or original.summary,
            "phrases": words.phrases or original.phrases,
            "steps": steps,
            "documents_title": words.documents_title or original.documents_title,
            "documents": merge.many(original.documents, words.documents, merge.link, ("documents",)),
        }
    )
    return guide, merge.remarks


Part = TypeVar("Part", Action, Detail, Link, Section)
Words = TypeVar("Words", ActionWords, DetailWords, LinkWords, SectionWords)


class _Merge:
    """Puts words into a guide; collects what does not fit."""

    def __init__(self) -> None:
        self.remarks: list[Remark] = []

    def remark(self, place: Place, what: str, fix: str) -> None:
        self.remarks.append(Remark(place, what, fix))

    def step(self, name: str, step: Step, words: QuestionWords | OutcomeWords | None) -> Step:
        if words is None:
            return step
        if isinstance(step, Question) and isinstance(words, QuestionWords):
            return self._question(name, step, words)
        if isinstance(step, Outcome) and isinstance(words, OutcomeWords):
            return self._outcome(name, step, words)
        kind = "asks" if isinstance(step, Question) else "advises"
        self.remark(("steps", name), f'step "{name}" {kind} in the original, but not here', "translate it anew")
        return step

    def _question(self, name: str, step: Question, words: QuestionWords) -> Question:
        by_id = {answer.id: answer for answer in words.answers}
        known = {answer.id for answer in step.answers}
        for i, answer in enumerate(words.answers):
            if answer.id not in known:
                what = f'the original has no answer "{answer.id}" at step "{name}" any more'
                self.remark(("steps", name, "answers", i), what, "remove it here")
        return step.model_copy(
            update={
                **_given(words, "ask", "again", "short", "hint"),
                "answers": tuple(_answer(answer, by_id.get(answer.id)) for answer in step.answers),
            }
        )

    def _outcome(self, name: str, step: Outcome, words: OutcomeWords) -> Outcome:
        place = ("steps", name)
        return step.model_copy(
            update={
                **_given(words, "outcome", "cause", "intro", "actions_title"),
                "actions": self.many(step.actions, words.actions, self._action, (*place, "actions")),
                "notes": self.many(step.notes, words.notes, self._detail, (*place, "notes")),
                "sections": self.many(step.sections, words.sections, self._section, (*place, "sections")),
            }
        )

    def _section(self, section: Section, words: SectionWords, place: Place) -> Section:
        return section.model_copy(
            update={
                **_given(words, "title", "intro"),
                "actions": self.many(section.actions, words.actions, self._action, (*place, "actions")),
                "notes": self.many(section.notes, words.notes, self._detail, (*place, "notes")),
            }
        )

    def _action(self, action: Action, words: ActionWords, place: Place) -> Action:
        return action.model_copy(
            update={
                **_given(words, "who", "do", "code", "check"),
                "details": self.many(action.details, words.details, self._detail, (*place, "details")),
                "links": self.many(action.links, words.links, self.link, (*place, "links")),
            }
        )

    def _detail(self, detail: Detail, words: DetailWords, place: Place) -> Detail:
        return detail.model_copy(
            update={
                **_given(words, "text", "code"),
                "links": self.many(detail.links, words.links, self.link, (*place, "links")),
                "details": self.many(detail.details, words.details, self._detail, (*place, "details")),
            }
        )

    def link(self, link: Link, words: LinkWords, place: Place) -> Link:
        return link.model_copy(update=_given(words, "title", "url"))

    def many(
        self,
        originals: tuple[Part, ...],
        words: Sequence[Words],
        merge: Callable[[Part, Words, Place], Part],
        place: Place,
    ) -> tuple[Part, ...]:
        """One by one, when there are as many; else the originals, as nobody can say which belongs to which."""
        if not words:
            return originals
        if len(words) != len(originals):
            what = (
                f"there are {len(words)} {place[-1]} here, but {len(originals)} in the original, so these are not used"
            )
            self.remark(place, what, "give as many, in the same order")
            return originals
        return tuple(merge(one, said, (*place, i)) for i, (one, said) in enumerate(zip(originals, words, strict=True)))


def _given(words: Model, *names: str) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(words, name)) is not None}


def _answer(answer: Answer, words: AnswerWords | None) -> Answer:
    if words is None:
        return answer
    return answer.model_copy(update={**_given(words, "label", "fact"), "said": words.said or answer.said})
