"""The door for Teams, from outside: real signed tokens in, statuses out, and what reached the connector."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import jwt
import pytest

from tests.activities import BOT, CHANNEL, PERSONAL, installed, joined, mention, message, press, submit
from tests.cloud import APP_ID, SECRET, TENANT, Cloud, Published, private_key
from tests.connector import Fault
from tests.stand import stand

Json = dict[str, Any]
OTHER_TENANT = "00000000-8888-7777-6666-555555555555"


async def test_message_is_answered_by_a_card() -> None:
    """A message with a good token is a 200, and its answer goes to the connector with the bot's own token."""
    async with stand() as s:
        response = await s.send(message(s.service, "hi"))
        assert (response.status, await response.text()) == (200, "")
        (sent,) = await s.connector.wait(1)
        assert sent.conversation == "a:1personal"
        assert sent.authorization == "Bearer out-1"
        assert sent.body["attachments"][0]["content"]["speak"] == "question 1"
        assert "text" not in sent.body


async def test_press_is_answered_in_place() -> None:
    """A press is answered in the response, with the card's answered form; the next card comes as a message."""
    async with stand() as s:
        await s.send(message(s.service, "hi"))
        response = await s.send(press(s.service, "answer", 1, "yes"))
        answer = await response.json()
        assert response.status == 200
        assert (answer["statusCode"], answer["type"]) == (200, "application/vnd.microsoft.card.adaptive")
        assert answer["value"]["speak"] == "pressed yes"
        sent = await s.connector.wait(2)
        assert [each.method for each in sent] == ["POST", "POST"]


# ---- what must be refused

