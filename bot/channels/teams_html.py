"""The formatted form of a Teams message: its HTML, read into blocks. Pure.

Only what is known is kept: bold, italic, code, links, lists, quotes, lines. A tag that is not known is only its words.
The words themselves are taken from here only when they are those of the message's `text`, by which everything else is
decided: what is passed on is never more than what was heard.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from dialogs.cards import rich
from dialogs.cards.markdown import Span
from dialogs.cards.rich import Block, Kind

MOST = 40_000  # characters; a message is at most 28 KB
_DEEP = 30  # tags within each other
_MENTION, _EMOJI, _REPLY = "schema.skype.com/mention", "schema.skype.com/emoji", "schema.skype.com/reply"
_LINES = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "hr", "figure"})
_SILENT = frozenset({"script", "style", "title", "attachment", "template"})
_VOID = frozenset({"br", "img", "hr", "input", "meta", "link", "wbr"})
_LOOKS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "code": "code", "tt": "code"}
# What stands between two brackets, with no other in it. The parser of the standard library takes a time that grows with
# the square of what is malformed; these take it in one go.
_PART = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)([^<>]*)>|<!--|<[!?/][^<>]*>")
_GIVEN = re.compile(r"""(?<![\w-])([A-Za-z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"']+)""")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), " ")


class _Reader:
    """Makes blocks. names: how the bot is called in its mentions, each left out once, in their order."""

    def __init__(self, names: Sequence[str], quotes: bool) -> None:
        self.blocks: list[Block] = []
        self._names = list(names)
        self._quotes = quotes
        self._tags: list[tuple[str, str]] = []  # open ones, with the address of a link
        self._lists: list[int] = []  # numbers of the open lists' next items; -1: bullets
        self._spans: list[Span] = []
        self._item: tuple[Kind, int, int] | None = None  # kind, depth and number of the item that begins
        self._raw: list[str] | None = None  # within <pre>
        self._mention: list[str] | None = None
        self._silent = 0
        self._empty = False  # what was gathered is a blank that stands for an empty line

    def feed(self, text: str) -> None:
        """Read it all."""
        at = 0
        while (part := _PART.search(text, at)) is not None:
            self._data(html.unescape(text[at : part.start()]))
            at = part.end()
            if part[0] == "<!--":
                at = end + 3 if (end := text.find("-->", at)) >= 0 else len(text)
            elif part[2] and part[1]:
                self._end(part[2].lower())
            elif part[2]:
                given = {name.lower(): html.unescape(value.strip("\"'")) for name, value in _GIVEN.findall(part[3])}
                self._start(part[2].lower(), given)
        self._data(html.unescape(text[at:]))
        self.flush()

    def _start(self, tag: str, given: dict[str, str]) -> None:
        """A tag begins."""
        what = given.get("itemtype", "").lower()
        if tag == "br":
            self._break()
        elif tag == "emoji" or (tag == "img" and _EMOJI in what):
            self._say(given.get("alt", "").translate(_CONTROLS))
        if tag in _LINES:
            self.flush()
        if tag in _VOID or len(self._tags) >= _DEEP:
            return
        if tag in _SILENT or (tag == "blockquote" and _REPLY in what and not self._quotes):
            tag = f"silent {tag}"
            self._silent += 1
        elif tag in ("at", "span", "readonly") and self._mention is None and (tag == "at" or _MENTION in what):
            tag = f"mention {tag}"
            self._mention = []
        elif tag == "pre" or tag == "codeblock":
            self.flush()
            self._raw = [] if self._raw is None else self._raw
        elif tag in ("ul", "ol", "blockquote"):
            self.flush()
            if tag != "blockquote":
                begin = given.get("start", "")
                self._lists.append(-1 if tag == "ul" else int(begin) if begin.isdecimal() and len(begin) < 6 else 1)
        elif tag == "li":
            self.flush()
            self._begin()
        self._tags.append((tag, given.get("href", "") if tag == "a" else ""))

    def _end(self, tag: str) -> None:
        """A tag ends, and with it what was left open in it."""
        if tag in _LINES:
            self.flush()
        names = [name.rpartition(" ")[2] for name, _ in self._tags]
        if tag not in names:
            return
        while self._tags:
            name = self._tags[-1][0]
            if name in ("ul", "ol", "li", "blockquote"):
                self.flush()
            self._tags.pop()
            self._ended(name)
            if name.rpartition(" ")[2] == tag:
                return

    def _data(self, data: str) -> None:
        """Words."""
        data = data.translate(_CONTROLS)
        if self._silent:
            return
        if self._mention is not None:
            self._mention.append(data)
        elif self._raw is not None:
            self._raw.append(data)
        else:
            self._say(_BLANKS.sub(" ", data))

    def flush(self) -> None:
        """The line that was gathered is done."""
        gathered, self._spans, empty, self._empty = _trimmed(self._spans), [], self._empty, False
        if self._item and gathered:
            kind, depth, number = self._item
            self.blocks.append(Block(kind, gathered, depth, number))
            self._item = None
        elif gathered:
            quoted = any(name == "blockquote" for name, _ in self._tags)
            self.blocks.append(Block("quote" if quoted else "line", gathered))
        elif empty and not self._item:
            self.blocks.append(Block())

    def _break(self) -> None:
        """A line break: an empty line is a gap."""
        if self._silent:
            return
        if self._raw is not None:
            self._raw.append("\n")
        elif _trimmed(self._spans):
            self.flush()
        elif self.blocks and not self._item:
            self.blocks.append(Block())

    def _begin(self) -> None:
        depth = max(0, len(self._lists) - 1)
        number = self._lists[-1] if self._lists else -1
        self._item = ("bullet", depth, 0) if number < 0 else ("number", depth, number)
        if number >= 0:
            self._lists[-1] += 1

    def _ended(self, name: str) -> None:
        if name.startswith("silent "):
            self._silent -= 1
        elif name.startswith("mention ") and self._mention is not None:
            text, self._mention = "".join(self._mention), None
            if self._names and text.strip().lower() == self._names[0].strip().lower():
                self._names.pop(0)
            else:
                self._say(text)
        elif name in ("ul", "ol"):
            if self._lists:
                self._lists.pop()
            self._item = None
        elif name in ("pre", "codeblock") and self._raw is not None:
            code, self._raw = "".join(self._raw).strip("\n"), None
            if code.strip():
                self.blocks.append(Block("code", (Span(code.replace("\xa0", " "), code=True),)))

    def _say(self, text: str) -> None:
        if not text or self._silent:
            return
        self._empty = self._empty or "\xa0" in text
        looks = {_LOOKS[name]: True for name, _ in self._tags if name in _LOOKS}
        url = next((url for name, url in reversed(self._tags) if name == "a"), "")
        self._spans.append(Span(text.replace("\xa0", " "), **looks, url="".join(url.split())))


