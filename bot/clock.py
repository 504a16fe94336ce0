"""The clock of a running bot. Everything else gets it passed in."""

from __future__ import annotations

import time


class SteadyClock:
    """Unix seconds that never jump: the wall clock as it was at the start, and what has passed since.

    A wall clock that is set while the bot runs would end leases early or hold retries back.
    """

    # Where the system has it, the clock that goes on while the machine sleeps.
    _ID = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC) if hasattr(time, "CLOCK_MONOTONIC") else None

    def __init__(self) -> None:
        """Anchor it at the present time."""
        self._start = time.time() - self._passed()

    def __call__(self) -> float:
        """The present time."""
        return self._start + self._passed()

    def _passed(self) -> float:
        return time.monotonic() if self._ID is None else time.clock_gettime(self._ID)
