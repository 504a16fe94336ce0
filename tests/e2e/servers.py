"""The two programs of an end-to-end test, as processes: the bot, and the Agents Playground in front of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.process import environment
from tools.run import CLIENT, is_healthy, listening_port, node

READY_SECONDS = 30.0
STOP_SECONDS = 10.0


class Program:
    """A process of ours in a group of its own; what it prints goes to `log`. Ended by its own id, never by name."""

    def __init__(self, argv: Sequence[str], folder: Path, log: Path, env: Mapping[str, str]) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                argv,
                cwd=folder,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Return once ready() is true; AssertionError with the log when the process ends before, or time is up."""
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            assert self._process.poll() is None, f"ended with {self._process.returncode}:\n{self.tail()}"
            assert time.monotonic() < deadline, f"not ready after {READY_SECONDS:g} s:\n{self.tail()}"
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it with this signal, and the whole group by force when it does not go in time. Twice is once."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_SECONDS)

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


class Bot:
    """The bot in local mode on a port of its own, with its memory in `folder`."""

    def __init__(self, port: int, folder: Path) -> None:
        self._folder = folder
        self._port = port
        self.program = self._start()

    def crash(self) -> None:
        """Kill it as a power cut would."""
        self.program.end(signal.SIGKILL)

    def start_again(self) -> None:
        """Start it on the same port and the same memory, after it has ended."""
        self.program = self._start()

    def _start(self) -> Program:
        argv = [sys.executable, "-m", "bot", "serve", "--local", "--port", str(self._port)]
        env = environment(CONTACT="the service desk, 555-0100", DATABASE_URL=f"sqlite:///{self._folder}/helpbot.db")
        program = Program(argv, self._folder, self._folder / "bot.log", env)
        program.wait_for(lambda: is_healthy(self._port))
        return program


def start_playground(folder: Path, bot_port: int) -> tuple[Program, str]:
    """The Playground that speaks to the bot on this port, and the address to open in a browser."""
    log = folder / "playground.log"
    argv = [node(), str(CLIENT), "start", "-e", f"http://127.0.0.1:{bot_port}/api/messages", "-c", "msteams"]
    argv += ["-p", str(free_port()), "--disable-telemetry"]
    own = {"TEAMSAPPTESTER_BROWSER": "none", "M365_AGENTS_PLAYGROUND_LOGFILE": str(folder / "activities.log")}
    program = Program(argv, folder, log, {**os.environ, **own})
    try:
        program.wait_for(lambda: listening_port(log) is not None)
    except AssertionError:
        program.end()
        raise
    return program, f"http://localhost:{listening_port(log)}"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
