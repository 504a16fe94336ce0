"""Many workspaces: where the app is installed, with tokens encrypted in the database; and the sign-in that installs it.

The flow is bolt's own (`AsyncOAuthFlow`); what it stores, it stores here. An organization that installed the app for
all of its workspaces is one installation, under the organization's id.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from logging import Logger
from typing import Any

import structlog
from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.channels.slack_api import QUIET, SlackApi
from bot.channels.slack_scopes import SCOPES
from bot.channels.slack_tokens import Installed
from bot.errors import DeliverLater, DeliveryError, StoreUnavailable
from bot.storage.arrivals import KeptStore

INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
STATE_SECONDS = 600.0  # from the begin of the sign-in to its end
KEPT = 60.0  # seconds that an installation is believed without asking the database; another replica may forget it
_NAME = "slack/installed/"
_STATE = "slack/state/"

log = structlog.get_logger()


class Installations(AsyncInstallationStore):
    """Implements `bot.channels.slack_tokens.Tokens`, and bolt's store."""

    def __init__(self, store: KeptStore, key: str, ticks: Callable[[], float]) -> None:
        """key: 32 bytes in base64. ticks: seconds that only grow."""
        self._store = store
        self._fernet = Fernet(key)
        self._ticks = ticks
        self._known: dict[str, tuple[float, Installed | None]] = {}
        self.bots: dict[str, str] = {}

    # -- with which token a workspace is served

    async def get(self, team: str, enterprise: str) -> Installed | None:
        """The workspace's own installation, else its organization's."""
        return await self._of(team) or (await self._of(enterprise) if enterprise else None)

    async def _of(self, place: str) -> Installed | None:
        known = self._known.get(place)
        if known and known[0] > self._ticks():
            return known[1]
        try:
            text = await self._store.kept(_NAME + place)
        except StoreUnavailable:
            raise DeliverLater("the database is away") from None
        found = self._read(text) if text is not None else None
        self._known[place] = (self._ticks() + KEPT, found)
        if found is not None:
            self.bots[place] = found.bot_user
        return found

    def _read(self, text: str) -> Installed | None:
        try:
            data = json.loads(self._fernet.decrypt(text.encode()))
        except (InvalidToken, ValueError):
            log.error("slack_installation_unreadable", hint="HELPBOT_SLACK_TOKEN_KEY is another than it was")
            return None
        return Installed(data["token"], data["bot_user"], data["bot_id"], data.get("organization", ""))

    def check(self, team: str) -> None:
        """Every workspace may have installed the app; the database knows."""

    async def forget(self, team: str, enterprise: str) -> None:
        """Delete the installation of this workspace (or, by its own id, of this organization)."""
        await self._store.let_go([_NAME + team])
        self._known.pop(team, None)
        self.bots.pop(team, None)

    async def start(self) -> None:
        """Nothing has to be known beforehand."""

    def ready(self) -> bool:
        """Always."""
        return True

    async def close(self) -> None:
        """Nothing is under way."""

    async def places(self) -> list[str]:
        """The workspaces and organizations that are served."""
        return [name.removeprefix(_NAME) for name in await self._store.kept_names(_NAME)]

    # -- as bolt's store

    @property
    def logger(self) -> Logger:
        """Bolt's."""
        return QUIET

    async def async_save(self, installation: Installation) -> None:
        """Keep a new installation, in the place of an older one."""
        place = installation.enterprise_id if installation.is_enterprise_install else installation.team_id
        if not place or not installation.bot_token:
            raise ValueError("an installation without a place or a token")
        if installation.bot_refresh_token:
            log.error("slack_token_rotates", hint="turn token rotation off in the Slack app: its tokens would expire")
        data = {
            "token": installation.bot_token,
            "bot_user": installation.bot_user_id or "",
            "bot_id": installation.bot_id or "",
            "organization": installation.enterprise_id or "",
        }
        await self._store.keep(_NAME + place, self._fernet.encrypt(json.dumps(data).encode()).decode())
        self._known.pop(place, None)
        log.info("slack_installed", kind="organization" if installation.is_enterprise_install else "workspace")

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """As bolt asks for it."""
        found = await self.get(team_id or "", enterprise_id or "")
        if found is None:
            return None
        return Bot(
            bot_token=found.token, bot_id=found.bot_id, bot_user_id=found.bot_user, team_id=team_id, installed_at=0.0
        )

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """As bolt does when the app is taken out."""
        await self.forget(team_id or enterprise_id or "", enterprise_id or "")