TOKENS: list[tuple[str, Json]] = [
    ("another issuer", {"iss": "https://sts.windows.net/x/"}),
    ("Entra as issuer", {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0"}),
    ("no issuer", {"iss": None}),
    ("another audience", {"aud": "another-app"}),
    ("a list of audiences", {"aud": [APP_ID, "another-app"]}),
    ("no audience", {"aud": None}),
    ("no exp", {"exp": None}),
    ("expired", {"exp": int(time.time()) - 3600}),
    ("exp as text", {"exp": "9999999999"}),
    ("exp true", {"exp": True}),
    ("exp not a number", {"exp": float("nan")}),
    ("not yet good", {"nbf": int(time.time()) + 3600}),
    ("nbf as text", {"nbf": "soon"}),
    ("no serviceUrl claim", {"serviceurl": None}),
    ("two serviceUrl claims", {"serviceUrl": "https://elsewhere/"}),
    ("unknown key id", {"header": {"kid": "nobody"}}),
    ("no key id", {"header": {"kid": ""}}),
    ("signed by an unpublished key", {"key": "unpublished", "header": {"kid": "key-1"}}),
    ("alg none", {"algorithm": "none"}),
    ("alg HS256", {"algorithm": "HS256"}),
    ("alg RS512", {"algorithm": "RS512"}),
    ("alg PS256", {"algorithm": "PS256"}),
    ("jku", {"header": {"jku": "https://evil.example/keys"}}),
    ("x5u", {"header": {"x5u": "https://evil.example/cert"}}),
    ("x5c", {"header": {"x5c": ["AAAA"]}}),
    ("crit", {"header": {"crit": ["exp"]}}),
    ("jwk", {"header": {"jwk": Published("unpublished").jwk()}, "key": "unpublished"}),
]


@pytest.mark.parametrize(("what", "changes"), TOKENS, ids=[what for what, _ in TOKENS])
async def test_bad_token_is_401(what: str, changes: Json) -> None:
    """Whatever is wrong with a token, the answer is a 401 and no turn runs."""
    async with stand() as s:
        response = await s.send(message(s.service, "hi"), token=s.cloud.token(s.service, **changes))
        assert response.status == 401, what
        assert s.connector.requests == 0


HEADERS = ["", "Bearer", "Bearer ", "Bearer abc", "Bearer a.b.c", "Basic abc", "Bearer ü.ü.ü", "Bearer " + "A" * 5000]


@pytest.mark.parametrize("header", HEADERS)
async def test_bad_authorization_header_is_401(header: str) -> None:
    """A header that holds no token is a 401, never a 500."""
    async with stand() as s:
        headers = {"Authorization": header} if header else {}
        assert (await s.send(message(s.service, "hi"), token="", headers=headers)).status == 401


async def test_confusion_of_public_key_and_shared_secret_is_401() -> None:
    """A token signed with HS256 over the public key itself is refused."""
    async with stand() as s:
        public = Published("key-1").jwk()["n"]
        claims = {"iss": s.cloud.issuer, "aud": APP_ID, "exp": time.time() + 99, "serviceurl": s.service}
        token = jwt.encode(claims, public, algorithm="HS256", headers={"kid": "key-1"})
        assert (await s.send(message(s.service, "hi"), token=token)).status == 401


ACTIVITIES: list[tuple[str, Json, int]] = [
    ("no serviceUrl", {"serviceUrl": None}, 400),
    ("another serviceUrl than the token's", {"serviceUrl": "http://127.0.0.1:9/"}, 403),
    ("a foreign serviceUrl", {"serviceUrl": "https://evil.example/"}, 403),
    ("channel slack", {"channelId": "slack"}, 403),
    ("channel emulator", {"channelId": "emulator"}, 403),
    ("channel directline", {"channelId": "directline"}, 403),
    ("no channel", {"channelId": None}, 403),
    ("another tenant, both", {"conversation": {**PERSONAL, "tenantId": OTHER_TENANT},
                              "channelData": {"tenant": {"id": OTHER_TENANT}}}, 403),
    ("another tenant in the conversation", {"conversation": {**PERSONAL, "tenantId": OTHER_TENANT}}, 403),
    ("another tenant in the channel data", {"channelData": {"tenant": {"id": OTHER_TENANT}}}, 403),
    ("no tenant in the conversation", {"conversation": {"id": "a:1", "conversationType": "personal"}}, 403),
    ("no tenant in the channel data", {"channelData": {}}, 403),
    ("no conversation", {"conversation": {"tenantId": TENANT}}, 400),
    ("no type", {"type": None}, 400),
    ("no id", {"id": None}, 400),
    ("no sender", {"from": None}, 400),
    ("type a number", {"type": 1}, 400),
    ("text a number", {"text": 1}, 400),
    ("entities an object", {"entities": {}}, 400),
    ("entities of strings", {"entities": ["x"]}, 400),
    ("conversation a string", {"conversation": "a:1"}, 400),
    ("from a list", {"from": []}, 400),
    ("recipient a string", {"recipient": "bot"}, 400),
    ("channelData a string", {"channelData": "x"}, 400),
    ("tenant a string", {"channelData": {"tenant": "x"}}, 400),
    ("locale a list", {"locale": []}, 400),
    ("NUL in an id", {"id": "a\u0000b"}, 400),
    ("a newline in an id", {"id": "a\nb"}, 400),
    ("a long id", {"id": "a" * 600}, 400),
    ("a path as conversation", {"conversation": {**PERSONAL, "id": ".."}}, 400),
    ("a lone surrogate in the text", {"text": "x\ud800y"}, 400),
    ("a lone surrogate in an id", {"id": "\udfff"}, 400),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "status"), ACTIVITIES, ids=[what for what, _, _ in ACTIVITIES])
async def test_bad_activity_is_refused(what: str, changes: Json, status: int) -> None:
    """Whatever is wrong with an activity whose token is good, the answer is the 4xx that says so; no turn runs."""
    async with stand() as s:
        response = await s.send({**message(s.service, "hi"), **changes})
        assert response.status == status, what
        assert s.connector.requests == 0
        assert await s.metric('helpbot_turns_total{result="done"}') == 0


BODIES: list[tuple[str, bytes, int]] = [
    ("no JSON", b"hello", 400),
    ("empty", b"", 400),
    ("a list", b"[]", 400),
    ("a string", b'"x"', 400),
    ("null", b"null", 400),
    ("NaN", b'{"a": NaN}', 400),
    ("bad UTF-8", b'{"a": "\xff"}', 400),
    ("UTF-16", '{"a": 1}'.encode("utf-16"), 400),
    ("a byte order mark", b'\xef\xbb\xbf{"a": 1}', 400),
    ("deep lists", b"[" * 100_000 + b"]" * 100_000, 400),
    ("deep objects", b'{"a":' * 30_000 + b"1" + b"}" * 30_000, 400),
    ("deeper than any activity", b'{"a":' * 70 + b"1" + b"}" * 70, 400),
    ("a number of 5,000 digits", b'{"a": ' + b"1" * 5000 + b"}", 400),
    ("too big", b'{"a": "' + b"x" * (256 * 1024) + b'"}', 413),
]


@pytest.mark.parametrize(("what", "body", "status"), BODIES, ids=[what for what, _, _ in BODIES])
async def test_bad_body_is_refused(what: str, body: bytes, status: int) -> None:
    """A body that is no activity is a 400, one that is too big a 413."""
    async with stand() as s:
        assert (await s.send(body)).status == status, what


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "application/json; charset=utf-16"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/json; charset=UTF-8"}, 200),
    ],
)
async def test_content_type(headers: dict[str, str], status: int) -> None:
    """Only JSON in UTF-8, as it is, comes in."""
    async with stand() as s:
        assert (await s.send(message(s.service, "hi"), headers=headers)).status == status


