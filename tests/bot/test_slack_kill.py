"""A server process that serves Slack and is killed: what it had acknowledged is answered by the next, once."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import aiohttp

from tests import slack as fake
from tests.process import Server, environment, serving
from tests.slack import Slack


async def send(server: Server, body: fake.Json) -> tuple[int, float]:
    """The status of a signed event, and the seconds until it came."""
    headers, raw = fake.json_request(body)
    started = time.monotonic()
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.url}/slack/events", data=raw, headers=headers) as response,
    ):
        return response.status, time.monotonic() - started


async def test_killed_in_the_middle_of_a_slow_turn(tmp_path: Path) -> None:
    """Slack hears a 200 within three seconds although the turn hangs; after kill -9 and a restart every message has one
    answer, in order."""
    async with Slack() as place:
        settings = environment(
            SLACK_SIGNING_SECRET=fake.SECRET, SLACK_BOT_TOKEN=fake.TOKEN, SLACK_API_URL=place.url, RATE_PER_USER="0"
        )
        place.hanging.add("users.info")
        bodies = [fake.message(f"message {number}") for number in range(3)]
        async with serving(tmp_path, "--port", "0", env=settings) as server:
            for body in bodies:
                status, seconds = await send(server, body)
                assert (status, seconds < 3.0) == (200, True)
            assert place.of("chat.postMessage") == []
            server.process.send_signal(signal.SIGKILL)
            await server.ended()
        place.hanging.clear()
        place.released.set()
        async with serving(tmp_path, "--port", "0", env=settings) as server:
            await fake.until(lambda: len(place.of("chat.postMessage")) >= 3, 20.0)
            for body in bodies:
                assert (await send(server, body))[0] == 200
            await send(server, fake.message("the last"))
            await fake.until(lambda: len(place.of("chat.postMessage")) >= 4, 20.0)
        posted = [call.body["text"].partition("\n")[0] for call in place.of("chat.postMessage")]
        assert len(posted) == 4, posted
