"""Lines typed while messages come in: what both local clients share."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator

LEAVE = ("exit", "quit")
PAUSE = 1.0  # seconds between the lines of a file or a pipe: what the bot answers comes in between


async def typed(first: str = "") -> AsyncIterator[str]:
    """`first`, if there is any, then standard input line by line until its end; from a file each after a moment.

    A thread reads, and is left behind at the end: a read from a terminal can't be called off.
    """
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()

    def put(line: str) -> None:
        try:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        except RuntimeError:  # the loop ended before the line came
            return

    def read() -> None:
        for line in sys.stdin:
            put(line)
        put("")

    if first:
        put(first)
    threading.Thread(target=read, daemon=True, name="typed").start()
    while line := await lines.get():
        if line.strip().lower() in LEAVE:
            return
        yield line.rstrip("\r\n")
        if not sys.stdin.isatty():
            await asyncio.sleep(PAUSE)
