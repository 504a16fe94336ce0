"""`helpbot desk bind|unbind|list`: in which channel the staff of a queue sit."""

from __future__ import annotations

import re
import time
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import structlog
import typer

from bot.envelope import Address
from bot.errors import HelpbotError
from bot.handoff.plan import DeskPlan
from bot.handoff.plan_file import load_plan
from bot.handoff.transcript import moment
from bot.operator import who, with_store
from bot.settings import Settings
from bot.storage.base import Store
from bot.storage.cases import Desk

_CHANNEL = re.compile(r"19:[^\s|/;?]+@thread\.[a-z0-9]+")
_SLACK = re.compile(r"slack\|(T[A-Z0-9]+)\|([CG][A-Z0-9]+)")
HOW = (
    'write the channel\'s link ("Get link to channel" in Teams), teams|TENANT|CONVERSATION, or slack|TEAM|CHANNEL; '
    'or mention the bot in the channel itself: "@bot desk QUEUE"'
)


def desks(action: Literal["bind", "unbind", "list"], queue: str = "", address: str = "", service: str = "") -> None:
    """Change or print where desks are. service: the serviceUrl, else the first of HELPBOT_TEAMS_SERVICE_HOSTS.

    Raises `HelpbotError` for a queue that does not exist, an address that can't be read, or no database.
    """
    if action == "bind":
        with_store(lambda store, settings: _bind(store, settings, queue, address, service), new=True)
    elif action == "unbind":
        with_store(lambda store, _: _unbind(store, queue))
    else:
        with_store(lambda store, settings: _list(store, load_plan(settings.content_dir)))


async def _bind(store: Store, settings: Settings, queue: str, address: str, service: str) -> None:
    plan = load_plan(settings.content_dir)
    if queue not in plan.queues:
        raise HelpbotError(f'there is no queue "{queue}" in desk.yaml; there are: {", ".join(plan.queues)}')
    desk = Desk(queue, read_address(address, settings, service), who(), time.time())
    await store.bind_desk(desk)
    structlog.get_logger().info("desk_bound", who=desk.bound_by, kind=queue)
    typer.echo(f"{plan.queues[queue].title}: {desk.address.conversation}")


async def _unbind(store: Store, queue: str) -> None:
    if not await store.unbind_desk(queue):
        raise HelpbotError(f'"{queue}" is bound to no desk; `helpbot desk list` shows those that are')
    structlog.get_logger().info("desk_unbound", who=who(), kind=queue)
    typer.echo(f"{queue}: no desk any more. Its users are given the contact address.")


async def _list(store: Store, plan: DeskPlan) -> None:
    bound = {desk.queue: desk for desk in await store.desks()}
    for queue in [*plan.queues, *(queue for queue in bound if queue not in plan.queues)]:
        desk = bound.get(queue)
        where = f"{desk.address.key}, by {desk.bound_by or '?'} on {moment(desk.at)}" if desk else "no desk"
        typer.echo(f"{queue}: {where}{'' if queue in plan.queues else ' (this queue is not in desk.yaml any more)'}")


def read_address(text: str, settings: Settings, service: str = "") -> Address:
    """The channel that a link or a key names. Raises `HelpbotError`, with what to write."""
    if (found := _SLACK.fullmatch(text.strip())) is not None:
        if not settings.slack_set_up:
            raise HelpbotError(f"{text}: Slack is not set up here; see docs/slack.md")
        return Address("slack", found[1], found[2], True, {"team": found[1]})
    tenant, conversation = _parts(text.strip())
    tenant = tenant or settings.teams_tenant_id or ("local" if settings.local else "")
    if not tenant or not conversation:
        raise HelpbotError(f"{text}: that names no channel; {HOW}")
    if not settings.local and tenant not in settings.tenants:
        raise HelpbotError(f"{tenant}: this tenant is not served here; see HELPBOT_TEAMS_ALLOWED_TENANTS")
    if not service and settings.local:
        raise HelpbotError("in local mode, give the address of the client with --service, or bind it from the client")
    service = service or f"https://{settings.teams_service_hosts[0]}/teams/"
    bot = {"id": f"28:{settings.teams_app_id}" if settings.teams_app_id else "bot", "name": settings.teams_bot_name}
    return Address("teams", tenant, conversation, True, {"serviceUrl": service, "bot": bot})


def _parts(text: str) -> tuple[str, str]:
    """(tenant, conversation) of a channel's link, of a key, or of the conversation alone; "" for what is not there."""
    link = urlsplit(text)
    if link.scheme == "https":
        found = _CHANNEL.search(unquote(link.path))
        return "".join(parse_qs(link.query).get("tenantId", [])).lower(), found[0] if found else ""
    if text.startswith("teams|") and text.count("|") == 2:
        _, tenant, conversation = text.split("|")
        return tenant.lower(), conversation.partition(";")[0]
    return "", text if _CHANNEL.fullmatch(text) else ""