async def test_other_methods_are_405() -> None:
    """GET and PUT are a 405, another path a 404."""
    async with stand() as s:
        assert (await s.client.get("/api/messages")).status == 405
        assert (await s.client.put("/api/messages", data=b"{}")).status == 405
        assert (await s.client.post("/api/other", data=b"{}")).status == 404


async def test_unknown_invoke_is_501_and_counted() -> None:
    """An invoke that nothing answers is a 501."""
    async with stand() as s:
        assert (await s.send(press(s.service, "x", 1, name="composeExtension/query"))).status == 501
        assert await s.metric('helpbot_rejects_total{reason="unknown-invoke"}') == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"verb": "x"},
        {"helpbot": 2, "verb": "x", "turn": 1},
        {"helpbot": True, "verb": "x", "turn": 1},
        {"helpbot": "1", "verb": "x", "turn": 1},
        {"helpbot": 1, "verb": 5, "turn": 1},
        {"helpbot": 1, "verb": "", "turn": 1},
        {"helpbot": 1, "verb": "x", "turn": "1"},
        {"helpbot": 1, "verb": "x", "turn": True},
        {"helpbot": 1, "verb": "x", "turn": -1},
        {"helpbot": 1, "verb": "x", "turn": 2**40},
        {"helpbot": 1, "verb": "x", "turn": 1.5},
        {"helpbot": 1, "verb": "x", "turn": 1, "value": 1},
        {"helpbot": 1, "verb": "x", "turn": 1, "value": "a\u0000"},
        {"helpbot": 1, "verb": "x", "turn": 1, "value": "x" * 2000},
        "text",
        None,
    ],
)
async def test_press_with_other_data_is_400(data: Any) -> None:
    """A button's data that no card of ours carries is refused."""
    async with stand() as s:
        action = {"type": "Action.Execute", "verb": "x", "data": data}
        assert (await s.send({**press(s.service, "x", 1), "value": {"action": action}})).status == 400


# ---- keys


async def test_new_key_is_found_at_once() -> None:
    """When the keys change, a token with the new key is good at its first appearance; the old ones then are not."""
    async with stand() as s:
        old = s.cloud.token(s.service)
        assert (await s.send(message(s.service, "hi"), token=old)).status == 200
        s.cloud.keys = [Published("key-2")]
        s.later()
        assert (await s.send(message(s.service, "hi"), token=s.cloud.token(s.service, key="key-2"))).status == 200
        assert (await s.send(message(s.service, "hi"), token=old)).status == 401


