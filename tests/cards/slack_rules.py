"""Our own rules for Block Kit: what Slack refuses though its models and types let it pass; and what may not be lost."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from dialogs.cards import blocks as kit
from dialogs.cards.base import Button, Card, SlackForm
from dialogs.cards.case import CaseCard
from dialogs.cards.slack_text import escape

Json = dict[str, Any]

MOST_BYTES = 12_000
MOST_TEXT = 40_000
LENGTHS = {  # of a text object, by what it is of
    "header": 150,
    "button": 75,
    "option": 75,
    "description": 75,
    "placeholder": 150,
    "label": 2000,
    "hint": 2000,
    "context": 3000,
    "section": 3000,
    "title": 24,
    "submit": 24,
}
# Blocks and elements that we use, with the properties that they may have.
KNOWN: dict[str, set[str]] = {
    "header": {"type", "text"},
    "divider": {"type"},
    "context": {"type", "elements"},
    "rich_text": {"type", "elements"},
    "section": {"type", "block_id", "text", "accessory"},
    "actions": {"type", "block_id", "elements"},
    "input": {"type", "block_id", "label", "element", "optional", "hint"},
    "button": {"type", "action_id", "text", "value", "style", "url"},
    "static_select": {"type", "action_id", "options", "option_groups", "placeholder"},
    "radio_buttons": {"type", "action_id", "options", "initial_option"},
    "plain_text_input": {"type", "action_id", "multiline", "max_length", "placeholder"},
    "rich_text_section": {"type", "elements"},
    "rich_text_list": {"type", "elements", "style", "indent", "border"},
    "rich_text_quote": {"type", "elements"},
    "rich_text_preformatted": {"type", "elements"},
    "text": {"type", "text", "style"},
    "link": {"type", "url", "text", "style"},
    "plain_text": {"type", "text", "emoji"},
}


def parts(part: Any) -> list[Json]:
    """Everything in a payload that has a type, from the outside in."""
    found: list[Json] = []
    _collect(part, found)
    return found


def _collect(part: Any, found: list[Json]) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("type"), str):
            found.append(part)
        part = part.values()
    elif not isinstance(part, list | tuple):
        return
    for value in part:
        if isinstance(value, dict | list | tuple):
            _collect(value, found)


def broken(form: SlackForm) -> list[str]:
    """What is wrong with a card's messages, one sentence a mistake; none is good."""
    wrong = [] if form.messages else ["no messages"]
    for message in form.messages:
        wrong += _blocks(list(message.blocks), 50)
        taken = len(json.dumps(message.blocks, ensure_ascii=False, separators=(",", ":")).encode())
        if taken > MOST_BYTES:
            wrong.append(f"{taken} bytes are too many")
        if not message.text.strip() or len(message.text) > MOST_TEXT:
            wrong.append(f"a text of {len(message.text)} characters")
        wrong += _commands(message.text)
    return wrong


def broken_view(view: Json) -> list[str]:
    """What is wrong with a modal or a Home tab."""
    wrong = _blocks(view["blocks"], 100)
    View(**view).validate_json()
    for name in ("title", "submit"):
        if name in view:
            wrong += _text(name, view[name])
    if len(view.get("private_metadata", "")) > 3000:
        wrong.append("private metadata too long")
    json.dumps(view, ensure_ascii=False).encode()
    return wrong


def _blocks(blocks: list[Json], most: int) -> list[str]:
    wrong = []
    if not 0 < len(blocks) <= most:
        wrong.append(f"{len(blocks)} blocks")
    for block in blocks:
        wrong += _block(json.dumps(block))
    inside = parts(blocks)
    for name in ("block_id", "action_id"):
        ids = [str(part[name]) for part in inside if name in part]
        wrong += [f"{name} {one} stands {n} times" for one, n in Counter(ids).items() if n > 1]
        wrong += [f"{name} of {len(one)} characters" for one in ids if not 0 < len(one) <= 255]
    return wrong


@lru_cache(maxsize=4096)  # most cards share most of their blocks
def _block(written: str) -> tuple[str, ...]:
    block = json.loads(written)
    parsed = Block.parse(block)
    if parsed is None:
        return (f"no block to slack_sdk: {block['type']}",)
    parsed.validate_json()
    return tuple(mistake for part in parts(block) for mistake in _part(part))


