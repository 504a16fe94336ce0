"""`helpbot doctor`: looks at a deployment and says what is wrong and how to mend it, one line a check."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import typer

from bot import log as logs
from bot.doctor.examine import examine, settings_wrong
from bot.doctor.finding import Finding
from bot.errors import SettingsError
from bot.settings import from_environment


def doctor(package: Path | None = None) -> int:
    """Print what every check found. package: an app package to look at, too. The exit code: 1 if anything is wrong."""
    logs.setup(time.time, as_json=False, level="critical")  # what it finds it says itself
    try:
        settings = from_environment()
    except SettingsError as error:
        found = settings_wrong(error)
        for finding in found:
            typer.echo(str(finding))
    else:
        found = asyncio.run(_told(examine(settings, package, clock=time.time, tls=ssl.create_default_context())))
    counts = Counter(finding.level for finding in found)
    typer.echo(_summary(counts["wrong"], counts["warning"]))
    return 1 if counts["wrong"] else 0


async def _told(findings: AsyncIterator[Finding]) -> list[Finding]:
    """Each finding is printed as soon as it is there: some checks wait for a network."""
    found = []
    async for finding in findings:
        typer.echo(str(finding))
        found.append(finding)
    return found


def _summary(wrong: int, warnings: int) -> str:
    if not wrong and not warnings:
        return "All is well."
    parts = [f"{wrong} wrong"] if wrong else []
    parts += [f"{warnings} warning{'' if warnings == 1 else 's'}"] if warnings else []
    return ", ".join(parts) + "."
