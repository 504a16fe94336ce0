"""Fields of what Teams sends: taken out of its JSON, and refused where they are not what they should be. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.errors import Refused

MAX_BODY = 256 * 1024
MAX_DEPTH = 64
MAX_ID = 512
MAX_NAME = 256

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# NUL can't be stored, the others can't be read; a line break stays.
CONTROLS = dict.fromkeys((*range(10), *range(11, 32), *range(127, 160)), " ")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def decode(body: bytes) -> dict[str, Any]:
    """The activity as a JSON object. Refuses what is too big, too deep, no UTF-8, no JSON, or no object."""
    if len(body) > MAX_BODY:
        raise Refused(413, "too-big")
    try:
        activity = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused(400, "bad-json", "The body must be one JSON object in UTF-8.") from None
    if not isinstance(activity, dict):
        raise Refused(400, "bad-json", "The body must be one JSON object in UTF-8.")
    # Deeper than MAX_DEPTH takes more than MAX_DEPTH brackets, and few activities have so many: most are never walked.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _depth(activity) > MAX_DEPTH:
        raise Refused(400, "too-deep")
    if _SURROGATE.search(body):
        try:
            json.dumps(activity, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Refused(400, "bad-unicode") from None
    return activity


def _depth(value: Any) -> int:
    """How deep the containers are nested, level by level, without recursion."""
    level, depth = [value], 0
    while level:
        depth += 1
        inner: list[Any] = []
        for each in level:
            inner.extend(each.values() if isinstance(each, dict) else each)
        level = [each for each in inner if isinstance(each, dict | list)]
    return depth


def text_of(source: dict[str, Any], name: str, limit: int = MAX_BODY) -> str:
    """A string field; "" when it is missing or null."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise Refused(400, "wrong-type", f'"{name}" must be a string of at most {limit} characters.')
    return value


def id_of(source: dict[str, Any], name: str) -> str:
    """A string that names something: printable, since it is stored, logged as a hash, and put into addresses."""
    value = text_of(source, name, MAX_ID)
    if value and (not value.isprintable() or value in (".", "..")):
        raise Refused(400, "odd-id", f'"{name}" holds characters that no id has.')
    return value


def object_of(source: dict[str, Any], name: str) -> dict[str, Any]:
    """An object field; empty when it is missing or null."""
    value = source.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(400, "wrong-type", f'"{name}" must be an object.')
    return value


def list_of(source: dict[str, Any], name: str) -> list[Any]:
    """A list field; empty when it is missing or null."""
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(400, "wrong-type", f'"{name}" must be a list.')
    return value


def name_of(person: dict[str, Any]) -> str:
    """The `name` field, of a length and with characters that can be shown."""
    name = text_of(person, "name")[:MAX_NAME]
    return name if name.isprintable() else name.translate(CONTROLS)
