"""Users who walk to and fro in a guide, each in a conversation of their own, and what must have come of it."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from itertools import pairwise
from json import dumps

from tests.activities import message, press
from tests.cloud import TENANT
from tests.connector import Sent
from tests.soak.world import Json, World

OPENING = "my guest cannot redeem the invitation"  # opens the guide, at its first question
STEPS = (("answer", "yes", "yes"), ("back", "", "back"))  # verb, value, typed words: to the second question, and back
AHEAD = 10  # turns whose cards are still owed
_TURN = re.compile(r'"turn": (\d+)')


Owed = tuple[str, int]  # ("card", its turn), or ("answered", the turn of the card that shows its answer now)


def turn_in(body: Json) -> int:
    """The number of the turn that a card was made in: every button carries it."""
    found = _TURN.search(dumps(body))
    assert found, body
    return int(found[1])


class User:
    """Does one thing after the other, each until it is acknowledged. `done`: how many, the opening not counted."""

    def __init__(self, world: World, number: int, rng: random.Random) -> None:
        self.id = f"a:soak-{number}"
        self.done = 0
        self.first = 0
        self.owed: list[Owed] = []
        self._read = 0
        self._cards: dict[str, int] = {}  # turns, by the id of the message
        self._came: list[tuple[Owed, Sent]] = []
        self._world = world
        self._rng = rng
        self._conversation = {"conversationType": "personal", "tenantId": TENANT, "id": self.id}

    @property
    def key(self) -> str:
        """The conversation's in every table."""
        return f"teams|{TENANT}|{self.id}"

    @property
    def turn(self) -> int:
        """The turn of the last card that is owed: one for each thing done, counted without a gap."""
        return self.first + self.done

    def came(self) -> list[tuple[Owed, Sent]]:
        """What the connector accepted for this conversation, in order, and what each is."""
        sent_to_all = self._world.connector.sent
        for sent in sent_to_all[self._read :]:
            if sent.conversation != self.id:
                continue
            if sent.method == "POST":
                self._cards[sent.id] = turn_in(sent.body)
            self._came.append((self.what(sent), sent))
        self._read = len(sent_to_all)
        return self._came

    def what(self, sent: Sent) -> Owed:
        """What this is, of what is owed."""
        return ("card" if sent.method == "POST" else "answered", self._cards[sent.id])

    async def open(self) -> None:
        """Open the guide and read off the first card's number."""
        await self._world.deliver(self.says(OPENING))
        assert await until(lambda: bool(self.came()), 90.0)
        ((self.owed, self.first),) = (([what], what[1]) for what, _ in self.came()[:1])

    def says(self, words: str) -> Json:
        """A message of theirs."""
        return message(self._world.connector.url, words, self._conversation)

    async def live(self, enough: Callable[[], bool], pause: float = 1.0) -> None:
        """Press or type, with pauses of up to so many seconds, until it is enough.

        Whoever is far ahead of the answers waits for them: Teams takes two messages a second from a bot in one
        conversation in the long run, and a campaign of many minutes would end with minutes of messages on their way.
        """
        while not enough():
            if self.came() and self.turn - max(turn for (_, turn), _ in self.came()[-4:]) <= AHEAD:
                await self.act()
            await asyncio.sleep(self._rng.uniform(0.1, 1.0) * pause)

    async def live_for(self, acts: int, pause: float = 1.0) -> None:
        """Do so many things."""
        await self.live(lambda: self.done >= acts, pause)

    async def act(self) -> None:
        """One thing. Half of them are typed: unlike a press, words carry no number that would give a repetition away.

        A press that was not acknowledged is repeated as the same delivery or as a new one, as users do it.
        """
        verb, value, words = STEPS[self.done % 2]
        turn = self.turn
        typed = self._rng.random() < 0.5
        if typed:
            await self._world.deliver(self.says(words))
        else:
            await self._press(verb, value)
        self.done += 1
        self.owed.append(("card", self.turn))
        if typed:
            self.owed.append(("answered", turn))

    async def _press(self, verb: str, value: str) -> None:
        again: Json | None = None
        while True:
            pressed = again or press(self._world.connector.url, verb, self.turn, value, self._conversation)
            if await self._world.attempt(pressed) is not None:
                return
            self._world.redelivered += 1
            again = pressed if self._rng.random() < 0.5 else None
            await asyncio.sleep(0.05)


async def until(there: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in this time."""
    for _ in range(round(seconds / 0.1)):
        if there():
            return True
        await asyncio.sleep(0.1)
    return there()


async def arrived(users: list[User], seconds: float = 150.0) -> None:
    """Wait until what is owed last is there for each user, and a moment more for what should not come."""

    def there() -> bool:
        return all((came := user.came()) and came[-1][0] == user.owed[-1] for user in users)

    await until(there, seconds)
    await asyncio.sleep(0.5)


def copies(user: User) -> list[tuple[Sent, Sent]]:
    """Check that all that is owed came, in order, and give what came again (earlier, later)."""
    came = user.came()
    in_order = [what for n, (what, _) in enumerate(came) if n == 0 or came[n - 1][0] != what]
    assert in_order == user.owed, f"{user.id}: owed {user.owed}, came {[what for what, _ in came]}"
    return [(one, two) for (what, one), (again, two) in pairwise(came) if what == again]
