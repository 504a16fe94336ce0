"""Text for Slack.

What is read stands in `rich_text` blocks: a text in them is shown as it is, so a user's stars, ampersands and
`<!channel>` mean nothing. mrkdwn has no escape for its own stars and underscores, so it is used where nobody sees it
(a notification). Text objects that are not rich (headings, buttons, labels) are `plain_text`, escaped as Slack asks.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from dialogs.cards.markdown import Span, plain, spans
from dialogs.cards.rich import Block, read

Json = dict[str, Any]

PIECE = 2800  # bytes of JSON of a rich text block: below what a section may hold
_LINK_MOST = 2000  # characters of an address; a longer one is shown, but is no link
_JOINER = "\u2060"
_BROKEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_MENTION = re.compile(r"<(?=[!@#])")
_ADDRESS = re.compile(r"https?://[^\s<>\"`|]*[^\s<>\"`|.,;:!?'()\[\]{}*_~]")
_COMMANDS = re.compile("[&<>]")
_SPECIAL = re.compile(r"([*_~`])")
_DEEPEST = 8  # how far a list can be moved in
_INDENT = "\u2003\u2003"


def clean(text: str) -> str:
    """`text` with line breaks of one kind; what JSON or Slack can't carry becomes U+FFFD."""
    if text.isprintable():
        return text
    return _BROKEN.sub("\ufffd", _BREAK.sub("\n", text))


def escape(text: str) -> str:
    """`text` for a text object or a message's `text`: the three characters by which Slack knows its commands."""
    text = clean(text)
    if _COMMANDS.search(text):
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def visible(text: str) -> bool:
    """Whether there is anything to see in `text`."""
    return bool(text) and not text.isspace()


def size(part: Any) -> int:
    """About the bytes of `part` as compact JSON in UTF-8, never fewer: what takes two bytes there is counted twice."""
    # Measured: this costs a tenth of writing the JSON.
    raw = marshal.dumps(part, 2)
    return len(raw) + raw.count(b'"') + raw.count(b"\\") + raw.count(b"\n") + raw.count(b"\t")


def fit(text: str, most: int) -> str:
    """`text` on one line, escaped, at most `most` characters. A longer one ends in "…"; its caller shows all of it."""
    words = " ".join(clean(text).split()) or "…"
    made = escape(words)
    while len(made) > most:
        words = words[: min(len(words) - 1, most - 1)]
        made = f"{escape(words.rstrip())}…"
    return made


def plain_text(text: str, most: int = 3000) -> Json:
    """A `plain_text` object of at most `most` characters."""
    return {"type": "plain_text", "text": fit(text, most), "emoji": False}


def mrkdwn(text: str) -> str:
    """An author's text as mrkdwn, escaped: for the few places that take nothing richer (a word for one person only)."""
    made = ""
    for span in spans(clean(text)):
        words = escape(span.text)
        if span.code:
            made += f"`{words}`"
            continue
        words = _SPECIAL.sub(rf"{_JOINER}\1{_JOINER}", words).replace("|", "\u00a6" if span.url else "|")
        words = f"<{escape(span.url)}|{words}>" if span.url else words
        if visible(span.text):
            words = f"_{words}_" if span.italic else words
            words = f"*{words}*" if span.bold else words
        made += words
    return made


def _run(text: str, bold: bool = False, italic: bool = False, code: bool = False) -> Json:
    # Rich text reads no mention; the joiner is for those who make another text of it (previews, exports).
    shown = text if code or "<" not in text else _MENTION.sub(f"<{_JOINER}", text)
    if not (bold or italic or code):
        return {"type": "text", "text": shown}
    style = {name: True for name, on in (("bold", bold), ("italic", italic), ("code", code)) if on}
    return {"type": "text", "text": shown, "style": style}


def _link(span: Span) -> Json:
    made: Json = {"type": "link", "url": span.url}
    if visible(span.text) and span.text != span.url:
        made["text"] = span.text
    style = {name: True for name, on in (("bold", span.bold), ("italic", span.italic)) if on}
    return made | {"style": style} if style else made


def _addresses(span: Span) -> Iterator[Json]:
    """A stretch of text with its bare addresses as links that show themselves."""
    last = 0
    for found in _ADDRESS.finditer(span.text):
        if len(found[0]) > _LINK_MOST:
            continue
        if found.start() > last:
            yield _run(span.text[last : found.start()], span.bold, span.italic)
        yield _link(span._replace(text=found[0], url=found[0]))
        last = found.end()
    if last < len(span.text):
        yield _run(span.text[last:], span.bold, span.italic)


