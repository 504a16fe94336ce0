"""Socket Mode: Slack's events over a connection that we open, for a bot without a public address.

Slack allows ten connections an app and gives each event to any one of them, so a few replicas hold one each, by a lease
in the database; what comes in is kept like any other event, and any replica sends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import structlog
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack_api import QUIET, SlackApi
from bot.errors import Refused, StoreUnavailable
from bot.slack_door import SlackDoor
from bot.storage.arrivals import KeptStore

CONNECTIONS = 2  # in all: one that works, and one for when its replica dies
LEASE = 30.0  # seconds that a dead replica's connection is waited for
EVERY = 8.0  # seconds between looks for a connection that is free, and renewals of ours
_NAME = "slack/socket/"

log = structlog.get_logger()


class SlackSocket:
    """Holds a connection while it holds a lease. `start` and `stop`."""

    def __init__(
        self,
        door: SlackDoor,
        api: SlackApi,
        store: KeptStore,
        app_token: str,
        *,
        holder: str,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        connections: int = CONNECTIONS,
    ) -> None:
        """app_token: with connections:write. holder: this replica's name for leases. clock: Unix seconds."""
        self._door = door
        self._api = api
        self._store = store
        self._app_token = app_token
        self._holder = holder
        self._clock = clock
        self._sleep = sleep
        self._names = [f"{_NAME}{number}" for number in range(connections)]
        self._mine = ""
        self._client: SocketModeClient | None = None
        self._stands = False
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether this replica holds a connection."""
        return self._client is not None

    def ready(self) -> bool:
        """False while this replica holds a lease, and so should be connected, and is not: as of the last look. True
        where others hold the connections."""
        return not self._mine or self._stands

    def start(self) -> None:
        """Begin to look for a lease."""
        self._task = asyncio.create_task(self._looking(), name="slack-socket")

    async def stop(self) -> None:
        """Disconnect, and let another replica connect at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._disconnect()
        if self._mine:
            try:
                await self._store.let_go([self._mine])
            except StoreUnavailable as error:
                log.warning("slack_socket_lease_not_released", exc_info=error)

    async def look(self) -> None:
        """Take a free lease, or prolong ours; connect, or disconnect when it is lost."""
        now = self._clock()
        for name in [self._mine] if self._mine else self._names:
            if await self._store.lease(name, self._holder, now, now + LEASE):
                self._mine = name
                if self._client is None:
                    await self._connect()
                else:
                    await self._watch(self._client)
                return
        self._mine = ""
        await self._disconnect()

    async def _looking(self) -> None:
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                log.warning("slack_socket_store_unavailable", exc_info=error)
            except Exception as error:
                log.error("slack_socket_failed", exc_info=error)
            await self._sleep(EVERY)

    async def _connect(self) -> None:
        web = AsyncWebClient(self._app_token, self._api.base, retry_handlers=[], logger=QUIET)
        client = SocketModeClient(self._app_token, logger=QUIET, web_client=web)
        client.socket_mode_request_listeners.append(self._take)
        try:
            await client.connect_to_new_endpoint()
        except BaseException:  # it is not ours until it stands: the next look tries again
            await client.close()  # type: ignore[no-untyped-call]  # slack-sdk's
            raise
        self._client, self._stands = client, True
        log.info("slack_socket_connected")

    async def _watch(self, client: SocketModeClient) -> None:
        """Whether the connection stands; when it breaks, slack-sdk makes another, and says of its trials in the log."""
        before, self._stands = self._stands, await client.is_connected()
        if before and not self._stands:
            log.warning("slack_socket_down")

    async def _disconnect(self) -> None:
        client, self._client, self._stands = self._client, None, False
        if client is not None:
            await client.close()  # type: ignore[no-untyped-call]  # slack-sdk's
            log.info("slack_socket_closed")

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """Kept, then acknowledged. What could not be kept is not acknowledged, and comes again."""
        try:
            reading = await self._door.socket(request.payload)
            body = json.loads(reading.body) if reading.body and reading.content_type == "application/json" else None
        except Refused as refused:
            log.warning("rejected", reason=refused.reason, status=refused.status)
            body = None
        except (StoreUnavailable, TimeoutError) as error:
            log.error("store_unavailable", exc_info=error)
            return
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=body))
