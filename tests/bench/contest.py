"""The servers of the benchmark, each a process pinned to one core, and what a burst of turns costs each."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.bench.load import Load
from tests.process import ROOT, environment

SERVERS = Path(__file__).parent / "servers"
OTHERS_PYTHON = ROOT / ".bench-venv" / "bin" / "python"
AT_ONCE = 16
_START = 60.0  # seconds
_SETTLE = 0.3  # seconds after a burst for what is done when the cards are out: it counts too
_TICK = 1000 / os.sysconf("SC_CLK_TCK")  # milliseconds


@dataclass(frozen=True, slots=True)
class Measure:
    """One burst. cpu: milliseconds a turn, of the whole process. rate: turns a second. p50, p99: ms. memory: MB."""

    cpu: float
    rate: float
    p50: float
    p99: float
    memory: float
    load_busy: float  # how much of its core the load itself used, 0 to 1


@dataclass(frozen=True, slots=True)
class Entrant:
    """A row of the table: a server, and how it is loaded. turns: in each round."""

    name: str
    load: Load
    pid: int
    turns: int
    at_once: int = AT_ONCE

    async def measure(self, session: aiohttp.ClientSession) -> Measure:
        """One burst."""
        before, started, own = cpu_of(self.pid), time.perf_counter(), time.process_time()
        seconds = sorted(await self.load.burst(session, self.turns, self.at_once))
        wall, busy = time.perf_counter() - started, time.process_time() - own
        await asyncio.sleep(_SETTLE)
        count = len(seconds)
        return Measure(
            (cpu_of(self.pid) - before) / count,
            count / wall,
            seconds[count // 2] * 1000,
            seconds[min(count - 1, int(count * 0.99))] * 1000,
            memory_of(self.pid),
            busy / wall,
        )


def cores() -> tuple[int, int]:
    """The core of the servers, and that of the load, which are the same where there is only one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def cpu_of(pid: int) -> float:
    """Milliseconds of CPU that a process has used, all threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK


def memory_of(pid: int) -> float:
    """Its resident memory in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def other(name: str, folder: Path) -> AsyncIterator[tuple[str, int]]:
    """A server of servers/; gives its address and process id."""
    python = sys.executable if name == "floor" else str(OTHERS_PYTHON)
    port = _free_port()
    async with _running([python, str(SERVERS / f"{name}.py"), str(port)], folder, None, port, "") as pid:
        yield f"http://127.0.0.1:{port}", pid


@asynccontextmanager
async def ours(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[tuple[str, int]]:
    """`helpbot serve` with these settings; gives its address and process id."""
    port = _free_port()
    command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
    async with _running(command, folder, environment(**settings), port, "/readyz") as pid:
        yield f"http://127.0.0.1:{port}", pid


@asynccontextmanager
async def _running(
    command: list[str], folder: Path, env: Mapping[str, str] | None, port: int, ready: str
) -> AsyncIterator[int]:
    """A process on the servers' core, once it answers; its output goes into a file, as a service's does."""
    server_core, load_core = cores()
    folder.mkdir()  # noqa: ASYNC240  (nothing else runs yet)
    with (folder / "log").open("wb") as log:
        os.sched_setaffinity(0, {server_core})  # the child inherits it, with all its threads
        try:
            process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=env, stdout=log, stderr=log)
        finally:
            os.sched_setaffinity(0, {load_core})
    try:
        await _answers(process, f"http://127.0.0.1:{port}{ready}", folder / "log")
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    """Until it does: anything, or 200 where there is a probe."""
    probe = url.endswith("/readyz")
    end = time.monotonic() + _START
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while time.monotonic() < end and process.returncode is None:
            try:
                async with session.get(url) as response:
                    if response.status == 200 or not probe:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)
    told = log.read_text()[-2000:]  # noqa: ASYNC240  (this is the end)
    raise RuntimeError(f"{url} does not answer:\n{told}")