async def test_unknown_keys_do_not_flood_the_metadata_server() -> None:
    """Twenty tokens with made-up key ids cause one fetch, in single flight, and each is a 401."""
    async with stand() as s:
        s.later()
        before = s.cloud.key_requests
        s.cloud.delay = 0.05
        tokens = [s.cloud.token(s.service, header={"kid": f"made-up-{n}"}) for n in range(20)]
        answers = await asyncio.gather(*(s.send(message(s.service, "hi"), token=token) for token in tokens))
        assert {answer.status for answer in answers} == {401}
        assert s.cloud.key_requests == before + 1


async def test_known_keys_serve_while_the_metadata_server_is_down() -> None:
    """With the metadata server gone, tokens with known keys are good and unknown ones a 401."""
    async with stand() as s:
        s.cloud.down = True
        s.later()
        unknown = s.cloud.token(s.service, header={"kid": "new"})
        assert (await s.send(message(s.service, "hi"), token=unknown)).status == 401
        assert (await s.send(message(s.service, "hi"), token=s.cloud.token(s.service))).status == 200


async def test_without_any_keys_the_platform_is_asked_to_deliver_again() -> None:
    """A server that could not fetch keys yet is not ready and answers 503; it recovers with the next token."""
    cloud = Cloud()
    cloud.down = True
    async with stand(cloud=cloud, wait_for_keys=False) as s:
        await asyncio.sleep(0.1)
        assert (await s.client.get("/readyz")).status == 503
        assert (await s.send(message(s.service, "hi"))).status == 503
        cloud.down = False
        s.later()
        assert (await s.send(message(s.service, "hi"))).status == 200
        assert (await s.client.get("/readyz")).status == 200


async def test_key_without_endorsement_is_403() -> None:
    """A key that may not speak for Teams is refused, though its signature is good."""
    cloud = Cloud()
    cloud.keys = [Published("key-1", ()), Published("key-3", ("slack", "webchat"))]
    async with stand(cloud=cloud) as s:
        for key in ("key-1", "key-3"):
            assert (await s.send(message(s.service, "hi"), token=s.cloud.token(s.service, key=key))).status == 403


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_weak_key_is_not_used() -> None:
    """An RSA key of 1,024 bits among the published ones is not accepted."""
    cloud = Cloud()
    cloud.keys = [Published("key-1"), Published("weak")]
    async with stand(cloud=cloud) as s:
        assert private_key("weak").key_size == 1024
        assert (await s.send(message(s.service, "hi"), token=s.cloud.token(s.service, key="weak"))).status == 401


async def test_government_issuer_comes_from_the_metadata() -> None:
    """The issuer is the one that the metadata names, so that government clouds need only the address."""
    cloud = Cloud()
    cloud.issuer = "https://api.botframework.us"
    async with stand(cloud=cloud) as s:
        assert (await s.send(message(s.service, "hi"))).status == 200
        token = s.cloud.token(s.service, iss="https://api.botframework.com")
        assert (await s.send(message(s.service, "hi"), token=token)).status == 401


async def test_remembered_token_is_still_bound_to_service_and_tenant() -> None:
    """A token that was good once does not open the door for another serviceUrl or tenant."""
    async with stand() as s:
        token = s.cloud.token(s.service)
        assert (await s.send(message(s.service, "hi"), token=token)).status == 200
        assert (await s.send(message("http://127.0.0.1:9/", "hi"), token=token)).status == 403
        assert (await s.send({**message(s.service, "hi"), "channelData": {}}, token=token)).status == 403


async def test_remembered_token_ends() -> None:
    """A token that was remembered is refused once it has expired."""
    now = time.time()
    clock = [now]
    async with stand(clock=lambda: clock[0]) as s:
        token = s.cloud.token(s.service)
        assert (await s.send(message(s.service, "hi"), token=token)).status == 200
        clock[0] = now + 3600 + 301
        assert (await s.send(message(s.service, "hi"), token=token)).status == 401


async def test_tenants_of_the_allow_list() -> None:
    """Every listed tenant is served, in whatever case its id is written; the app's own only if it is listed."""
    async with stand(teams_allowed_tenants=(OTHER_TENANT, "abcdefab-8888-7777-6666-555555555555")) as s:
        for tenant, status in ((OTHER_TENANT, 200), ("ABCDEFAB-8888-7777-6666-555555555555", 200), (TENANT, 403)):
            activity = message(s.service, "hi", {**PERSONAL, "tenantId": tenant})
            assert (await s.send({**activity, "channelData": {"tenant": {"id": tenant}}})).status == status


