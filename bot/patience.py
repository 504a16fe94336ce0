"""How long something may take: as `asyncio.timeout`, with one timer for all tasks, for what happens in every turn."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Patience:
    """`with patience:` raises TimeoutError in a task that is still inside after so many seconds.

    One object serves many tasks at once, each of which is inside once. As with `asyncio.timeout`, the task is
    cancelled, and a cancellation that comes from elsewhere stays one.
    """

    def __init__(self, seconds: float) -> None:
        """The same time for all."""
        self._seconds = seconds
        self._ends: dict[asyncio.Task[object], tuple[float, int]] = {}  # by when, and how often it was cancelled before
        self._expired: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # the timer's; one that has ended fires no timers any more

    def __enter__(self) -> None:
        """The time begins."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("only a task can be timed")
        end = loop.time() + self._seconds
        self._ends[task] = end, task.cancelling()
        if self._timer is None or self._loop is not loop:
            self._loop = loop
            self._timer = loop.call_at(end, self._look)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """In time, or too late."""
        task = asyncio.current_task(self._loop)
        if task is None:
            raise RuntimeError("only a task can be timed")
        _, cancelled = self._ends.pop(task)
        if self._expired and task in self._expired:
            self._expired.discard(task)
            if task.uncancel() <= cancelled and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def _look(self) -> None:
        """Whose time is over; the others' ends come later, in the order in which they began."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._timer = None
        for task, (end, _) in self._ends.items():
            if end > now:
                self._timer = loop.call_at(end, self._look)
                return
            if task not in self._expired:
                self._expired.add(task)
                task.cancel()
