"""Processes that live and end together."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GRACE_SECONDS = 10.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run: what, where, with which environment, and the file that takes what it prints."""

    name: str
    argv: Sequence[str]
    cwd: Path
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)


class Ended(Exception):
    """The children must end: one of them died, somebody pressed Ctrl-C, or one was not ready in time.

    `code` is the exit code to leave with, `why` a sentence for the terminal, `log` the file of the child to blame; both
    are empty when a person asked for the end.
    """

    def __init__(self, code: int, why: str = "", log: Path | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.why = why
        self.log = log


class Children:
    """Starts programs, notices the first one that dies, and ends all of them.

    Each child leads a process group of its own: Ctrl-C reaches the launcher alone, which then ends the groups in turn,
    with whatever they have started themselves. Make one in the main thread only: it takes over the stop signals.
    """

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        self._running: list[subprocess.Popen[bytes]] = []
        self._stopping = False
        self._hurry = False
        for number in _STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # ignored: started by nohup
                signal.signal(number, self._asked_to_stop)

    def start(self, command: Command) -> None:
        """Start the program; its output goes to its log, which begins anew. Raises OSError if it cannot be started."""
        command.log.parent.mkdir(parents=True, exist_ok=True)
        with command.log.open("wb") as log:
            process = subprocess.Popen(
                command.argv,
                cwd=command.cwd,
                env={**os.environ, **command.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        threading.Thread(target=self._watch, args=(command, process), daemon=True).start()

    def wait_until(self, ready: Callable[[], bool], seconds: float, late: Ended) -> None:
        """Return once ready() is true; raises `late` when time is up, Ended when a child dies or a person stops us."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise late
            try:
                raise self._events.get(timeout=0.1)
            except queue.Empty:
                continue

    def wait(self) -> None:
        """Wait for the end; always raises Ended."""
        raise self._events.get()

    def stop(self) -> None:
        """End all children, the last started first: SIGTERM, and SIGKILL to those still there after ten seconds.

        A second Ctrl-C kills them at once. Returns when none is left.
        """
        self._stopping = True
        for process in reversed(self._running):
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while any(process.poll() is None for process in self._running):
            if self._hurry or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        for process in self._running:
            _signal_group(process, signal.SIGKILL)
            process.wait()

    def _asked_to_stop(self, number: int, frame: object) -> None:
        self._hurry = self._stopping and number == signal.SIGINT
        self._events.put(Ended(0))

    def _watch(self, command: Command, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        self._events.put(Ended(code if code >= 0 else 128 - code, f"{command.name} has ended with {how}", command.log))


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):  # all of it has ended; macOS says "permission" for a zombie
        return
