"""What the bot sends, as plain lines: the words of a message or an Adaptive Card, its buttons and its inputs. Pure."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.terminal_page import clean
from dialogs.cards.markdown import plain

Json = dict[str, Any]
_CARD = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a card asks for. options: (value, title) pairs of a choice."""

    id: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    required: bool = False

    def take(self, line: str) -> str | None:
        """The value that a line means: a choice by its number, title or value, else the words; None: not allowed."""
        line = line.strip()
        if not line or not self.options:
            return None if self.required and not line else line
        if line.isdecimal() and 0 < int(line) <= len(self.options):
            return self.options[int(line) - 1][0]
        word = line.casefold()
        return next(
            (v for v, title in self.options if word in (title.casefold(), v.casefold(), v.split(":")[-1])), None
        )


@dataclass(frozen=True, slots=True)
class Press:
    """A button. data: what it carries; execute: an Action.Execute, else a Submit; link: an address to open instead."""

    title: str
    data: Json
    execute: bool = False
    inputs: tuple[Input, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message's lines and its buttons, in order."""

    lines: tuple[str, ...]
    buttons: tuple[Press, ...]

    def text(self, numbers: bool = True) -> str:
        """The lines, and the buttons with numbers below."""
        listed = [f"  {n}. {b.title}" for n, b in enumerate(self.buttons, 1)] if numbers else []
        return "\n".join([*self.lines, *listed])


def draw(message: Json) -> Drawn:
    """A message activity."""
    text = str(message.get("text") or "")
    if message.get("textFormat") != "plain":
        text = html.unescape(plain(text))
    lines = [clean(line) for line in text.split("\n") if line.strip()]
    buttons: list[Press] = []
    for attachment in message.get("attachments") or ():
        if attachment.get("contentType") == _CARD:
            drawn = draw_card(attachment.get("content") or {})
            lines += drawn.lines
            buttons += drawn.buttons
    return Drawn(tuple(lines), tuple(buttons))


def draw_card(card: Json) -> Drawn:
    """An Adaptive Card."""
    parts = list(_parts(card))
    inputs = tuple(_input(part) for part in parts if str(part.get("type")).startswith("Input."))
    lines = [clean(line) for part in parts for line in _lines(part)]
    buttons = [button for part in parts for button in _buttons(part, inputs)]
    return Drawn(tuple(lines), tuple(buttons))


def _parts(part: Any) -> Iterator[Json]:
    """Every element in its order, without what lies behind a button."""
    if isinstance(part, list):
        for each in part:
            yield from _parts(each)
    elif isinstance(part, dict):
        yield part
        for name in ("body", "items", "columns", "rows", "cells", "actions"):
            yield from _parts(part.get(name))
        if isinstance(part.get("selectAction"), dict):
            yield part["selectAction"]


def _lines(part: Json) -> list[str]:
    kind = part.get("type")
    if kind == "TextBlock":
        text = plain(str(part.get("text", "")))
    elif kind == "RichTextBlock":
        text = "".join(run if isinstance(run, str) else str(run.get("text", "")) for run in part.get("inlines", ()))
    elif kind == "CodeBlock":
        text = str(part.get("codeSnippet", ""))
    elif kind == "FactSet":
        text = "\n".join(f"{fact.get('title')}: {fact.get('value')}" for fact in part.get("facts", ()))
    else:
        return []
    return [line for line in text.split("\n") if line.strip()]


def _input(part: Json) -> Input:
    options = tuple((str(c.get("value")), str(c.get("title"))) for c in part.get("choices") or ())
    label = clean(str(part.get("label") or part.get("placeholder") or part.get("id")))
    return Input(str(part.get("id")), label, options, part.get("isRequired") is True)


def _buttons(part: Json, inputs: tuple[Input, ...]) -> Iterator[Press]:
    """A button, or those behind one that opens a form, under the title of that one."""
    kind, title = part.get("type"), clean(str(part.get("title") or part.get("tooltip") or ""))
    if kind in ("Action.Execute", "Action.Submit"):
        own = () if part.get("associatedInputs") == "none" else inputs
        yield Press(title, dict(part.get("data") or {}), kind == "Action.Execute", own)
    elif kind == "Action.OpenUrl":
        yield Press(f"{title}: {clean(str(part.get('url')))}", {}, link=str(part.get("url")))
    elif kind == "Action.ShowCard":
        for inner in draw_card(part.get("card") or {}).buttons:
            yield Press(title, inner.data, inner.execute, inner.inputs, inner.link)
