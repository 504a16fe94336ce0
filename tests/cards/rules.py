"""Our own rules for Adaptive Cards: what a card may hold, and what it may not leave out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from dialogs.cards.base import Button, Card

MOST_BYTES = 25_000
MOST_ACTIONS = 6  # Teams allows no more in one set

# Elements and their properties, all of them in Adaptive Cards 1.5 and drawn by Teams.
COMMON = {"type", "id", "spacing", "separator", "isVisible"}
KNOWN: dict[str, set[str]] = {
    "AdaptiveCard": {"type", "$schema", "version", "body", "speak", "fallbackText", "lang"},
    "TextBlock": COMMON | {"text", "wrap", "size", "weight", "color", "isSubtle", "fontType", "style"},
    "RichTextBlock": COMMON | {"inlines"},
    "TextRun": {"type", "text", "size", "weight", "color", "isSubtle", "fontType", "italic"},
    "Container": COMMON | {"items", "style", "selectAction"},
    "ColumnSet": COMMON | {"columns"},
    "Column": COMMON | {"width", "items"},
    "ActionSet": COMMON | {"actions"},
    "Image": COMMON | {"url", "altText", "size"},
    "Input.Text": COMMON | {"label", "placeholder", "isMultiline", "isRequired", "errorMessage", "maxLength", "value"},
    "Input.ChoiceSet": COMMON
    | {"label", "placeholder", "choices", "style", "isRequired", "errorMessage", "value", "wrap"},
    "Action.Execute": {"type", "title", "verb", "data", "fallback", "style", "mode", "tooltip", "associatedInputs"},
    "Action.Submit": {"type", "title", "data", "style", "mode", "tooltip", "associatedInputs"},
    "Action.OpenUrl": {"type", "title", "url", "style", "mode", "tooltip"},
    "Action.ShowCard": {"type", "title", "card", "style", "mode", "tooltip"},
}
VALUES: dict[str, set[str]] = {
    "spacing": {"None", "Small", "Default", "Medium", "Large", "ExtraLarge"},
    "size": {"Small", "Default", "Medium", "Large"},
    "weight": {"Bolder"},
    "color": {"Default", "Accent", "Good", "Warning", "Attention"},
    "fontType": {"Monospace"},
    "mode": {"primary", "secondary"},
    "style": {"heading", "emphasis", "default", "positive", "destructive", "compact", "expanded"},
}
TEXTS = ("text", "title", "altText", "label", "speak", "fallbackText", "tooltip", "placeholder", "errorMessage")
OURS = {"helpbot", "verb", "turn", "value"}  # what a button carries


def elements(part: Any) -> Iterator[dict[str, Any]]:
    """Everything in a card that has a type, from the outside in; payloads are not looked into."""
    if isinstance(part, list):
        for item in part:
            yield from elements(item)
    elif isinstance(part, dict):
        if isinstance(part.get("type"), str):
            yield part
        for key, value in part.items():
            if key != "data":
                yield from elements(value)


def broken(card: dict[str, Any]) -> list[str]:
    """What is wrong with an Adaptive Card, one sentence a mistake; none is good."""
    wrong = _whole(card)
    for element in elements(card):
        kind = element["type"]
        if kind not in KNOWN:
            wrong.append(f"unknown element {kind}")
            continue
        wrong += [f"{kind} has no property {name}" for name in element.keys() - KNOWN[kind]]
        wrong += [
            f"{kind}: {name} can't be {element[name]!r}"
            for name in VALUES.keys() & element.keys()
            if element[name] not in VALUES[name]
        ]
        wrong += [f"{kind}: {name} is empty" for name in TEXTS if name in element and not element[name].strip()]
        wrong += [f"{kind}: a line break in {name}" for name in ("text", "title") if "\n" in element.get(name, "")]
        wrong += _own_rules(kind, element)
    return wrong


def _whole(card: dict[str, Any]) -> list[str]:
    wrong = []
    if card.get("type") != "AdaptiveCard" or card.get("version") != "1.5":
        wrong.append("not an Adaptive Card 1.5")
    if not card.get("body"):
        wrong.append("no body")
    if len(json.dumps(card)) > MOST_BYTES or len(json.dumps(card, ensure_ascii=False).encode()) > MOST_BYTES:
        wrong.append(f"{len(json.dumps(card))} bytes are too many")
    wrong += [f"no {name}" for name in ("speak", "fallbackText") if not card.get(name, "").strip()]
    ids = Counter(element["id"] for element in elements(card) if "id" in element)
    return wrong + [f"the id {name} stands {n} times" for name, n in ids.items() if n > 1]


def _own_rules(kind: str, element: dict[str, Any]) -> list[str]:
    needed = {
        "TextBlock": ("text",),
        "TextRun": ("text",),
        "RichTextBlock": ("inlines",),
        "Container": ("items",),
        "ColumnSet": ("columns",),
        "Column": ("items",),
        "ActionSet": ("actions",),
        "Image": ("url", "altText"),
        "Input.Text": ("id", "label"),
        "Input.ChoiceSet": ("id", "label", "choices"),
        "Action.Execute": ("title", "verb", "data", "fallback"),
        "Action.Submit": ("title", "data"),
        "Action.OpenUrl": ("title", "url"),
        "Action.ShowCard": ("title", "card"),
    }
    wrong = [f"{kind} without {name}" for name in needed.get(kind, ()) if not element.get(name)]
    if kind == "TextBlock" and not element.get("wrap") and len(element.get("text", "")) > 3:
        wrong.append(f"TextBlock does not wrap: {element.get('text')!r}")
    if kind == "ActionSet" and len(element.get("actions", ())) > MOST_ACTIONS:
        wrong.append("too many actions in one set")
    if kind == "Action.Execute" and element.get("fallback", {}).get("data") != element.get("data"):
        wrong.append("the fallback carries another payload")
    if kind in ("Action.Execute", "Action.Submit"):
        wrong += _payload(element)
    if kind.startswith("Input."):
        wrong += _input(element)
    return wrong


def _input(element: dict[str, Any]) -> list[str]:
    wrong = []
    if element.get("id") in OURS:
        wrong.append(f"the input {element['id']} would overwrite what a button carries")
    if element.get("isRequired") and not element.get("errorMessage"):
        wrong.append("a required input without a message")
    choices = element.get("choices", ())
    if len({choice["value"] for choice in choices}) != len(choices):
        wrong.append("two choices of one value")
    return wrong + ["an empty choice" for choice in choices if not choice["title"].strip()]


def _payload(action: dict[str, Any]) -> list[str]:
    data = action.get("data")
    if not isinstance(data, dict) or data.get("helpbot") != 1:
        return [f"no payload in {action.get('title')!r}"]
    if data.keys() != OURS:
        return [f"payload of {action.get('title')!r} has {sorted(data)}"]
    return [] if action.get("verb", data["verb"]) == data["verb"] else ["the verb differs from that of the payload"]


def actions(card: dict[str, Any], opened: bool = True) -> list[dict[str, Any]]:
    """The actions of a card in the order in which they stand, fallbacks left out; `opened`: those of its forms too."""
    inside = list(elements(card))
    left_out = {id(element.get("fallback")) for element in inside}
    if not opened:
        left_out |= {id(e) for form in forms(card) for e in elements(form["card"])}
    return [e for e in inside if e["type"].startswith("Action.") and id(e) not in left_out]


def forms(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a card that open a form."""
    return [element for element in elements(card) if element["type"] == "Action.ShowCard"]


