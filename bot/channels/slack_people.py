"""Who people in Slack are: names, mail, language, time zone; and who is in a channel. Remembered for a while."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.channels.slack_api import SlackApi
from bot.channels.slack_tokens import Installed, Tokens, installed_for, token_for
from bot.envelope import Address, Person
from bot.errors import DeliveryError

KEPT = 3600.0  # seconds that what is known of a person is good for
FAILED = 30.0  # seconds until Slack is asked again about somebody of whom it told nothing
PATIENCE = 4.0  # seconds that a turn waits for a name
_MOST = 20_000  # people remembered
LISTED = 100  # people of a channel who are listed with their names: each is a call
IN_CHANNEL = 60.0  # seconds that the list of a channel's people is good for
_PAGE = 999  # the most that Slack gives at once
_PAGES = 20
MOST = _PAGE * _PAGES  # people of a channel who are known
_AT_ONCE = 8
_NOBODY = ("user_not_found", "user_not_visible")  # as Slack says of strangers
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack knows of somebody. staff: a person who is there: no bot, not deactivated. teams: their workspaces;
    organization: the one that these belong to. told: Slack answered, be it that there is nobody."""

    name: str = ""
    mail: str = ""
    zone: str = ""
    locale: str = ""
    staff: bool = False
    teams: tuple[str, ...] = ()
    organization: str = ""
    told: bool = False


class People:
    """Asks Slack who people are, seldom."""

    def __init__(self, api: SlackApi, tokens: Tokens, ticks: Callable[[], float]) -> None:
        """ticks: seconds that only grow."""
        self._api = api
        self._tokens = tokens
        self._ticks = ticks
        self._known: OrderedDict[str, tuple[float, Profile]] = OrderedDict()
        self._in: dict[str, tuple[float, frozenset[str]]] = {}  # desks' channels: few

    async def profile(self, address: Address, person_id: str) -> Profile:
        """What is known of them; an empty profile where Slack does not answer."""
        known = self._known.get(person_id)
        if known and known[0] > self._ticks():
            return known[1]
        user = person_id.rpartition(":")[2]
        try:
            async with asyncio.timeout(PATIENCE):
                token = await token_for(self._tokens, address)
                answer = await self._api.read("users.info", token, {"user": user, "include_locale": "true"})
            found, good = _profile(answer.get("user")), KEPT
        except (DeliveryError, TimeoutError) as error:
            nobody = isinstance(error, DeliveryError) and error.reason in _NOBODY
            found, good = known[1] if known else Profile(told=nobody), FAILED
        self._known[person_id] = (self._ticks() + good, found)
        self._known.move_to_end(person_id)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return found

    async def named(self, address: Address, person: Person) -> tuple[Person, str]:
        """The person with what is known of them, and their language ("" when it is not known)."""
        found = await self.profile(address, person.id)
        named = Person(person.id, found.name or person.name, found.mail or person.mail, found.zone or person.zone)
        return named, found.locale

    async def colleague(self, address: Address, user: str) -> bool:
        """Whether somebody of another workspace is of the organization that ours belongs to. Raises `TimeoutError`
        while Slack does not say, `DeliveryError`."""
        ours = (await installed_for(self._tokens, address)).organization
        if not ours and self._tokens.ready():
            return False
        found = await self.profile(address, f"{address.tenant}:{user}") if ours else Profile()
        if not found.told:
            raise TimeoutError("Slack does not say whose person this is")
        return found.organization == ours

    async def members(self, address: Address, guests: bool) -> list[Person]:
        """The first people in a channel; those of other organizations only with `guests`. Raises `DeliveryError`."""
        ours = await installed_for(self._tokens, address)
        ids = await self._ids(address, ours.token)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def person(user: str) -> tuple[Profile, Person]:
            name = f"{address.tenant}:{user}"
            async with slots:
                found = await self.profile(address, name)
            return found, Person(name, found.name, found.mail, found.zone)

        everybody = await asyncio.gather(*(person(user) for user in ids[:LISTED]))
        return [each for found, each in everybody if found.staff and (guests or _of_us(found, address, ours))]

    async def member(self, address: Address, person: Person, guests: bool) -> Person | None:
        """Somebody, when they are in the channel, at whatever place of its list. Raises `DeliveryError`."""
        ours = await installed_for(self._tokens, address)
        known = self._in.get(address.key)
        if known is None or known[0] <= self._ticks():
            try:
                await self._ids(address, ours.token)
            except DeliveryError:  # who was there a while ago is believed to be
                if known is None:
                    raise
        if person.id.rpartition(":")[2] not in self._in[address.key][1]:
            return None
        found = await self.profile(address, person.id)
        if not (found.staff and (guests or _of_us(found, address, ours))):
            return None
        return Person(person.id, found.name or person.name, found.mail, found.zone)

    async def _ids(self, address: Address, token: str) -> list[str]:
        """Who is in a channel. Slack has no way to ask for one of them."""
        ids: list[str] = []
        cursor = ""
        for _ in range(_PAGES):
            params = {"channel": address.conversation.partition(":")[0], "limit": str(_PAGE)}
            params |= {"cursor": cursor} if cursor else {}
            answer = await self._api.read("conversations.members", token, params)
            listed = answer.get("members")
            ids += [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
            more = answer.get("response_metadata")
            cursor = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
            if not cursor:
                break
        else:
            log.error("desk_too_large", count=len(ids), hint="nobody beyond these is staff: take a smaller channel")
        self._in[address.key] = (self._ticks() + IN_CHANNEL, frozenset(ids))
        return ids


def _of_us(found: Profile, address: Address, ours: Installed) -> bool:
    """Whether somebody is of this workspace, or of the organization that it belongs to."""
    return address.tenant in found.teams or found.organization == (ours.organization or None)


def _profile(user: object) -> Profile:
    if not isinstance(user, dict):
        return Profile()
    about = user.get("profile")
    about = about if isinstance(about, dict) else {}

    def told(*values: object) -> str:
        return next((v for v in values if isinstance(v, str) and v and len(v) < 256 and v.isprintable()), "")

    locale = told(user.get("locale"))
    shown = (about.get("real_name"), user.get("real_name"), about.get("display_name"), user.get("name"))
    whole = user.get("enterprise_user")
    listed = whole.get("teams") if isinstance(whole, dict) else None
    teams = [team for team in (listed if isinstance(listed, list) else ()) if isinstance(team, str)]
    return Profile(
        told(*shown),
        told(about.get("email")),
        told(user.get("tz")),
        locale if _LOCALE.fullmatch(locale) else "",
        not (user.get("is_bot") or user.get("deleted") or user.get("id") == "USLACKBOT"),
        (told(user.get("team_id")), *teams),
        told(whole.get("enterprise_id") if isinstance(whole, dict) else "", user.get("enterprise_id")),
        True,
    )
