"""Building blocks of Adaptive Cards 1.5, as plain JSON.

What clients do to text decides the form (issues AdaptiveCards 5662, AdaptiveCards 9100, msteams-docs 12081):
- a TextBlock is Markdown, and a phone shows the backslashes of escaped Markdown. So only text that needs no escaping
  becomes a TextBlock; all else, and always a user's words, becomes a RichTextBlock, whose runs are shown as they are;
- a link inside a RichTextBlock breaks the line in Teams: there its title stands as text, the link follows below;
- a line break inside a text is not one everywhere: every line is an element;
- buttons neither wrap nor shrink, and a phone scrolls a row of them sideways: rows are packed to a phone's width.
Colours are the host's: nothing here names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from dialogs.cards.base import Button
from dialogs.cards.fields import Form
from dialogs.cards.fit import fitted
from dialogs.cards.markdown import Span, plain, spans

Json = dict[str, Any]
_Titled = TypeVar("_Titled", Button, Form)

SMALL: Json = {"size": "Small", "isSubtle": True}
BOLD: Json = {"weight": "Bolder"}
PLAIN: Json = {}
_CODE: Json = {"fontType": "Monospace", "size": "Small"}

_ROW = 34  # characters of titles, and _PAD for each button, that fit beside each other on 320 px
_PAD = 4
_LONG = 30  # characters of a title; a longer one is cut off on a button, so it becomes a row that wraps
_CODE_ROW = 30  # characters of code that fit beside each other on 320 px
_WAY_ROWS = 2
_SET_MOST = 6  # actions that Teams allows in one set
_ROW_MOST = 3  # more answers than this stand below each other

# What some client's Markdown or date function takes for more than text. An address that becomes a link is welcome.
_SPECIAL = re.compile(
    r"[\\`*_]|\]\(|\]\[|~~|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\{\{"
    r"|^(?:\s|#|>|=|[-+](?:\s|[-+]|$)|\d+[.)](?:\s|$)|\[[^\]]*\]:)"
)
_BESIDE = re.compile(r"[\s!-/:-@\[-`{-~]|$")
_FUNCTION = re.compile(r"\{\{(?=(?:DATE|TIME)\()", re.IGNORECASE)
_SPACES = re.compile(r"^\s+|\s{2,}")  # what a client would swallow
_BROKEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff\ufffe\uffff]")


def visible(text: str) -> bool:
    """Whether there is anything to see in `text`."""
    return bool(text) and not text.isspace()


def literal_text(text: str) -> str:
    """`text` for a run: characters that JSON or a client can't carry become U+FFFD, date functions stay as typed."""
    if not text.isprintable() and _BROKEN.search(text):
        text = _BROKEN.sub("\ufffd", text)
    return _FUNCTION.sub("{\u2060{", text) if "{{" in text else text


def _run(span: Span, look: Json) -> Json:
    run: Json = {"type": "TextRun", "text": literal_text(span.text), **look}
    if span.bold:
        run["weight"] = "Bolder"
    if span.italic:
        run["italic"] = True
    if span.code:
        run["fontType"] = "Monospace"
    return run


def _markdown(span: Span) -> str:
    text = f"[{span.text}]({link_url(span.url)})" if span.url else span.text
    if span.italic:
        text = f"_{text}_"
    return f"**{text}**" if span.bold else text


def literal_anywhere(text: str) -> bool:
    """Whether `text` is shown as it is even where a client reads Markdown."""
    return not (_SPECIAL.search(text) or _BROKEN.search(text))


def link_url(url: str) -> str:
    """`url` with what would end a Markdown link percent-encoded."""
    return url.replace("(", "%28").replace(")", "%29").replace("\\", "%5C").replace("*", "%2A")


def _tidy(found: Sequence[Span]) -> bool:
    """Whether a TextBlock shows these spans right, whatever the client."""
    texts = ["", *(span.text for span in found), ""]
    for span, before, after in zip(found, texts, texts[2:], strict=False):
        if span.code or _BROKEN.search(span.text) or _SPECIAL.search(span.text):
            return False
        # `**` and `_` work only between a word and something else than a word.
        if (span.bold or span.italic) and not (
            span.text == span.text.strip() and _BESIDE.match(before[-1:]) and _BESIDE.match(after[:1])
        ):
            return False
    return True


