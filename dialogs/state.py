"""The dialog stack as plain JSON, and back.

botbuilder's stack holds positions in waterfalls; a deployed edit would derail whoever is in the middle. So a saved
frame names its dialog and what it was begun with, and every waiting dialog waits at the same named place, "choose".
"""

from __future__ import annotations

from typing import Any

from botbuilder.dialogs import DialogInstance, DialogState

from dialogs.turn import State

WAITS_AT = 1  # the second step of every waterfall here is "choose": the one that takes the answer


def restore(state: State) -> DialogState:
    """The stack of a saved state, bottom frame last (botbuilder keeps the active dialog first)."""
    return DialogState([_instance(frame) for frame in state.get("stack", ())])


def _instance(frame: dict[str, Any]) -> DialogInstance:
    waterfall = {"options": frame.get("with", {}), "values": {}, "instanceId": "", "stepIndex": WAITS_AT}
    return DialogInstance(frame["dialog"], waterfall)


def fresh_root() -> DialogInstance:
    """The bottom frame of a new conversation, waiting for its first words."""
    return _instance({"dialog": "root"})


def save(stack: DialogState) -> list[dict[str, Any]]:
    """The stack as JSON: `[{"dialog": id, "with": options}, …]`, active dialog first."""
    return [{"dialog": i.id, "with": i.state["options"]} for i in stack.dialog_stack]
