"""Keeps a card below the size that Teams takes. What is left out is always marked: `[…]`."""

from __future__ import annotations

import json
import marshal
import re
from typing import Any

LIMIT = 24_500  # bytes of JSON; the house promises 25 KB, so there is room for what a channel adds
CUT = "[…]"

# Step by step: characters of a text that stay, elements of a list that stay. Buttons' sets are never shortened, and a
# choice keeps its first ones: what can't be chosen any more can still be asked for in words.
_STEPS = ((2000, 0), (0, 40), (800, 0), (300, 0), (0, 20), (120, 0), (0, 10), (40, 0), (0, 4), (0, 2))
_CHOICES = 20
_TEXTS = {"text", "title", "tooltip", "speak", "fallbackText", "label", "placeholder", "errorMessage"}
_MARKDOWN = re.compile(r"\*\*|\[([^\]]*)\]\([^)]*\)")


def size(part: Any) -> int:
    """Bytes of `part` as JSON in its longest usual form (ASCII only, spaces after separators)."""
    return len(json.dumps(part))


def fits(card: dict[str, Any]) -> bool:
    """Whether `card` as JSON is at most `LIMIT` bytes."""
    # JSON is at most three times as long as this (a two-byte letter becomes \u00e9), and this costs a tenth of it.
    return 3 * len(marshal.dumps(card, 2)) <= LIMIT or size(card) <= LIMIT


def fitted(card: dict[str, Any]) -> dict[str, Any]:
    """`card`, or a copy below `LIMIT`: long texts and long lists cut. Payloads of buttons are never touched."""
    if fits(card):
        return card
    for characters, elements in _STEPS:
        card = _short_texts(card, characters) if characters else _short_lists(card, elements)
        if size(card) <= LIMIT:
            break
    return card


def clipped(text: str, most: int) -> str:
    """`text` with at most `most` characters, and a mark where it was cut."""
    return text if len(text) <= most else f"{text[:most].rstrip()} {CUT}"


def _short_texts(part: Any, most: int) -> Any:
    if isinstance(part, list):
        return [_short_texts(item, most) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value
        if key == "data"
        else clipped(_bare(part, value) if len(value) > most else value, most)
        if isinstance(value, str) and key in _TEXTS
        else _short_texts(value, most)
        for key, value in part.items()
    }


def _bare(part: dict[str, Any], text: str) -> str:
    """The text without Markdown that a cut would leave open."""
    return _MARKDOWN.sub(r"\1", text) if part.get("type") == "TextBlock" else text


def _short_lists(part: Any, most: int) -> Any:
    if isinstance(part, list):
        return [_short_lists(item, most) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: _middle_out(_short_lists(value, most), most)
        if key in ("body", "items", "inlines")
        else _first(value, max(most, _CHOICES))
        if key == "choices"
        else _short_lists(value, most)
        for key, value in part.items()
        if key != "data"
    } | ({"data": part["data"]} if "data" in part else {})


def _first(choices: list[Any], most: int) -> list[Any]:
    return choices if len(choices) <= most else [*choices[:most], {"title": CUT, "value": ""}]


def _middle_out(items: list[Any], most: int) -> list[Any]:
    if len(items) <= most:
        return items
    half = most // 2
    return [
        *items[:half],
        {"type": "TextRun" if items[0]["type"] == "TextRun" else "TextBlock", "text": CUT},
        *items[len(items) - half :],
    ]
