"""The sweeper over a real SQLite store."""

from __future__ import annotations

from bot.envelope import Address, Person
from bot.handoff.case import Case, Message
from bot.storage.base import Turn
from bot.storage.cases import Step
from bot.storage.sqlite import SqliteStore
from bot.sweeper import BATCH, CONVERSATIONS, DAY, INBOX, Sweeper


async def test_old_things_go_in_batches_and_new_ones_stay() -> None:
    """Event ids of some days ago and conversations of last year are swept, batch by batch; nothing else is."""
    store = SqliteStore(":memory:")
    await store.open()
    now = 1_800_000_000.0
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    async def say(conversation: str, event: str, at: float) -> None:
        address = Address("paper", "t", conversation)
        version = (await store.load(address.key, "")).version
        await store.commit(Turn(address, event, version, {"n": 1}, (), at), "h", at)

    for number in range(BATCH + 1):
        await say("old", f"e{number}", now - INBOX - DAY)
    await say("ancient", "e", now - CONVERSATIONS - DAY)
    await say("new", "e", now)
    assert await Sweeper(store, lambda: now, sleep).sweep() >= BATCH + 2
    assert len(pauses) >= 2
    assert not (await store.load("paper|t|old", "e0")).seen
    assert (await store.load("paper|t|old", "")).state == {"n": 1}
    assert (await store.load("paper|t|ancient", "")).state is None
    assert (await store.load("paper|t|new", "e")).seen
    await store.close()


async def test_what_expired_goes_by_its_own_time() -> None:
    """A sign-in's state is swept when it has expired, not days later."""
    store = SqliteStore(":memory:")
    await store.open()

    async def nothing(seconds: float) -> None:
        return None

    await store.keep("state/old", "", 1000.0)
    await store.keep("state/new", "", 1002.0)
    assert await Sweeper(store, lambda: 1001.0, nothing).sweep() == 1
    assert await store.kept_names("state/") == ["state/new"]
    await store.close()


async def test_closed_cases_go_after_the_days_of_the_setting() -> None:
    """A case that was closed longer ago than that goes with its transcript; open ones stay however old they are."""
    store = SqliteStore(":memory:")
    await store.open()
    now, user, desk = 1_800_000_000.0, Address("paper", "t", "u"), Address("paper", "t", "d", True)

    async def nothing(seconds: float) -> None:
        return None

    for name, closed in (("old", now - 8 * DAY), ("new", now - 6 * DAY), ("open", None)):
        case = Case(name, "q", "closed" if closed else "waiting", user, Person("p"), desk, closed_at=closed or 0.0)
        message = Message(name, 1, now, "note", "", name, state="internal")
        await store.commit_step(Step(user.key, name, now, case, messages=(message,)), "h", now)
    assert await Sweeper(store, lambda: now, nothing, case_days=7).sweep() == 1
    assert sorted(case.id for case in await store.cases()) == ["new", "open"]
    assert await store.transcript("old") == []
    assert len(await store.transcript("new")) == 1
    await store.close()
