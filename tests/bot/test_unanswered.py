"""Words that found no guide are kept once their turn is committed, and never hold it up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.envelope import Address, Envelope, Person
from bot.errors import StoreUnavailable
from bot.reception import MAX_UNANSWERED
from bot.script import Script
from bot.storage.unanswered import Unanswered
from dialogs.turn import Incoming, Outcome, State
from tests.bot.test_reception import Desk, Rival
from tests.stand import CountingEngine, library


class Puzzled(CountingEngine):
    """Finds no guide for anything but "vpn"."""

    async def run(self, state: State | None, incoming: Incoming) -> Outcome:
        """As the other one, and says what it did not find."""
        outcome = await super().run(state, incoming)
        return outcome if incoming.text == "vpn" else replace(outcome, unanswered=incoming.text)


class Forgetful(Rival):
    """Keeps turns, but no unanswered words."""

    async def note_unanswered(self, key: str, event_id: str, message: Unanswered) -> None:
        """Out of order."""
        raise StoreUnavailable("no room")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A desk of the puzzled engine."""
    store = Rival(0)
    await store.open()
    yield Desk(store, Script(Puzzled(), library().say))
    await store.close()


async def test_they_are_kept_once(desk: Desk) -> None:
    """With time and language; a repeated delivery counts once; what found a guide is not kept; long ones are cut."""
    await desk.say("frogs", "e1")
    await desk.say("frogs", "e1")
    await desk.say("vpn")
    await desk.say("x" * 5000)
    kept = await desk.store.unanswered(0.0, 10)
    assert {message.words for message in kept} == {"frogs", "x" * MAX_UNANSWERED}
    assert len(kept) == 2
    assert all((message.at, message.locale) == (1000.0, "en") for message in kept)


async def test_those_of_a_group_are_not(desk: Desk) -> None:
    """A group's conversation is nobody's: what is said there could not be erased with a person."""
    address = Address("paper", "t", "g", group=True)
    await desk.reception.receive(Envelope("e", address, Person("u"), Incoming(1000.0, text="frogs")))
    assert await desk.store.unanswered(0.0, 10) == []


async def test_a_turn_does_not_hang_on_them() -> None:
    """Where they can't be kept, the turn is committed and answered all the same."""
    store = Forgetful(0)
    await store.open()
    desk = Desk(store, Script(Puzzled(), library().say))
    await desk.say("frogs")
    assert (await desk.loaded()).version == 1
    assert len(desk.tray.rows) == 1
    await store.close()
