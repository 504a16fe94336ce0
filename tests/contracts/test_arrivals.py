"""What every store promises of events that wait for their turn, and of what is kept under names."""

from __future__ import annotations

import asyncio

from bot.envelope import Address
from bot.storage.arrivals import SENDER, Arrival
from bot.storage.base import Store, Turn
from tests.contracts.cases import Open

NOW = 1_700_000_000.0


def event(name: str, key: str = "slack|T|C:1") -> Arrival:
    """An event with words that no database likes."""
    return Arrival(key, name, {"text": f"{name} \x00 \ud800 ü"}, NOW)


async def test_the_first_is_worked_on_the_others_follow_in_order(store: Store) -> None:
    """The first is leased to who brings it; each next is given when the one before it is done, whole."""
    assert not await store.waiting(event("a").key)
    assert await store.arrive(event("a"), "me", NOW + 30)
    assert await store.waiting(event("a").key)
    assert not await store.arrive(event("b"), "me", NOW + 30)
    assert not await store.arrive(event("c"), "other", NOW + 30)
    assert await store.arrive(event("x", "slack|T|C:2"), "other", NOW + 30)
    assert await store.arrived(event("a"), "me", NOW + 30) == event("b")
    assert await store.arrived(event("b"), "me", NOW + 30) == event("c")
    assert await store.arrived(event("c"), "me", NOW + 30) is None
    assert await store.arrive(event("d"), "me", NOW + 30)


async def test_a_repetition_is_kept_once(store: Store) -> None:
    """The same event again, while it waits, changes nothing."""
    assert await store.arrive(event("a"), "me", NOW + 30)
    assert not await store.arrive(event("a"), "other", NOW + 30)
    assert await store.arrived(event("a"), "me", NOW + 30) is None
    assert await store.claim_arrivals("me", NOW + 1000, NOW + 1030, 10) == []


async def test_what_a_dead_holder_left_is_taken_up(store: Store, open_store: Open) -> None:
    """When the lease has run out another replica gets the first of the conversation, and then the rest."""
    other = await open_store()
    await store.arrive(event("a"), "dead", NOW + 30)
    await store.arrive(event("b"), "dead", NOW + 30)
    assert await other.claim_arrivals("alive", NOW + 29, NOW + 60, 10) == []
    (found,) = await other.claim_arrivals("alive", NOW + 31, NOW + 61, 10)
    assert (found.event, found.tries, found.data) == ("a", 1, event("a").data)
    assert await store.arrived(event("a"), "dead", NOW + 60) is None, "it is not theirs any more"
    following = await other.arrived(found, "alive", NOW + 61)
    assert following == event("b")


async def test_release_gives_back_and_postpone_waits(store: Store) -> None:
    """A holder that stops (or starts again under its name) gives its events back; one that failed may wait."""
    await store.arrive(event("a"), "me", NOW + 30)
    await store.release("me")
    (found,) = await store.claim_arrivals("other", NOW, NOW + 30, 10)
    await store.postpone(found, "other", NOW + 5)
    assert await store.claim_arrivals("me", NOW + 4, NOW + 34, 10) == []
    (again,) = await store.claim_arrivals("me", NOW + 5, NOW + 35, 10)
    assert again.tries == 2


async def test_many_replicas_lose_none_and_mix_none(store: Store, open_store: Open) -> None:
    """However who comes and who leaves fall together, every event is worked on once, in order."""
    stores = [store, await open_store()]
    done: list[str] = []

    async def bring(number: int) -> None:
        mine, holder = stores[number % 2], f"h{number % 2}"
        here: Arrival | None = event(f"{number:03}")
        assert here is not None
        if not await mine.arrive(here, holder, NOW + 30):
            return
        while here is not None:
            done.append(here.event)
            here = await mine.arrived(here, holder, NOW + 30)

    await asyncio.gather(*(bring(number) for number in range(60)))
    assert sorted(done) == [f"{number:03}" for number in range(60)]
    assert await store.claim_arrivals("x", NOW + 1000, NOW + 1030, 10) == []


