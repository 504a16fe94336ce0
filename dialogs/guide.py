"""Guides as an author writes them: one frozen model for checking, JSON Schema and the turn.

Fields hold plain text with a little Markdown: `**bold**`, `*italic*`, `` `code` `` and `[title](https://…)`.
Cross references (step ids, reachability) are checked in `dialogs.content`, where the lines are known.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"]+$", max_length=2000)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Meaning = Literal["yes", "no", "not_sure"]
Mark = Literal["article", "today"]


def _yaml_bool(value: object) -> object:
    """Let an author write `id: yes` or `label: No`: YAML 1.1 reads those as booleans."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


AnswerId = Annotated[Id, BeforeValidator(_yaml_bool)]
Label = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    BeforeValidator(lambda v: {True: "Yes", False: "No"}.get(v, v) if isinstance(v, bool) else v),
]


class Model(BaseModel):
    """Content: frozen, and an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Link(Model):
    """A document: its title, its address today, and the address that the source gave where that has changed."""

    title: Text
    url: Url
    was: Url | None = None


class Detail(Model):
    """Nested advice below an action: text, code or links, and further details below it, as deep as need be.

    `mark` says whether the source article says it or what holds today. `number` ("2.") stands in place of the bullet.
    """

    text: Text = ""
    number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8)] | None = None
    mark: Mark | None = None
    code: Text | None = None
    links: tuple[Link, ...] = ()
    details: tuple[Detail, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Detail:
        if not (self.text or self.code or self.links or self.details):
            raise ValueError('says nothing; add "text: …", or remove it')
        return self


class Action(Model):
    """One thing to do: who does it, what exactly, and how to see that it worked."""

    who: Text
    do: Text
    mark: Mark | None = None
    details: tuple[Detail, ...] = ()
    code: Text | None = None
    links: tuple[Link, ...] = ()
    check: Text | None = None


class Answer(Model):
    """One answer to a question.

    `label` stands on the button; `said` are other ways in which people say it; `means` ties it to the locale's own
    words for yes, no and not sure; `fact` is the answer as a statement, said back to the user. In `said` a word may
    have alternatives (`got|received the|my mail`), and a full stop (`got it.`) makes it count only as a whole message.
    """

    id: AnswerId
    label: Label
    said: tuple[Text, ...] = ()
    means: Annotated[Meaning, BeforeValidator(_yaml_bool)] | None = None
    fact: Text | None = None
    goto: Id


class Question(Model):
    """A step that asks. `again` is the question said differently; `short` names it in summaries and menus."""

    ask: Text
    again: Text
    short: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    hint: Text | None = None
    answers: Annotated[tuple[Answer, ...], Field(min_length=2, max_length=12)]

    def answer(self, answer_id: str) -> Answer | None:
        """The answer with this id, or None."""
        for answer in self.answers:
            if answer.id == answer_id:
                return answer
        return None


class Section(Model):
    """A part of the advice with a heading of its own: its text, its steps, then what else there is to say."""

    title: Text | None = None
    intro: Text | None = None
    actions: tuple[Action, ...] = ()
    notes: tuple[Detail, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Section:
        if not (self.title or self.intro or self.actions or self.notes):
            raise ValueError('says nothing; add "title: …", "intro: …", "actions: …" or "notes: …"')
        return self


class Outcome(Model):
    """A step that advises. `outcome` is its heading; `cause` names it where other causes are listed.

    It is shown in the order of these fields: the introduction, the steps below `actions_title`, the notes, and then any
    sections. One of them must be there.
    """

    outcome: Text
    cause: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    intro: Text | None = None
    actions_title: Text | None = None
    actions: tuple[Action, ...] = ()
    notes: tuple[Detail, ...] = ()
    sections: tuple[Section, ...] = ()
    documents: bool = True

    @model_validator(mode="after")
    def _says_something(self) -> Outcome:
        if not (self.intro or self.actions or self.notes or self.sections):
            raise ValueError('advises nothing; add "actions: …", a list of what to do')
        return self


class Source(Model):
    """Where a guide comes from: the article's title, its id, and its file below `content/`.

    `path` is the file that it was imported from, as it stands in its own library.
    """

    title: Text
    article: Text | None = None
    file: Text | None = None
    path: Text | None = None
    url: Url | None = None


Step = Question | Outcome


class Guide(Model):
    """A problem with its questions and its advice.

    `phrases` are what people say when they have this problem. `start` is the first step. `version` is a hash of the
    file's content, filled in by the loader: a conversation remembers which version it walks. `language` is what it is
    written in; other languages stand in files of their own (`dialogs.translation`).
    """

    id: Id
    language: Language = "en"
    title: Text
    summary: Text
    phrases: Annotated[tuple[Text, ...], Field(min_length=1)]
    tags: tuple[Id, ...] = ()
    owner: Text
    review: dt.date
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    start: Id
    steps: Annotated[dict[Id, Step], Field(min_length=1)]
    documents_title: Text | None = None
    documents: tuple[Link, ...] = ()
    version: str = ""
