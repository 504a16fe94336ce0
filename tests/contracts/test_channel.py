"""What every channel promises, whatever its platform. A new channel adds its bench to `BENCHES`."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import aiohttp
import pytest

from bot.channels.base import Channel
from bot.channels.slack import SlackChannel
from bot.channels.slack_tokens import OneWorkspace
from bot.channels.teams import TeamsChannel
from bot.channels.teams_auth import KeySource, TokenVerifier
from bot.channels.teams_hosts import ServiceHosts
from bot.channels.teams_token import Secret, TokenSource
from bot.envelope import Envelope
from bot.errors import ConversationBlocked, DeliverLater, Refused, Undeliverable
from bot.storage.base import Row
from dialogs.cards import blocks
from dialogs.cards.base import Button
from dialogs.cards.notice import NoticeCard
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.turn import Outcome, Replaced, Reply
from tests import slack as fake
from tests.activities import message, press
from tests.cloud import APP_ID, SECRET, TENANT, Cloud
from tests.connector import Connector, Fault
from tests.stand import library

Request = tuple[Mapping[str, str], bytes]

QUESTION = QuestionCard(1, "Did it arrive?", (Button("Yes", "answer", "yes"), Button("No", "answer", "no")))
NEXT = QuestionCard(2, "Is there an error?", (Button("Yes", "answer", "yes"),))
ANSWERED = AnsweredCard("Did it arrive?", "You answered: Yes")


class Bench(Protocol):
    """A channel, requests as its platform makes them, and a platform on loopback."""

    channel: Channel

    def said(self, text: str) -> Request:
        """Something typed."""
        ...

    def pressed(self, verb: str, turn: int, value: str) -> Request:
        """A pressed button."""
        ...

    def received(self) -> list[tuple[str, str]]:
        """What reached the platform: ("send" or "update", message id)."""
        ...

    def fail(self, what: str) -> None:
        """The next request to the platform is: throttled (for 7 s), broken, blocked, refused."""
        ...


@dataclass(slots=True)
class TeamsBench:
    """Teams, with tokens or in local mode."""

    channel: Channel
    connector: Connector
    token: str

    def said(self, text: str) -> Request:
        """A message activity."""
        return self._request(message(self.connector.url, text))

    def pressed(self, verb: str, turn: int, value: str) -> Request:
        """An invoke activity."""
        return self._request(press(self.connector.url, verb, turn, value))

    def received(self) -> list[tuple[str, str]]:
        """POST is send, PUT is update."""
        return [("send" if sent.method == "POST" else "update", sent.id) for sent in self.connector.sent]

    def fail(self, what: str) -> None:
        """By the connector's faults."""
        faults = {
            "throttled": Fault(429, {"Retry-After": "7"}),
            "broken": Fault(cut=True),
            "blocked": Fault(403, code="BotDisabledByAdmin"),
            "refused": Fault(400),
        }
        self.connector.faults.append(faults[what])

    def _request(self, activity: dict[str, Any]) -> Request:
        headers = {"Host": "localhost", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers, json.dumps(activity).encode()


@asynccontextmanager
async def teams() -> AsyncIterator[Bench]:
    """Teams as it is deployed."""
    async with Cloud() as cloud, Connector() as connector, aiohttp.ClientSession() as session:
        channel = TeamsChannel(
            session,
            library().say,
            ServiceHosts(["127.0.0.1"]),
            tenants=frozenset({TENANT}),
            verifier=TokenVerifier(KeySource(session, cloud.metadata_url), APP_ID),
            tokens=TokenSource(session, Secret(cloud.login_url, TENANT, APP_ID, SECRET), lambda: 0.0),
        )
        await channel.start()
        yield TeamsBench(channel, connector, cloud.token(connector.url))
        await channel.close()


@asynccontextmanager
async def teams_local() -> AsyncIterator[Bench]:
    """Teams in local mode."""
    async with Connector() as connector, aiohttp.ClientSession() as session:
        channel = TeamsChannel(session, library().say, ServiceHosts([], local=True))
        await channel.start()
        yield TeamsBench(channel, connector, "")
        await channel.close()


@dataclass(slots=True)
class SlackBench:
    """Slack, over HTTP with signatures."""

    channel: Channel
    slack: fake.Slack

    def said(self, text: str) -> Request:
        """A direct message."""
        return fake.json_request(fake.message(text.replace("&", "&amp;")))

    def pressed(self, verb: str, turn: int, value: str) -> Request:
        """A press of a button."""
        button = blocks.button(Button("Yes", verb, value), turn)
        return fake.form_request(fake.pressed({**button, "block_id": "b"}))

    def received(self) -> list[tuple[str, str]]:
        """chat.postMessage is send, chat.update is update."""
        kinds = {"chat.postMessage": "send", "chat.update": "update"}
        return [(kinds[call.method], call.ts) for call in self.slack.of()]

    def fail(self, what: str) -> None:
        """By the fake's faults."""
        faults = {
            "throttled": fake.Fault(429, headers={"Retry-After": "7"}),
            "broken": fake.Fault(cut=True),
            "blocked": fake.Fault(error="is_archived"),
            "refused": fake.Fault(error="invalid_blocks"),
        }
        self.slack.faults.append(faults[what])


@asynccontextmanager
async def slack() -> AsyncIterator[Bench]:
    """Slack as it is deployed, with one workspace."""
    async with fake.Slack() as place, aiohttp.ClientSession() as session:
        channel = SlackChannel(
            session,
            library().say,
            lambda api: OneWorkspace(api, fake.TOKEN),
            secret=fake.SECRET,
            api=place.url,
        )
        await channel.start()
        await fake.until(channel.ready)
        place.calls.clear()
        yield SlackBench(channel, place)
        await channel.close()


BENCHES = {"teams": teams, "teams-local": teams_local, "slack": slack}


@pytest.fixture(params=BENCHES)
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """Each bench in turn."""
    made: AbstractAsyncContextManager[Bench] = BENCHES[request.param]()
    async with made as bench:
        yield bench


async def read(bench: Bench, request: Request) -> Envelope:
    """The envelope of a request that has one."""
    envelope = await bench.channel.read(*request, 5.0)
    assert envelope is not None
    return envelope


def row(envelope: Envelope, bench: Bench, kind: str = "send", receipt: str = "") -> Row:
    """A row with a card for whoever wrote."""
    rendered = bench.channel.render(envelope, Outcome({}, (Reply(QUESTION, 1),)))
    return Row(envelope.address, 1, kind, rendered.outgoing[0].payload, 1, 0, 5.0, receipt)


async def test_typed_words(bench: Bench) -> None:
    """What was typed comes as text, from somebody, to an address of this channel; nobody waits for an answer."""
    envelope = await read(bench, bench.said("my guest & I"))
    assert (envelope.incoming.text, envelope.incoming.press, envelope.incoming.at) == ("my guest & I", None, 5.0)
    assert envelope.address.channel == bench.channel.name
    assert envelope.address.key.startswith(f"{bench.channel.name}|")
    assert envelope.sender.id
    assert not envelope.invoke


async def test_pressed_button(bench: Bench) -> None:
    """A press comes with verb, turn and value as the card carried them."""
    press_of = (await read(bench, bench.pressed("answer", 3, "yes"))).incoming.press
    assert press_of is not None
    assert (press_of.verb, press_of.turn, press_of.value) == ("answer", 3, "yes")


async def test_same_delivery_is_the_same_event(bench: Bench) -> None:
    """The same request twice has the same event id, two requests have two."""
    request = bench.said("hi")
    first, again, other = [await read(bench, each) for each in (request, request, bench.said("hi"))]
    assert first == again
    assert other.event_id != first.event_id
    assert other.address.key == first.address.key


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"not JSON", b"[" * 100_000, b'{"type": "message"}'])
async def test_garbage_is_refused(bench: Bench, body: bytes) -> None:
    """A body that is no activity is refused with a 4xx."""
    headers, _ = bench.said("hi")
    with pytest.raises(Refused) as caught:
        await bench.channel.read(headers, body, 5.0)
    assert 400 <= caught.value.status < 500


