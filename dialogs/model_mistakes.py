"""What a model says of wrong data, said for somebody who writes guides, not code: with the line and the fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialogs.errors import Problem
from dialogs.source import Document, Place

# What each field that must be there is for; a test keeps this table equal to the models' required fields.
MEANING = {
    "id": "a short name in small letters, the same as the file's",
    "title": "what it is called",
    "summary": "one sentence about it",
    "phrases": "a list of what people say when they have this problem",
    "owner": "who keeps this guide right",
    "review": "the day by which it is to be looked at again, like 2027-01-31",
    "sources": "a list of where it comes from, each with a title",
    "start": "the name of the first step",
    "steps": "the steps by name",
    "ask": "the question",
    "again": "the question, said differently",
    "short": "a few words that name the question",
    "answers": "a list of at least two answers",
    "outcome": "the heading of the advice",
    "cause": "a few words that name the cause",
    "who": "who does it",
    "do": "what exactly to do",
    "url": "the address, https://…",
    "label": "what stands on the button",
    "goto": "the name of the step that comes next",
}

_NAMED = re.compile(r'Value error, "([^"]+)"')


def explain(error: ValidationError, doc: Document, model: type[BaseModel], prefix: Place = ()) -> list[Problem]:
    """Every mistake as a problem; `prefix` is where in the document the model's data stands."""
    details = error.errors(include_url=False)
    misspelt = {(d["loc"][:-1], near) for d in details if (near := _near_key(d, model))}
    problems = []
    for detail in details:
        if _follows(detail, details, misspelt):
            continue
        what, fix = _words(detail, model, prefix)
        problems.append(doc.problem((*prefix, *_place(detail)), what, fix))
    return problems


def _follows(detail: ErrorDetails, details: list[ErrorDetails], misspelt: set[tuple[Place, str]]) -> bool:
    """Whether a mistake only follows from another one, which is told."""
    loc = detail["loc"]
    if detail["type"] == "missing":  # it is there, under a name with a slip in it
        return (loc[:-1], str(loc[-1])) in misspelt
    if detail["type"] == "too_short":  # entries with mistakes were not counted
        return any(other["loc"][: len(loc)] == loc and len(other["loc"]) > len(loc) for other in details)
    return False


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`did you mean "…"?`, or nothing when nothing is near."""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def where(place: Place) -> str:
    """A place in plain words, from the inside out: `answer 2 of step "mail"`; empty for the file itself."""
    words = []
    parts = list(place)
    while parts:
        last = parts.pop()
        if isinstance(last, int):
            name = str(parts.pop()) if parts and isinstance(parts[-1], str) else ""
            words.append(f"{_one(name)} {last + 1}")
            if name and name not in _MANY:
                words.append(f'"{name}"')
        elif parts and parts[-1] == "steps":
            parts.pop()
            words.append(f'step "{last}"')
        else:
            words.append(f'"{last}"')
    return " of ".join(words)


_MANY = {"answers", "actions", "details", "links", "notes", "documents", "sources", "phrases", "tags", "sections"}


def _one(name: str) -> str:
    """One of the many: "answers" -> "answer"."""
    return name[:-1] if name in _MANY else "entry"


def _place(detail: ErrorDetails) -> Place:
    """Where the mistake is, without pydantic's own mark for a key; a validator of a whole file names it in its text."""
    named = _NAMED.match(detail["msg"])
    if not detail["loc"] and named:
        return (named[1],)
    return tuple(part for part in detail["loc"] if part != "[key]")


