"""All checks, in the order in which their faults should be mended."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp

from bot.doctor import cloud, house
from bot.doctor.address import address
from bot.doctor.finding import Finding
from bot.doctor.slack import MANIFESTS, slack
from bot.errors import SettingsError
from bot.settings import Settings

_WAIT = aiohttp.ClientTimeout(total=15)


def settings_wrong(error: SettingsError) -> list[Finding]:
    """A finding for each wrong setting."""
    head, *rest = str(error).splitlines()
    return [Finding("wrong", "settings", line.strip()) for line in rest or [head]]


async def examine(
    settings: Settings, package: Path | None, *, clock: Callable[[], float], tls: ssl.SSLContext
) -> AsyncIterator[Finding]:
    """Look at everything that these settings name. Nothing is changed anywhere, nothing is sent to a person.

    package: an app package (for Slack: a manifest) to compare with the settings. clock: Unix seconds. tls: which
    certificates to trust.
    """
    fit = True
    try:
        settings.check_serve()
        yield Finding("ok", "settings", "complete")
    except SettingsError as error:
        fit = False
        for finding in settings_wrong(error):
            yield finding
    yield await house.database(settings)
    found, library = house.content(settings, clock)
    yield found
    yield house.contact(settings)
    if desks := await house.desks(settings):
        yield desks
    if settings.slack_set_up:
        async for finding in _slack(settings, package, tls):
            yield finding
    if settings.local:
        yield Finding("warning", "local mode", "nobody but this machine; for Teams, set HELPBOT_LOCAL=0 and look again")
        return
    teams = settings.teams_set_up or not settings.slack_set_up
    if teams:
        async for finding in _cloud(settings, fit, clock, tls):
            yield finding
    if teams or settings.public_url:
        for finding in await address(settings.public_url, tls, clock):
            yield finding
    if teams:
        manifest = package is not None and package.suffix in MANIFESTS
        yield house.package(settings, library, None if manifest else package)


async def _slack(settings: Settings, package: Path | None, tls: ssl.SSLContext) -> AsyncIterator[Finding]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), timeout=_WAIT) as session:
        async for finding in slack(session, settings, package):
            yield finding


async def _cloud(
    settings: Settings, fit: bool, clock: Callable[[], float], tls: ssl.SSLContext
) -> AsyncIterator[Finding]:
    witness = cloud.Witness(clock)
    connector = aiohttp.TCPConnector(ssl=tls)
    async with aiohttp.ClientSession(connector=connector, timeout=_WAIT, trace_configs=[witness.trace]) as session:
        yield await cloud.keys(session, witness, settings)
        if fit:
            yield await cloud.token(session, settings, clock)
        else:
            yield Finding("warning", "credentials", "not tried; mend the settings and look again")
    yield cloud.clock(witness)
