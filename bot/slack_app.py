"""The parts of a server that only Slack needs, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.admission import Admission
from bot.arrivals import Arrivals
from bot.channels.slack import SlackChannel
from bot.channels.slack_installs import INSTALL, REDIRECT, Installations, SignIn, States
from bot.handoff.desk import Desk
from bot.limits import RateLimit, Verdict
from bot.metrics import Metrics
from bot.script import Script
from bot.settings import Settings
from bot.slack_door import SlackDoor
from bot.slack_errands import SlackErrands
from bot.slack_socket import SlackSocket
from bot.storage.base import Store

SIGN_INS = 60  # looks at each page of the sign-in in a minute: whoever begins one has a row written

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


class SlackSide:
    """Door, arrivals and errands of Slack. `start` and `stop` what works in the background."""

    def __init__(
        self,
        channel: SlackChannel,
        store: Store,
        admission: Admission,
        desk: Desk,
        script: Callable[[], Script],
        metrics: Metrics,
        *,
        settings: Settings,
        holder: str,
        clock: Callable[[], float],
        ids: Callable[[], str],
    ) -> None:
        """holder: this replica's name for leases. clock: Unix seconds."""
        self._channel = channel
        errands = SlackErrands(channel, desk, script, admission.reception, settings.default_locale)
        self.arrivals = Arrivals(store, channel, errands, admission, metrics, holder=holder, clock=clock, ids=ids)
        self.door = SlackDoor(channel, self.arrivals, errands, metrics, clock=clock, ids=ids)
        self.socket: SlackSocket | None = None
        if token := settings.slack_app_token.get_secret_value():
            self.socket = SlackSocket(self.door, channel.api, store, token, holder=holder, clock=clock)
        self.pages: dict[str, Page] = {}
        if isinstance(channel.tokens, Installations):
            sign_in = SignIn(
                channel.api,
                channel.tokens,
                States(store, clock),
                client_id=settings.slack_client_id,
                client_secret=settings.slack_client_secret.get_secret_value(),
                public_url=settings.public_url,
            )
            self.pages = {
                INSTALL: _seldom(sign_in.install, clock),
                REDIRECT: _seldom(sign_in.redirect, clock),
            }

    def ready(self) -> bool:
        """Whether we know who we are in Slack, and its connection stands where it is this replica's."""
        return self._channel.ready() and (self.socket is None or self.socket.ready())

    def start(self) -> None:
        """Begin."""
        self.arrivals.start()
        if self.socket is not None:
            self.socket.start()

    async def stop(self) -> None:
        """Leave what is not processed to others."""
        if self.socket is not None:
            await self.socket.stop()
        await self.door.stop()
        await self.arrivals.stop()


def _seldom(page: Page, clock: Callable[[], float]) -> Page:
    """The page, so many times in a minute and no more, whoever asks: behind a proxy all come from one address."""
    limit = RateLimit(0, SIGN_INS)

    async def limited(request: web.Request) -> web.StreamResponse:
        verdict = limit.check("", "", clock())
        if verdict is Verdict.TAKE:
            return await page(request)
        if verdict is Verdict.TELL:
            log.warning("slack_sign_in_limited", hint="put a proxy with a sign-in before /slack/install")
        return web.Response(status=429, headers={"Retry-After": "60"}, text="Too many at once. Try again in a minute.")

    return limited
