"""Building blocks of Slack's Block Kit, as plain JSON, and what a pressed one carries.

Limits (Slack's reference of each block): 25 elements in an actions block, 75 characters on a button and 2,000 in its
value, 100 options of 75 characters in a select, 150 characters in a header, 255 in an id. Clients show about 30
characters of a button's title, so longer ones stand above the buttons too, whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dialogs.cards.base import Button
from dialogs.cards.slack_pieces import rich_blocks
from dialogs.cards.slack_text import (
    Json,
    authored,
    bare,
    bullets,
    clean,
    escape,
    inlines,
    plain_text,
    preformatted,
    section,
    size,
    visible,
    words,
)

PRESS = "helpbot-press"  # what the action_id of a button begins with
CHOOSE = "helpbot-choose"  # of a select: the rest is turn, verb and what all its values begin with
FORM = "helpbot-form"  # of a button that opens a form; it carries what the form's own button carries
LINK = "helpbot-link"  # of a button that only opens an address

FEW = 5  # answers that are buttons; more are a select
_TITLE_MOST = 75
_SHOWN = 30
_VALUE_MOST = 2000
_OPTION_MOST = 75
_OPTIONS_MOST = 100
ROW_MOST = 25
_BYTES_MOST = 7000  # of JSON in a row
_HEADER_MOST = 150
_ID_MOST = 255
_HINT_MOST = 3000
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_COMMANDS = frozenset("&<>\x00")

DIVIDER: Json = {"type": "divider"}


# -- what is read


def heading(text: str) -> list[Json]:
    """A card's title; one that is too long for a header is bold text."""
    title = bare(text)
    if len(escape(title)) > _HEADER_MOST:
        return strong(text)
    return [{"type": "header", "text": plain_text(title, _HEADER_MOST)}]


def strong(text: str) -> list[Json]:
    """An author's text, all of it bold: a question."""
    return rich_blocks([section(inlines(" ".join(text.split()) or "…", bold=True))])


def paragraphs(text: str) -> list[Json]:
    """An author's text."""
    return rich_blocks(authored(text))


def literal(text: str, bold: bool = False) -> list[Json]:
    """Words that mean nothing but themselves."""
    return rich_blocks([section(words(text.strip("\n"), bold))])


def small(text: str) -> list[Json]:
    """An author's text in small print; with formatting in it, as text of the usual size."""
    runs = inlines(text)
    if any(run["type"] != "text" or "style" in run for run in runs) or len(escape(text)) > _HINT_MOST:
        return paragraphs(text)
    shown = escape("".join(run["text"] for run in runs))
    text_object = {"type": "plain_text", "text": shown, "emoji": False}
    return [{"type": "context", "elements": [text_object]}] if visible(shown) else []


def facts(title: str, lines: Sequence[str]) -> list[Json]:
    """What was taken as answered, said back."""
    items = [words(" ".join(line.split())) for line in lines if visible(line)]
    return rich_blocks([section(inlines(title)), bullets(items, border=True)]) if items else []


def code(text: str) -> list[Json]:
    """A block of code."""
    return rich_blocks([preformatted(text)]) if visible(text) else []


# -- what is pressed


def carry(button: Button, turn: int) -> str:
    """What a button carries, as JSON in ASCII: `&`, `<` and `>` are not changed on their way."""
    data = {"helpbot": 1, "verb": button.verb, "turn": turn, "value": button.value}
    made = _ENCODER.encode(data)
    made = made.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    if len(made) > _VALUE_MOST:
        raise ValueError(f"The button {button.verb!r} carries {len(made)} characters; Slack takes {_VALUE_MOST}.")
    return made


