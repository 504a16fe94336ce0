"""The one thread that talks to SQLite: jobs in, results back to the event loop, writes grouped into one COMMIT."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from bot.errors import StoreUnavailable

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Job = tuple[Work, bool, "asyncio.Future[Any]"]  # what to do, does it write, who waits
Result = tuple["asyncio.Future[Any]", Any, BaseException | None]

GROUP = 256  # jobs of one COMMIT at most, so that the first of them does not wait for ever
BUSY_MS = 5000  # another process (a command) may hold the write lock for a moment
PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged turn survives a power cut
    "PRAGMA cache_size=-4000",
    "PRAGMA temp_store=MEMORY",
)


class SqliteThread:
    """Owns the connection. `run` is called on the event loop; the work itself runs in the thread.

    All writes that wait at one moment share a transaction. Each still stands alone: when one of them fails, all are
    rolled back and run again one by one. A caller's result arrives after the COMMIT. Only `stop` ends the thread.
    """

    def __init__(self, path: str) -> None:
        """`path`: a file, made with mode 600 when it is missing, or ":memory:"."""
        self._path = path
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._place: tuple[int, int] | None = None

    async def start(self, prepare: Work) -> None:
        """Start the thread, connect, run `prepare` in no transaction; its exception comes out here."""
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._thread = threading.Thread(target=self._main, args=(self._loop, self._ended), name="sqlite", daemon=True)
        self._thread.start()
        try:
            await self.run(prepare, write=False)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Finish all jobs that wait, close the connection, end the thread."""
        ended, thread = self._ended, self._thread
        if ended is None or thread is None:
            return
        if self._loop is not None:
            self._loop = None
            self._jobs.put(None)
        await asyncio.shield(ended)
        thread.join()  # that was its last act

    async def run(self, work: Callable[[sqlite3.Connection], T], write: bool) -> T:
        """Run `work` in the thread, in a transaction when it writes.

        Raises StoreUnavailable when the database can't do it now (disk full, I/O error, locked, closed).
        """
        loop = self._loop
        if loop is None:
            raise StoreUnavailable(f"{self._path}: the database is closed")
        future: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((work, write, future))
        return cast(T, await future)

    # ---- in the thread

    def check_place(self) -> None:
        """Raise StoreUnavailable when the open file is not the one at its path any more: what is written is lost."""
        if self._place is not None and _place(self._path) != self._place:
            raise StoreUnavailable(f"{self._path}: the file was moved or deleted; put it back, and start again")

    def _main(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
        going = True
        while going:
            reads, writes, going = self._take()
            if reads:
                _give(loop, [self._alone(job) for job in reads])
            if writes:
                _give(loop, self._together(writes) if len(writes) > 1 else [self._alone(writes[0])])
        self._disconnect()
        _give(loop, [(ended, None, None)])

    def _take(self) -> tuple[list[Job], list[Job], bool]:
        """What waits, at least one job: reads, writes, and whether to go on after them."""
        reads: list[Job] = []
        writes: list[Job] = []
        job = self._jobs.get()
        while job is not None:
            (writes if job[1] else reads).append(job)
            if len(writes) == GROUP:
                return reads, writes, True
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return reads, writes, True
        return reads, writes, False

    def _together(self, jobs: list[Job]) -> list[Result]:
        """Run writes in one transaction; when one fails for a reason of its own, all again one by one."""
        results: list[Result] = []
        try:
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            for work, _, future in jobs:
                results.append((future, work(connection), None))
            connection.execute("COMMIT")
        except BaseException as error:  # whatever it is, the thread lives on and the callers learn of it
            self._rollback()
            if isinstance(said := self._plain(error), StoreUnavailable):
                return [(future, None, said) for _, _, future in jobs]
            return [self._alone(job) for job in jobs]
        return results

    def _alone(self, job: Job) -> Result:
        work, write, future = job
        try:
            connection = self._connect()
            if not write:
                return future, work(connection), None
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException as error:  # as above
            self._rollback()
            return future, None, self._plain(error)
        return future, result, None

    def _plain(self, error: BaseException) -> BaseException:
        """StoreUnavailable for trouble of the database; a mistake of ours stays what it is."""
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            return StoreUnavailable(f"{self._path}: {error}; check the disk's space and the file's permissions")
        if isinstance(error, OSError):
            return StoreUnavailable(f"{self._path}: {error.strerror}; check the folder and its permissions")
        return error

    def _rollback(self) -> None:
        """Back to no transaction; a connection that can't do even that is replaced."""
        if self._connection is None or not self._connection.in_transaction:
            return
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._disconnect()

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._path != ":memory:":
                _private(self._path)
            connection = sqlite3.connect(self._path, isolation_level=None, cached_statements=256)
            try:
                for pragma in PRAGMAS:
                    _insist(connection, pragma)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._place = None if self._path == ":memory:" else _place(self._path)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                connection.close()
            except sqlite3.Error:
                pass  # nothing more can be done, and all that was acknowledged is in the log


def _insist(connection: sqlite3.Connection, pragma: str) -> None:
    """Run it, again while another process is at the file: for the change to WAL SQLite does not wait by itself."""
    end = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute(pragma)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.01)


def _place(path: str) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino


def _private(path: str) -> None:
    """Make the file with mode 600, before SQLite would make it with the umask's; narrow an old one."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if Path(path).stat().st_mode & 0o077:
        os.chmod(path, 0o600)


def _give(loop: asyncio.AbstractEventLoop, results: list[Result]) -> None:
    """Hand all results of a batch to the event loop in one call."""
    try:
        loop.call_soon_threadsafe(_resolve, results)
    except RuntimeError:
        pass  # the loop is closed: nobody waits any more


def _resolve(results: list[Result]) -> None:
    for future, result, error in results:
        if future.done():
            continue  # its caller was cancelled
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
