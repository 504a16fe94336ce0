"""Inputs in Slack: on a message, and in the modal that a form becomes.

Slack's input blocks stand in messages too: what was typed or chosen there comes with the press of a button of the same
message, in `state.values`. Nothing is demanded there, only a modal can insist; so what must not be empty is a form.
Limits: 3,000 characters typed, 10 radio buttons, 100 options in a group, 24 characters in a modal's title and buttons,
100 blocks, 3,000 characters of private metadata.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dialogs.cards import blocks
from dialogs.cards.base import Button
from dialogs.cards.fields import Field, Form
from dialogs.cards.slack_form import identified
from dialogs.cards.slack_text import Json, bare, escape, plain_text, visible

MAX_TYPED = 3000
MODAL = "helpbot-form"  # the callback_id of a form's modal
_OPEN = 5  # choices that are shown at once; more are a list that folds
_OPTIONS_MOST = 100
_VALUE_MOST = 150
_LABEL_MOST = 500  # Slack takes 2,000, but a message has to hold all of its inputs
_PLACEHOLDER_MOST = 150
_TITLE_MOST = 24
_BLOCKS_MOST = 100
_METADATA_MOST = 3000


def field(one: Field, turn: int) -> list[Json]:
    """One input with its label; what is too long for its place stands above it, whole."""
    label = bare(one.label)
    made = blocks.paragraphs(one.label) if len(escape(label)) > _LABEL_MOST else []
    if one.kind == "choice":
        if not all(blocks.whole(title) for _, title in one.options):
            made += blocks.listing([title for _, title in one.options])
        element = _choice(one)
    else:
        element = {"type": "plain_text_input", "multiline": True, "max_length": MAX_TYPED}
    hint = one.placeholder if visible(one.placeholder) else ""
    block: Json = {
        "type": "input",
        "block_id": f"{one.id}-{turn}",
        "label": plain_text(label, _LABEL_MOST),
        "element": {**element, "action_id": one.id},
        "optional": not one.required,
    }
    if hint and element["type"] != "radio_buttons" and len(escape(hint)) <= _PLACEHOLDER_MOST:
        block["element"]["placeholder"] = plain_text(hint, _PLACEHOLDER_MOST)
    elif hint and len(escape(hint)) <= _LABEL_MOST:
        block["hint"] = plain_text(hint, _LABEL_MOST)
    elif hint:
        made += blocks.paragraphs(hint)
    return [*made, block]


def _choice(one: Field) -> Json:
    """Radio buttons for a few choices, a select for more; the only choice that must be made is made beforehand."""
    options = [blocks.option(title, value) for value, title in one.options]
    if any(not 0 < len(value) <= _VALUE_MOST for value, _ in one.options):
        raise ValueError(
            f"A choice of the input {one.id!r} has a value that is empty or above {_VALUE_MOST} characters."
        )
    first = {"initial_option": options[0]} if one.required and len(options) == 1 else {}
    if len(options) <= _OPEN:
        return {"type": "radio_buttons", "options": options, **first}
    if len(options) <= _OPTIONS_MOST:
        return {"type": "static_select", "options": options}
    starts = range(0, len(options), _OPTIONS_MOST)
    groups = [{"label": plain_text(f"{at + 1} …"), "options": options[at : at + _OPTIONS_MOST]} for at in starts]
    return {"type": "static_select", "option_groups": groups}


def fields(many: Sequence[Field], turn: int) -> list[Json]:
    """Several inputs below each other."""
    return [block for one in many for block in field(one, turn)]


def opening(one: Form, turn: int) -> Json:
    """The button that opens a form. It carries what the form's own button carries, so that the form is found again."""
    return blocks.button(Button(one.title, one.send.verb, one.send.value), turn, blocks.FORM)


def modal(one: Form, turn: int, where: str = "") -> Json:
    """A form as the view that `views.open` takes. where: comes back with what is submitted, for Slack says no place.

    The inputs' block ids, by which mistakes are named in the answer to a submission, are `<field id>-<turn>`.
    """
    carried = json.loads(blocks.carry(one.send, turn)) | {"where": where}
    metadata = json.dumps(carried, separators=(",", ":"))
    if len(metadata) > _METADATA_MOST:
        raise ValueError(f"A form carries {len(metadata)} characters; Slack takes {_METADATA_MOST}.")
    inside = fields(one.fields, turn)
    for title in (one.send.title, one.title):
        if len(escape(" ".join(title.split()))) > _TITLE_MOST:
            inside = [*blocks.literal(title, bold=True), *inside]
    if not 0 < len(inside) <= _BLOCKS_MOST:
        raise ValueError(f"A form of {len(inside)} blocks; Slack takes 1 to {_BLOCKS_MOST}.")
    return {
        "type": "modal",
        "callback_id": MODAL,
        "private_metadata": metadata,
        "title": plain_text(one.title, _TITLE_MOST),
        "submit": plain_text(one.send.title, _TITLE_MOST),
        "blocks": identified(inside),
    }


def submitted(view: Mapping[str, Any]) -> tuple[str, int, str, str] | None:
    """Verb, turn, value and place of a form that comes back (the `view` of a `view_submission`); None if not ours."""
    metadata = view.get("private_metadata")
    carried = blocks.uncarry(metadata)
    if view.get("callback_id") != MODAL or carried is None or not isinstance(metadata, str):
        return None
    where = json.loads(metadata).get("where", "")
    return (*carried, where) if isinstance(where, str) else None


def typed(state: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What stands in the inputs, (field id, text) pairs: of the `state` that comes with a press or a submission."""
    found = []
    values = state.get("values")
    for inside in values.values() if isinstance(values, dict) else ():
        for name, held in inside.items() if isinstance(inside, dict) else ():
            if not isinstance(held, dict):
                continue
            option = held.get("selected_option")
            value = option.get("value") if isinstance(option, dict) else held.get("value")
            if isinstance(name, str) and isinstance(value, str):
                found.append((name, value))
    return tuple(found)
