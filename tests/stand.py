"""A whole server in this process, between a cloud and a connector of our own; and an engine that only counts."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App, create
from bot.channels.limits import Limits
from bot.channels.registry import LIMITS
from bot.resources import content_dir
from bot.script import Script
from bot.settings import Settings
from bot.storage.base import Store
from bot.storage.sqlite import SqliteStore
from dialogs.cards.base import Button
from dialogs.cards.notice import NoticeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.content import load
from dialogs.engine import Engine
from dialogs.finder import WordFinder
from dialogs.library import Library
from dialogs.turn import HandOff, Incoming, Outcome, Replaced, Reply, State
from tests.cloud import APP_ID, SECRET, TENANT, Cloud
from tests.connector import Connector

Json = dict[str, Any]


@cache
def library() -> Library:
    """The shipped content; read once."""
    return load(content_dir())


@cache
def finder() -> WordFinder:
    """Finds guides in it; made once."""
    return WordFinder(library().guides, library().texts)


class CountingEngine(Engine):
    """Numbers its turns and asks for the next.

    "boom" raises, "knot" leaves a state that is no JSON, "plain" is answered by bare text, arrivals greet once.
    """

    def __init__(self) -> None:
        super().__init__(library(), finder())

    async def run(self, state: State | None, incoming: Incoming) -> Outcome:
        """A question card with the turn's number, whatever was said."""
        number = int((state or {}).get("n", 0))
        if incoming.text == "boom":
            raise RuntimeError("what the user said: boom")
        if incoming.text == "knot":
            return Outcome({"n": object()}, (Reply(self._ask(1), 1),))
        if incoming.arrived and number:
            return Outcome(state or {})
        press = incoming.press
        if press and press.turn != number:
            return Outcome(state or {}, (Reply(self._ask(number), number),), stale=True)
        if incoming.text == "plain":
            return Outcome(state or {}, (Reply(NoticeCard("as_it *is*", plain=True)),))
        said = f"pressed {press.value}" if press else incoming.text
        after = {"n": number + 1, "said": [*(state or {}).get("said", []), said][-50:]}
        replaced = Replaced(number, AnsweredCard(f"question {number}", said)) if press else None
        return Outcome(after, (Reply(self._ask(number + 1), number + 1),), replaced)

    async def resume(self, state: State, at: float, locale: str, done: bool = False) -> Outcome:
        """It stands nowhere."""
        return Outcome(state)

    async def send_guide(self, state: State, guide_id: str, at: float, locale: str, step: str = "") -> Outcome:
        """It has no guides."""
        raise KeyError(guide_id)

    def title(self, guide_id: str, locale: str) -> str:
        """It has no guides."""
        raise KeyError(guide_id)

    def hand_off(self, state: State) -> HandOff:
        """What was said."""
        return HandOff(words=tuple(state.get("said", ())))

    def busy(self, state: State) -> bool:
        """Never."""
        return False

    def word(self, locale: str, text: str, *names: str) -> str | None:
        """It knows no words."""
        return None

    @staticmethod
    def _ask(number: int) -> QuestionCard:
        return QuestionCard(number, f"question {number}", (Button("Yes", "answer", "yes"),))


def counting_script(contact: str = "") -> Script:
    """The counting engine with the shipped texts."""
    return Script(CountingEngine(), library().say, contact)


@dataclass(slots=True)
class Stand:
    """A server under test and all around it."""

    cloud: Cloud
    connector: Connector
    app: App
    store: Store
    client: TestClient[Any, Any]
    local: bool
    _passed: list[float]

    def later(self) -> None:
        """Let an hour pass on the clock of the pauses between fetches."""
        self._passed[0] += 3600.0

    @property
    def service(self) -> str:
        """The serviceUrl."""
        return self.connector.url

    async def send(
        self, activity: Any, *, token: str | None = None, headers: dict[str, str] | None = None
    ) -> ClientResponse:
        """Deliver an activity (or bytes) with a good token, unless another is given ("" for none)."""
        all_headers = {"Content-Type": "application/json", **(headers or {})}
        if token is None and not self.local:
            token = self.cloud.token(self.service)
        if token:
            all_headers["Authorization"] = f"Bearer {token}"
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        response = await self.client.post("/api/messages", data=body, headers=all_headers)
        await response.read()
        return response

    async def metric(self, name: str) -> float:
        """The value of one line of /metrics; 0 when it is not there."""
        text = await (await self.client.get("/metrics")).text()
        return next((float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + " ")), 0.0)


@asynccontextmanager
async def stand(
    *,
    local: bool = False,
    store: Store | None = None,
    script: Script | None = None,
    clock: Callable[[], float] | None = None,
    wait_for_keys: bool = True,
    cloud: Cloud | None = None,
    pace: Mapping[str, Limits] = LIMITS,
    **settings: Any,
) -> AsyncIterator[Stand]:
    """The server with real tokens (or in local mode), on a database in memory, unless told otherwise."""
    async with cloud or Cloud() as cloud, Connector() as connector:
        values: Json = {"local": local, "rate_per_user": 0, "rate_per_tenant": 0, **settings}
        if not local:
            values = {
                "teams_app_id": APP_ID,
                "teams_tenant_id": TENANT,
                "teams_app_password": SECRET,
                "teams_openid_metadata": cloud.metadata_url,
                "teams_login_url": cloud.login_url,
                "teams_service_hosts": ("127.0.0.1",),
                "teams_file_hosts": ("127.0.0.1",),
                **values,
            }
        store = store or SqliteStore(":memory:")
        passed = [0.0]
        app = await create(
            Settings(**values),
            store=store,
            script=script or counting_script(),
            clock=clock,
            ticks=lambda: time.monotonic() + passed[0],
            pace=pace,
        )
        async with TestClient(TestServer(app.web)) as client:
            try:
                while wait_for_keys and (await client.get("/readyz")).status != 200:
                    pass
                yield Stand(cloud, connector, app, store, client, local, passed)
            finally:
                await app.close()
