"""/readyz and /metrics with Slack: what is away is told, and takes nothing else with it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests import slack as fake
from tests.activities import message
from tests.slack import Fault, Slack
from tests.stand import Stand, stand

REFUSED = 6  # times that the token is refused; more than are asked for in a test that does not wait


@asynccontextmanager
async def served(place: Slack, now: list[float], **settings: Any) -> AsyncIterator[Stand]:
    """A server for Slack, and for Teams where it is not told otherwise, whose clock is `now` ahead."""
    more: dict[str, Any] = {
        "slack_signing_secret": fake.SECRET,
        "slack_bot_token": fake.TOKEN,
        "slack_api_url": place.url,
    }
    async with stand(clock=lambda: time.time() + now[0], wait_for_keys=False, **more, **settings) as made:
        yield made


async def ready(made: Stand) -> tuple[int, dict[str, bool]]:
    """What /readyz says."""
    response = await made.client.get("/readyz")
    return response.status, dict(await response.json())


async def test_a_slack_that_refuses_the_token_does_not_take_teams_with_it() -> None:
    """A bot token that is not good is told by /readyz and /metrics; Teams is served all the same, and when the token is
    good again, so is Slack."""
    async with Slack() as place:
        place.faults.extend(Fault(error="invalid_auth", only="auth.test") for _ in range(2))
        now = [0.0]
        async with served(place, now) as made:
            while not (found := await ready(made))[1]["keys"]:
                pass
            assert found == (
                503,
                {"database": True, "content": True, "keys": True, "slack": False, "serving": True},
            ), "at the start all are waited for"
            now[0] = 31.0
            assert (await ready(made))[0] == 200
            assert await made.metric('helpbot_platform_ready{name="slack"}') == 0
            assert await made.metric('helpbot_platform_ready{name="keys"}') == 1
            assert (await made.send(message(made.service, "hi"))).status == 200
            await fake.until(lambda: made.app.slack is not None and made.app.slack.ready())
            assert (await ready(made))[1]["slack"]


async def test_a_server_for_slack_alone_is_not_ready_without_it() -> None:
    """Nobody would gain by a replica that serves nothing."""
    async with Slack() as place:
        place.faults.extend(Fault(error="invalid_auth", only="auth.test") for _ in range(REFUSED))
        now = [0.0]
        async with served(place, now, teams_app_id="", teams_app_password="", teams_tenant_id="") as made:
            now[0] = 31.0
            status, found = await ready(made)
            assert (status, found["slack"], "keys" in found) == (503, False, False)


async def test_the_socket_counts_where_this_replica_holds_it() -> None:
    """A replica that should be connected and is not says so, and is ready again with the connection."""
    async with Slack() as place:
        place.faults.append(Fault(error="invalid_auth", only="apps.connections.open"))
        async with served(place, [0.0], slack_app_token="xapp-1") as made:
            assert made.app.slack is not None
            side, socket = made.app.slack, made.app.slack.socket
            assert socket is not None
            await fake.until(lambda: not place.faults)
            await fake.until(lambda: not socket.ready())
            assert not (await ready(made))[1]["slack"]
            await socket.look()
            await fake.until(lambda: side.ready() and place.sockets)
            assert (await ready(made))[1]["slack"]
            place.hanging.add("apps.connections.open")
            await place.sockets[0].close()
            await fake.until(lambda: not place.sockets)
            await socket.look()
            assert not (await ready(made))[1]["slack"]
            place.hanging.clear()
            place.released.set()
            await fake.until(lambda: place.sockets)
            await socket.look()
            assert (await ready(made))[1]["slack"]
