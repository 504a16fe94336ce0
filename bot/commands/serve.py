"""`helpbot serve`: the server, until it is told to stop."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from aiohttp import web

from bot import log as logs
from bot.app import App, create
from bot.errors import HelpbotError
from bot.settings import Settings, from_environment

STOP_SECONDS = 10.0  # from the signal to the end, whatever hangs
_TURNS_SECONDS = 2.5  # of them, for turns that are under way (and as much again, if one can't be cancelled)
_CLOSE_SECONDS = 3.5  # of them, for deliveries, leases and the database

log = structlog.get_logger()


def serve(local: bool = False, host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises `HelpbotError` or `ContentError` for what keeps it from starting."""
    settings = from_environment().with_options(local, host, port)
    settings.check_serve()
    logs.setup(time.time, as_json=not sys.stdout.isatty(), level=settings.log_level)
    log.info("starting", database=settings.database_shown, content=str(settings.content_dir), local=settings.local)
    with _only_server(settings) as holder, _port_taken(settings) as taken:
        asyncio.run(_serve(settings, holder, taken))


@contextmanager
def _only_server(settings: Settings) -> Iterator[str]:
    """Hold the database file against a second server; gives the name to take leases under.

    A file serves one server at a time. So that one may keep its name, and finds what it left in a crash at once, not
    when the leases end. On PostgreSQL every process has a name of its own ("": one is made up).
    """
    path = settings.database_url.removeprefix("sqlite:///")
    if path in (settings.database_url, ":memory:"):
        yield ""
        return
    try:
        file = open(f"{path}.lock", "a")  # noqa: SIM115  (held until the end)
    except OSError as error:
        raise HelpbotError(
            f"can't write beside the database file {path}: {error.strerror}; "
            "let the bot write in that folder, or name another one with HELPBOT_DATABASE_URL"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HelpbotError(
                f"another server uses the database file {path}; end it, or use PostgreSQL for several servers"
            ) from error
        yield "the only one"


@contextmanager
def _port_taken(settings: Settings) -> Iterator[socket.socket | None]:
    """For port 0: a free one, held from now on, as links to files name it. None: any other, not yet."""
    if settings.port:
        yield None
        return
    try:
        taken = socket.create_server((settings.host, 0), family=_family(settings.host))
    except OSError as error:
        raise _cannot_listen(settings, error) from error
    with taken:
        yield taken


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


async def _serve(settings: Settings, holder: str, taken: socket.socket | None) -> None:
    if taken is not None:
        settings = settings.with_options(port=taken.getsockname()[1])
    app = await create(settings, holder=holder)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop, stop, name)
    changed = asyncio.Event()
    loop.add_signal_handler(signal.SIGHUP, changed.set)
    reloading = asyncio.create_task(_reload(app, changed), name="reload")
    runner = web.AppRunner(app.web, access_log=None, handle_signals=False, shutdown_timeout=_TURNS_SECONDS)
    try:
        await runner.setup()
        await _listen(runner, settings, taken)
        log.info("serving", host=settings.host, port=settings.port, local=settings.local)
        # What lives now lives for good: the collector need not look at it again, which halves the slowest turns.
        gc.collect()
        gc.freeze()
        await stop.wait()
    finally:
        reloading.cancel()
        await _finish(app, runner)


async def _listen(runner: web.AppRunner, settings: Settings, taken: socket.socket | None) -> None:
    site = web.SockSite(runner, taken) if taken else web.TCPSite(runner, settings.host, settings.port)
    try:
        await site.start()
    except OSError as error:
        raise _cannot_listen(settings, error) from error


def _cannot_listen(settings: Settings, error: OSError) -> HelpbotError:
    return HelpbotError(
        f"can't listen on {settings.host}:{settings.port}: {error.strerror}; "
        "end what listens there, or choose another port with HELPBOT_PORT or --port"
    )


async def _reload(app: App, changed: asyncio.Event) -> None:
    """Each SIGHUP reads the content again; those that come meanwhile are one more."""
    while True:
        await changed.wait()
        changed.clear()
        await app.reload()


def _stop(stop: asyncio.Event, number: signal.Signals) -> None:
    """Begin to stop; whatever then hangs, the process ends in time."""
    if stop.is_set():
        return
    log.info("stopping", signal=number.name)
    stop.set()
    timer = threading.Timer(STOP_SECONDS - 1, os._exit, (1,))
    timer.daemon = True
    timer.start()


async def _finish(app: App, runner: web.AppRunner) -> None:
    """Stop accepting, finish turns, leave rows to the others, let go of everything."""
    app.probes.stopping = True
    await runner.cleanup()
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await app.close()
    except TimeoutError:
        log.error("stop_took_too_long")
    log.info("stopped")
