"""Two sides of a hand-off over HTTP: what each sends as signed activities, and what each sees."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from bot.app import read_script
from bot.settings import Settings
from tests import activities
from tests.cloud import TENANT
from tests.stand import Stand

Json = dict[str, Any]
CHANNEL = "19:desk@thread.tacv2"
IDENTITY = "19:identity@thread.tacv2"
ANNA = {"id": "29:anna", "name": "Anna", "aadObjectId": "aaaaaaaa-0000-0000-0000-00000000000a"}
BEN = {"id": "29:ben", "name": "Ben", "aadObjectId": "aaaaaaaa-0000-0000-0000-00000000000b"}
EVE = {"id": "29:eve", "name": "Eve", "aadObjectId": "aaaaaaaa-0000-0000-0000-00000000000e"}


def script(contact: str = "helpdesk@example.com") -> Any:
    """The real engine over the shipped content."""
    return read_script(Settings(contact=contact))


def conversation(channel: str, thread: str = "") -> Json:
    """A channel, or a thread in it, as Teams names it in an activity."""
    return {
        "conversationType": "channel",
        "isGroup": True,
        "tenantId": TENANT,
        "id": f"{channel};messageid={thread}" if thread else channel,
    }


@dataclass
class Story:
    """A stand with a desk. `settle` waits until everything owed was sent."""

    stand: Stand
    seen: int = 0
    log: list[str] = field(default_factory=list)

    async def prepare(self, desks: dict[str, str]) -> None:
        """Bind desks (queue -> channel), with Anna and Ben as their members."""
        for queue, channel in desks.items():
            self.stand.connector.members[channel] = [ANNA, BEN]
            root = activities.mention(self.stand.service, f"desk {queue}", conversation(channel), **{"from": ANNA})
            assert (await self.stand.send(root)).status == 200
        await self.settle()

    async def say(self, text: str) -> list[str]:
        """The user types in their chat; everything that was sent since."""
        return await self.deliver(activities.message(self.stand.service, text))

    async def press(self, verb: str, value: str = "", **fields: str) -> list[str]:
        """The user presses a button of the newest card that has it."""
        turn, found = self.button(verb, "a:1personal")
        pressed = activities.press(self.stand.service, verb, turn, value or found)
        pressed["value"]["action"]["data"].update(fields)
        return await self.deliver(pressed)

    async def staff(self, person: Json, action: str, case: str, channel: str = CHANNEL, **fields: str) -> Json:
        """An agent presses a button of the case card; the answer to the press."""
        thread = self.thread(case)
        pressed = activities.press(
            self.stand.service, "case", 1, f"{action}/{case}", {**conversation(channel), "id": thread}
        )
        pressed["from"] = person
        pressed["value"]["action"]["data"].update(fields)
        response = await self.stand.send(pressed)
        assert response.status == 200, await response.text()
        answer = json.loads(await response.text())
        await self.settle()
        return dict(answer)

    async def mention(self, person: Json, text: str, case: str) -> list[str]:
        """An agent mentions the bot in a case's thread."""
        where = {**conversation(CHANNEL), "id": self.thread(case)}
        return await self.deliver(activities.mention(self.stand.service, text, where, **{"from": person}))

    async def deliver(self, activity: Json) -> list[str]:
        """Deliver an activity; everything that was sent since."""
        start = len(self.stand.connector.sent)
        response = await self.stand.send(activity)
        assert response.status == 200, await response.text()
        await self.settle()
        return [f"{where_of(s.conversation)}: {text_of(s.body)}" for s in self.stand.connector.sent[start:]]

    async def settle(self) -> None:
        """Wait until nothing is owed."""
        async with asyncio.timeout(10):
            while True:
                counts = await self.stand.store.counts(0.0)
                if not counts.waiting and not self.stand.app.outbox.in_hand:
                    return
                await asyncio.sleep(0.01)

    def thread(self, case: str) -> str:
        """The conversation id of the newest thread whose root card names this case."""
        return next(
            s.conversation
            for s in reversed(self.stand.connector.sent)
            if s.method == "POST" and ";messageid=" in s.conversation and case in json.dumps(s.body)
        )

    def case_id(self) -> str:
        """The id of the newest case, from the newest thread's root card."""
        for s in reversed(self.stand.connector.sent):
            found = json.dumps(s.body).partition('"HD-')[2]
            if s.method == "POST" and found:
                return "HD-" + found[:5]
        raise AssertionError("no case card was sent")

    def button(self, verb: str, where: str) -> tuple[int, str]:
        """Turn and value of the newest button with this verb in a conversation."""
        for s in reversed(self.stand.connector.sent):
            if s.conversation == where:
                for data in datas(s.body):
                    if data.get("verb") == verb:
                        return data["turn"], data["value"]
        raise AssertionError(f"no button {verb}")

    def seen_by_user(self) -> str:
        """All that ever went to the user."""
        return "\n".join(text_of(s.body) for s in self.stand.connector.sent if s.conversation == "a:1personal")


def where_of(conversation_id: str) -> str:
    """user, or thread, or channel."""
    if conversation_id == "a:1personal":
        return "user"
    return "thread" if ";messageid=" in conversation_id else "channel"


def datas(body: Any) -> list[Json]:
    """The payloads of all buttons in a message."""
    found: list[Json] = []
    if isinstance(body, dict):
        if isinstance(body.get("data"), dict) and "helpbot" in body["data"]:
            found.append(body["data"])
        for value in body.values():
            found += datas(value)
    elif isinstance(body, list):
        for value in body:
            found += datas(value)
    return found


def text_of(body: Any) -> str:
    """All words in a message, one line."""
    words: list[str] = []

    def walk(part: Any, key: str = "") -> None:
        if isinstance(part, dict):
            for name, value in part.items():
                if name not in ("fallback", "speak", "fallbackText", "summary"):
                    walk(value, name)
        elif isinstance(part, list):
            for value in part:
                walk(value, key)
        elif isinstance(part, str) and key in ("text", "title", "value", "label"):
            words.append(part)

    walk(body)
    return " | ".join(words)