async def test_kept_texts(store: Store) -> None:
    """A name holds one text, which is taken once, and not when it has expired."""
    await store.keep("a/1", "one")
    await store.keep("a/1", "two")
    await store.keep("a/2", "old", NOW)
    assert await store.kept("a/1") == "two"
    assert await store.kept_names("a/") == ["a/1", "a/2"]
    assert await store.take("a/2", NOW) is None
    taken = await asyncio.gather(store.take("a/1", NOW), store.take("a/1", NOW))
    assert sorted(taken, key=str) == [None, "two"]
    await store.keep("a/1", "again")
    assert await store.let_go(["a/1", "a/none"]) == 1
    assert await store.kept("a/1") is None


async def test_a_lease_has_one_holder(store: Store) -> None:
    """A name is leased to one holder, who may prolong it; it is another's when it has run out or was let go."""
    assert await store.lease("socket/1", "me", NOW, NOW + 30)
    assert not await store.lease("socket/1", "you", NOW + 10, NOW + 40)
    assert await store.lease("socket/1", "me", NOW + 20, NOW + 50)
    assert not await store.lease("socket/1", "you", NOW + 31, NOW + 61)
    assert await store.lease("socket/1", "you", NOW + 50, NOW + 80)
    await store.let_go(["socket/1"])
    assert await store.lease("socket/1", "me", NOW + 51, NOW + 81)


async def test_what_expired_is_swept(store: Store) -> None:
    """A text that has expired is gone from the database; one that has not, or does not expire, stays."""
    await store.keep("slack/state/old", "", NOW)
    await store.keep("slack/state/new", "", NOW + 100)
    await store.keep("slack/installed/T", "x")
    assert await store.sweep_kept(NOW + 50, 100) == 1
    assert await store.kept_names("slack/") == ["slack/installed/T", "slack/state/new"]


async def test_a_person_s_events_are_forgotten_with_them(store: Store) -> None:
    """What somebody said and what still waits for its turn goes when they are forgotten."""
    address = Address("slack", "T", "U1", details={"team": "T", "user": "T:U1"})
    await store.commit(Turn(address, "e", 0, {"n": 1}, (), NOW), "me", NOW + 30)
    await store.arrive(event("a", address.key), "me", NOW + 30)
    await store.forget("T:U1", NOW)
    assert await store.claim_arrivals("me", NOW + 100, NOW + 130, 10) == []


async def test_what_somebody_said_among_others_is_forgotten(store: Store, open_store: Open) -> None:
    """Forgotten are their events where nothing else is known of them, and theirs alone in a thread of several people;
    what the others said there is neither lost nor left behind for ever."""
    other = await open_store()

    def said(name: str, person: str, key: str = "slack|T|C:1") -> Arrival:
        return Arrival(key, name, {"text": f'"{SENDER}":"T:U1"', SENDER: person}, NOW)

    assert not await store.waiting("slack|T|U1")
    await store.arrive(said("theirs", "T:U1"), "me", NOW + 30)
    await store.arrive(said("another's", "T:U2"), "me", NOW + 30)
    await store.arrive(said("theirs again", "T:U1"), "me", NOW + 30)
    await store.arrive(said("alone", "T:U1", "slack|T|U1"), "me", NOW + 30)
    await store.arrive(said("at work", "T:U2", "slack|T|C:2"), "me", NOW + 30)
    await store.arrive(said("behind", "T:U1", "slack|T|C:2"), "me", NOW + 30)
    assert (await store.forget("T:U1", NOW))["events"] == 4
    (found,) = await other.claim_arrivals("other", NOW, NOW + 30, 10)
    assert found.event == "another's"
    assert await other.arrived(found, "other", NOW + 30) is None
    assert await store.arrived(said("at work", "T:U2", "slack|T|C:2"), "me", NOW + 30) is None
    assert await store.arrive(said("later", "T:U1", "slack|T|U1"), "me", NOW + 30)
    assert await store.arrived(said("later", "T:U1", "slack|T|U1"), "me", NOW + 30) is None
    assert not await store.waiting("slack|T|U1")
