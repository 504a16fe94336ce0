"""The dialog stack as plain JSON, and back.

botbuilder's stack holds positions in waterfalls; a deployed edit would derail whoever is in the middle. So a saved
frame names its dialog and what it was begun with; where it waits follows from its place in the stack. Every waterfall
here is (show, choose, resumed): the active one has shown and waits for "choose", those below have chosen and wait for
"resumed". During a turn the guide's frame holds its `Walk`, read once and written once.
"""

from __future__ import annotations

from typing import Any

from botbuilder.dialogs import DialogInstance, DialogState

from dialogs.turn import State
from dialogs.walk import Walk
from dialogs.waterfall import frame_state

SHOWN, CHOSEN = 0, 1  # the step that a frame has done


def restore(state: State) -> DialogState:
    """The stack of a saved state, active frame first."""
    frames = state.get("stack", ())
    return DialogState([_instance(frame, CHOSEN if place else SHOWN) for place, frame in enumerate(frames)])


def _instance(frame: dict[str, Any], done: int) -> DialogInstance:
    name, options = frame["dialog"], frame.get("with", {})
    return DialogInstance(name, frame_state(Walk.from_json(options) if name == "guide" else options, done))


def fresh_root() -> DialogInstance:
    """The bottom frame of a new conversation, waiting for its first words."""
    return _instance({"dialog": "root"}, SHOWN)


def save(stack: DialogState) -> list[dict[str, Any]]:
    """The stack as JSON: `[{"dialog": id, "with": options}, …]`, active dialog first."""
    return [{"dialog": i.id, "with": _plain(i.state["options"])} for i in stack.dialog_stack]


def _plain(options: Any) -> Any:
    return options.to_json() if isinstance(options, Walk) else options
