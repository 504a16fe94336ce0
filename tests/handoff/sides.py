"""The two sides of a hand-off on either platform, as one test may play them: what each does, and what each sees.

What is seen is plain text: of a card all its words, without the marks of bold.
"""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.script import Script
from bot.storage.base import Store
from dialogs.cards import blocks
from tests import activities, slack
from tests.handoff.story import ANNA, BEN, CHANNEL, EVE, IDENTITY, conversation, datas, script, text_of
from tests.slack import Slack
from tests.stand import Stand, stand

Json = dict[str, Any]
PEOPLE = {"Anna": ANNA, "Ben": BEN, "Eve": EVE}
MEMBERS = {"Anna": slack.ANNA, "Ben": slack.BEN, "Eve": slack.EVE}
ROOMS = {"helpdesk": "C0HELP", "identity": "C0IDENT"}
CHANNELS = {"helpdesk": CHANNEL, "identity": IDENTITY}


class User(Protocol):
    """Alex, who needs help."""

    async def say(self, text: str, **more: Any) -> str:
        """Type; gives a name for what was said."""
        ...

    async def press(self, verb: str, value: str = "", **fields: str) -> None:
        """Press the newest button that does this, with these inputs filled in."""
        ...

    async def edit(self, name: str, text: str) -> None:
        """Change what was said."""
        ...

    async def delete(self, name: str) -> None:
        """Take back what was said."""
        ...

    def seen(self) -> str:
        """All that came."""
        ...


class Staff(Protocol):
    """The people of the desks."""

    async def bind(self, queue: str) -> None:
        """Anna makes the queue's channel its desk; she and Ben are its members."""
        ...

    async def act(self, who: str, action: str, case: str, **fields: str) -> str:
        """A button of the case card, with its form filled in; what this person alone is told."""
        ...

    async def mention(self, who: str, text: str, case: str, **more: Any) -> str:
        """Mention the bot in the case's thread; gives a name for what was said."""
        ...

    async def edit(self, name: str, text: str, case: str) -> None:
        """Anna changes what she said."""
        ...

    def passed_on(self) -> int:
        """How many of the staff's messages were said to be delivered."""
        ...

    def seen(self, case: str) -> str:
        """All that came into the case's threads, its root cards as they are now."""
        ...


@dataclass
class Place:
    """A server with both platforms around it."""

    stand: Stand
    slack: Slack
    store: Store

    async def settle(self) -> None:
        """Until nothing is at work and nothing is owed."""
        app = self.stand.app
        assert app.slack is not None
        async with asyncio.timeout(20):
            while True:
                counts = await self.store.counts(0.0)
                busy = app.slack.arrivals.in_hand or app.slack.door.in_hand or app.outbox.in_hand
                if not busy and not counts.waiting:
                    return
                await asyncio.sleep(0.005)

    async def teams(self, activity: Json) -> Json:
        """Something happens in Teams; the answer to a press."""
        response = await self.stand.send(activity)
        assert response.status == 200, await response.text()
        text = await response.text()
        await self.settle()
        return dict(json.loads(text)) if text else {}

    async def in_slack(self, body: Json) -> None:
        """Something happens in Slack."""
        event = body.get("type") == "event_callback"
        headers, raw = slack.json_request(body) if event else slack.form_request(body)
        response = await self.stand.client.post("/slack/events", data=raw, headers=headers)
        assert response.status == 200, await response.text()
        await self.settle()


def bare(text: str) -> str:
    """Without the marks of bold and what keeps a mark from being one."""
    return text.replace("**", "").replace("\\", "")


@dataclass
class TeamsUser:
    """Alex in Teams."""

    place: Place
    said: dict[str, Json] = field(default_factory=dict)

    async def say(self, text: str, **more: Any) -> str:
        """A message in the personal chat."""
        activity = activities.message(self.place.stand.service, text, **more)
        self.said[activity["id"]] = activity
        await self.place.teams(activity)
        return str(activity["id"])

    async def press(self, verb: str, value: str = "", **fields: str) -> None:
        """An invoke."""
        for sent in reversed(self.place.stand.connector.sent):
            found = next((d for d in datas(sent.body) if d.get("verb") == verb), None)
            if sent.conversation == "a:1personal" and found:
                pressed = activities.press(self.place.stand.service, verb, found["turn"], value or found["value"])
                pressed["value"]["action"]["data"].update(fields)
                await self.place.teams(pressed)
                return
        raise AssertionError(f"no button {verb}")

    async def edit(self, name: str, text: str) -> None:
        """messageUpdate."""
        await self.place.teams({**self.said[name], "type": "messageUpdate", "text": text, "timestamp": "t1"})

    async def delete(self, name: str) -> None:
        """messageDelete."""
        await self.place.teams({**self.said[name], "type": "messageDelete", "timestamp": "t2"})

    def seen(self) -> str:
        """Everything sent to the chat."""
        sent = self.place.stand.connector.sent
        return bare("\n".join(text_of(s.body) for s in sent if s.conversation == "a:1personal"))


