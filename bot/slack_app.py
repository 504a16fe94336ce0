"""The parts of a server that only Slack needs, put together."""

from __future__ import annotations

from collections.abc import Callable

from bot.admission import Admission
from bot.arrivals import Arrivals
from bot.channels.slack import SlackChannel
from bot.handoff.desk import Desk
from bot.metrics import Metrics
from bot.script import Script
from bot.slack_door import SlackDoor
from bot.slack_errands import SlackErrands
from bot.storage.base import Store


class SlackSide:
    """Door, arrivals and errands of Slack. `start` and `stop` what works in the background."""

    def __init__(
        self,
        channel: SlackChannel,
        store: Store,
        admission: Admission,
        desk: Desk,
        script: Callable[[], Script],
        metrics: Metrics,
        *,
        holder: str,
        locale: str,
        clock: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        """holder: this replica's name for leases. locale: for whoever's own is not known. clock: Unix seconds."""
        errands = SlackErrands(channel, desk, script, admission.reception, locale)
        self.arrivals = Arrivals(store, channel, errands, admission, metrics, holder=holder, clock=clock, ids=ids)
        self.door = SlackDoor(channel, self.arrivals, errands, metrics, clock=clock, ids=ids)

    def start(self) -> None:
        """Begin."""
        self.arrivals.start()

    async def stop(self) -> None:
        """Leave what is not processed to others."""
        await self.door.stop()
        await self.arrivals.stop()
