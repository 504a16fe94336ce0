"""Who is in a Teams conversation, asked from the Bot Connector. Source: its REST reference, "Conversation members"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from bot.channels.teams_send import Sender, service_url
from bot.envelope import Address, Person
from bot.errors import DeliveryError, Undeliverable

PAGE = 500  # members asked for at once, the most that Teams gives
MOST_PAGES = 20


async def members(sender: Sender, address: Address) -> list[Person]:
    """All members of the channel's team (or of the chat). Raises `DeliveryError` when they can't be had."""
    base = f"/{quote(address.conversation, safe='')}"
    service = str(address.details["serviceUrl"])
    found: list[Person] = []
    token = ""
    for _ in range(MOST_PAGES):
        more = f"&continuationToken={quote(token, safe='')}" if token else ""
        try:
            answer = await sender.get(service_url(service, f"{base}/pagedmembers?pageSize={PAGE}{more}"))
        except Undeliverable:  # an older or a simpler service knows only the plain list
            answer = await sender.get(service_url(service, f"{base}/members"))
        listed = answer.get("members", answer.get("items"))
        found += [_person(each) for each in listed or () if isinstance(each, dict)]
        token = str(answer.get("continuationToken") or "")
        if not token:
            break
    return [person for person in found if person.id]


async def profile(sender: Sender, address: Address, person: Person) -> Person:
    """The person with what the service knows of them; unchanged where it does not answer.

    Teams finds a member by their directory id; a simpler service only by its own, so there they are looked for.
    """
    path = f"/{quote(address.conversation, safe='')}/members/{quote(person.id, safe='')}"
    try:
        known = _person(await sender.get(service_url(str(address.details["serviceUrl"]), path)))
    except Undeliverable:
        known = next((each for each in await _listed(sender, address) if each.id == person.id), person)
    except DeliveryError:
        return person
    return replace(person, name=person.name or known.name, mail=known.mail or person.mail)


async def _listed(sender: Sender, address: Address) -> list[Person]:
    """All members, or nobody where they can't be had."""
    try:
        return await members(sender, address)
    except DeliveryError:
        return []


def _person(member: dict[str, Any]) -> Person:
    def text(*names: str) -> str:
        return next((v for n in names if isinstance(v := member.get(n), str) and v and v.isprintable()), "")

    return Person(text("aadObjectId", "objectId", "id"), text("name"), text("email", "userPrincipalName"))
