"""The Markdown that people write -> the Markdown that they mean, line by line, before it is parsed.

Comments go, HTML becomes Markdown, and what stands below a list item but too far left is moved to where it belongs.
Code is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.importer.markup import BREAK, Html

_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)?(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
_FAR = " " * 80  # farther in nobody nests; what is stands here
_ASIDE = re.compile(r"^[ \t]*\[(?:comment|//)\]: #[ \t]*[(\"'](.*)[)\"'][ \t]*$", re.IGNORECASE | re.MULTILINE)
_SECTION = re.compile(r"^[ \t]*:::[ \t]*Section\b[ \t]*(.*?):::[ \t]*$", re.IGNORECASE | re.MULTILINE)
_TIGHT_HEADING = re.compile(r"^( {0,3}#{1,6})(?=\*\*|[A-Z][a-z ])")
_TIGHT_NUMBER = re.compile(r"^([ \t]*\d{1,2}[.)])(?=\*\*|\[|[A-Z][a-z])")
_SIGN = re.compile(r"^([ \t]*)[•·▪●◦‣]\s*(?=\S)")
_URL = r"((?:https?://|www\.)(?:[^\s()<>]|\([^\s()<>]*\))+?)"
_LOOSE_LINK = re.compile(rf"\]\s{{0,3}}(?:\(\s*{_URL}[\s{BREAK}]*\)|\(\(\s*{_URL}\s*\)\))")
_ITEM = re.compile(r"(?P<pad> *)(?P<mark>[-*+]|(?P<number>\d{1,9})[.)])(?P<gap>[ \t]+)(?=\S)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)|\*\*[^*]+\*\*:?\s*$")


def settle(body: str) -> tuple[str, list[str]]:
    """The body as it is meant; and the comments that hid more than a marker."""
    hidden: list[str] = []
    html = Html()
    lines: list[str] = []
    code: list[bool] = []
    for is_code, part in _parts(body):
        made = part if is_code else _prose("\n".join(part), html, hidden)
        lines += made
        code += [is_code] * len(made)
    return "\n".join(shifted(lines, code)), hidden


def _parts(body: str) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines, each with whether they are fenced code."""
    lines: list[str] = []
    fence = ""
    for line in body.expandtabs(4).split("\n") if "\t" in body else body.split("\n"):
        found = _FENCE.match(line) if "`" in line or "~" in line else None
        if not fence and found:
            if lines:
                yield False, lines
            lines, fence = [line], found["fence"]
        elif fence and found and found["fence"].startswith(fence) and not found["info"].strip():
            yield True, [*lines, line]
            lines, fence = [], ""
        else:
            lines.append(line)
    if fence:  # never closed: what looks like code may be the rest of the article
        yield False, [lines[0].replace(fence, "", 1), *lines[1:]]
    elif lines:
        yield False, lines


def _prose(text: str, html: Html, hidden: list[str]) -> list[str]:
    if "]: #" in text:
        hidden += [found[1] for found in _ASIDE.finditer(text) if len(found[1].split()) > 1]
        text = _ASIDE.sub("", text)
    if "<!--" in text:
        text = _without_comments(text, hidden)
    if "<" in text:
        text = html.to_markdown(text)
    if ":::" in text:
        text = _SECTION.sub(r"\n## \1\n", text)
    if "](" in text or ("http" in text and "]" in text):
        text = _LOOSE_LINK.sub(lambda found: f"]({found[1] or found[2]})", text)
    return [_line(line) for line in text.split("\n")]


def _without_comments(text: str, hidden: list[str]) -> str:
    """The text without comments; those that hide more than a marker are kept aside. An open one is text."""
    made = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        words = text[start + 4 : end].strip("- \n")
        hidden += [words] if len(words.split()) > 1 else []
        made.append(text[at:start])
        at = end + 3
    return "".join(made) + text[at:]


