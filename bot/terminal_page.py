"""The lines of a card at a terminal: paragraphs wrapped to a width or not at all, numbered answers, links, code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from dialogs.cards.base import Button
from dialogs.cards.markdown import spans
from dialogs.guide import Link

NARROWEST = 16
BOLD, DIM, CODE, NUMBER = Style(bold=True), Style(dim=True), Style(color="cyan"), Style(bold=True, color="cyan")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_WORD = re.compile(r"[^ ]+ *| +")
_FIXED = "\u00a0"  # a space at which no line is broken


class Page:
    """The lines of a card, to be drawn one below the other."""

    def __init__(self, width: int | None, links: bool, edge: int | None = None) -> None:
        """width: where prose is wrapped, in cells; None: nowhere. links: titles are hyperlinks.

        edge: how wide a line can be that is not wrapped; what is longer begins at the left edge, to be copied whole.
        """
        self.width = width
        self.edge = edge or width
        self.links = links
        self.lines: list[Text] = []

    def gap(self) -> None:
        """An empty line, unless there is one or this is the top."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text())

    def say(self, source: str, lead: str = "", style: Style | None = None, mark: str = "") -> None:
        """An author's text behind `lead`, its further lines as far in. `mark`: a word on where it comes from."""
        for line in source.split("\n"):
            if not line.strip():
                self.gap()
                continue
            made = Text(style=style or "")
            if mark:
                made.append(f"({clean(mark)}) ", DIM)
            self.put(made.append_text(self._inline(line.strip())), lead)
            lead, mark = " " * len(lead), ""

    def literal(self, words: str, lead: str = "", style: Style | None = None) -> None:
        """Words that mean nothing but themselves."""
        for line in words.splitlines():
            if line.strip():
                self.put(Text(clean(line), style=style or ""), lead)
                lead = " " * len(lead)

    def whole(self, text: str, style: Style | None = None) -> None:
        """Lines as they are, from the left edge, to be copied."""
        self.lines += [Text(clean(line), style=style or "") for line in text.splitlines()]

    def put(self, text: Text, lead: str = "") -> None:
        """One paragraph, wrapped."""
        room = None if self.width is None else max(self.width - len(lead), NARROWEST)
        for line in wrapped(text, room):
            self._add(line, lead)
            lead = " " * len(lead)

    def _add(self, line: Text, lead: str) -> None:
        """A line as it is; no indentation where it is too long for the window, as an address may be."""
        if not lead.strip() and self.edge is not None and len(lead) + line.cell_len > self.edge:
            lead = ""
        self.lines.append(Text.assemble((lead, NUMBER if lead.strip() else ""), line))

    def link(self, link: Link, lead: str, was: str) -> None:
        """A document: its title and its address. `was` is a format string for the address that the source gave."""
        self.put(self._link(" ".join(unmarked(link.title).split()), link.url), lead)
        if link.was:
            self._add(Text(clean(was.format(url=link.was)), style=DIM), " " * len(lead))

    def options(self, buttons: Sequence[Button], about: Sequence[str] = ()) -> None:
        """Numbered answers, each with a line about it if there is one."""
        digits = len(str(len(buttons)))
        for n, button in enumerate(buttons, 1):
            lead = f"{n:>{digits}}. "
            self.literal(button.title, lead)
            if about and about[n - 1]:
                self.say(about[n - 1], " " * len(lead), DIM)

    def ways(self, buttons: Sequence[Button]) -> None:
        """The quiet buttons, one beside the other; a line is broken between them only."""
        if buttons:
            self.gap()
            space = " " if self.width is None else _FIXED
            titles = (clean(button.title).replace(" ", space) for button in buttons)
            self.put(Text(f"{space}· ".join(titles), style=DIM))

    def facts(self, title: str, facts: Sequence[str]) -> None:
        """What was taken as answered, said back."""
        if facts:
            self.say(title, style=DIM)
            for fact in facts:
                self.literal(fact, "✓ ")
            self.gap()

    def _inline(self, source: str) -> Text:
        made = Text()
        for span in spans(source):
            if span.url:
                made.append_text(self._link(span.text, span.url))
            else:
                color = "cyan" if span.code else None
                made.append(clean(span.text), Style(bold=span.bold or None, italic=span.italic or None, color=color))
        return made

    def _link(self, title: str, url: str) -> Text:
        if self.links:
            return Text(clean(title), style=Style(underline=True, link=url))
        return Text(f"<{url}>" if title == url else f"{clean(title)} <{url}>")


def clean(text: str) -> str:
    """`text` without what would steer the terminal, or can't be written to it."""
    return _CONTROL.sub("\ufffd", text).replace("\t", "    ")


def wrapped(text: Text, width: int | None) -> list[Text]:
    """`text` in lines of at most `width` cells, broken at spaces. A longer word, an address mostly, stays whole."""
    if width is None or text.cell_len <= width:
        return [text]
    breaks, used = [], 0
    for match in _WORD.finditer(text.plain):
        word = Text(match[0])
        if used and used + Text(match[0].rstrip(" ")).cell_len > width:
            breaks.append(match.start())
            used = 0
        used += word.cell_len
    lines = list(text.divide(breaks))
    for line in lines:
        line.rstrip()
    return lines


def unmarked(source: str) -> str:
    """An author's text without its Markdown, links without their addresses."""
    return "".join(span.text for span in spans(source))
