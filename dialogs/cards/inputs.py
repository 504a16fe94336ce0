"""Inputs on Adaptive Cards, and forms that open below a card."""

from __future__ import annotations

from collections.abc import Iterable

from dialogs.cards.adaptive import Json, action, literal_text, whole
from dialogs.cards.base import Button
from dialogs.cards.fields import Field, Form

MAX_TYPED = 4000  # characters of a text input


def field(one: Field) -> Json:
    """One input with its label."""
    label = literal_text(one.label)
    if one.kind == "choice":
        choices = [{"title": literal_text(title), "value": value} for value, title in one.options]
        made: Json = {"type": "Input.ChoiceSet", "id": one.id, "label": label, "choices": choices, "style": "compact"}
        if choices and one.required:
            made["value"] = choices[0]["value"]
        return made
    made = {"type": "Input.Text", "id": one.id, "label": label, "isMultiline": True, "maxLength": MAX_TYPED}
    if one.placeholder:
        made["placeholder"] = literal_text(one.placeholder)
    return made


def fields(many: Iterable[Field]) -> list[Json]:
    """Several inputs below each other."""
    return [field(one) for one in many]


def form(one: Form, turn: int) -> Json:
    """A form: a button that opens inputs, and the button that sends them."""
    body = [*fields(one.fields), {"type": "ActionSet", "actions": [action(one.send, turn)]}]
    card = {k: v for k, v in whole(body, "", "").items() if k in ("type", "body", "version")}
    return {"type": "Action.ShowCard", "title": literal_text(one.title), "card": card}


def forms(many: Iterable[Form], turn: int) -> list[Json]:
    """Forms in one row of buttons (at most six, as many as Teams takes in a set)."""
    made = [form(one, turn) for one in many]
    return [{"type": "ActionSet", "spacing": "Small", "actions": made[:6]}] if made else []


def submit(buttons: Iterable[Button], turn: int) -> list[Json]:
    """Buttons that send what stands in the inputs of their card."""
    made = [action(button, turn) for button in buttons]
    return [{"type": "ActionSet", "spacing": "Medium", "actions": made}] if made else []