class States(AsyncOAuthStateStore):
    """The states of sign-ins: each is good once, for ten minutes, in whichever replica it comes back."""

    def __init__(self, store: KeptStore, clock: Callable[[], float]) -> None:
        """clock: Unix seconds."""
        self._store = store
        self._clock = clock

    @property
    def logger(self) -> Logger:
        """Bolt's."""
        return QUIET

    async def async_issue(self, *args: Any, **kwargs: Any) -> str:
        """A new state."""
        state = secrets.token_urlsafe(32)
        await self._store.keep(_STATE + state, "", self._clock() + STATE_SECONDS)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether it was issued, is not too old, and comes back for the first time."""
        return await self._store.take(_STATE + state, self._clock()) is not None


class _Flow(AsyncOAuthFlow):
    """Bolt's flow; the code is changed into a token by our own calls (slack-sdk's uses what aiohttp gives up)."""

    def __init__(self, api: SlackApi, settings: AsyncOAuthSettings) -> None:
        super().__init__(client=api.client(""), logger=QUIET, settings=settings)
        self._api = api

    async def run_installation(self, code: str) -> Installation | None:
        """What Slack grants for this code; None when it is not good."""
        given = {"client_id": self.settings.client_id, "client_secret": self.settings.client_secret, "code": code}
        try:
            granted = await self._api.read(
                "oauth.v2.access", "", {**given, "redirect_uri": str(self.settings.redirect_uri)}
            )
            token = str(granted.get("access_token") or "")
            ours = await self._api.read("auth.test", token, {})
        except DeliveryError as error:
            log.warning("slack_sign_in_refused", reason=error.reason)
            return None
        team, enterprise = granted.get("team") or {}, granted.get("enterprise") or {}
        return Installation(
            app_id=granted.get("app_id"),
            enterprise_id=enterprise.get("id"),
            team_id=team.get("id"),
            bot_token=token,
            bot_id=ours.get("bot_id"),
            bot_user_id=granted.get("bot_user_id") or ours.get("user_id"),
            bot_scopes=granted.get("scope") or "",
            bot_refresh_token=granted.get("refresh_token"),
            user_id=str((granted.get("authed_user") or {}).get("id", "")),
            is_enterprise_install=granted.get("is_enterprise_install") is True,
        )


class SignIn:
    """The two pages by which a workspace installs the app."""

    def __init__(
        self,
        api: SlackApi,
        installations: Installations,
        states: States,
        *,
        client_id: str,
        client_secret: str,
        public_url: str,
    ) -> None:
        """public_url: where the internet reaches us; Slack sends people back there."""
        settings = AsyncOAuthSettings(
            client_id=client_id,
            client_secret=client_secret,
            scopes=list(SCOPES),
            user_scopes=[],
            redirect_uri=public_url + REDIRECT,
            install_path=INSTALL,
            redirect_uri_path=REDIRECT,
            installation_store=installations,
            state_store=states,
            state_expiration_seconds=int(STATE_SECONDS),
            logger=QUIET,
        )
        self._flow = _Flow(api, settings)

    async def install(self, request: web.Request) -> web.StreamResponse:
        """GET: the page with "Add to Slack"."""
        return await self._answer(request, self._flow.handle_installation)

    async def redirect(self, request: web.Request) -> web.StreamResponse:
        """GET: Slack sends the person back here; the state is checked, the code becomes a token."""
        return await self._answer(request, self._flow.handle_callback)

    async def _answer(self, request: web.Request, page: Callable[[AsyncBoltRequest], Any]) -> web.StreamResponse:
        try:
            made: BoltResponse = await page(await to_bolt_request(request))
        except StoreUnavailable as error:
            log.error("store_unavailable", exc_info=error)
            return web.Response(status=503, text="Please try again in a minute.")
        except Exception as error:
            log.error("slack_sign_in_failed", exc_info=error)
            return web.Response(status=400, text="This did not work. Please begin again.")
        return await to_aiohttp_response(made)