def inputs(part: Any) -> list[dict[str, Any]]:
    """The inputs below `part`."""
    return [element for element in elements(part) if element["type"].startswith("Input.")]


def shown(card: dict[str, Any]) -> str:
    """All words that a card shows, in order, one element a line."""
    lines = []
    for element in elements(card):
        if element["type"] == "TextBlock":
            lines.append(element["text"])
        elif element["type"] == "RichTextBlock":
            lines.append("".join(run["text"] for run in element["inlines"]))
    return "\n".join(lines)


def unlike(card: Card) -> list[str]:
    """Where a card's forms differ: options that are no buttons, numbers that are not in the text."""
    drawn, text = card.adaptive(), card.text()
    pressed = [(a["title"], a["data"]["verb"], a["data"]["value"]) for a in actions(drawn) if "data" in a]
    wrong = []
    for number, button in enumerate(card.options(), 1):
        if (button.title, button.verb, button.value) not in pressed:
            wrong.append(f"no button for {button.title!r}")
        if f"{number}. {button.title}" not in text:
            wrong.append(f"{number}. {button.title} is not in the text")
    ways: tuple[Button, ...] = () if getattr(card, "answered", "") else getattr(card, "ways", ())
    wrong += [f"{way.title!r} is not in the text" for way in ways if way.title not in text]
    return wrong
