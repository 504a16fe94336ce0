"""A real server process: started as an operator starts it, watched by its log."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[1]


class Server:
    """The process. `log`: its events so far; `port`: where it listens."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.stderr = b""
        self.port = 0
        self._news = asyncio.Condition()
        self._readers = [asyncio.create_task(self._read_log()), asyncio.create_task(self._read_errors())]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def event(self, name: str, seconds: float = 20.0, after: int = 0) -> dict[str, Any]:
        """The first event of this name, past the first `after` events, once it is there."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found.extend(event for event in self.log[after:] if event["event"] == name)
            return bool(found) or self.process.returncode is not None

        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(there)
        assert found, f"the server ended: {self.stderr.decode()} {self.log[-3:]}"
        return found[0]

    async def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15.0) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        self.process.send_signal(number)
        return await self.ended(seconds)

    async def ended(self, seconds: float = 20.0) -> int:
        """The exit code, once the process has ended."""
        async with asyncio.timeout(seconds):
            await asyncio.gather(*self._readers)
            return await self.process.wait()

    async def close(self) -> None:
        """End it, whatever it does."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.ended()

    async def _read_log(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            async with self._news:
                try:
                    self.log.append(json.loads(line))
                except ValueError:
                    self.log.append({"event": "not JSON", "line": line.decode()})
                self._news.notify_all()
        await self.process.wait()  # so that whoever waits for an event sees that none will come
        async with self._news:
            self._news.notify_all()

    async def _read_errors(self) -> None:
        assert self.process.stderr
        self.stderr = await self.process.stderr.read()


def environment(**settings: str) -> dict[str, str]:
    """An environment with these settings and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPBOT_")}
    return {**kept, "PYTHONPATH": str(ROOT), **{f"HELPBOT_{name}": value for name, value in settings.items()}}


async def start(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Server:
    """`helpbot serve` in this folder, not waited for."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "serve",
        *options,
        cwd=folder,
        env=env if env is not None else environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return Server(process)


@asynccontextmanager
async def serving(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> AsyncIterator[Server]:
    """A server that listens, on a free port unless told otherwise; killed at the end if it still runs."""
    server = await start(folder, *(options if "--port" in options else (*options, "--port", "0")), env=env)
    try:
        server.port = (await server.event("serving"))["port"]
        yield server
    finally:
        await server.close()


async def post(server: Server, activity: dict[str, Any], token: str = "") -> int:
    """Deliver an activity; gives the status."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/api/messages", json=activity, headers=headers) as response,
    ):
        await response.read()
        return response.status
