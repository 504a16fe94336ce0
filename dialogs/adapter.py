"""The Bot Framework adapter that hosts the waterfalls: one activity in, nothing sent.

Steps return their replies as values (see `dialogs.work`), so that a turn that lost a race can be run again. What a
dialog would send by `send_activity` all the same is refused aloud: it would go out before the turn is committed.
"""

from __future__ import annotations

from typing import Any, NoReturn

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity

from dialogs.work import KEY, Work


class TurnAdapter(BotAdapter):
    """Makes the turn context for one activity."""

    # Waterfalls ignore everything but messages, and what was said or pressed is in the turn's Work: so one will do.
    _message = Activity(type="message", text="", channel_id="helpbot")

    def context(self, work: Work) -> TurnContext:
        """A context in which the steps find this turn's work."""
        context = TurnContext(self, self._message)
        context.turn_state[KEY] = work
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