# ---- twice, at once, in a row


async def test_redelivered_message_is_one_turn() -> None:
    """The same activity three times at once and once later: one turn, one card, four times 200."""
    async with stand() as s:
        activity = message(s.service, "hi")
        answers = await asyncio.gather(*(s.send(activity) for _ in range(3)))
        answers.append(await s.send(activity))
        assert [answer.status for answer in answers] == [200] * 4
        await s.send(message(s.service, "next"))
        sent = await s.connector.wait(2)
        assert [each.body["summary"] for each in sent] == ["question 1", "question 2"]


async def test_redelivered_press_gets_the_same_answer() -> None:
    """A press delivered again gets the stored answer; under a new id it gets the card that shows where we are."""
    async with stand() as s:
        await s.send(message(s.service, "hi"))
        pressed = press(s.service, "answer", 1, "yes")
        first = await (await s.send(pressed)).json()
        assert await (await s.send(pressed)).json() == first
        again = await (await s.send(press(s.service, "answer", 1, "yes"))).json()
        assert again["value"]["speak"] == "question 2"
        assert len(await s.connector.wait(2)) == 2


async def test_twenty_messages_at_once_are_twenty_turns() -> None:
    """Twenty concurrent messages in one conversation are each taken in, one after the other."""
    async with stand() as s:
        await asyncio.gather(*(s.send(message(s.service, f"m{n}")) for n in range(20)))
        key = f"teams|{TENANT}|a:1personal"
        state = (await s.store.load(key, "")).state
        assert state is not None
        assert state["n"] == 20
        assert sorted(state["said"]) == sorted(f"m{n}" for n in range(20))


# ---- who is heard, and where


async def test_greeting_once_whatever_comes_first() -> None:
    """Install and member events in any order and number greet once."""
    async with stand() as s:
        events = [installed(s.service), joined(s.service), installed(s.service), joined(s.service)]
        answers = await asyncio.gather(*(s.send(event) for event in events))
        assert {answer.status for answer in answers} == {200}
        await s.send(message(s.service, "hi"))
        sent = await s.connector.wait(2)
        assert [each.body["summary"] for each in sent] == ["question 1", "question 2"]


async def test_event_without_id_is_taken_once() -> None:
    """A member event without an id is not refused, and the same one twice is one event."""
    async with stand() as s:
        event = joined(s.service, id=None)
        assert [(await s.send(event)).status for _ in range(2)] == [200, 200]
        assert await s.metric('helpbot_turns_total{result="duplicate"}') == 1


@pytest.mark.parametrize("kind", ["messageReaction", "typing", "endOfConversation", "whatever"])
async def test_other_types_are_passed_over(kind: str) -> None:
    """Activities that ask for nothing are a 200 and nothing more."""
    async with stand() as s:
        assert (await s.send({**message(s.service, "hi"), "type": kind})).status == 200
        assert await s.metric('helpbot_turns_total{result="ignored"}') == 1


@pytest.mark.parametrize("kind", ["messageUpdate", "messageDelete"])
async def test_a_change_without_a_case_changes_nothing(kind: str) -> None:
    """A message that was edited or deleted while no person is in the chat is a 200, no turn, and nothing is sent."""
    async with stand() as s:
        assert (await s.send({**message(s.service, "hi"), "type": kind})).status == 200
        assert await s.metric('helpbot_turns_total{result="done"}') == 0
        assert s.connector.sent == []


async def test_team_install_greets_nobody() -> None:
    """Installing the app in a team or a group chat sends nothing."""
    async with stand() as s:
        for conversation in (CHANNEL, {**CHANNEL, "conversationType": "groupChat"}):
            assert (await s.send(installed(s.service, conversation))).status == 200
            assert (await s.send(joined(s.service, conversation))).status == 200
        assert await s.metric('helpbot_turns_total{result="ignored"}') == 4


