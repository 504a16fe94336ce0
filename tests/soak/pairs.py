"""Users and agents who write to each other through the bot, each pair in a case of its own, and what must have come."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any

from tests.activities import mention, message, press
from tests.cloud import TENANT
from tests.connector import Sent
from tests.handoff.story import datas, text_of
from tests.soak.users import until
from tests.soak.world import Json, World

DESK = "19:desk@thread.tacv2"
ADMIN = {"id": "29:ada", "name": "Ada", "aadObjectId": "aaaaaaaa-0000-0000-0000-0000000000ff"}
_WORD = re.compile(r"\b[uan]\d+x\d+\b")  # said by the user, by the agent, or noted by the agent


async def open_desk(world: World, pairs: list[Pair]) -> None:
    """Bind the desk, and let each pair have its case, which its agent has claimed."""
    world.connector.members[DESK] = [pair.agent for pair in pairs] + [ADMIN]
    await world.deliver(mention(world.connector.url, "desk helpdesk", _channel(DESK), **{"from": ADMIN}))
    for pair in pairs:
        await pair.open()


def _channel(conversation: str) -> Json:
    return {"conversationType": "channel", "isGroup": True, "tenantId": TENANT, "id": conversation}


class Pair:
    """One user and one agent. Each says a word at a time, until it is acknowledged. said, answered, noted: how many."""

    def __init__(self, world: World, number: int, rng: random.Random) -> None:
        self.number = number
        self.said = self.answered = self.noted = 0
        self.thread = ""
        identity = f"aaaaaaaa-0000-0000-0000-{number:012}"
        self.agent = {"id": f"29:agent-{number}", "name": f"Agent {number}", "aadObjectId": identity}
        self._user = {"id": f"29:user-{number}", "name": f"User {number}", "aadObjectId": identity.replace("a", "b")}
        self._chat = {"conversationType": "personal", "tenantId": TENANT, "id": f"a:pair-{number}"}
        self._world = world
        self._rng = rng

    async def open(self) -> None:
        """The user asks for a person, sends the summary; the agent claims the case."""
        await self._says("talk to a person")
        turn, _ = await self._button("send", self._chat["id"])
        sent = press(self._world.connector.url, "send", turn, "", self._chat, **{"from": self._user})
        await self._world.deliver(sent)
        turn, value = await self._button("case", DESK, f"User {self.number}")
        case = value.partition("/")[2]
        claim = press(self._world.connector.url, "case", turn, f"claim/{case}", _channel(self.thread))
        await self._world.deliver({**claim, "from": self.agent})
        assert await until(lambda: "is here now" in self._seen(self._chat["id"]), 60.0)

    async def live(self, enough: Callable[[], bool], pause: float) -> None:
        """Write to each other, with pauses of up to so many seconds, until it is enough."""
        while not enough():
            kind = self._rng.choice("uuaaan")
            if kind == "u":
                await self._says(f"u{self.number}x{self.said + 1}")
                self.said += 1
            elif kind == "a":
                await self._answers(f"a{self.number}x{self.answered + 1}")
                self.answered += 1
            else:
                await self._answers(f"note: n{self.number}x{self.noted + 1}")
                self.noted += 1
            await asyncio.sleep(self._rng.uniform(0.1, 1.0) * pause)

    def arrived(self) -> bool:
        """Whether what was said last is there, on both sides."""
        last = ((f"u{self.number}x{self.said}", self.thread), (f"a{self.number}x{self.answered}", self._chat["id"]))
        return all(word.endswith("x0") or word in self._words(place) for word, place in last) and (
            self._seen(self.thread).count("Delivered to") >= self.answered
        )

    def check(self) -> list[tuple[Sent, Sent]]:
        """All that was acknowledged came, in order, and no note went to the user; gives what came again (earlier,
        later)."""
        copies: list[tuple[Sent, Sent]] = []
        for kind, count, place in (("u", self.said, self.thread), ("a", self.answered, self._chat["id"])):
            came = [(word, sent) for sent in self._sent(place) for word in _WORD.findall(text_of(sent.body))]
            mine = [(word, sent) for word, sent in came if word.startswith(kind)]
            runs = [(word, [sent for _, sent in run]) for word, run in groupby(mine, key=lambda each: each[0])]
            owed = [f"{kind}{self.number}x{n}" for n in range(1, count + 1)]
            assert [word for word, _ in runs] == owed, f"{place}: owed {len(owed)}, came {[word for word, _ in runs]}"
            copies += [pair for _, run in runs for pair in pairwise(run)]
        assert not [word for word in self._words(self._chat["id"]) if word.startswith("n")], "a note reached the user"
        for place in (self.thread, self._chat["id"]):
            assert "Not delivered" not in self._seen(place)
            assert "could not be passed on" not in self._seen(place)
        return copies

    async def _says(self, text: str) -> None:
        await self._world.deliver(message(self._world.connector.url, text, self._chat, **{"from": self._user}))

    async def _answers(self, text: str) -> None:
        place = _channel(self.thread)
        await self._world.deliver(mention(self._world.connector.url, text, place, **{"from": self.agent}))

    async def _button(self, verb: str, place: str, about: str = "") -> tuple[int, str]:
        """Turn and value of the newest button with this verb, on a card about somebody; its thread is remembered."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            for sent in reversed(self._world.connector.sent):
                if sent.conversation.partition(";")[0] == place and about in json.dumps(sent.body):
                    found.extend(data for data in datas(sent.body) if data["verb"] == verb)
                    if found:
                        self.thread = sent.conversation if about else self.thread
                        return True
            return False

        assert await until(there, 60.0), f"no button {verb} in {place}"
        return found[0]["turn"], found[0]["value"]

    def _sent(self, place: str) -> list[Sent]:
        return [sent for sent in self._world.connector.sent if sent.conversation == place and sent.method == "POST"]

    def _seen(self, place: str) -> str:
        return "\n".join(text_of(sent.body) for sent in self._sent(place))

    def _words(self, place: str) -> list[str]:
        return _WORD.findall(self._seen(place))
