"""Puts blocks together into messages for Slack, within its limits.

Slack takes 50 blocks a message, and fails at about 13,200 characters of blocks in all (bolt-js issues 2509, 2867). What
has no room goes into a further message. The end, with what is to be answered, joins the last one; whether it does
depends on the rest alone, so that a card and its answered form are split at the same place.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from dialogs.cards.base import SlackForm, SlackMessage
from dialogs.cards.slack_text import Json, escape, size

MOST_BLOCKS = 50
MOST_BYTES = 12_000  # of JSON, which is more than any way of counting characters gives
_END_BLOCKS = 12
_END_BYTES = 3200
_TEXT_MOST = 39_000  # Slack cuts the text at 40,000 characters
_IDS = 40  # bytes that an id adds to a block


def form(groups: Iterable[Sequence[Json]], end: Sequence[Json] = ()) -> SlackForm:
    """A card as messages. groups: blocks that belong together, and stay together where they can; end: comes last.

    Raises ValueError when there is nothing to show: a card never vanishes.
    """
    packed = list(_packed(groups, MOST_BLOCKS - _END_BLOCKS, MOST_BYTES - _END_BYTES))
    fits = len(end) <= _END_BLOCKS and _need(end) <= _END_BYTES
    if packed and fits and _need([*packed[-1], *end]) <= MOST_BYTES:  # one block alone may have taken the end's room
        packed[-1] += end
    else:
        packed += _packed([end], MOST_BLOCKS, MOST_BYTES)
    if not packed:
        raise ValueError("This card has no blocks: nothing would be shown in Slack.")
    return SlackForm(tuple(message(blocks) for blocks in packed))


def _need(blocks: Sequence[Json]) -> int:
    return size(blocks) + _IDS * len(blocks)


def _packed(groups: Iterable[Sequence[Json]], most: int, room: int) -> Iterator[list[Json]]:
    """The groups in as few messages as hold them; one that fits in none is divided."""
    held: list[Json] = []
    taken = 0
    for group in groups:
        whole = len(group) <= most and _need(group) <= room
        for part in [group] if whole else [[block] for block in group]:
            need = _need(part)
            if held and (len(held) + len(part) > most or taken + need > room):
                yield held
                held, taken = [], 0
            held += part
            taken += need
    if held:
        yield held


def message(blocks: Sequence[Json]) -> SlackMessage:
    """Blocks as one message, with the text that says the same."""
    numbered = identified(blocks)
    return SlackMessage(spoken(numbered), tuple(numbered))


def identified(blocks: Sequence[Json]) -> list[Json]:
    """The blocks with ids: those of interactive ones differ, and change with what they hold, as Slack asks."""
    made: list[Json] = []
    numbers = count()
    for place, block in enumerate(blocks):
        if block["type"] == "actions":
            block = {**block, "elements": [_numbered(element, next(numbers)) for element in block["elements"]]}
        elif "accessory" in block:
            block = {**block, "accessory": _numbered(block["accessory"], next(numbers))}
        if block["type"] == "actions" or "accessory" in block:
            block = {**block, "block_id": f"{place}-{zlib.crc32(repr(block).encode('utf-8', 'replace')):08x}"}
        made.append(block)
    return made


def _numbered(element: Json, n: int) -> Json:
    """An element with a number in its action_id, before what a select carries there."""
    kind, bar, rest = str(element["action_id"]).partition("|")
    return {**element, "action_id": f"{kind}-{n}{bar}{rest}"}


# -- the same as text


def spoken(blocks: Iterable[Json]) -> str:
    """What the blocks say, as one text: for notifications and screen readers. Never empty."""
    said = "\n".join(line for block in blocks for line in _said(block) if line and not line.isspace())
    if len(said) > _TEXT_MOST:
        said = said[:_TEXT_MOST].rpartition(" ")[0] or said[: _TEXT_MOST - 8].rpartition("&")[0]
    return said or "…"


def _said(block: Json) -> Iterator[str]:
    """A block's lines. Plain texts are escaped already, rich ones are not."""
    kind = block["type"]
    if kind in ("header", "section"):
        yield block["text"]["text"]
    elif kind == "context":
        yield from (element["text"] for element in block["elements"])
    elif kind == "rich_text":
        for part in block["elements"]:
            yield from _rich_lines(part)
    elif kind == "actions":
        yield " · ".join(e["text"]["text"] for e in block["elements"] if e["type"] == "button")
        yield from (f"• {o['text']['text']}" for e in block["elements"] for o in e.get("options", ()))
    elif kind == "input":
        yield block["label"]["text"]


def _rich_lines(part: Json) -> Iterator[str]:
    if part["type"] != "rich_text_list":
        yield _inline(part["elements"])
        return
    for n, item in enumerate(part["elements"], 1):
        mark = f"{n}." if part["style"] == "ordered" else "•"
        yield f"{'  ' * part.get('indent', 0)}{mark} {_inline(item['elements'])}"


def _inline(elements: Iterable[Json]) -> str:
    return "".join(map(_inline_one, elements))


def _inline_one(element: Json) -> str:
    if element["type"] != "link":
        return escape(element["text"])
    url = escape(element["url"])
    return f"{escape(element['text'])} ({url})" if "text" in element else url