def _trimmed(spans: Sequence[Span]) -> tuple[Span, ...]:
    """A line without blanks at its ends and without neighbours that are one link."""
    found: list[Span] = []
    for span in spans:
        if found and span.url and found[-1].url == span.url:
            found[-1] = span._replace(text=found[-1].text + span.text)
        else:
            found.append(span)
    while found and not found[0].text.strip():
        found.pop(0)
    while found and not found[-1].text.strip():
        found.pop()
    if found:
        found[0] = found[0]._replace(text=found[0].text.lstrip())
        found[-1] = found[-1]._replace(text=found[-1].text.rstrip())
    return tuple(found)


def markdown(source: str, text: str, names: Sequence[str], quotes: bool) -> str:
    """The message as Markdown of `dialogs.cards.rich`; "" when it says something else than `text`, or only that.

    names: how the bot's mentions are written, in order; they are left out. quotes: whether messages that it answers
    are passed on with it.
    """
    if len(source) > MOST or "<" not in source:
        return ""
    reader = _Reader(names, quotes)
    reader.feed(source)
    heard = _words(text)
    if not heard or heard not in _readings(reader.blocks):
        return ""
    made = rich.write(_gaps(reader.blocks))
    return "" if made == rich.literal(text) else made


def _readings(blocks: Sequence[Block]) -> set[str]:
    """The ways in which these blocks may stand in a plain text: with an item's number or without, likewise a link's
    address."""
    found = set()
    for numbers in (False, True):
        for links in (False, True):
            parts = (
                (str(block.number) if numbers and block.kind == "number" else "")
                + (block.words if links else "".join(span.text for span in block.spans))
                for block in blocks
            )
            found.add(_words("".join(parts)))
    return found


def _words(text: str) -> str:
    """What counts: letters and digits."""
    return re.sub(r"[\W_]+", "", text).lower()


def _gaps(blocks: Sequence[Block]) -> list[Block]:
    """Without gaps at the ends, and never two in a row."""
    found: list[Block] = []
    for block in blocks:
        if block.spans or (found and found[-1].spans):
            found.append(block)
    return found[:-1] if found and not found[-1].spans else found
