"""Somebody is forgotten who has answered as staff."""

from __future__ import annotations

import pytest

from tests.handoff.inside import ANNA, BEN, house
from tests.handoff.test_files import PNG, drive


@pytest.mark.parametrize("then", ["take-over", "release"])
async def test_a_former_agent_is_forgotten(then: str, database_url: str) -> None:
    """Anna answered, and noted, then Ben had the case: of Anna nothing is left but her words."""
    async with house(url=database_url) as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.mention(ANNA, "Have you tried it again?", case)
        await home.staff(ANNA, "note", case, text="a hard one")
        if then == "release":
            await home.staff(ANNA, "release", case)
        await home.staff(BEN, "take-over", case)
        await home.mention(BEN, "Now it works.", case)
        await home.staff(BEN, "close", case, ending="solved")
        done = await home.store.forget(ANNA.id, home.clock.now)
        assert {name: count for name, count in done.items() if count} == {"mentions as staff": 1}
        said = [(m.side, m.author, m.author_id, m.text) for m in await home.store.transcript(case)]
        assert said == [
            ("agent", "", "", "Have you tried it again?"),
            ("note", "", "", "a hard one"),
            ("agent", "Ben", BEN.id, "Now it works."),
        ]


async def test_a_transferring_agent_and_their_files() -> None:
    """What goes with a transfer, and files, are known to be of their author, too; the user's words are of no agent."""
    async with drive() as lies, house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        await home.say("ulla", "hello")
        await home.mention(ANNA, "look", case, files=(lies.put("a.png", PNG),))
        await home.staff(ANNA, "transfer", case, to=f"agent:{BEN.id}", text="yours")
        said = [(m.side, m.author_id, bool(m.files)) for m in await home.store.transcript(case)]
        assert said == [
            ("user", "", False),
            ("agent", ANNA.id, False),
            ("agent", ANNA.id, True),
            ("note", ANNA.id, False),
        ]
