"""What people write in Slack: its mrkdwn and its rich text, as plain words and as Markdown of `dialogs.cards.rich`.

Slack escapes `&`, `<` and `>` of what is typed, and puts what it understood in angle brackets: people, channels, links,
calls to everybody. Here a call to everybody is a word like any other. Source: Slack's reference, "Formatting text".
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from dialogs.cards.markdown import Span
from dialogs.cards.rich import Block, write

Json = dict[str, Any]
_PARTS = re.compile(r"<([^<>]*)>")
_LINES = re.compile(r"[ \t\f\v]+")
_DEEPEST = 40  # elements within elements; Slack has four levels
PERSON = re.compile(r"@([UW][A-Z0-9]{5,20})\b")


def spoken(text: str, bot: str) -> tuple[str, bool]:
    """What was said in plain words, without the mention of the bot, and whether it was mentioned; lines stay lines.

    Another person's mention stays as `@` and their id, a link as its address.
    """
    mentioned = False

    def part(found: re.Match[str]) -> str:
        nonlocal mentioned
        inside, _, label = found[1].partition("|")
        if bot and not mentioned and inside == f"@{bot}":
            mentioned = True
            return " "
        return _shown(inside, label)

    words = html.unescape(_PARTS.sub(part, text))
    lines = (_LINES.sub(" ", line).strip() for line in words.split("\n"))
    return "\n".join(lines).strip(), mentioned


def _shown(inside: str, label: str) -> str:
    if inside.startswith(("@", "#")):
        return f"{inside[0]}{label}" if label else inside
    if inside.startswith("!"):
        return label or "@" + inside[1:].partition("^")[0]
    if not inside:
        return ""
    address = inside.removeprefix("mailto:").removeprefix("tel:")
    return address if not label or label == address or address.endswith("//" + label) else f"{label} ({address})"


def said(blocks: object, bot: str) -> str:
    """The rich text of a message as Markdown, without the first mention of the bot; "" where there is none."""
    if not isinstance(blocks, list):
        return ""
    found = [
        block
        for each in blocks
        if isinstance(each, dict) and each.get("type") == "rich_text"
        for element in _list(each)
        for block in _block(element)
    ]
    return write(_without(found, f"@{bot}")).strip("\n") if found else ""


def _without(found: list[Block], mention: str) -> list[Block]:
    """Without the first mention of the bot and the blank beside it."""
    for n, block in enumerate(found):
        for place, span in enumerate(block.spans):
            if span.text != mention or span.code:
                continue
            rest = list(block.spans[place + 1 :])
            if rest:
                rest[0] = rest[0]._replace(text=rest[0].text.lstrip(" "))
            spans = (*block.spans[:place], *rest)
            return [*found[:n], Block(block.kind, spans, block.depth, block.number), *found[n + 1 :]]
    return found


def _list(element: Json) -> list[Json]:
    inside = element.get("elements")
    return [each for each in inside if isinstance(each, dict)] if isinstance(inside, list) else []


def _block(element: Json) -> Iterator[Block]:
    """A part of a rich text, line by line."""
    kind = element.get("type")
    if kind == "rich_text_preformatted":
        yield Block("code", (Span("".join(span.text for span in _spans(element)), code=True),))
    elif kind == "rich_text_quote":
        yield from (Block("quote", spans) for spans in _lines(element))
    elif kind == "rich_text_list":
        depth = element.get("indent")
        depth = depth if isinstance(depth, int) and 0 <= depth < _DEEPEST else 0
        first = element.get("offset")
        first = first + 1 if isinstance(first, int) and 0 <= first < 10**6 else 1
        for number, item in enumerate(_list(element), first):
            spans = tuple(span._replace(text=span.text.replace("\n", " ")) for span in _spans(item))
            yield (
                Block("number", spans, depth, number)
                if element.get("style") == "ordered"
                else Block("bullet", spans, depth)
            )
    elif kind == "rich_text_section":
        yield from (Block("line", spans) for spans in _lines(element))


def _lines(element: Json) -> Iterator[tuple[Span, ...]]:
    """The spans of each line. The line break at the end of a part is no line of its own."""
    lines: list[list[Span]] = [[]]
    for span in _spans(element):
        first, *others = span.text.split("\n")
        lines[-1].append(span._replace(text=first))
        for other in others:
            lines.append([span._replace(text=other)])
    if len(lines) > 1 and not any(span.text for span in lines[-1]):
        lines.pop()
    yield from (tuple(span for span in line if span.text) for line in lines)


def _spans(element: Json) -> Iterator[Span]:
    for each in _list(element):
        look = each.get("style")
        style = look if isinstance(look, dict) else {}
        text, url = _inline(each)
        if text:
            flags = {name: style.get(name) is True for name in ("bold", "italic", "code")}
            yield Span(text, url=url, **flags)


def _inline(each: Json) -> tuple[str, str]:
    """(text, address) of one element."""

    def of(name: str) -> str:
        value = each.get(name)
        return value if isinstance(value, str) else ""

    kind = each.get("type")
    if kind == "link":
        return of("text") or of("url"), of("url")
    if kind == "user":
        return "@" + of("user_id"), ""
    if kind == "channel":
        return "#" + of("channel_id"), ""
    if kind == "usergroup":
        return "@" + of("usergroup_id"), ""
    if kind == "broadcast":
        return "@" + of("range"), ""
    if kind == "emoji":
        return _emoji(of("unicode")) or f":{of('name')}:", ""
    if kind == "date":
        return of("fallback"), ""
    return of("text"), ""


def _emoji(points: str) -> str:
    try:
        return "".join(chr(int(point, 16)) for point in points.split("-")) if points else ""
    except (ValueError, OverflowError):
        return ""
