"""With which token a workspace is served: the one of the settings, or that of its installation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.channels.slack_api import SlackApi
from bot.envelope import Address
from bot.errors import ConversationBlocked, DeliverLater, DeliveryError, Undeliverable

RETRY = (1.0, 60.0)  # seconds between questions who we are: the first pause and the longest

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Installed:
    """The app in a workspace (or in an organization): its token, and our user and bot id there. organization: the
    Enterprise Grid that it belongs to, "" where there is none."""

    token: str
    bot_user: str = ""
    bot_id: str = ""
    organization: str = ""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Installed({self.bot_user})"


class Tokens(Protocol):
    """Knows where the app is installed."""

    @property
    def bots(self) -> dict[str, str]:
        """Our user's id by workspace, as far as known."""
        ...

    async def get(self, team: str, enterprise: str) -> Installed | None:
        """The installation for a workspace; None when there is none. Raises `DeliverLater` while nobody can know."""
        ...

    def check(self, team: str) -> None:
        """Raise `Undeliverable` for a workspace that is certainly not served here."""
        ...

    async def forget(self, team: str, enterprise: str) -> None:
        """The app was taken out there."""
        ...

    async def start(self) -> None:
        """Begin the work in the background."""
        ...

    def ready(self) -> bool:
        """Whether what has to be known is known."""
        ...

    async def close(self) -> None:
        """End the work in the background."""
        ...


async def token_for(tokens: Tokens, address: Address) -> str:
    """The token with which this address is written to. Raises `ConversationBlocked` where the app is not installed."""
    return (await installed_for(tokens, address)).token


async def installed_for(tokens: Tokens, address: Address) -> Installed:
    """The installation that serves this address. Raises `ConversationBlocked` where there is none."""
    team, enterprise = str(address.details.get("team", "")), str(address.details.get("enterprise", ""))
    if not team or team != address.tenant:
        raise Undeliverable("no-team")
    tokens.check(team)
    found = await tokens.get(team, enterprise)
    if found is None:
        raise ConversationBlocked("not installed")
    return found


class OneWorkspace:
    """The token of the settings. Who it is for is asked at the start, and until it is known every event is taken in."""

    def __init__(self, api: SlackApi, token: str) -> None:
        """token: of the bot, as it was copied from the app's page."""
        self._api = api
        self._token = token
        self._team = ""
        self._installed = Installed(token)
        self._task: asyncio.Task[None] | None = None
        self._good = False
        self.bots: dict[str, str] = {}

    async def get(self, team: str, enterprise: str) -> Installed | None:
        """The one there is."""
        return self._installed

    def check(self, team: str) -> None:
        """Only its own workspace, once that is known; in an organization, every one."""
        if self._team and team not in (self._team, self._enterprise):
            raise Undeliverable("another workspace")

    async def forget(self, team: str, enterprise: str) -> None:
        """The token of the settings is all there is: the operator must give another, or make this one good again."""
        log.error("slack_uninstalled", hint="install the app again and set HELPBOT_SLACK_BOT_TOKEN")
        self._good = False
        await self.close()
        await self.start()

    async def start(self) -> None:
        """Begin to ask who we are; does not wait for the answer."""
        self._task = asyncio.create_task(self._asking(), name="slack-identity")

    def ready(self) -> bool:
        """Whether we know who we are, and the token was not revoked since."""
        return self._good

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _asking(self) -> None:
        pause, longest = RETRY
        while True:
            try:
                await self.identify()
                return
            except DeliverLater as error:
                log.warning("slack_identity_unknown", reason=error.reason)
            except DeliveryError as error:
                log.error("slack_identity_unknown", reason=error.reason, hint="check HELPBOT_SLACK_BOT_TOKEN")
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    _enterprise = ""

    async def identify(self) -> None:
        """Ask Slack whose token this is. Raises `DeliveryError`."""
        answer = await self._api.read("auth.test", self._token, {})
        self._enterprise = str(answer.get("enterprise_id") or "")
        user, team = str(answer.get("user_id", "")), str(answer.get("team_id", ""))
        self._installed = Installed(self._token, user, str(answer.get("bot_id", "")), self._enterprise)
        self.bots = {team: user}
        self._team, self._good = team, True