def _line(line: str) -> str:
    if line.startswith(_FAR):
        line = _FAR + line.lstrip(" ")
    if line.isspace() or (BREAK in line and not line.replace(BREAK, "").strip()):
        return ""
    start = line.lstrip()[:1]
    if start == "#":
        return _TIGHT_HEADING.sub(r"\1 ", line)
    if start.isdigit():
        return _TIGHT_NUMBER.sub(r"\1 ", line)
    return _SIGN.sub(r"\1- ", line) if start in "•·▪●◦‣" else line


def shifted(lines: list[str], code: list[bool]) -> list[str]:
    """The lines; those below an item of a list that stand too far left move below its text. code: which are code."""
    made: list[str] = []
    at = 0
    while at < len(lines):
        item = None if code[at] else _ITEM.match(lines[at])
        if item is None or len(item["pad"]) > 3:
            made.append(lines[at])
            at += 1
            continue
        end = _item_end(lines, code, at, item)
        made.append(lines[at])
        if end > at + 1:
            gap = len(item["gap"])
            wanted = len(item["pad"]) + len(item["mark"]) + (gap if gap < 5 else 1)
            made += _moved(lines[at + 1 : end], code[at + 1 : end], wanted)
        at = end
    return made


def _item_end(lines: list[str], code: list[bool], at: int, item: re.Match[str]) -> int:
    """The line before which an item ends.

    A numbered item goes on to the next number, whatever stands between them. The last one, and every bullet, goes on
    as long as the lines stand farther in than its own mark, or are bullets right below a colon.
    """
    pad = len(item["pad"])
    sure = 0  # where it ceased to be certain that lines belong to the item
    bullets = False
    for n in range(at + 1, len(lines)):
        line = lines[n]
        if not line or (code[n] and code[n - 1]):
            continue
        other = None if code[n] else _ITEM.match(line)
        if other is not None and len(other["pad"]) <= pad + 1:
            if item["number"] and other["number"]:
                return n if not sure or _follows(item, other, lines[sure:n]) else sure
            if not item["number"] and len(other["pad"]) <= pad:
                return sure or n
            bullets = bullets or (not sure and lines[n - 1].rstrip().endswith(":"))
        indent = len(line) - len(line.lstrip())
        if indent < 2 and _HEADING.match(line):
            return sure or n
        lazy = other is None and not code[n] and lines[n - 1] != "" and not code[n - 1]
        if not sure and not (indent > pad or lazy or (bullets and other is not None)):
            if not item["number"]:
                return n
            sure = n
    return sure or len(lines)


def _follows(item: re.Match[str], other: re.Match[str], between: list[str]) -> bool:
    """Whether the second item goes on counting.

    `1.` after `1.` is a count that an editor was left to do, unless a line with a colon begins another list.
    """
    first, second = int(item["number"]), int(other["number"])
    if first == second == 1:
        last = next((line for line in reversed(between) if line), "")
        return not last.rstrip(f" {BREAK}*").endswith(":")
    return second == first + 1


def _moved(lines: list[str], code: list[bool], wanted: int) -> list[str]:
    """The further lines of an item whose text begins at `wanted`, none too far left; so with items in them."""
    made: list[str] = []
    base, below_item, by = wanted, False, 0
    for n, line in enumerate(lines):
        if not line:
            made.append(line)
            continue
        if not (code[n] and n and code[n - 1]):  # the lines of code move with the first
            indent = len(line) - len(line.lstrip())
            item = None if code[n] else _ITEM.match(line)
            if indent < wanted:
                base = min(base, indent)
                by, below_item = wanted - base, item is not None
            else:
                by = wanted - base if below_item else 0
        made.append(" " * by + line)
    if not any(_ITEM.match(line.lstrip()) for line in made if line):
        return made
    inner = [line[min(wanted, len(line) - len(line.lstrip())) :] for line in made]
    return [" " * wanted + line if line else line for line in shifted(inner, code)]