async def test_thread_is_a_conversation_and_needs_a_mention() -> None:
    """In a channel only a mention is answered, in its own thread; a press needs none, and updates the card for all."""
    async with stand() as s:
        assert (await s.send(message(s.service, "hi", CHANNEL))).status == 200
        await s.send(mention(s.service, "hi", CHANNEL))
        (sent,) = await s.connector.wait(1)
        assert sent.conversation == CHANNEL["id"]
        other = {**CHANNEL, "id": "19:channel@thread.tacv2;messageid=1700000000002"}
        await s.send(mention(s.service, "hi", other))
        assert [each.body["summary"] for each in await s.connector.wait(2)] == ["question 1", "question 1"]
        await s.send(press(s.service, "answer", 1, "yes", CHANNEL))
        *_, card, update = await s.connector.wait(4)
        assert (card.method, card.body["summary"]) == ("POST", "question 2")
        assert (update.method, update.id, update.body["summary"]) == ("PUT", sent.id, "pressed yes")


async def test_submit_is_a_press() -> None:
    """An old client's Action.Submit is a press too; its card is replaced by an update."""
    async with stand() as s:
        await s.send(message(s.service, "hi"))
        (first,) = await s.connector.wait(1)
        response = await s.send(submit(s.service, "answer", 1, "yes"))
        assert (response.status, await response.text()) == (200, "")
        *_, card, update = await s.connector.wait(3)
        assert (card.body["summary"], update.method, update.id) == ("question 2", "PUT", first.id)


async def test_our_own_messages_are_not_answered() -> None:
    """A message that bears the bot's own id is passed over, or two bots would talk for ever."""
    async with stand() as s:
        assert (await s.send({**message(s.service, "hi"), "from": BOT})).status == 200
        assert await s.metric('helpbot_turns_total{result="ignored"}') == 1


# ---- limits, trouble


async def test_too_many_messages_are_told_once_and_then_passed_over() -> None:
    """Beyond the limit of a minute: one notice, then a silent 200, also for a press; other people are served on."""
    now = time.time() // 60 * 60 + 1
    clock = [now]
    async with stand(rate_per_user=3, clock=lambda: clock[0]) as s:
        for _ in range(6):
            assert (await s.send(message(s.service, "hi"))).status == 200
        sent = await s.connector.wait(4)
        assert [each.body["summary"][:9] for each in sent] == ["question ", "question ", "question ", "You are w"]
        answer = await (await s.send(press(s.service, "answer", 3, "yes"))).json()
        assert answer["type"] == "application/vnd.microsoft.activity.message"
        other = {"from": {"id": "29:other", "aadObjectId": "bbbb"}}
        await s.send(message(s.service, "hi", {**PERSONAL, "id": "a:2"}, **other))
        clock[0] = now + 60
        await s.send(message(s.service, "hi"))
        assert [each.body["summary"] for each in (await s.connector.wait(6))[4:]] == ["question 1", "question 4"]


async def test_a_tenants_limit_holds_for_all_its_people() -> None:
    """When a tenant is beyond its limit, everybody in it is told so once."""
    async with stand(rate_per_tenant=2, clock=lambda: 1e9) as s:
        s.cloud.expires_in = 1e9
        for number in range(4):
            other = {"from": {"id": f"29:{number}"}}
            token = s.cloud.token(s.service, exp=2e9, nbf=0)
            await s.send(message(s.service, "hi", {**PERSONAL, "id": f"a:{number}"}, **other), token=token)
        sent = await s.connector.wait(4)
        assert sorted(each.body["summary"][:9] for each in sent) == ["You are w", "You are w", "question ", "question "]


async def test_engine_mistake_is_an_apology_and_no_loop() -> None:
    """When a turn fails, the user hears an apology, the event counts as done, and the next message is answered."""
    async with stand() as s:
        await s.send(message(s.service, "hi"))
        bad = message(s.service, "boom")
        assert (await s.send(bad)).status == 200
        assert (await s.send(bad)).status == 200
        await s.send(message(s.service, "hi"))
        sent = await s.connector.wait(3)
        assert [each.body["summary"][:8] for each in sent] == ["question", "I am sor", "question"]
        assert sent[2].body["summary"] == "question 2"


