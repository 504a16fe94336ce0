"""The composition root: every part of a server, put together from the settings. Only commands and tests import it."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import aiohttp
import structlog
from aiohttp import web

from bot.admission import Admission
from bot.channels.base import Channel
from bot.channels.limits import Limits as Pace
from bot.channels.registry import LIMITS, PATHS, make_channels
from bot.channels.slack import SlackChannel
from bot.clock import SteadyClock
from bot.fetch import Fetcher
from bot.file_door import FileDoor
from bot.handoff.desk import Desk
from bot.handoff.files import MEGABYTE, Files, Limits
from bot.handoff.front import Front
from bot.handoff.plan_file import load_plan
from bot.handoff.timers import Timers
from bot.limits import RateLimit
from bot.links import Links
from bot.metrics import Metrics
from bot.outbox import Outbox
from bot.reception import Reception
from bot.script import Script
from bot.search.opening import open_content
from bot.settings import Settings
from bot.slack_app import SlackSide
from bot.storage.base import LEASE, Store
from bot.storage.registry import make_store
from bot.sweeper import Sweeper
from bot.web import Door, HasHandle, Probes, application
from dialogs.engine import Engine
from dialogs.errors import ContentError
from dialogs.texts import Texts

_GRACE = 2.0  # seconds for deliveries under way when stopping

log = structlog.get_logger()


@dataclass(slots=True)
class App:
    """A server, ready to listen. Made by `create`; `close` undoes that."""

    settings: Settings
    web: web.Application
    store: Store
    outbox: Outbox
    sweeper: Sweeper
    timers: Timers
    files: Files
    reception: Reception
    probes: Probes
    channels: dict[str, Channel]
    session: aiohttp.ClientSession
    slack: SlackSide | None = None

    async def reload(self) -> bool:
        """Read the content again; only when it is free of errors does it take the old one's place."""
        try:
            self.reception.script = await asyncio.to_thread(read_script, self.settings)
        except ContentError as error:
            log.error("content_not_reloaded", count=len(error.problems), problems=[str(p) for p in error.problems[:20]])
            return False
        log.info("content_reloaded")
        return True

    async def close(self) -> None:
        """Leave undelivered rows to the others and let everything go."""
        await self.timers.stop()
        if self.slack is not None:
            await self.slack.stop()
        await self.sweeper.stop()
        await self.outbox.stop(_GRACE)
        await self.files.close()
        for channel in self.channels.values():
            await channel.close()
        await self.session.close()
        await self.store.close()


def read_script(settings: Settings) -> Script:
    """The content of the settings' folder and the engine over it. Raises `ContentError` with all problems."""
    content = open_content(settings.content_dir, settings.index_file, settings.default_locale)
    library, finder = content.library, content.finder
    plan = load_plan(settings.content_dir)
    desk_locale = plan.locale or settings.default_locale
    return Script(
        Engine(library, finder, settings.contact, desk_locale),
        library.say,
        settings.contact,
        library.spoken(desk_locale).guides,
        plan,
        desk_locale,
        lambda locale: library.spoken(locale).guides,
    )


def _correlation_id() -> str:
    return f"{random.getrandbits(64):016x}"


async def create(
    settings: Settings,
    *,
    store: Store | None = None,
    script: Script | None = None,
    holder: str = "",
    clock: Callable[[], float] | None = None,
    ticks: Callable[[], float] = time.monotonic,
    ids: Callable[[], str] = _correlation_id,
    pace: Mapping[str, Pace] = LIMITS,
) -> App:
    """Put everything together, open the database, start what works in the background.

    holder: the name for leases of a server that is the only one on its database; a crash under it leaves no leases.
    pace: how often each channel may be written to. Tests pass what they want to be different. Raises `SettingsError`,
    `ContentError`, `StoreUnavailable`, `DatabaseTooNew`.
    """
    store = store or make_store(settings.database_url)
    script = script or read_script(settings)
    metrics = Metrics()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=200, ttl_dns_cache=60), cookie_jar=aiohttp.DummyCookieJar()
    )
    reception: Reception | None = None

    def current() -> Script:
        return reception.script if reception else script

    def texts(locale: str) -> Texts:
        return current().texts(locale)

    try:
        # Tokens live by the world's clock; leases and retries must not jump when that one is set.
        channels = make_channels(settings, session, texts, store, clock or time.time, ticks)
        await store.open()
        if holder:
            await store.release(holder)
    except BaseException:
        await session.close()
        raise
    clock = clock or SteadyClock()
    holder = holder or ids()
    outbox = Outbox(store, channels, holder, limits=pace, clock=clock, prepare=lambda row: files.prepare(row))
    links = Links(store, settings.files_base, os.urandom)
    files = Files(
        store,
        channels,
        links,
        Fetcher(store, limit=settings.file_limit_mb * MEGABYTE, clock=clock),
        current,
        Limits(settings.file_limit_mb, settings.file_days),
        submit=outbox.submit,
        holder=holder,
        lease=LEASE,
        clock=clock,
        draw=os.urandom,
    )
    await files.open()
    admins = frozenset((*settings.admins, *settings.slack_admins))
    front = Front(Desk(store, channels, os.urandom, admins=admins, local=settings.local, ticks=ticks, files=files))
    reception = Reception(
        store,
        channels,
        outbox,
        script,
        metrics,
        holder=holder,
        lease=LEASE,
        front=front,
    )
    timers = Timers(front.desk, lambda: reception.script, outbox.submit, holder=holder, lease=LEASE, clock=clock)
    limits = RateLimit(settings.rate_per_user, settings.rate_per_tenant)
    doors: dict[str, HasHandle] = {}
    platforms: dict[str, Callable[[], bool]] = {}
    slack: SlackSide | None = None
    for name, channel in channels.items():
        if isinstance(channel, SlackChannel):
            admission = Admission(reception, limits, metrics)
            slack = SlackSide(
                channel,
                store,
                admission,
                front.desk,
                current,
                metrics,
                settings=settings,
                holder=holder,
                clock=clock,
                ids=ids,
            )
            doors[PATHS[name]] = slack.door
            platforms[name] = slack.ready
        else:
            platforms["keys"] = channel.ready
            doors[PATHS[name]] = Door(channel, reception, limits, metrics, clock=clock, ids=ids)
    probes = Probes(store, platforms, metrics, lambda: asdict(outbox.events), clock)
    for channel in channels.values():
        await channel.start()
    await outbox.start()
    sweeper = Sweeper(store, clock, case_days=settings.retention_days, file_days=settings.file_days)
    sweeper.start()
    timers.start()
    pages = {}
    if slack is not None:
        slack.start()
        pages = slack.pages
    served = application(doors, probes, FileDoor(store, links, clock), pages)
    return App(settings, served, store, outbox, sweeper, timers, files, reception, probes, channels, session, slack)
