"""Socket Mode: few replicas connect, by a lease; what comes in is kept before it is acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.errors import StoreUnavailable
from bot.slack_socket import LEASE, SlackSocket
from bot.storage.sqlite import SqliteStore
from tests import slack as fake
from tests.slack import message
from tests.slack_stand import SlackStand, slack_stand


class Once(SqliteStore):
    """Is away for the first event."""

    failed = False

    async def waiting(self, key: str) -> bool:
        """The first time: no."""
        if not self.failed:
            self.failed = True
            raise StoreUnavailable("gone")
        return await super().waiting(key)


async def test_a_chat_by_socket() -> None:
    """Without a signing secret: events, presses and commands come by the connection and are answered."""
    async with slack_stand(slack_signing_secret="", slack_app_token="xapp-1") as stand:
        await fake.until(lambda: stand.slack.sockets)
        await stand.slack.push("events_api", message("hi"), "e1")
        await fake.until(lambda: stand.slack.of("chat.postMessage"))
        assert stand.slack.acknowledged == [{"envelope_id": "e1"}]
        element, stamp = stand.button("Yes")
        await stand.slack.push("interactive", fake.pressed(element, message_ts=stamp), "e2")
        await fake.until(lambda: stand.slack.of("chat.update"))
        await stand.slack.push("slash_commands", fake.command("more"), "e3")
        await fake.until(lambda: len(stand.slack.acknowledged) == 3)
        answer = stand.slack.acknowledged[2]
        assert (answer["envelope_id"], answer["payload"]["response_type"]) == ("e3", "ephemeral")
        await stand.slack.push("events_api", {"type": "event_callback"}, "e4")
        await fake.until(lambda: len(stand.slack.acknowledged) == 4)
        assert (await stand.post(fake.json_request(message("hi")))).status == 401
        await stand.settle()


async def test_what_was_not_kept_is_not_acknowledged() -> None:
    """With the database away nothing is acknowledged, and what Slack delivers again is processed."""
    async with slack_stand(store=Once(":memory:"), slack_app_token="xapp-1") as stand:
        await fake.until(lambda: stand.slack.sockets)
        body = message("hi")
        await stand.slack.push("events_api", body, "e1")
        await asyncio.sleep(0.05)
        assert stand.slack.acknowledged == []
        await stand.slack.push("events_api", body, "e2")
        await fake.until(lambda: stand.slack.of("chat.postMessage"))
        assert stand.slack.acknowledged == [{"envelope_id": "e2"}]


async def test_events_of_a_connection_keep_their_order() -> None:
    """Many at once, in one conversation: processed as they came."""
    async with slack_stand(slack_app_token="xapp-1") as stand:
        await fake.until(lambda: stand.slack.sockets)
        for number in range(12):
            await stand.slack.push("events_api", message(f"n{number}"), f"e{number}")
        await fake.until(lambda: len(stand.slack.acknowledged) == 12)
        await stand.settle()
        loaded = await stand.store.load(f"slack|{fake.TEAM}|{fake.ALEX}", "")
        assert loaded.state is not None
        assert loaded.state["said"] == [f"n{number}" for number in range(12)]


@pytest.fixture
async def stand() -> AsyncIterator[SlackStand]:
    """A server without a connection of its own."""
    async with slack_stand() as made:
        yield made


def replica(stand: SlackStand, holder: str, now: list[float], **more: Any) -> SlackSocket:
    """A replica's connection; it looks when it is told to."""
    channel = stand.side.door
    api = stand.app.channels["slack"].api  # type: ignore[attr-defined]  # Slack's, as the settings say
    return SlackSocket(channel, api, stand.store, "xapp-1", holder=holder, clock=lambda: now[0], **more)


async def test_few_connect_and_another_takes_over(stand: SlackStand) -> None:
    """Of three replicas two hold a connection; when one stops, the third connects at once; when one dies, after its
    lease. Who has lost the lease disconnects."""
    now = [1000.0]
    one, two, three = (replica(stand, name, now) for name in ("one", "two", "three"))
    for each in (one, two, three):
        await each.look()
    assert [each.connected for each in (one, two, three)] == [True, True, False]
    assert three.ready(), "others hold the connections"
    await two.stop()
    await three.look()
    assert [each.connected for each in (one, two, three)] == [True, False, True]
    now[0] += LEASE + 1  # `one` is dead and prolongs nothing
    await three.look()
    four = replica(stand, "four", now)
    await four.look()
    assert four.connected
    await one.look()
    assert not one.connected
    for each in (one, three, four):
        await each.stop()


async def test_a_connection_that_failed_is_tried_again(stand: SlackStand) -> None:
    """Slack refuses the first connection: none is held then, and the next look connects."""
    one = replica(stand, "one", [1000.0])
    stand.slack.faults.append(fake.Fault(status=500, only="apps.connections.open"))
    with pytest.raises(Exception, match=r".+"):
        await one.look()
    held = [one.connected]
    await one.look()
    assert [*held, one.connected] == [False, True]
    await fake.until(lambda: stand.slack.sockets)
    await one.stop()


async def test_one_conversation_does_not_hold_up_the_others() -> None:
    """While Slack tells nothing of anybody, so that no turn is done, what many people say is acknowledged in time."""
    async with slack_stand(slack_app_token="xapp-1") as stand:
        await fake.until(lambda: stand.slack.sockets)
        stand.slack.hanging.add("users.info")
        for number, user in enumerate((fake.ALEX, fake.ANNA, fake.BEN, fake.EVE)):
            await stand.slack.push("events_api", message("hi", user, channel=f"D{number}"), f"e{number}")
        async with asyncio.timeout(1.5):  # one after the other would take two seconds
            await fake.until(lambda: len(stand.slack.acknowledged) == 4)
        stand.slack.hanging.clear()
        stand.slack.released.set()
        await stand.settle()