def inline(told: Iterable[Span], bold: bool = False) -> list[Json]:
    """Stretches of text as inline elements. bold: all of them."""
    made: list[Json] = []
    for span in told:
        text, strong = clean(span.text), span.bold or bold
        if span.code:
            made.append(_run(text, strong, span.italic, code=True))
            continue
        if not span.url and "://" not in text:
            made.append(_run(text, strong, span.italic))
            continue
        span = span._replace(text=text, bold=strong)
        if not span.url:
            made += _addresses(span)
        elif len(span.url) > _LINK_MOST:
            made.append(_run(f"{span.text} ({span.url})", span.bold, span.italic))
        else:
            made.append(_link(span))
    return made


def inlines(text: str, bold: bool = False) -> list[Json]:
    """A line of an author's text. bold: all of it."""
    return inline(spans(clean(text)), bold)


def words(text: str, bold: bool = False, italic: bool = False) -> list[Json]:
    """Words that mean nothing but themselves."""
    shown = clean(text)
    return [_run(shown, bold, italic)] if visible(shown) else []


def link(title: str, url: str) -> Json:
    """A link; without a name it shows its address."""
    made: Json = {"type": "link", "url": url}
    name = " ".join(clean(title).split())
    return made | {"text": name} if name and name != url else made


def section(elements: Sequence[Json]) -> Json:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def bullets(items: Iterable[Sequence[Json]], indent: int = 0, border: bool = False, style: str = "bullet") -> Json:
    """A list; each item is a line of inline elements. border: a bar at its side, as a quotation has."""
    made: Json = {"type": "rich_text_list", "style": style, "elements": [section(item or words("…")) for item in items]}
    if indent:
        made["indent"] = min(indent, _DEEPEST)
    return made | {"border": 1} if border else made


def preformatted(text: str) -> Json:
    """A block of code, its lines and spaces kept."""
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": clean(text)}]}


def rich(told: Iterable[Block]) -> list[Json]:
    """What was said, line by line, as elements of a rich text block: paragraphs, lists, quotations, code."""
    made: list[Json] = []
    open_ = False  # whether the next line goes on with the last element
    for block in told:
        kind, last = block.kind, made[-1] if open_ else None
        line = inline(block.spans)
        if kind == "code":
            text = "".join(span.text for span in block.spans)
            made += [preformatted(text)] if visible(text) else []
        elif kind == "quote" and visible(block.words):
            _further(made, last, "rich_text_quote", line)
        elif kind == "bullet" and visible(block.words):
            _item(made, last, "bullet", block.depth, line)
        elif kind == "number" and block.depth == 0 and block.number == _following(last) and visible(block.words):
            _item(made, last, "ordered", 0, line)
        else:
            # Slack counts from one, and in letters further in: any other number is text.
            lead = f"{_INDENT * block.depth}{block.number}. " if kind == "number" else ""
            _further(made, last, "rich_text_section", words(lead) + line)
        open_ = bool(made) and kind != "code"
    return [part for part in map(_trimmed, made) if part["elements"]]


def authored(text: str) -> tuple[Json, ...]:
    """An author's text as elements of a rich text block; they are shared, so nobody changes them."""
    return _kept_authored(text) if len(text) <= _KEPT else tuple(rich(read(clean(text))))


_KEPT = 1000  # characters: content repeats from turn to turn, long words of people do not
_kept_authored = lru_cache(maxsize=1024)(lambda text: tuple(rich(read(clean(text)))))


def _further(made: list[Json], last: Json | None, kind: str, line: list[Json]) -> None:
    """A line that goes on with the last element where that is of its kind."""
    if last is not None and last["type"] == kind:
        last["elements"] += [_run("\n"), *line]
    else:
        made.append({"type": kind, "elements": line})


def _item(made: list[Json], last: Json | None, style: str, depth: int, line: list[Json]) -> None:
    """An item of the last element where that is such a list."""
    of_list = last is not None and last["type"] == "rich_text_list"
    if last is not None and of_list and (last["style"], last.get("indent", 0)) == (style, depth):
        last["elements"].append(section(line))
    else:
        made.append(bullets([line], depth, style=style))


def _following(last: Json | None) -> int:
    """The number that comes next in a list."""
    counted = last is not None and last["type"] == "rich_text_list" and last["style"] == "ordered"
    return len(last["elements"]) + 1 if last is not None and counted else 1


def _trimmed(part: Json) -> Json:
    """A paragraph without the empty lines at its end; an empty one is dropped, one between two others is a gap."""
    elements = part["elements"]
    while part["type"] == "rich_text_section" and elements and elements[-1].get("text", "") == "\n":
        elements.pop()
    return part


def bare(text: str) -> str:
    """An author's text without its Markdown, on one line."""
    return " ".join(plain(clean(text)).split())
