"""`helpbot forget`: erases a person."""

from __future__ import annotations

import time
from dataclasses import replace

import structlog
import typer

from bot.errors import HelpbotError
from bot.operator import who, with_store
from bot.storage.base import Store

MOST = 1_000_000  # cases that are looked through for a mail address
STAYS = "What was posted in Teams or Slack itself (chats, desks' threads) is not ours to delete: see docs/hand-off.md."


def forget(person: str, sure: bool = False) -> None:
    """Erase somebody, by directory id or by the mail address that cases know, and say what was erased.

    sure: without asking. Raises `HelpbotError` when nobody is known by that address, or there is no database.
    """
    if not sure:
        typer.confirm(f"Erase {person} from the database: cases, transcripts, conversations?", abort=True)
    with_store(lambda store, _: _forget(store, person.strip()))


async def _forget(store: Store, person: str) -> None:
    for person_id in await _ids(store, person) if "@" in person else [person]:
        done = await store.forget(person_id, time.time())
        structlog.get_logger().info("person_forgotten", who=who(), count=sum(done.values()))
        erased = [f"{count} {what}" for what, count in done.items() if count]
        typer.echo(f"{person_id}: erased {', '.join(erased)}." if erased else f"{person_id}: nothing was known.")
    typer.echo(STAYS)


async def _ids(store: Store, mail: str) -> list[str]:
    """The ids of the people with this address: whose case it is, or who has it, or had it last."""
    found = {
        person.id
        for case in await store.cases(limit=MOST)
        for person in (replace(case.person, mail=case.mail), case.agent, case.last_agent)
        if person and person.id and person.mail.casefold() == mail.casefold()
    }
    if not found:
        raise HelpbotError(f"{mail}: no case knows anybody with this address; give the person's directory (object) id")
    return sorted(found)
