"""The loop that lets timers fire: in every replica, on what the database says. The case's version lets one win."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.errors import StoreUnavailable
from bot.handoff import step, ticks
from bot.handoff.case import Case
from bot.handoff.desk import Desk
from bot.script import Script
from bot.storage.base import Row

log = structlog.get_logger()

POLL = 1.0  # seconds between looks
AT_ONCE = 100  # cases of one look
AGAIN = 60.0  # seconds until a timer that failed is tried once more


class Timers:
    """Fires the timers of cases, within about a second of their time."""

    def __init__(
        self,
        desk: Desk,
        script: Callable[[], Script],
        submit: Callable[[Sequence[Row]], None],
        *,
        holder: str,
        lease: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        at_once: int = AT_ONCE,
    ) -> None:
        """script: the content as it is now. submit: takes rows that were leased to `holder` for `lease` seconds.

        at_once: how many cases one look takes.
        """
        self._desk = desk
        self._script = script
        self._submit = submit
        self._holder = holder
        self._lease = lease
        self._clock = clock
        self._sleep = sleep
        self._at_once = at_once
        self._failed: dict[str, float] = {}  # cases whose timer failed, and when it is tried again
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._looking(), name="timers")

    async def stop(self) -> None:
        """Stop looking; what is due is another replica's, or the next start's."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _looking(self) -> None:
        while True:
            try:
                full = await self.look() == self._at_once
            except StoreUnavailable as error:
                full = False
                log.warning("timers_store_unavailable", exc_info=error)
            except Exception as error:
                full = False
                log.error("timers_failed", exc_info=error)
            if not full:
                await self._sleep(POLL)

    async def look(self) -> int:
        """Fire what is due now; how many cases' timers were. One that fails holds up no other."""
        now, fired = self._clock(), 0
        self._failed = {case: at for case, at in self._failed.items() if at > now}
        # The failed ones are due longest: without room for them, they would be all that is ever seen.
        for case in await self._desk.store.due(now, self._at_once + len(self._failed)):
            if case.id in self._failed:
                continue
            try:
                await self.fire(case, now)
                fired += 1
            except StoreUnavailable:
                raise
            except Exception as error:
                self._failed[case.id] = now + AGAIN
                log.error("timer_failed", case=case.id, exc_info=error)
        return fired

    async def fire(self, case: Case, now: float) -> None:
        """Fire one case's timer. When somebody else was faster, nothing happens."""
        scene = await self._desk.scene(self._script(), case, now)
        change = ticks.tick(case, scene)
        if change is None:
            return
        made = step.by_itself(change, now, self._desk.channels)
        committed = await self._desk.store.commit_step(made, self._holder, now + self._lease)
        if committed.rows:
            self._submit(committed.rows)
