"""Inputs on Adaptive Cards, and forms that open below a card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dialogs.cards.adaptive import Json, action, literal_anywhere, literal_text, packed, visible
from dialogs.cards.base import Button
from dialogs.cards.fields import Field, Form
from dialogs.cards.markdown import plain

MAX_TYPED = 4000  # characters of a text input
_OPEN = 5  # choices that are shown at once; more are a list that folds


def field(one: Field, of: str = "") -> Json:
    """One input with its label. `of`: what its id begins with, where a card has several forms."""
    label = " ".join(plain(one.label).split()) or "…"
    made: Json = {"id": f"{of}-{one.id}" if of else one.id, "label": literal_text(label)}
    if one.kind == "choice":
        choices = [{"title": literal_text(title), "value": value} for value, title in one.options]
        # What is shown at once is read as Markdown by Microsoft's renderer, what folds is not.
        few = len(choices) <= _OPEN and all(literal_anywhere(choice["title"]) for choice in choices)
        style = "expanded" if few else "compact"
        made |= {"type": "Input.ChoiceSet", "choices": choices, "style": style, "wrap": True}
        # Nothing is chosen beforehand where there is a choice: who just presses "Send" has not said yes.
        if one.required and len(choices) == 1:
            made["value"] = choices[0]["value"]
    else:
        made |= {"type": "Input.Text", "isMultiline": True, "maxLength": MAX_TYPED}
    if one.required and visible(one.error):
        made |= {"isRequired": True, "errorMessage": literal_text(one.error)}
    if visible(one.placeholder):
        made["placeholder"] = literal_text(one.placeholder)
    return made


def fields(many: Iterable[Field], of: str = "") -> list[Json]:
    """Several inputs below each other."""
    return [field(one, of) for one in many]


def form(one: Form, turn: int) -> Json:
    """A form: a button that opens inputs, and the button that sends them.

    Ids must differ over the whole card, so an input's begins with what its form does: `reply-text`; `Press.field`
    knows that.
    """
    body = [*fields(one.fields, one.send.value.partition("/")[0]), *submit((one.send,), turn)]
    card = {"type": "AdaptiveCard", "version": "1.5", "body": body}
    return {"type": "Action.ShowCard", "title": literal_text(" ".join(one.title.split())), "card": card}


def forms(many: Sequence[Form], turn: int, first: str = "Small") -> list[Json]:
    """Forms by their buttons, in rows that a phone shows whole; each opens right below its row. first: space above."""
    rows = [[form(one, turn) for one in row] for row in packed(many)]
    made: list[Json] = [{"type": "ActionSet", "spacing": "Small", "actions": row} for row in rows]
    for top in made[:1]:
        top["spacing"] = first
    return made


def submit(buttons: Iterable[Button], turn: int) -> list[Json]:
    """Buttons that send what stands in the inputs of their card."""
    made = [action(button, turn) for button in buttons]
    return [{"type": "ActionSet", "spacing": "Medium", "actions": made}] if made else []


def skipping(sets: list[Json]) -> list[Json]:
    """The same sets of actions, sent without the inputs: an empty one keeps nobody from going on."""
    alone = {"associatedInputs": "none"}
    for made in sets:
        made["actions"] = [
            {**one, **alone, **({"fallback": {**one["fallback"], **alone}} if "fallback" in one else {})}
            for one in made["actions"]
        ]
    return sets