async def test_rendering_is_pure_and_plain_json(bench: Bench) -> None:
    """The same outcome gives the same rows, of plain JSON, in the order of the replies, each with its turn."""
    envelope = await read(bench, bench.said("hi"))
    replies = (Reply(NoticeCard("one")), Reply(QUESTION, 1), Reply(NEXT, 2), Reply(NoticeCard("text", plain=True)))
    outcome = Outcome({}, replies, Replaced(0, ANSWERED))
    rendered = bench.channel.render(envelope, outcome)
    assert bench.channel.render(envelope, copy.deepcopy(outcome)) == rendered
    sends = [each for each in rendered.outgoing if each.kind == "send"]
    assert [each.turn for each in sends] == [None, 1, 2, None]
    assert [each.turn for each in rendered.outgoing if each.kind == "update"] == [0]
    assert all(json.loads(json.dumps(dict(each.payload))) == each.payload for each in rendered.outgoing)
    assert rendered.answer is None


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome({}),
        Outcome({}, (Reply(NEXT, 2),), Replaced(1, ANSWERED)),
        Outcome({}, (Reply(NEXT, 2),), stale=True),
        Outcome({}, (), Replaced(1, ANSWERED), stale=True),
        Outcome({}, (Reply(NoticeCard("x")),)),
    ],
)
async def test_whoever_waits_for_an_answer_gets_one(bench: Bench, outcome: Outcome) -> None:
    """A press that its platform waits for always has an answer, of plain JSON."""
    envelope = replace(await read(bench, bench.pressed("answer", 1, "yes")), invoke=True)
    answer = bench.channel.render(envelope, outcome).answer
    assert answer is not None
    assert json.loads(json.dumps(dict(answer))) == answer


