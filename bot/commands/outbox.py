"""`helpbot outbox`: what could not be delivered."""

from __future__ import annotations

import time
from shlex import quote
from typing import Literal

import structlog
import typer

from bot.errors import HelpbotError
from bot.handoff.transcript import moment
from bot.log import conversation_tag
from bot.operator import who, with_store
from bot.storage.base import Store


def outbox(action: Literal["list", "resend", "drop"], key: str = "", seq: int = 0, limit: int = 100) -> None:
    """Print what could not be delivered, oldest first; or have one of it delivered again, or deleted.

    key and seq: as the list has them. Raises `HelpbotError` when there is no such row, or no database.
    """
    if action == "list":
        with_store(lambda store, _: _list(store, limit))
    else:
        with_store(lambda store, _: _change(store, action, key, seq))


async def _list(store: Store, limit: int) -> None:
    now = time.time()
    counts, rows = await store.counts(now), await store.aside(limit)
    for row in rows:
        state = "waits" if row.parked else "aside"
        typer.echo(
            f"{quote(row.conversation)} {row.seq}  {state} since {moment(row.created)}, {row.kind}, "
            f"tried {row.attempts} times: {row.reason}"
        )
    typer.echo(
        f"{counts.waiting} on their way (the oldest for {counts.oldest:.0f} s), {counts.aside} set aside, "
        f"{counts.parked} conversations blocked."
    )


async def _change(store: Store, action: str, key: str, seq: int) -> None:
    done = await (store.resend(key, seq, time.time()) if action == "resend" else store.drop(key, seq))
    if not done:
        raise HelpbotError(f"{key} {seq}: no such row is set aside; `helpbot outbox` lists those that are")
    structlog.get_logger().info("outbox_changed", kind=action, conversation=conversation_tag(key), seq=seq, who=who())
    typer.echo("It is delivered again now, if a server runs." if action == "resend" else "Deleted.")