@dataclass
class SlackUser:
    """Alex in Slack."""

    place: Place
    said: dict[str, Json] = field(default_factory=dict)

    async def say(self, text: str, **more: Any) -> str:
        """A direct message."""
        body = slack.message(html.escape(text, quote=False), **more)
        self.said[body["event"]["ts"]] = body["event"]
        await self.place.in_slack(body)
        return str(body["event"]["ts"])

    async def press(self, verb: str, value: str = "", **fields: str) -> None:
        """A press, with what stands in the message's inputs."""
        for (channel, stamp), message in reversed(self.place.slack.messages.items()):
            for element in slack.elements(message.get("blocks", [])) if channel == slack.CHAT else ():
                options = [{**element, "selected_option": o} for o in element.get("options", ())] or [element]
                for one in options:
                    carried = blocks.pressed(one)
                    if carried and carried[0] == verb and value in ("", carried[2]):
                        state = {"values": inputs(message["blocks"], fields)}
                        await self.place.in_slack(slack.pressed(one, message_ts=stamp, state=state))
                        return
        raise AssertionError(f"no button {verb} {value}")

    async def edit(self, name: str, text: str) -> None:
        """message_changed."""
        before = self.said[name]
        now = {**before, "text": text, "edited": {"user": before["user"], "ts": "2.2"}}
        await self._changed("message_changed", message=now, previous_message=before)

    async def delete(self, name: str) -> None:
        """message_deleted."""
        await self._changed("message_deleted", deleted_ts=name, previous_message=self.said[name])

    async def _changed(self, subtype: str, **more: Any) -> None:
        inside = {"type": "message", "channel": slack.CHAT, "channel_type": "im", "ts": slack.stamp()}
        await self.place.in_slack(slack.event({**inside, "event_ts": slack.stamp(), "subtype": subtype, **more}))

    def seen(self) -> str:
        """Everything shown in the chat."""
        return shown(self.place.slack, slack.CHAT)


@dataclass
class TeamsStaff:
    """The desks in Teams."""

    place: Place
    said: dict[str, Json] = field(default_factory=dict)

    async def bind(self, queue: str) -> None:
        """By a mention in the channel."""
        channel = CHANNELS[queue]
        self.place.stand.connector.members[channel] = [ANNA, BEN]
        ask = activities.mention(self.place.stand.service, f"desk {queue}", conversation(channel), **{"from": ANNA})
        await self.place.teams(ask)

    async def act(self, who: str, action: str, case: str, **fields: str) -> str:
        """An invoke in the case's thread."""
        where = {**conversation(CHANNEL), "id": self._thread(case)}
        pressed = activities.press(self.place.stand.service, "case", 1, f"{action}/{case}", where)
        pressed["from"] = PEOPLE[who]
        pressed["value"]["action"]["data"].update(fields)
        answer = await self.place.teams(pressed)
        return answer["value"] if isinstance(answer["value"], str) else ""

    async def mention(self, who: str, text: str, case: str, **more: Any) -> str:
        """A mention in the case's thread."""
        where = {**conversation(CHANNEL), "id": self._thread(case)}
        said = activities.mention(self.place.stand.service, text, where, **{"from": PEOPLE[who], **more})
        self.said[said["id"]] = said
        await self.place.teams(said)
        return str(said["id"])

    async def edit(self, name: str, text: str, case: str) -> None:
        """messageUpdate."""
        changed = {**self.said[name], "type": "messageUpdate", "text": f"<at>Help</at> {text}", "timestamp": "t1"}
        await self.place.teams(changed)

    def passed_on(self) -> int:
        """By a line below each."""
        return sum("Delivered to Alex Wilber" in text_of(s.body) for s in self.place.stand.connector.sent)

    def _thread(self, case: str) -> str:
        return next(t for t in reversed(self._threads(case)))

    def _threads(self, case: str) -> list[str]:
        sent = self.place.stand.connector.sent
        found = [s.conversation for s in sent if s.method == "POST" and case in json.dumps(s.body)]
        return [each for each in dict.fromkeys(found) if ";messageid=" in each]

    def seen(self, case: str) -> str:
        """Everything sent to the threads, of the root card the newest form last."""
        threads = self._threads(case)
        sent = self.place.stand.connector.sent
        return bare("\n".join(text_of(s.body) for s in sent if s.conversation in threads))


