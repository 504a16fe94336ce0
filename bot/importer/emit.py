"""A guide's data -> the text of its file, as an author would write it: plain words, blocks for what has lines.

Many times as fast as a general YAML writer; what it writes is read back by the loader of guides, each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# Plain words that YAML takes for nothing else. `~` and null are no values here, so they are quoted.
_PLAIN = re.compile(r"[A-Za-z0-9(](?:[^\n:#]|:(?=[^\s])|(?<=\S)#)*(?<![\s:])")
_BAD = r"\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"  # signs that a block can't hold, but for two
_BLOCK = re.compile(rf"[^\s{_BAD}](?:[^{_BAD}]|[\t\n])*(?<!\s)")
# What other readers of YAML would take for something else than a text. A number has no blank in it, a date neither.
_OTHER = frozenset({"null", "yes", "no", "true", "false", "on", "off", "y", "n"})
_NUMBER = re.compile(r"[0-9][^ ]*|\(?")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_WIDE = 120


def emit(data: Mapping[str, Any]) -> str:
    """The text of a file that holds these mappings, lists and strings."""
    lines: list[str] = []
    _mapping(data, "", lines, "")
    return "\n".join(lines) + "\n"


def _mapping(data: Mapping[str, Any], pad: str, lines: list[str], lead: str) -> None:
    """The keys of a mapping at `pad`; the first one stands behind `lead`, in place of its pad."""
    start = lead or pad
    for key, value in data.items():
        if isinstance(value, str):
            _text(f"{start}{key}:", value, pad, lines)
        elif isinstance(value, Mapping):
            lines.append(f"{start}{key}:")
            _mapping(value, pad + "  ", lines, "")
        else:
            _list(key, value, pad, start, lines)
        start = pad


def _list(key: str, values: Sequence[Any], pad: str, start: str, lines: list[str]) -> None:
    if key == "tags":
        lines.append(f"{start}{key}: [{', '.join(_quoted(value) for value in values)}]")
        return
    lines.append(f"{start}{key}:")
    for value in values:
        if isinstance(value, Mapping):
            _mapping(value, pad + "    ", lines, pad + "  - ")
        else:
            _text(f"{pad}  -", value, pad + "  ", lines)


def _text(lead: str, value: str, pad: str, lines: list[str]) -> None:
    if lead == "review:":
        lines.append(f"{lead} {value}")
    elif "\n" in value and _BLOCK.fullmatch(value):
        lines.append(f"{lead} |-")
        lines.extend(f"{pad}  {line}" if line else "" for line in value.split("\n"))
    else:
        lines.append(f"{lead} {_scalar(value)}")


def _scalar(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.isprintable() and value.lower() not in _OTHER and not _NUMBER.fullmatch(value):
        return value
    return _quoted(value)


def _quoted(value: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9-]*", value) and value not in _OTHER:
        return value
    made = "".join(_ESCAPES.get(c) or (c if c.isprintable() else _code(c)) for c in value) if _odd(value) else value
    return f'"{made}"'


def _odd(value: str) -> bool:
    return '"' in value or "\\" in value or not value.isprintable()


def _code(sign: str) -> str:
    number = ord(sign)
    return f"\\x{number:02X}" if number < 0x100 else f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}"
