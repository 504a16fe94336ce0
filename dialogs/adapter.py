"""The Bot Framework adapter that hosts the waterfalls: one activity in, nothing sent.

Steps return their replies as values (see `dialogs.work`), so that a turn that lost a race can be run again. What a
dialog would send by `send_activity` all the same is refused aloud: it would go out before the turn is committed.
"""

from __future__ import annotations

from typing import Any, NoReturn

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.dialogs.memory import DialogStateManagerConfiguration
from botbuilder.schema import Activity

from dialogs.turn import Incoming
from dialogs.work import KEY, Work


class TurnAdapter(BotAdapter):
    """Makes the turn context for one activity."""

    def context(self, incoming: Incoming, work: Work) -> TurnContext:
        """A context whose activity is always a message: waterfalls ignore everything else."""
        activity = Activity(type="message", text=work.text, channel_id="helpbot", locale=incoming.locale)
        context = TurnContext(self, activity)
        context.turn_state[KEY] = work
        # Without a configuration of its own each dialog context builds botbuilder's memory scopes anew: 20% of a turn.
        context.turn_state[DialogStateManagerConfiguration.__name__] = _NO_MEMORY
        return context

    async def send_activities(self, context: TurnContext, activities: list[Activity]) -> NoReturn:
        """Refuse: replies are values."""
        raise RuntimeError("a dialog called send_activity; put the reply into its Work instead")

    async def update_activity(self, context: TurnContext, activity: Activity) -> NoReturn:
        """Refuse: replies are values."""
        raise RuntimeError("a dialog called update_activity; use Work.advance instead")

    async def delete_activity(self, context: TurnContext, reference: Any) -> NoReturn:
        """Refuse: replies are values."""
        raise RuntimeError("a dialog called delete_activity; there is no such reply")


_NO_MEMORY = DialogStateManagerConfiguration()
