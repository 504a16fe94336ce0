"""What the connector's answers mean for a row: real requests to a connector of our own."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator
from email.utils import formatdate

import aiohttp
import pytest

from bot.channels.teams import TeamsChannel
from bot.channels.teams_hosts import ServiceHosts
from bot.channels.teams_send import BLOCKED
from bot.envelope import Address, Receipt
from bot.errors import ConversationBlocked, DeliverLater, Undeliverable
from bot.storage.base import Row
from tests.connector import Connector, Fault
from tests.stand import library

NOW = 1_800_000_000.0


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    """A connector on loopback."""
    async with Connector() as connector:
        yield connector


@pytest.fixture
async def channel() -> AsyncIterator[TeamsChannel]:
    """The channel, that may write to 127.0.0.1 only; its patience is short."""
    async with aiohttp.ClientSession() as session:
        hosts = ServiceHosts(["127.0.0.1"])
        yield TeamsChannel(session, library().say, hosts, clock=lambda: NOW, patience=1.0)


def row(connector: Connector, kind: str = "send", receipt: str = "", conversation: str = "a:1/b;c=d") -> Row:
    """A row to send."""
    details = {"serviceUrl": connector.url, "bot": {"id": "28:bot", "name": "Help"}}
    address = Address("teams", "t", conversation, details=details)
    return Row(address, 1, kind, {"type": "message", "text": "x"}, 1, 0, NOW, receipt)


async def test_message_is_posted(channel: TeamsChannel, connector: Connector) -> None:
    """A row is posted to its conversation, whatever characters its id has, and its receipt is the message's id."""
    receipt = await channel.deliver(row(connector))
    (sent,) = connector.sent
    assert (sent.method, sent.conversation, receipt) == ("POST", "a:1/b;c=d", Receipt(sent.id))
    assert sent.body == {
        "type": "message",
        "text": "x",
        "from": {"id": "28:bot", "name": "Help"},
        "conversation": {"id": "a:1/b;c=d"},
    }


async def test_update_is_put(channel: TeamsChannel, connector: Connector) -> None:
    """An update replaces the message that its receipt names; without a receipt there is nothing to replace."""
    assert await channel.deliver(row(connector, "update", "17/5")) == Receipt("17/5")
    assert await channel.deliver(row(connector, "update")) == Receipt()
    (sent,) = connector.sent
    assert (sent.method, sent.id) == ("PUT", "17/5")


async def test_update_of_a_message_that_is_gone_is_sent_anew(channel: TeamsChannel, connector: Connector) -> None:
    """When the message to replace was deleted, the new form comes as a message of its own."""
    connector.deleted.add("17")
    receipt = await channel.deliver(row(connector, "update", "17"))
    (sent,) = connector.sent
    assert (sent.method, receipt) == ("POST", Receipt(sent.id))


async def test_answer_without_an_id_is_delivered(channel: TeamsChannel, connector: Connector) -> None:
    """The service gives no id for some messages; they are delivered all the same."""
    connector.answers_id = False
    assert await channel.deliver(row(connector)) == Receipt()


LATER = [
    (Fault(429, {"Retry-After": "7"}), 7.0, False),
    (Fault(429), None, False),
    (Fault(429, {"Retry-After": "soon"}), None, False),
    (Fault(429, {"Retry-After": formatdate(NOW + 30, usegmt=True)}), 30.0, False),
    (Fault(429, {"Retry-After": formatdate(NOW - 30, usegmt=True)}), 0.0, False),
    (Fault(429, {"Retry-After": "999999999"}), 3600.0, False),
    (Fault(412, {"Retry-After": "2"}), 2.0, False),
    (Fault(412), None, False),
    (Fault(401), None, False),
    (Fault(500), None, True),
    (Fault(502), None, True),
    (Fault(503, {"Retry-After": "3"}), 3.0, True),
    (Fault(504), None, True),
    (Fault(408), None, True),
    (Fault(hang=True), None, True),
    (Fault(cut=True), None, True),
    (Fault(cut=True, accept=True), None, True),
]


@pytest.mark.parametrize(("fault", "after", "ambiguous"), LATER)
async def test_fault_on_a_post(
    channel: TeamsChannel, connector: Connector, fault: Fault, after: float | None, ambiguous: bool
) -> None:
    """Throttling is waited out as asked; what may have been delivered all the same is marked as such."""
    connector.faults.append(fault)
    with pytest.raises(DeliverLater) as caught:
        await channel.deliver(row(connector))
    assert (caught.value.after, caught.value.ambiguous) == (after, ambiguous)


@pytest.mark.parametrize("fault", [Fault(502), Fault(hang=True), Fault(cut=True), Fault(429), Fault(412)])
async def test_fault_on_a_put_is_never_ambiguous(channel: TeamsChannel, connector: Connector, fault: Fault) -> None:
    """An update can be sent again without harm."""
    connector.faults.extend([fault, fault])  # aiohttp itself sends a PUT once more when the connection was cut
    with pytest.raises(DeliverLater) as caught:
        await channel.deliver(row(connector, "update", "17"))
    assert not caught.value.ambiguous


@pytest.mark.parametrize("code", BLOCKED)
async def test_blocked_conversation(channel: TeamsChannel, connector: Connector, code: str) -> None:
    """Each of the codes by which a conversation is closed to us parks it."""
    connector.faults.append(Fault(403, code=code))
    with pytest.raises(ConversationBlocked, match=code):
        await channel.deliver(row(connector))


@pytest.mark.parametrize(
    "fault", [Fault(400), Fault(403, code="Other"), Fault(404), Fault(405), Fault(413), Fault(302)]
)
async def test_refused_for_good(channel: TeamsChannel, connector: Connector, fault: Fault) -> None:
    """What the service will never take is set aside; a redirect is never followed, for it would carry the token."""
    connector.faults.append(fault)
    with pytest.raises(Undeliverable):
        await channel.deliver(row(connector))
    assert connector.requests == 1


async def test_unreachable_service_is_not_ambiguous(channel: TeamsChannel) -> None:
    """When nobody listens, nothing was delivered."""
    async with Connector() as connector:
        gone = row(connector)
    with pytest.raises(DeliverLater) as caught:
        await channel.deliver(gone)
    assert not caught.value.ambiguous


@pytest.mark.parametrize(
    "service", ["https://evil.example/", "", "https://127.0.0.1.evil.example", "https://smba.trafficmanager.net/"]
)
async def test_stored_address_is_checked_again(channel: TeamsChannel, connector: Connector, service: str) -> None:
    """A stored serviceUrl that is not allowed (any more) is never written to: the token would go there."""
    stored = row(connector)
    address = dataclasses.replace(stored.address, details={**stored.address.details, "serviceUrl": service})
    with pytest.raises(Undeliverable, match="service-host"):
        await channel.deliver(dataclasses.replace(stored, address=address))


async def test_hanging_service_ends_in_time(channel: TeamsChannel, connector: Connector) -> None:
    """A service that never answers costs no more than the patience."""
    connector.faults.append(Fault(hang=True))
    started = time.perf_counter()
    with pytest.raises(DeliverLater, match="timeout"):
        await channel.deliver(row(connector))
    assert time.perf_counter() - started < 2