def uncarry(carried: object) -> tuple[str, int, str] | None:
    """Verb, turn and value of what `carry` made; None for anything else."""
    try:
        data = json.loads(carried) if isinstance(carried, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or data.get("helpbot") != 1 or data["helpbot"] is True:
        return None
    verb, turn, value = data.get("verb"), data.get("turn"), data.get("value", "")
    if not (isinstance(verb, str) and isinstance(value, str) and type(turn) is int):
        return None
    return verb, turn, value


def pressed(action: Mapping[str, Any]) -> tuple[str, int, str] | None:
    """Verb, turn and value of an action as Slack reports it (one of `actions` in `block_actions`); None if not ours.

    A button's action_id begins with PRESS or FORM, a select's with CHOOSE.
    """
    name = action.get("action_id")
    if not isinstance(name, str):
        return None
    if name.startswith((PRESS, FORM)):
        return uncarry(action.get("value"))
    kind, *rest = name.split("|", 3)
    option = action.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else None
    if not kind.startswith(CHOOSE) or len(rest) != 3 or not isinstance(value, str) or not rest[0].isdecimal():
        return None
    return rest[1], int(rest[0]), rest[2] + value.removeprefix("=")


def button(one: Button, turn: int, kind: str = PRESS) -> Json:
    """A button. Its action_id gets its number when the message is put together."""
    title = plain_text(one.title, _TITLE_MOST)
    return {"type": "button", "action_id": kind, "text": title, "value": carry(one, turn)}


def link_button(title: str, url: str) -> Json:
    """A button that opens an address. Slack reports its press all the same, and wants it acknowledged."""
    return {"type": "button", "action_id": LINK, "text": plain_text(title, _TITLE_MOST), "url": url}


def actions(elements: Iterable[Json]) -> list[Json]:
    """Buttons and selects in rows."""
    return [{"type": "actions", "elements": row} for row in _rows(elements, ROW_MOST)]


def _rows(parts: Iterable[Json], most: int) -> Iterator[list[Json]]:
    """Parts in rows of at most `most`, none of them too big to be moved to a message of its own."""
    row: list[Json] = []
    room = _BYTES_MOST
    for part in parts:
        need = size(part)
        if row and (len(row) == most or need > room):
            yield row
            row, room = [], _BYTES_MOST
        row.append(part)
        room -= need
    if row:
        yield row


def answers(buttons: Sequence[Button], turn: int, about: Sequence[str] = (), primary: bool = False) -> list[Json]:
    """The loud buttons; a select when they are many. about: a line for each button, or nothing.

    primary: a single button is drawn as the one to press.
    """
    if not buttons:
        return []
    choice = selects(buttons, turn, about) if len(buttons) > FEW else []
    titles = [each.title for each in buttons]
    short = all(map(whole, titles)) if choice else all(len(escape(title)) <= _SHOWN for title in titles)
    told = _described(choice) or not any(map(visible, about))
    listed = [] if short and told else listing(titles, about)
    if choice:
        return listed + actions(choice)
    drawn = [button(each, turn) for each in buttons]
    if primary and len(drawn) == 1:
        drawn[0]["style"] = "primary"
    return listed + actions(drawn)


def listing(titles: Sequence[str], about: Sequence[str] = ()) -> list[Json]:
    """Titles with a line about each, numbered: whole, however long."""
    items = []
    for n, title in enumerate(titles):
        line = about[n] if about else ""
        item = words(" ".join(title.split()) or "…", bold=visible(line))
        if visible(line):
            item += [{"type": "text", "text": "\n"}, *inlines(" ".join(line.split()))]
        items.append(item)
    return rich_blocks([bullets(items, style="ordered") if len(items) > 1 else section(*items)])


def selects(buttons: Sequence[Button], turn: int, about: Sequence[str] = ()) -> list[Json]:
    """The buttons as one select or more; none when what they carry does not fit into one."""
    titles, values = [each.title for each in buttons], [each.value for each in buttons]
    verb = buttons[0].verb
    start = _shared(values)
    name = f"{CHOOSE}|{turn}|{verb}|{start}"
    fits = (
        all(each.verb == verb for each in buttons)
        and "|" not in verb
        and turn >= 0
        and len(set(values)) == len(values)
        and len(name) <= _ID_MOST - 8
        and all(len(value) - len(start) < _OPTION_MOST for value in values)
        and not any(_COMMANDS & set(value) or not value.isprintable() for value in (verb, *values))
    )
    if not fits:
        return []
    lines = [bare(line) for line in about]
    described = bool(lines) and all(len(escape(text)) <= _OPTION_MOST for each in (lines, titles) for text in each)
    options = [
        option(each.title, f"={each.value[len(start) :]}", lines[n] if described else "")
        for n, each in enumerate(buttons)
    ]
    rows = _rows(options, _OPTIONS_MOST)
    return [{"type": "static_select", "action_id": name, "options": row} for row in rows]


def _shared(values: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(values), max(values)
    return first[: next((n for n, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first))]


def option(title: str, value: str, about: str = "") -> Json:
    """An option of a select, with a line about it. A title that is too long goes on in that line."""
    parted = None if visible(about) else _parted(title)
    title, about = parted or (title, about)
    made: Json = {"text": plain_text(title, _OPTION_MOST), "value": value}
    return made | {"description": plain_text(about, _OPTION_MOST)} if visible(about) else made


def whole(title: str) -> bool:
    """Whether an option can show this title, on its two lines."""
    return _parted(title) is not None


def _parted(title: str) -> tuple[str, str] | None:
    """A title for the two lines of an option; None when they can't hold it."""
    words = " ".join(clean(title).split())
    if len(escape(words)) <= _OPTION_MOST:
        return words, ""
    for mark in (": ", " "):
        end = len(words)
        while (end := words.rfind(mark, 0, end)) > 0:
            first, second = words[:end] + mark.strip(), words[end + len(mark) :]
            if len(escape(second)) > _OPTION_MOST:
                break
            if len(escape(first)) <= _OPTION_MOST:
                return first, second
    return None


def _described(choice: Sequence[Json]) -> bool:
    return any("description" in each for select in choice for each in select["options"])


def ways(buttons: Sequence[Button], turn: int) -> list[Json]:
    """The quiet buttons, below a line. A title that is too long for one stands above, whole."""
    if not buttons:
        return []
    titles = [each.title for each in buttons]
    listed = listing(titles) if any(len(escape(clean(title))) > _TITLE_MOST for title in titles) else []
    return [DIVIDER, *listed, *actions([button(each, turn) for each in buttons])]
