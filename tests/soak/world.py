"""All that is around the server processes of a campaign: a cloud, a connector, and who knows which process serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.cloud import APP_ID, SECRET, TENANT, Cloud
from tests.connector import Connector
from tests.process import Server, environment, start
from tests.stand import library

Json = dict[str, Any]
ANSWER = aiohttp.ClientTimeout(total=30.0)


class World:
    """Where users live. `serving`: the processes that take activities now; the platform picks any of them."""

    def __init__(
        self, folder: Path, database: str, cloud: Cloud, connector: Connector, session: aiohttp.ClientSession
    ) -> None:
        """database: as HELPBOT_DATABASE_URL has it."""
        self.database = database
        self.cloud = cloud
        self.connector = connector
        self.serving: list[Server] = []
        self.started: list[Server] = []
        self.redelivered = 0
        self.refused = 0
        self.settings: dict[str, str] = {}  # beside those that make a server serve
        self.environment: dict[str, str] = {}  # of its process, beside the settings
        self.not_now: frozenset[int] = frozenset()  # statuses after which the same is delivered again, as after a 5xx
        self._folder = folder
        self._session = session
        self._changed = asyncio.Condition()
        self._next = 0

    async def spawn(self) -> Server:
        """A new process that does not serve yet; see `until_it_serves`."""
        env = environment(
            DATABASE_URL=self.database,
            TEAMS_APP_ID=APP_ID,
            TEAMS_TENANT_ID=TENANT,
            TEAMS_APP_PASSWORD=SECRET,
            TEAMS_OPENID_METADATA=self.cloud.metadata_url,
            TEAMS_LOGIN_URL=self.cloud.login_url,
            TEAMS_SERVICE_HOSTS="127.0.0.1",
            RATE_PER_USER="0",
            RATE_PER_TENANT="0",
            **self.settings,
        )
        server = await start(self._folder, "--port", "0", env={**env, **self.environment})
        self.started.append(server)
        return server

    async def until_it_serves(self, server: Server) -> Server:
        """Activities go there from now on."""
        server.port = (await server.event("serving", seconds=120.0))["port"]
        await server.event("keys_fetched", seconds=120.0)
        async with self._changed:
            self.serving.append(server)
            self._changed.notify_all()
        return server

    async def begin(self) -> Server:
        """A new process that serves."""
        return await self.until_it_serves(await self.spawn())

    async def kill(self, server: Server) -> None:
        """kill -9."""
        server.process.kill()
        if server in self.serving:
            self.serving.remove(server)
        await server.ended(60.0)

    async def end(self) -> None:
        """Stop all politely; each must end well."""
        while self.serving:
            assert await self.serving.pop().stop(seconds=60.0) == 0

    async def all_sent(self) -> None:
        """Until no row waits in the database."""
        for _ in range(240):
            async with self._session.get(f"{self.serving[0].url}/metrics") as response:
                if "\nhelpbot_outbox_rows 0.0\n" in await response.text():
                    return
            await asyncio.sleep(0.5)
        raise AssertionError("rows wait for two minutes")

    async def deliver(self, activity: Json) -> Json:
        """Deliver it, as often as it takes until it is acknowledged; gives the answer to an invoke.

        A 5xx, a broken connection and an apology in the place of a pressed card are no acknowledgement: as Teams does
        for a message, and its user for a press, the same is delivered again.
        """
        while True:
            answer = await self.attempt(activity)
            if answer is not None:
                return answer
            self.redelivered += 1
            await asyncio.sleep(0.05)

    async def attempt(self, activity: Json) -> Json | None:
        """Deliver it once, to any process that serves; None: it was not acknowledged."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.serving)
        self._next += 1
        server = self.serving[self._next % len(self.serving)]
        token = self.cloud.token(self.connector.url)
        try:
            async with self._session.post(
                f"{server.url}/api/messages",
                json=activity,
                headers={"Authorization": f"Bearer {token}"},
                timeout=ANSWER,
            ) as response:
                body = await response.read()
                answer: Json = json.loads(body) if body and response.status == 200 else {}
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
        if response.status >= 500 or response.status in self.not_now:
            self.refused += 1
            return None
        assert response.status == 200, f"{response.status} {body!r}"
        if library().say("en").unavailable in body.decode():
            self.refused += 1
            return None
        return answer


@asynccontextmanager
async def world(
    folder: Path, database: str = "", connector: Connector | None = None, kind: type[World] = World
) -> AsyncIterator[World]:
    """A world whose processes are killed at the end; on SQLite in this folder unless told otherwise."""
    async with Cloud() as cloud, connector or Connector() as connector, aiohttp.ClientSession() as session:
        made = kind(folder, database or f"sqlite:///{folder}/helpbot.db", cloud, connector, session)
        try:
            yield made
        finally:
            for server in made.started:
                await server.close()
