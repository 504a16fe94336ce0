"""Reading `texts/<locale>.yaml`: what a translation leaves out or empty is said in English, which is a warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from dialogs.errors import Problem
from dialogs.model_mistakes import explain
from dialogs.source import Document, Place
from dialogs.texts import Texts

SECTIONS = ("words", "desk", "slack")


def read_texts(doc: Document, english: Mapping[str, Any] | None) -> tuple[Texts | None, list[Problem]]:
    """The texts in this file, or None and every mistake. english: what stands in for missing ones, if any may."""
    data, gone = completed(doc.data, english or {})
    try:
        texts = Texts.model_validate(data)
    except ValidationError as error:
        return None, explain(error, doc, Texts)
    return texts, [_warning(doc, gone)] if gone else []


def completed(data: Mapping[str, Any], english: Mapping[str, Any]) -> tuple[dict[str, Any], list[Place]]:
    """The data with what is missing taken from the English ones, and the places of that."""
    full = dict(data)
    gone: list[Place] = []
    for key, said in english.items():
        given = full.get(key)
        if key in SECTIONS and isinstance(given, dict) and isinstance(said, dict):
            full[key], below = completed(given, said)
            gone += [(key, *place) for place in below]
        elif given is None:
            full[key] = said
            gone += [(key, name) for name in said] if key in SECTIONS and isinstance(said, dict) else [(key,)]
    return full, gone


def _warning(doc: Document, gone: list[Place]) -> Problem:
    names = ", ".join(f'"{".".join(map(str, place))}"' for place in gone[:5])
    more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
    what = f"{len(gone)} text{'s are' if len(gone) > 1 else ' is'} missing here and said in English: {names}{more}"
    return Problem(doc.file, 1, what, '"helpbot translate --missing" writes a file to fill in', warning=True)