@dataclass
class SlackStaff:
    """The desks in Slack."""

    place: Place
    said: dict[str, Json] = field(default_factory=dict)

    async def bind(self, queue: str) -> None:
        """By a mention in the channel."""
        self.place.slack.members[ROOMS[queue]] = [slack.ANNA, slack.BEN, slack.BOT]
        await self.place.in_slack(slack.said(f"desk {queue}", ROOMS[queue], slack.ANNA))

    async def act(self, who: str, action: str, case: str, **fields: str) -> str:
        """A button of the root card; where it opens a form, that is filled in and sent."""
        user, mark = MEMBERS[who], len(self.place.slack.calls)
        channel, stamp = self._thread(case)
        message = self.place.slack.messages[(channel, stamp)]
        button = next(
            e for e in slack.elements(message["blocks"]) if (blocks.pressed(e) or ("", 0, ""))[2] == f"{action}/{case}"
        )
        await self.place.in_slack(slack.pressed(button, user, channel, stamp))
        new = self.place.slack.calls[mark:]
        opened = next((call for call in new if call.method == "views.open"), None)
        if opened is not None:
            await self.place.in_slack(slack.submitted(opened.body["view"], user, **fields))
        told = [c for c in self.place.slack.calls[mark:] if c.method == "chat.postEphemeral"]
        return "\n".join(html.unescape(call.body["text"]) for call in told if call.body["user"] == user)

    async def mention(self, who: str, text: str, case: str, **more: Any) -> str:
        """An app_mention in the case's thread."""
        channel, stamp = self._thread(case)
        body = slack.said(html.escape(text, quote=False), channel, MEMBERS[who], thread=stamp, **more)
        self.said[body["event"]["ts"]] = body["event"]
        await self.place.in_slack(body)
        return str(body["event"]["ts"])

    async def edit(self, name: str, text: str, case: str) -> None:
        """message_changed, which comes by the channel's own events."""
        before = self.said[name]
        now = {**before, "text": f"<@{slack.BOT}> {text}", "edited": {"user": before["user"], "ts": "2.2"}}
        inside = {"type": "message", "subtype": "message_changed", "channel": before["channel"], "ts": slack.stamp()}
        more = {"message": now, "previous_message": before, "event_ts": slack.stamp(), "channel_type": "channel"}
        await self.place.in_slack(slack.event({**inside, **more}))

    def passed_on(self) -> int:
        """By a mark on each."""
        marked = [call.body["timestamp"] for call in self.place.slack.of("reactions.add")]
        assert set(marked) <= set(self.said)
        return len(marked)

    def where(self, case: str) -> tuple[str, str]:
        """Channel and ts of the case's newest thread."""
        return self._thread(case)

    def _thread(self, case: str) -> tuple[str, str]:
        return self._threads(case)[-1]

    def _threads(self, case: str) -> list[tuple[str, str]]:
        """(channel, ts) of the messages on which the case's threads hang."""
        found = self.place.slack.messages.items()
        return [
            (channel, stamp)
            for (channel, stamp), body in found
            if channel in ROOMS.values() and "thread_ts" not in body and case in body["text"]
        ]

    def seen(self, case: str) -> str:
        """Everything shown in the threads."""
        return "\n".join(shown(self.place.slack, channel, stamp) for channel, stamp in self._threads(case))


def shown(place: Slack, channel: str, thread: str = "") -> str:
    """The texts of all that was posted or changed in a channel, or in one thread of it."""
    found = []
    for call in place.of("chat.postMessage", "chat.update"):
        body = {**place.messages.get((call.body["channel"], call.ts), {}), **call.body}
        if body["channel"] == channel and thread in ("", call.ts, body.get("thread_ts")):
            found.append(html.unescape(call.body["text"]))
    return bare("\n".join(found))


def inputs(shown_blocks: list[Json], fields: dict[str, str]) -> Json:
    """A message's inputs as they come with a press, filled in."""
    values: Json = {}
    for block in shown_blocks:
        if block["type"] == "input":
            element = block["element"]
            typed = fields.get(element["action_id"], "")
            if element["type"] == "plain_text_input":
                held: Json = {"value": typed or None}
            else:
                held = {"selected_option": {"value": typed} if typed else None}
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **held}}
    return values


@asynccontextmanager
async def both(store: Store, written: Script | None = None, **settings: Any) -> AsyncIterator[Place]:
    """A server that serves Teams and Slack at once, with the shipped content."""
    async with (
        Slack() as place,
        stand(
            script=written or script(),
            store=store,
            pace={},
            admins=(ANNA["aadObjectId"],),
            slack_admins=(slack.ANNA,),
            slack_signing_secret=slack.SECRET,
            slack_bot_token=slack.TOKEN,
            slack_api_url=place.url,
            **settings,
        ) as running,
    ):
        yield Place(running, place, store)


USERS: dict[str, Callable[[Place], User]] = {"T": TeamsUser, "S": SlackUser}
STAFF: dict[str, Callable[[Place], Staff]] = {"T": TeamsStaff, "S": SlackStaff}