async def test_apology_needs_nothing(bench: Bench) -> None:
    """The apology is there with an envelope and without."""
    envelope = await read(bench, bench.pressed("answer", 1, "yes"))
    for of in (envelope, None):
        assert json.dumps(dict(bench.channel.apology(of)))


async def test_delivered_message_can_be_replaced(bench: Bench) -> None:
    """A delivery gives a receipt, and with it the message can be replaced."""
    envelope = await read(bench, bench.said("hi"))
    receipt = await bench.channel.deliver(row(envelope, bench))
    await bench.channel.deliver(row(envelope, bench, "update", receipt.message_id))
    assert bench.received() == [("send", receipt.message_id), ("update", receipt.message_id)]


async def test_faults_of_the_platform(bench: Bench) -> None:
    """Throttled: later, as asked. Broken off: later, perhaps delivered. Blocked and refused: as what they are."""
    of = row(await read(bench, bench.said("hi")), bench)
    bench.fail("throttled")
    with pytest.raises(DeliverLater) as throttled:
        await bench.channel.deliver(of)
    assert (throttled.value.after, throttled.value.ambiguous) == (7.0, False)
    bench.fail("broken")
    with pytest.raises(DeliverLater) as broken:
        await bench.channel.deliver(of)
    assert broken.value.ambiguous
    bench.fail("blocked")
    with pytest.raises(ConversationBlocked):
        await bench.channel.deliver(of)
    bench.fail("refused")
    with pytest.raises(Undeliverable):
        await bench.channel.deliver(of)


async def test_foreign_address_is_refused(bench: Bench) -> None:
    """A stored address without what the platform needs is not written to."""
    of = row(await read(bench, bench.said("hi")), bench)
    foreign = replace(of.address, details={"serviceUrl": "https://evil.example/"})
    bench.channel.check_address(of.address)
    with pytest.raises(Undeliverable):
        bench.channel.check_address(foreign)
    with pytest.raises(Undeliverable):
        await bench.channel.deliver(replace(of, address=foreign))
    assert bench.received() == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "https://evil.example/x",
        "http://169.254.169.254/latest/meta-data",
        "https://files.slack.com.evil.example/x",
        "https://contoso.sharepoint.com.evil.example/x",
        "https://files.slack.com@evil.example/x",
        "https://evil.example\\@files.slack.com/x",
        "https://evil.example\\.sharepoint.com/x",
        "https://contoso.sharepoint.com:8443/x",
        "http://contoso.sharepoint.com/x",
        "http://files.slack.com/x",
        "//files.slack.com/x",
        "file:///etc/passwd",
        "data:image/png;base64,AA==",
    ],
)
async def test_files_are_fetched_from_nowhere_else(bench: Bench, url: str) -> None:
    """An address that is not on the channel's own list is refused: the token goes there least of all."""
    envelope = await read(bench, bench.said("hi"))
    with pytest.raises(Undeliverable):
        await bench.channel.file_request(envelope.address, url)
