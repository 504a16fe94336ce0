"""Connections to PostgreSQL that come back after the server was away, and calls that wait together and go together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar

import asyncpg

from bot.errors import HelpbotError, StoreUnavailable
from bot.patience import Patience

WAIT = 5.0  # seconds, for a connection and for an answer; the platform delivers again what we refuse
SIZE = 8  # connections
GROUP = 128  # calls of one statement at most
LOOKS = 2  # turns of the event loop that a statement waits, for what has arrived already to join it

# What comes when the server is stopping, starting, gone, or not to be reached.
_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.ReadOnlySQLTransactionError,  # it became a standby
)
# A value that no server takes: the fault of one turn, not of the database.
_FAULTY = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
_SLOW = (TimeoutError, asyncpg.QueryCanceledError)
_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)

Item = TypeVar("Item")
Result = TypeVar("Result")


class Connection(Protocol):
    """What we use of asyncpg's connection."""

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement, or a script without arguments."""
        ...

    async def fetch(self, query: str, *args: object) -> list[Any]:
        """All its rows."""
        ...

    async def fetchval(self, query: str, *args: object) -> Any:
        """The first value of its first row, or None."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """A transaction, rolled back on an exception."""
        ...

    def is_closed(self) -> bool:
        """Whether it is known to be broken."""
        ...

    async def close(self) -> None:
        """Say goodbye and disconnect."""
        ...

    def terminate(self) -> None:
        """Disconnect at once."""
        ...


class Link:
    """A few connections, opened when they are needed. Ours hold no session state, so none is reset between calls."""

    def __init__(self, url: str, wait: float = WAIT, size: int = SIZE) -> None:
        """`url` as asyncpg takes it; it may hold a password, so it is in no error. wait: seconds for each call."""
        self._url = url
        self._wait = wait
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(size)
        self._patience = Patience(wait)
        self._size = size
        self._closed = True

    async def open(self) -> None:
        """Allow calls. Connects once, so that wrong addresses and passwords show at once."""
        self._closed = False
        try:
            await self.run(lambda connection: connection.fetch("SELECT 1"))
        except BaseException:
            self._closed = True
            raise

    async def close(self) -> None:
        """Let calls under way finish, then disconnect."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            await self._free.acquire()
        for connection in self._idle:
            try:
                async with asyncio.timeout(self._wait):
                    await connection.close()
            except _GONE:
                connection.terminate()
        self._idle.clear()

    async def fetch(self, statement: str, *args: object) -> list[Any]:
        """One statement; it is run a second time when the connection broke, so it must bear that."""
        return await self.run(lambda connection: connection.fetch(statement, *args))

    async def run(self, work: Callable[[Connection], Awaitable[Result]], wait: float | None = None) -> Result:
        """Run `work` on a connection, again when that turns out to be broken or two of us stood in each other's way.

        Raises StoreUnavailable when the database is away or does not answer in time.
        """
        if self._closed:
            raise StoreUnavailable("the database is closed")
        tries = 2
        while True:
            tries -= 1
            try:
                return await self._once(work, wait or self._wait, fresh=not tries)
            except _FAULTY:
                raise
            except _SLOW as error:
                raise StoreUnavailable(f"PostgreSQL gave no answer in {wait or self._wait:g} s") from error
            except _AGAIN as error:
                if not tries:
                    raise StoreUnavailable(f"PostgreSQL: {_name(error)}, again and again") from error
            except _GONE as error:
                if not tries:
                    raise StoreUnavailable(
                        f"PostgreSQL: {_name(error)}; is the server of HELPBOT_DATABASE_URL running and within reach?"
                    ) from error
            except asyncpg.PostgresError as error:
                raise StoreUnavailable(
                    f"PostgreSQL refuses: {_name(error)}; check user, password and database in HELPBOT_DATABASE_URL"
                ) from error

    async def _once(self, work: Callable[[Connection], Awaitable[Result]], wait: float, fresh: bool) -> Result:
        if wait != self._wait:
            async with asyncio.timeout(wait):
                return await self._on_one(work, fresh)
        with self._patience:
            return await self._on_one(work, fresh)

    async def _on_one(self, work: Callable[[Connection], Awaitable[Result]], fresh: bool) -> Result:
        async with self._free:
            connection = await self._connection(fresh)
            try:
                result = await work(connection)
            except BaseException as error:
                if isinstance(error, asyncpg.PostgresError) and not isinstance(error, _GONE):
                    self._idle.append(connection)  # the server is fine, it only said no
                else:
                    connection.terminate()
                raise
            self._idle.append(connection)
            return result

    async def _connection(self, fresh: bool) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if fresh:
                connection.terminate()  # its siblings broke: all of them are suspect
            elif not connection.is_closed():
                return connection
        opened: Connection = await asyncpg.connect(self._url, timeout=self._wait)
        # The server gives up a little before us, so that what we call failed has not happened.
        await opened.execute(f"SET statement_timeout = {int(self._wait * 900)}")
        return opened


def _name(error: BaseException) -> str:
    """What happened, without an address or a value in it."""
    if isinstance(error, asyncpg.PostgresError):
        return f"{type(error).__name__} ({error.sqlstate})"
    return type(error).__name__


class Grouped(Generic[Item, Result]):
    """Calls of one kind that wait at the same moment go to the server as one statement; each gets its own result.

    One statement of a kind is under way at a time: what comes meanwhile shares the next one.
    """

    def __init__(self, run: Callable[[list[Item]], Awaitable[Sequence[Result]]], most: int = GROUP) -> None:
        """`run` gives one result for each item, in their order. When it fails, each item is tried alone; so it must
        do all or nothing. most: items at a time."""
        self._run = run
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None
        self._working = False  # the task will look at what waits once more; it may have no more to do, and not be done

    async def __call__(self, item: Item) -> Result:
        """The result of this item."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if not self._working:
            self._working = True
            self._task = asyncio.create_task(self._work())
        return await future

    async def drain(self) -> None:
        """Wait until nothing is under way."""
        while self._working and self._task:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        try:
            while self._waiting:
                for _ in range(LOOKS):
                    await asyncio.sleep(0)
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._go(group)
        finally:
            self._working = False

    async def _go(self, group: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._run([item for item, _ in group])
        except HelpbotError as error:
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
        except Exception as error:
            if len(group) > 1:  # a value that the server can't take spoils no other's turn
                for one in group:
                    await self._go([one])
            elif not group[0][1].done():
                group[0][1].set_exception(error)
        except BaseException:
            for _, future in group:
                future.cancel()
            raise
        else:
            for (_, future), result in zip(group, results, strict=True):
                if not future.done():
                    future.set_result(result)
