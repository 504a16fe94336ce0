"""Conversations as tables: what the user says, what the bot must say. Written by authors, in `*.talk.yaml` beside the
guides, and in `tests/conversations/*.yaml`; played by `bot.play`.

A file is a list of conversations:

    - name: the invitation never arrived
      contact: helpdesk@example.com      # what HELPBOT_CONTACT would be; may be left out
      locale: en-US                      # may be left out
      talk:
        - user: my guest never got the mail
          bot: [did the guest, spam]     # each is in what the bot says next, in whatever case
          not: [sorry]                   # none of these is
          replies: 1                     # so many messages, exactly
        - press: Back                    # the button of that title, on the newest message that has one
        - press: {title: "Yes", card: 1} # on an older one: counted from 1, messages without buttons left out
        - wait: 25h                      # s, m, h or d pass before the next entry
        - arrives: yes                   # the bot is installed, or the user joins; nothing is said
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from dialogs.content import TALK, read_document
from dialogs.errors import Problem
from dialogs.model_mistakes import did_you_mean, explain
from dialogs.source import Document

_WAIT = re.compile(r"(\d+) ?([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DOERS = ("user", "press", "wait", "arrives")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _button(value: object) -> object:
    return {"title": value} if isinstance(value, str) else value


def _seconds(value: object) -> object:
    found = _WAIT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(f'"wait" can\'t be "{value}"; write it like 90s, 20m, 25h or 2d')
    return int(found[1]) * _SECONDS[found[2]]


Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_many)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Button(_Model):
    """A button to press: its title, and on which message if not the newest that has it (counted from 1)."""

    title: Text
    card: int | None = Field(default=None, ge=1)


class Entry(_Model):
    """One thing that the user does, and what the bot must say then."""

    user: Text | None = None
    press: Annotated[Button, BeforeValidator(_button)] | None = None
    wait: Annotated[int, BeforeValidator(_seconds)] | None = None
    arrives: bool = False
    bot: Texts = ()
    unsaid: Annotated[Texts, Field(alias="not")] = ()
    replies: int | None = Field(default=None, ge=0)


class Conversation(_Model):
    """A conversation from its beginning."""

    name: Text
    contact: str = ""
    locale: Text = "en"
    talk: Annotated[tuple[Entry, ...], Field(min_length=1)]


class Talk:
    """The conversations of one file."""

    def __init__(self, doc: Document, conversations: tuple[Conversation, ...]) -> None:
        """Keep them with the file that knows their lines."""
        self.doc = doc
        self.conversations = conversations

    def problem(self, conversation: int, entry: int, what: str) -> Problem:
        """A problem at the line of an entry."""
        name = self.conversations[conversation].name
        return self.doc.problem((conversation, "talk", entry), f'"{name}": {what}')


def is_talk(path: Path) -> bool:
    """Whether a file holds conversations: by its name, or by its folder."""
    return path.name.endswith(TALK) or path.absolute().parent.name == "conversations"


def read_talk(path: Path) -> tuple[Talk | None, list[Problem]]:
    """The conversations of a file, or None and every mistake in it."""
    doc, problems = read_document(path, a_list=True)
    if doc is None:
        return None, problems
    found = []
    for i, data in enumerate(doc.data):
        problems += _entry_problems(doc, i, data)
        try:
            found.append(Conversation.model_validate(data))
        except ValidationError as error:
            problems += explain(error, doc, Conversation, (i,))
    return (None if problems else Talk(doc, tuple(found))), problems


def _entry_problems(doc: Document, i: int, data: Any) -> list[Problem]:
    """An entry does one thing, and only what is said or pressed has an answer."""
    talk = data.get("talk") if isinstance(data, dict) else None
    problems = []
    for j, entry in enumerate(talk if isinstance(talk, list) else []):
        if not isinstance(entry, dict):
            continue
        does = [key for key in DOERS if key in entry]
        place = (i, "talk", j)
        if len(does) > 1:
            problems.append(
                doc.problem(place, f"this entry does {len(does)} things: {', '.join(does)}", "make two of it")
            )
        elif not does and not any(did_you_mean(key, DOERS) for key in entry):
            problems.append(
                doc.problem(place, "nobody does anything in this entry", f"give it one of {', '.join(DOERS)}")
            )
        elif does == ["wait"] and len(entry) > 1:
            fix = 'put "bot" below the next thing that is said'
            problems.append(doc.problem(place, "the bot says nothing unasked", fix))
    return problems