@lru_cache(maxsize=4096)
def _line(text: str) -> tuple[str, tuple[Span, ...], tuple[Span, ...]]:
    """One line: its Markdown if a TextBlock will do, else its runs and the links to put below."""
    found = spans(text)
    if _tidy(found):
        return "".join(map(_markdown, found)), (), ()
    return "", found, tuple(s for s in found if s.url)


def paragraphs(text: str, look: Json = PLAIN, spacing: str = "") -> list[Json]:
    """An author's text: one element a line, an empty line as a gap. `spacing` is that of the first."""
    made: list[Json] = []
    for line in (text,) if text.isprintable() else text.splitlines():
        if not visible(line):
            spacing = spacing or "Medium"
            continue
        markdown, runs, links = _line(line.strip())
        if markdown:
            made.append({"type": "TextBlock", "text": markdown, "wrap": True, **look})
        else:
            made.append({"type": "RichTextBlock", "inlines": [_run(span, look) for span in runs]})
        if spacing:
            made[-1]["spacing"] = spacing
        made += [link(span.text, span.url) for span in links]
        spacing = "Small" if made else spacing
    return made


def literal(text: str, look: Json = PLAIN, spacing: str = "") -> list[Json]:
    """Words that mean nothing but themselves: one element a line, no formatting, no links."""
    made: list[Json] = []
    for line in text.splitlines():
        if not visible(line):
            continue
        made.append({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": literal_text(line), **look}]})
        if spacing:
            made[-1]["spacing"] = spacing
        spacing = "Small"
    return made


def heading(text: str, size: str = "Medium") -> Json:
    """A heading: the one kind of text that must be a TextBlock, so what is special in it is escaped."""
    words = " ".join(plain(text).split()) or "…"
    return {
        "type": "TextBlock",
        "text": markdown_escaped(words),
        "wrap": True,
        "style": "heading",
        "size": size,
        "weight": "Bolder",
    }


@lru_cache(maxsize=1024)
def markdown_escaped(words: str) -> str:
    """`words` for a TextBlock, shown as they are by a client that honours backslashes."""
    if not _SPECIAL.search(words) and not _BROKEN.search(words):
        return words
    words = re.sub(r"([\\`*_\[\]<>&~#])", r"\\\1", literal_text(words))
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", words)


def link(title: str, url: str) -> Json:
    """A link on a line of its own."""
    words = " ".join(title.split()) or url
    return {
        "type": "TextBlock",
        "text": f"[{markdown_escaped(words)}]({link_url(url)})",
        "wrap": True,
        "spacing": "Small",
    }


def code(text: str) -> Json:
    """A block of code: whole lines in monospace, its spaces kept."""
    items: list[Json] = []
    spacing = "None"
    lines = text.splitlines()
    # Where a line is too long for a phone, a gap tells which is the next line and which only the rest of one.
    between = "Small" if any(len(line) > _CODE_ROW for line in lines) else "None"
    for line in lines:
        if not visible(line):
            spacing = "Medium"
            continue
        shown = _SPACES.sub(lambda m: "\u00a0" * len(m[0]), literal_text(line.rstrip()))
        if _SPECIAL.search(shown):
            run = {"type": "TextRun", "text": shown, "fontType": "Monospace"}
            items.append({"type": "RichTextBlock", "inlines": [run], "spacing": spacing})
        else:
            items.append(
                {"type": "TextBlock", "text": shown, "fontType": "Monospace", "wrap": True, "spacing": spacing}
            )
        spacing = between
    return {"type": "Container", "style": "emphasis", "spacing": "Small", "items": items}


def bullet(items: list[Json], sign: str = "•") -> Json:
    """`items` hanging beside a bullet, or beside a number."""
    mark = {"type": "TextBlock", "text": sign} if literal_anywhere(sign) else literal(sign)[0]
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [
            {"type": "Column", "width": "auto", "items": [mark]},
            {"type": "Column", "width": "stretch", "spacing": "Small", "items": items},
        ],
    }


def action(button: Button, turn: int) -> Json:
    """A button. Its payload is found in the same way in every form: verb, turn and value under `data`."""
    title = literal_text(button.title if button.title.isprintable() else " ".join(button.title.split()))
    data = {"helpbot": 1, "verb": button.verb, "turn": turn, "value": button.value}
    submit = {"type": "Action.Submit", "title": title, "data": data}
    if button.stays:
        return submit
    made = {"type": "Action.Execute", "title": title, "verb": button.verb, "data": data, "fallback": submit}
    if not button.quiet:
        made["style"] = submit["style"] = "positive"
    return made


def packed(buttons: Sequence[_Titled]) -> Iterable[Sequence[_Titled]]:
    """Rows of buttons (or of what else has a title and is drawn as one), in order, each as wide as a phone at most."""
    row: list[_Titled] = []
    room = _ROW
    for button in buttons:
        need = len(button.title) + _PAD
        if row and (need > room or len(row) == _ROW_MOST):
            yield row
            row, room = [], _ROW
        row.append(button)
        room -= need
    if row:
        yield row


def _sets(rows: Iterable[Sequence[Button]], turn: int, first: str) -> list[Json]:
    made: list[Json] = []
    for row in rows:
        made.append({"type": "ActionSet", "spacing": "Small", "actions": [action(button, turn) for button in row]})
    if made:
        made[0]["spacing"] = first
    return made


def row(button: Button, turn: int, about: str = "") -> Json:
    """A button drawn as a box with its whole title, and a line about it; a screen reader hears both."""
    press = action(button, turn)
    press.pop("style", None)
    if about:
        press["tooltip"] = literal_text(plain(about))
    # The sign tells it from mere text where a client shows no colours.
    items = literal(f"{button.title} \u203a", {"weight": "Bolder", "color": "Accent"})
    items += paragraphs(about, SMALL, "Small") if about else []
    return {"type": "Container", "style": "emphasis", "spacing": "Small", "selectAction": press, "items": items}


def answers(buttons: Sequence[Button], turn: int, about: Sequence[str] = ()) -> list[Json]:
    """The loud buttons: in one row if few and short, else below each other; as boxes if a title is long.

    `about` holds a line for each button, or nothing.
    """
    if any(len(button.title) > _LONG for button in buttons):
        made = [row(button, turn, about[n] if about else "") for n, button in enumerate(buttons)]
        made[0]["spacing"] = "Medium"
        return made
    if any(about):
        made = []
        for button, line in zip(buttons, about, strict=True):
            made += _sets([(button,)], turn, "Medium")
            made += paragraphs(line, SMALL, "Small") if line else []
        return made
    rows = list(packed(buttons)) if len(buttons) <= _ROW_MOST else []
    if len(rows) != 1:
        rows = [(button,) for button in buttons]
    return _sets(rows, turn, "Medium")


def sending(button: Button, turn: int) -> Json:
    """A button on its own, right below what it sends."""
    return {"type": "ActionSet", "spacing": "Small", "actions": [action(button, turn)]}


def ways(buttons: Sequence[Button], turn: int) -> list[Json]:
    """The quiet buttons below a line, in two short rows. What has no room goes behind "…", the last one never."""
    rows = list(packed(buttons))
    hidden: Sequence[Button] = ()
    if len(rows) > _WAY_ROWS:
        shown = sum(map(len, rows[: _WAY_ROWS - 1]))
        if len(buttons) - shown <= _SET_MOST:
            rows, hidden = [*rows[: _WAY_ROWS - 1], buttons[-1:]], buttons[shown:-1]
    made = _sets(rows, turn, "Medium")
    if made:
        made[0]["separator"] = True
        made[-1]["actions"] += [{**action(button, turn), "mode": "secondary"} for button in hidden]
    return made


def fact(label: str, value: str) -> Json:
    """A label and what holds for it, on one line. No FactSet: that reads names and addresses as Markdown."""
    runs = [
        {"type": "TextRun", "text": literal_text(f"{label}: "), "isSubtle": True},
        {"type": "TextRun", "text": literal_text(" ".join(value.split()))},
    ]
    return {"type": "RichTextBlock", "spacing": "Small", "inlines": runs}


def facts(title: str, lines: Sequence[str]) -> list[Json]:
    """What was taken as answered, said back."""
    if not lines:
        return []
    items = paragraphs(title, SMALL)
    for line in lines:
        items += literal(f"✓ {line}", spacing="Small")
    return [{"type": "Container", "style": "emphasis", "items": items}]


def short(*parts: str) -> str:
    """A fallback for a card whose whole text is long: its first sentences, in one paragraph."""
    return " ".join(part for part in parts if visible(part))


def card(body: list[Json], speak: str, fallback: str) -> Json:
    """The card around its elements, within the size that Teams takes. `fallback`: for a client that can't draw it."""
    return fitted(whole(body, speak, fallback))


def whole(body: list[Json], speak: str, fallback: str) -> Json:
    """The card, whatever its size."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "speak": literal_text(speak),
        "fallbackText": literal_text(fallback),
        "body": body,
    }