async def test_slow_token_endpoint_delays_nobody() -> None:
    """While the token endpoint takes its time, /healthz answers within 100 ms, and the card is sent afterwards."""
    cloud = Cloud()
    cloud.token_delay = 2.0
    async with stand(cloud=cloud) as s:
        assert (await s.send(message(s.service, "hi"))).status == 200
        slowest = 0.0
        for _ in range(10):
            started = time.perf_counter()
            assert (await s.client.get("/healthz")).status == 200
            slowest = max(slowest, time.perf_counter() - started)
        assert slowest < 0.1
        assert s.connector.requests == 0
        await s.connector.wait(1)


async def test_refused_token_is_fetched_anew() -> None:
    """When the connector answers 401, another token is fetched and the card is sent with it."""
    async with stand() as s:
        s.connector.faults.append(Fault(status=401))
        await s.send(message(s.service, "hi"))
        (sent,) = await s.connector.wait(1)
        assert sent.authorization == "Bearer out-2"


async def test_plain_text_goes_without_a_card() -> None:
    """What is to be copied goes as bare text, unchanged."""
    async with stand() as s:
        await s.send(message(s.service, "plain"))
        (sent,) = await s.connector.wait(1)
        assert (sent.body["text"], sent.body["textFormat"]) == ("as_it *is*", "plain")
        assert "attachments" not in sent.body


async def test_token_is_asked_for_by_client_credentials() -> None:
    """The secret goes to the tenant's token endpoint once, for the Bot Framework's scope."""
    async with stand() as s:
        await s.send(message(s.service, "hi"))
        await s.connector.wait(1)
        (asked,) = s.cloud.token_requests
        assert asked == {
            "path": f"/{TENANT}/oauth2/v2.0/token",
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": SECRET,
            "scope": "https://api.botframework.com/.default",
        }


# ---- local mode


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:3978"}, 200),
        ({"Host": "[::1]:3978"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost.evil.example:3978"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "127.0.0.1:80:80"}, 403),
        ({"Host": ""}, 403),
        ({"Forwarded": "for=1.2.3.4"}, 403),
        ({"X-Forwarded-For": "1.2.3.4"}, 403),
        ({"x-forwarded-host": "a"}, 403),
        ({"X-Forwarded-Anything": "a"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:56150"}, 200),
    ],
)
async def test_local_mode_answers_this_machine_only(headers: dict[str, str], status: int) -> None:
    """Local mode takes no token, so it refuses whatever may have come from elsewhere."""
    async with stand(local=True) as s:
        assert (await s.send(message(s.service, "hi"), headers=headers)).status == status


@pytest.mark.parametrize(
    ("service", "status"),
    [
        ("https://smba.trafficmanager.net/teams/", 403),
        ("http://localhost.evil.example/", 403),
        ("http://127.0.0.1@evil.example/", 403),
        ("http://evil.example#@127.0.0.1/", 403),
        ("http://evil.example\\@127.0.0.1/", 403),
        ("ftp://127.0.0.1/", 403),
        ("http://127.0.0.1:1/x/../y", 403),
        ("http://0.0.0.0:1/", 403),
        ("http://[::1]:1/", 200),
    ],
)
async def test_local_mode_writes_to_this_machine_only(service: str, status: int) -> None:
    """Local mode refuses every serviceUrl that is not on loopback."""
    async with stand(local=True) as s:
        assert (await s.send(message(service, "hi"))).status == status


async def test_local_mode_sends_no_token() -> None:
    """Local mode needs no cloud: no token, no keys, and the Emulator may talk to it too, without a tenant."""
    async with stand(local=True) as s:
        activity = message(s.service, "hi", {"id": "a:1", "conversationType": "personal"}, channelId="emulator")
        assert (await s.send({**activity, "channelData": None})).status == 200
        (sent,) = await s.connector.wait(1)
        assert sent.authorization == ""
        assert s.cloud.token_requests == []
