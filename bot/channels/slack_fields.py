"""Reading the JSON that Slack sends, field by field: a wrong type is a `Refused` with a 400, never a surprise later."""

from __future__ import annotations

import binascii
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from bot.errors import Refused

Json = dict[str, Any]
MAX_BODY = 256 * 1024
MAX_DEPTH = 64
MAX_ID = 255
MAX_TEXT = 32_000  # the rest of a longer text is cut off, for its author deserves an answer
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# NUL can't be stored, the others can't be read; a line break stays.
CONTROLS = dict.fromkeys((*range(10), *range(11, 32), *range(127, 160)), " ")


def decode(body: str, form: bool) -> Json:
    """The object in a request: JSON, or a form, whose field `payload` is JSON again. form: by its content type."""
    if not form:
        return _object(body)
    try:
        if body.startswith("payload=") and "&" not in body:
            return _object(_unquoted(body[8:]))
        fields = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    except ValueError:
        raise Refused(400, "bad-form", "The body must be a form.") from None
    return _object(fields["payload"]) if "payload" in fields else dict(fields)


def _unquoted(text: str) -> str:
    """A form's value. It is quoted-printable with "%" for "=", and as that it is read in C: in a twentieth of the time
    that `urllib.parse.unquote_plus` takes for JSON, of which every second character is written as three."""
    if text.isprintable():
        raw = binascii.a2b_qp(text.replace("=", "=3D").replace("%", "=").replace("+", " ").encode())
        if len(raw) == len(text) - 2 * text.count("%"):  # each sign of percent begins three characters that are one
            return raw.decode()
    return unquote_plus(text, errors="strict")


def _object(text: str) -> Json:
    try:
        found = json.loads(text)
        if _SURROGATE.search(text):  # no database keeps half of a character
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(400, "bad-json", "The body must be one JSON object.") from None
    if not isinstance(found, dict):
        raise Refused(400, "bad-json", "The body must be one JSON object.")
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(found) > MAX_DEPTH:
        raise Refused(400, "too-deep")
    return found


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        inner: list[Any] = []
        for each in level:
            inner.extend(each.values() if isinstance(each, dict) else each)
        level = [each for each in inner if isinstance(each, dict | list)]
    return depth


def text(source: Json, name: str) -> str:
    """A text field, printable or a line break, cut to MAX_TEXT; "" when it is missing."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(400, "wrong-type", f'"{name}" must be a string.')
    return value[:MAX_TEXT].translate(CONTROLS)


def identifier(source: Json, name: str) -> str:
    """An id; "" when it is missing."""
    value = source.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_ID or not value.isprintable() or "|" in value:
        raise Refused(400, "odd-id", f'"{name}" is no id.')
    return value


def part(source: Json, name: str) -> Json:
    """An object field; empty when it is missing."""
    value = source.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(400, "wrong-type", f'"{name}" must be an object.')
    return value


def parts(source: Json, name: str) -> list[Json]:
    """A list of objects; empty when it is missing."""
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refused(400, "wrong-type", f'"{name}" must be a list of objects.')
    return value
