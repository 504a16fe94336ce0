"""`helpbot cases`: the cases of the hand-off, and what was said in them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

import structlog
import typer

from bot.errors import HelpbotError
from bot.handoff.case import Case, Message
from bot.handoff.transcript import line, transcript
from bot.operator import who, with_store
from bot.storage.base import Store
from bot.storage.cases import Step
from bot.storage.files import with_files

ROUNDS = 20  # of noting an export in a case that is being talked in


class NoSuchCase(HelpbotError):
    """There is no case of this id."""


def cases(
    action: Literal["list", "show", "export"],
    case_id: str = "",
    form: str = "text",
    *,
    state: str = "",
    queue: str = "",
    limit: int = 100,
) -> None:
    """Print a list of cases, or one with its transcript. An export is logged, and noted in the case, with who asked.

    Raises `HelpbotError` when there is no such case, or no database.
    """
    if action == "list":
        with_store(lambda store, _: _list(store, state, queue, limit))
    else:
        with_store(lambda store, _: _show(store, case_id.strip().upper(), form, exported=action == "export"))


async def _list(store: Store, state: str, queue: str, limit: int) -> None:
    found = await store.cases(state, queue, limit=limit)
    for case in found:
        typer.echo(line(case))
    if not found:
        typer.echo("No such cases." if state or queue else "No cases.", err=True)
    elif len(found) == limit:
        typer.echo(f"The first {limit}; --limit shows more.", err=True)


async def _show(store: Store, case_id: str, form: str, exported: bool) -> None:
    case = await _exported(store, case_id, form) if exported else await store.case(case_id)
    if case is None:
        raise NoSuchCase(f"{case_id}: there is no such case (any more); `helpbot cases` lists them")
    said = with_files(await store.transcript(case_id), await store.files(case_id))
    typer.echo(transcript(case, said, form), nl=False)


async def _exported(store: Store, case_id: str, form: str) -> Case | None:
    """The case, once it is written down in it who has it now."""
    asking = who()
    for _ in range(ROUNDS):
        case = await store.case(case_id)
        if case is None:
            return None
        now, said = time.time(), await store.transcript(case_id)
        mark = max([case.mark, *(message.mark for message in said)]) + 1
        words = f"Exported as {form} (helpbot cases export)."
        note = Message(case.id, mark, now, "note", asking, words, state="internal")
        noted = replace(case, mark=note.mark)
        if (await store.commit_step(Step("", "", now, noted, messages=(note,)), "", now)).result == "done":
            structlog.get_logger().info("case_exported", case=case.id, who=asking, kind=form)
            return noted
    raise HelpbotError(f"{case_id}: so much is said in this case that the export could not be noted; try again")