def _part(part: Json) -> list[str]:
    kind = part["type"]
    if kind not in KNOWN:
        return [f"unknown {kind}"]
    wrong = [f"{kind} has no property {name}" for name in part.keys() - KNOWN[kind]]
    if "elements" in part and not part["elements"]:
        wrong.append(f"{kind} is empty")
    if kind == "text" and not part["text"]:
        wrong.append("an empty text")
    if kind == "link" and not (part["url"].startswith(("https://", "http://")) and len(part["url"]) <= 3000):
        wrong.append(f"the link {part['url'][:40]!r}")
    if kind == "link" and not part.get("text", "x").strip():
        wrong.append("a link without a name to press")
    if kind == "actions" and len(part["elements"]) > 25:
        wrong.append("too many elements in a row")
    if kind == "context" and len(part["elements"]) > 10:
        wrong.append("too many elements in small print")
    if kind == "button":
        wrong += [f"a value of {len(part['value'])} characters"] if len(part.get("value", "x")) > 2000 else []
        wrong += [] if "url" in part or kit.pressed(part) else ["a button that carries nothing"]
    return wrong + _texts(kind, part) + _options(part)


def _texts(kind: str, part: Json) -> list[str]:
    wrong = []
    if kind in ("header", "button", "section"):
        wrong += _text(kind, part["text"])
    for name in ("label", "hint", "placeholder"):
        if name in part:
            wrong += _text(name, part[name])
    if kind == "context":
        wrong += [mistake for element in part["elements"] for mistake in _text("context", element)]
    return wrong


def _text(of: str, text: Json) -> list[str]:
    if text["type"] != "plain_text" or text.get("emoji") is not False:
        return [f"{of}: {text}"]
    shown = text["text"]
    wrong = [] if 0 < len(shown) <= LENGTHS[of] and shown.strip() else [f"{of} of {len(shown)} characters"]
    return wrong + _commands(shown)


def _commands(text: str) -> list[str]:
    """A text object in which Slack would read a command."""
    rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    return [f"not escaped: {text[:60]!r}"] if set(rest) & set("&<>") else []


def _options(part: Json) -> list[str]:
    groups = [part["options"]] if "options" in part else [group["options"] for group in part.get("option_groups", ())]
    options = [option for group in groups for option in group]
    wrong = [] if all(0 < len(group) <= 100 for group in groups) else ["options of no or too many"]
    if part["type"] == "radio_buttons" and len(options) > 10:
        wrong.append("too many radio buttons")
    if len({option["value"] for option in options}) != len(options):
        wrong.append("two options of one value")
    for option in options:
        wrong += _text("option", option["text"])
        wrong += _text("description", option["description"]) if "description" in option else []
        if not 0 < len(option["value"]) <= 150:
            wrong.append(f"an option's value of {len(option['value'])} characters")
    return wrong


# -- what may not be lost


def shown(blocks: Any) -> str:
    """All words that the blocks show, unescaped."""
    found = []
    for part in parts(blocks):
        if part["type"] == "text":
            found.append(part["text"])
        elif part["type"] == "link":
            found += [part.get("text", ""), " ", part["url"]]
        elif part["type"] == "plain_text":
            found.append(part["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") + "\n")
        if part["type"] in ("rich_text_section", "rich_text_quote", "rich_text_preformatted", "header", "button"):
            found.append("\n")
    return "".join(found)


def whole(form: SlackForm) -> str:
    """All words that a card shows in Slack."""
    return "\n".join(shown(message.blocks) for message in form.messages)


def presses(form: SlackForm) -> list[tuple[str, str, int, str]]:
    """Title, verb, turn and value of everything that can be pressed or chosen, as the door reads it."""
    found = []
    for message in form.messages:
        for part in parts(list(message.blocks)):
            if part["type"] == "button" and "url" not in part and (carried := kit.pressed(part)):
                found.append((part["text"]["text"], *carried))
            if part["type"] == "static_select" and part["action_id"].startswith(kit.CHOOSE):
                for option in part["options"]:
                    carried = kit.pressed({"action_id": part["action_id"], "selected_option": option})
                    assert carried is not None
                    found.append((option["text"]["text"], *carried))
    return found


def unlike(card: Card) -> list[str]:
    """Where the Slack form differs from the card: buttons that can't be pressed or carry another thing."""
    made = card.blocks()
    found = presses(made)
    turn = getattr(card, "turn", 0)
    buttons: list[Button] = list(card.options())
    if not getattr(card, "answered", ""):
        buttons += getattr(card, "ways", ())
    if isinstance(card, CaseCard):
        buttons += [*card.buttons, *(Button(form.title, form.send.verb, form.send.value) for form in card.forms)]
    carried = {(verb, at, value) for _, verb, at, value in found}
    wrong = [f"no button for {b.title!r}" for b in buttons if (b.verb, turn, b.value) not in carried]
    text = " ".join(whole(made).split())
    wrong += [f"{b.title!r} is not shown" for b in buttons if " ".join(b.title.split()) not in text]
    titles = {title for title, *_ in found}
    return wrong + [f"{b.title!r} is no button" for b in buttons if len(b.title) < 70 and escape(b.title) not in titles]
