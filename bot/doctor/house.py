"""What can be seen from this machine alone: database, content, app package, whom people are sent to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from bot import package_teams
from bot.doctor.finding import Finding
from bot.errors import DatabaseTooNew, HelpbotError
from bot.handoff.plan_file import load_plan
from bot.resources import manifest_dir
from bot.search.opening import looked_at
from bot.settings import Settings
from bot.storage import peek
from bot.storage.migrations import NEWEST, steps_from
from dialogs.errors import ContentError
from dialogs.library import Library

NAMED = 10  # guides that are named


async def database(settings: Settings) -> Finding:
    """Is it there, may we write, and does its schema fit this version? Nothing is written."""
    try:
        found = await peek.schema(settings.database_url)
        steps = steps_from(found.number, settings.database_shown)
    except DatabaseTooNew as error:
        return Finding("wrong", "database", str(error))
    except HelpbotError as error:
        return Finding("wrong", "database", str(error))
    if not found.may_write:
        return Finding(
            "wrong", "database", f"{settings.database_shown}: the bot may not write there; give its user the right to"
        )
    if not steps:
        return Finding("ok", "database", f"{settings.database_shown}, schema {found.number}, up to date")
    if not found.number:
        return Finding(
            "ok", "database", f"{settings.database_shown}, still empty; the bot makes its tables at the start"
        )
    text = f"schema {found.number}, this version needs {NEWEST}; the bot migrates it when it starts"
    return Finding("warning", "database", text)


def content(settings: Settings, clock: Callable[[], float]) -> tuple[Finding, Library | None]:
    """Does it load? Is a guide overdue for a review?"""
    try:
        library, compiled = looked_at(settings.content_dir, settings.index_file, settings.default_locale)
    except ContentError as error:
        more = f" and {len(error.problems) - 1} more" if len(error.problems) > 1 else ""
        return Finding("wrong", "content", f"{error.problems[0]}{more}; see all with: helpbot check"), None
    today = dt.datetime.fromtimestamp(clock(), dt.UTC).date()
    if compiled is not None:
        late = compiled.to_review(today)
    else:
        late = [guide.id for guide in library.guides.values() if guide.review < today]
    if late:
        more = f" and {len(late) - NAMED} more" if len(late) > NAMED else ""
        names = ", ".join(late[:NAMED])
        text = f"to be reviewed by now: {names}{more}; have the owner read it and set a new review date"
        return Finding("warning", "content", text), library
    count = len(library.guides)
    return Finding(
        "ok", "content", f"{count} guide{'' if count == 1 else 's'}, texts in {', '.join(library.texts)}"
    ), library


def package(settings: Settings, library: Library | None, file: Path | None) -> Finding:
    """Can the app package be made; and does the one that was made fit these settings?"""
    name = "app package"
    try:
        hears_all = load_plan(settings.content_dir).relay == "all"
    except ContentError:
        hears_all = False
    try:
        if file is None:
            guides = library.guides.values() if library else ()
            made = package_teams.fill(settings, guides, manifest_dir() / "teams", "1.0.0", hears_all)
        else:
            made = package_teams.unzipped(file)
    except HelpbotError as error:
        # Without a package the bot runs; it is only needed to install the app.
        head, *lines = str(error).splitlines()
        if file or not lines:
            return Finding("wrong", name, head)
        more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
        return Finding("warning", name, f"can't be made: {lines[0].strip()}{more}; see all with: helpbot package teams")
    problems = [*package_teams.check(made), *package_teams.differences(made.manifest, settings, hears_all)]
    if problems:
        return Finding("wrong", name, f"{'; '.join(problems)}; make it anew with: helpbot package teams, and upload it")
    return Finding("ok", name, "fits the settings" if file else "can be made")


def contact(settings: Settings) -> Finding:
    """Whom does the bot name to people who want a person?"""
    if settings.contact:
        return Finding("ok", "contact", "set")
    return Finding(
        "warning",
        "contact",
        "HELPBOT_CONTACT is not set, so whoever wants a person is told of nobody; set the help desk's",
    )


async def desks(settings: Settings) -> Finding | None:
    """Where do the staff of each queue sit? None when that can't be read: the database or the content has told why."""
    try:
        queues = load_plan(settings.content_dir).queues
        bound = await peek.desks(settings.database_url)
    except (ContentError, HelpbotError):
        return None
    if not any(queue in bound for queue in queues):
        how = 'mention the bot in a channel ("@bot desk QUEUE"), or: helpbot desk bind'
        return Finding("ok", "desks", f"none: whoever wants a person is given the contact. For a live chat, {how}")
    return Finding("ok", "desks", ", ".join(f"{queue}: {bound.get(queue, 'none')}" for queue in queues))
