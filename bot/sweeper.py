"""Sweeps out what is old: event ids, receipts, closed cases, conversations that ended long ago. In small batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import StoreUnavailable
from bot.storage.base import Store

DAY = 86400.0
INBOX = 3 * DAY  # no platform delivers the same event again after so long
RECEIPTS = 60 * DAY  # a card this old is not answered any more
CONVERSATIONS = 400 * DAY  # whoever comes once a year is still known
CASE_DAYS = 90.0
FILE_DAYS = 7.0
BROKEN_OFF = 3600.0  # the parts of a file that was begun so long ago belong to nothing
EVERY = 300.0
BATCH = 200
PAUSE = 1.0  # between batches, so that turns come first

log = structlog.get_logger()


class Sweeper:
    """A task that sweeps. Replicas may sweep at the same time."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        case_days: float = CASE_DAYS,
        file_days: float = FILE_DAYS,
    ) -> None:
        """clock: Unix seconds. case_days: how long a closed case is kept, with its transcript, and what found no guide;
        file_days: a file."""
        self._store = store
        self._clock = clock
        self._cases = case_days * DAY
        self._files = file_days * DAY
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, after a first pause."""
        self._task = asyncio.create_task(self._work(), name="sweeper")

    async def stop(self) -> None:
        """Stop at once; a batch is one transaction."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self._sleep(EVERY)
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("sweep_failed", exc_info=error)

    async def sweep(self) -> int:
        """Sweep until nothing old is left; gives how much was."""
        swept = 0
        while count := await self._batch():
            swept += count
            await self._sleep(PAUSE)
        if swept:
            log.info("swept", count=swept)
        return swept

    async def _batch(self) -> int:
        now = self._clock()
        swept = await self._store.sweep(now - INBOX, now - RECEIPTS, now - CONVERSATIONS, BATCH)
        swept += await self._store.sweep_kept(now, BATCH)
        swept += await self._store.sweep_files(now - self._files, now - BROKEN_OFF, BATCH)
        swept += await self._store.sweep_unanswered(now - self._cases, BATCH)
        return swept + await self._store.sweep_cases(now - self._cases, BATCH)
