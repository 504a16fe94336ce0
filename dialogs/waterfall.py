"""botbuilder's waterfall and its contexts, without what no dialog here asks for.

As they come, they make a memory manager for each context and a time-based id for each dialog begun, which asks the
system each time, and tell telemetry of every step: together more than all the dialogs themselves. What is kept is how
dialogs are stacked, begun, continued, replaced and ended.
"""

from __future__ import annotations

from typing import Any

from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    DialogContext,
    DialogInstance,
    DialogReason,
    DialogSet,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)


def frame_state(options: Any, step: int) -> dict[str, Any]:
    """What a waterfall keeps of itself on the stack. step: the place of the step that it has done."""
    return {"options": options, "values": {}, "instanceId": "", "stepIndex": step}


class Waterfall(WaterfallDialog):
    """A waterfall: begun with options, its steps one for each message, until it ends or is replaced."""

    async def begin_dialog(self, dialog_context: DialogContext, options: Any = None) -> DialogTurnResult:
        """The first step."""
        dialog_context.active_dialog.state = frame_state(options, 0)
        return await self.run_step(dialog_context, 0, DialogReason.BeginCalled, None)

    async def run_step(
        self, dialog_context: DialogContext, index: int, reason: DialogReason, result: Any
    ) -> DialogTurnResult:
        """The step at this place; past the last one the dialog ends with `result`."""
        if index >= len(self._steps):
            return await dialog_context.end_dialog(result)
        frame = dialog_context.active_dialog.state
        frame["stepIndex"] = index
        return await self._steps[index](_Step(self, dialog_context, frame, index, reason, result))

    async def end_dialog(self, context: TurnContext, instance: DialogInstance, reason: DialogReason) -> None:
        """Nothing is to be done."""


class Dialogs(DialogContext):
    """The dialogs of a turn and their stack. Has no `state`, the memory that botbuilder's own dialogs share."""

    def __init__(self, dialogs: DialogSet, turn: TurnContext, stack: list[DialogInstance]) -> None:
        """On this stack, whose active dialog is its first; it is changed in place."""
        self._dialogs = dialogs
        self._turn_context = turn
        self._stack = stack
        self.services: dict[str, Any] = {}
        self.parent = None


class _Step(WaterfallStepContext):
    """What a step is called with. As `Dialogs`, it has no `state`."""

    def __init__(
        self,
        waterfall: Waterfall,
        dialogs: DialogContext,
        frame: dict[str, Any],
        index: int,
        reason: DialogReason,
        result: Any,
    ) -> None:
        self._dialogs = dialogs.dialogs
        self._turn_context = dialogs.context
        self._stack = dialogs.stack
        self.services: dict[str, Any] = {}
        self.parent = dialogs.parent
        self._wf_parent = waterfall
        self._next_called = False
        self._index = index
        self._options = frame["options"]
        self._values = frame["values"]
        self._reason = reason
        self._result = result