def _near_key(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """For an unknown key: the key that was probably meant."""
    if detail["type"] != "extra_forbidden":
        return ""
    near = get_close_matches(str(detail["loc"][-1]), _keys(model, detail["loc"][:-1]), n=1, cutoff=0.6)
    return near[0] if near else ""


def _keys(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that are known at a place."""
    kind: Any = model
    for part in loc:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if part not in kind.model_fields:
                return []
            kind = kind.model_fields[str(part)].annotation
        else:
            kind = get_args(kind)[-1] if get_origin(kind) is dict else get_args(kind)[0]
        kind = _bare(kind)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items() if name != "version"]


def _bare(kind: Any) -> Any:
    """A type without Annotated and `| None`."""
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = next(arg for arg in get_args(kind) if arg is not type(None))
    return kind


def _words(detail: ErrorDetails, model: type[BaseModel], prefix: Place) -> tuple[str, str]:
    """What is wrong, and the fix."""
    loc = tuple(part for part in detail["loc"] if part != "[key]")
    name = where((*prefix, *loc)) or "the file"
    owner = where((*prefix, *loc[:-1]))
    kind = detail["type"]
    if kind == "missing":
        meaning = MEANING.get(str(loc[-1]), "as other files have it")
        return f'{owner or "the file"} has no "{loc[-1]}"', f'add "{loc[-1]}: …", {meaning}'
    if kind == "extra_forbidden":
        keys = _keys(model, loc[:-1])
        fix = did_you_mean(str(loc[-1]), keys) or "the keys known here are: " + ", ".join(keys)
        return f'unknown key "{loc[-1]}"' + (f" in {owner}" if owner else ""), fix
    if kind == "value_error":
        what, _, fix = detail["msg"].removeprefix("Value error, ").partition("; ")
        return (what, fix) if what.startswith('"') or "; " not in detail["msg"] else (f"{name} {what}", fix)
    return _SAID.get(kind, _other)(name, detail)


def _text(name: str, detail: ErrorDetails) -> tuple[str, str]:
    value = detail["input"]
    if value is None:
        return f"{name} is empty", "write something there, or remove it"
    if isinstance(value, dict):
        return f"{name} is not a text", "put it in quotes if it holds a colon"
    return f"{name} is a list, but one text is wanted", 'remove the "- "'


def _empty(name: str, detail: ErrorDetails) -> tuple[str, str]:
    return f"{name} is empty", "write something there, or remove it"


def _long(name: str, detail: ErrorDetails) -> tuple[str, str]:
    length = len(str(detail["input"]).strip())
    return f"{name} is too long ({length} characters)", f"use at most {detail['ctx']['max_length']}"


def _pattern(name: str, detail: ErrorDetails) -> tuple[str, str]:
    value = str(detail["input"])
    if "https" not in detail["ctx"]["pattern"]:
        good = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or "no-mail"
        return f'{name} can\'t be "{value}"', f'use small letters, digits and single hyphens, like "{good[:64]}"'
    if value.lower().startswith("https://"):
        return f'{name} is not a web address: "{value}"', "write blanks as %20, and no < > or quotes"
    return f'{name} is not an https link: "{value}"', "give the address that begins with https://"


def _few(name: str, detail: ErrorDetails) -> tuple[str, str]:
    wanted, there = detail["ctx"]["min_length"], detail["ctx"]["actual_length"]
    return f"{name} has {there or 'no'} {'entry' if there == 1 else 'entries'}", f"give at least {wanted}"


def _many(name: str, detail: ErrorDetails) -> tuple[str, str]:
    there = detail["ctx"]["actual_length"]
    return f"{name} has {there} entries", f"keep at most {detail['ctx']['max_length']}"


def _literal(name: str, detail: ErrorDetails) -> tuple[str, str]:
    value, expected = detail["input"], detail["ctx"]["expected"].replace("'", '"')
    return f'{name} can\'t be "{value}"', f"use one of: {expected}"


def _list(name: str, detail: ErrorDetails) -> tuple[str, str]:
    if detail["input"] is None:
        return _empty(name, detail)
    return f"{name} is not a list", 'begin each entry with "- " on a line of its own'


def _mapping(name: str, detail: ErrorDetails) -> tuple[str, str]:
    if detail["input"] is None:
        return _empty(name, detail)
    return f"{name} is not made of keys and values", 'write lines like "key: value" there'


def _truth(name: str, detail: ErrorDetails) -> tuple[str, str]:
    return f'{name} can\'t be "{detail["input"]}"', "write yes or no"


def _date(name: str, detail: ErrorDetails) -> tuple[str, str]:
    return f'{name} is not a date: "{detail["input"]}"', "write it like 2027-01-31"


def _other(name: str, detail: ErrorDetails) -> tuple[str, str]:
    return f"{name}: {detail['msg'][:1].lower()}{detail['msg'][1:]}", ""


_SAID: dict[str, Callable[[str, ErrorDetails], tuple[str, str]]] = {
    "string_type": _text,
    "string_too_short": _empty,
    "string_too_long": _long,
    "string_pattern_mismatch": _pattern,
    "too_short": _few,
    "too_long": _many,
    "literal_error": _literal,
    "tuple_type": _list,
    "list_type": _list,
    "dict_type": _mapping,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "bool_parsing": _truth,
    "bool_type": _truth,
    "date_type": _date,
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "date_from_datetime_inexact": _date,
}
