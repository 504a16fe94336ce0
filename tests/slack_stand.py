"""A whole server that serves Slack (and Teams, where it is asked for), beside a Slack of our own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App, create
from bot.script import Script
from bot.settings import Settings
from bot.slack_app import SlackSide
from bot.storage.base import Store
from bot.storage.sqlite import SqliteStore
from tests import slack as fake
from tests.slack import Json, Request, Slack
from tests.stand import counting_script


@dataclass
class SlackStand:
    """A server under test. `slack` is the workspace."""

    slack: Slack
    app: App
    store: Store
    client: TestClient[Any, Any]

    @property
    def side(self) -> SlackSide:
        """The server's parts for Slack."""
        assert self.app.slack is not None
        return self.app.slack

    async def post(self, request: Request) -> ClientResponse:
        """A request as it is."""
        headers, body = request
        response = await self.client.post("/slack/events", data=body, headers=headers)
        await response.read()
        return response

    async def send(self, body: Json) -> Json:
        """An event, an interaction or a command, signed; and until everything that follows is done. The calls that
        followed are in `new`. Gives what Slack was answered."""
        self.mark = len(self.slack.calls)
        event = body.get("type") in ("event_callback", "url_verification")
        response = await self.post(fake.json_request(body) if event else fake.form_request(body))
        assert response.status == 200, await response.text()
        await self.settle()
        text = await response.text()
        return dict(await response.json(content_type=None)) if text else {}

    mark: int = 0

    @property
    def new(self) -> list[fake.Call]:
        """The calls that showed something since the last `send`."""
        shown = self.slack.of()
        return [call for call in self.slack.calls[self.mark :] if call in shown]

    async def settle(self) -> None:
        """Until nothing is at work and nothing is owed."""
        async with asyncio.timeout(20):
            while True:
                counts = await self.store.counts(0.0)
                busy = self.side.arrivals.in_hand or self.side.door.in_hand or self.app.outbox.in_hand
                if not busy and not counts.waiting:
                    return
                await asyncio.sleep(0.005)

    def button(self, title: str, channel: str = fake.CHAT) -> tuple[Json, str]:
        """(element, the message's ts) of the newest message in a channel that has such a button or option."""
        for (where, stamp), message in reversed(self.slack.messages.items()):
            if where != channel:
                continue
            for element in fake.elements(message.get("blocks", [])):
                if element.get("text", {}).get("text") == title:
                    return element, stamp
                for option in element.get("options", ()):
                    if option["text"]["text"] == title:
                        return {**element, "selected_option": option}, stamp
        raise AssertionError(f"no button {title!r} in {channel}")

    async def press(self, title: str, user: str = fake.ALEX, channel: str = fake.CHAT, **more: Any) -> Json:
        """Press the newest button of this title."""
        element, stamp = self.button(title, channel)
        thread = self.slack.messages[(channel, stamp)].get("thread_ts", "")
        return await self.send(fake.pressed(element, user, channel, stamp, thread, **more))


@asynccontextmanager
async def slack_stand(
    *,
    store: Store | None = None,
    script: Script | None = None,
    slack: Slack | None = None,
    clock: Callable[[], float] | None = None,
    holder: str = "",
    **settings: Any,
) -> AsyncIterator[SlackStand]:
    """The server with one workspace, on a database in memory unless told otherwise; it may write as fast as it can."""
    async with slack or Slack() as place:
        values: Json = {
            "slack_signing_secret": fake.SECRET,
            "slack_bot_token": fake.TOKEN,
            "slack_api_url": place.url,
            "rate_per_user": 0,
            "rate_per_tenant": 0,
            **settings,
        }
        store = store or SqliteStore(":memory:")
        app = await create(
            Settings(**values), store=store, script=script or counting_script(), clock=clock, pace={}, holder=holder
        )
        async with TestClient(TestServer(app.web)) as client:
            stand = SlackStand(place, app, store, client)
            try:
                end = time.monotonic() + 5
                while not app.channels["slack"].ready():
                    assert time.monotonic() < end
                    await asyncio.sleep(0.005)
                # What the start itself asks; a message may be out already, if something was left to do.
                place.calls[:] = [call for call in place.calls if call.method.startswith("chat.")]
                yield stand
            finally:
                await app.close()
