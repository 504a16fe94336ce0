"""Who is in a conversation, as the Bot Connector tells it."""

from __future__ import annotations

from bot.channels.teams_people import PAGE
from bot.envelope import Address, Person
from tests.activities import BOT, USER
from tests.cloud import TENANT
from tests.stand import Stand, stand

CHAT = "a:1personal"
ASKED = Person(USER["aadObjectId"], "Alex")


def address(s: Stand, conversation: str = CHAT) -> Address:
    """Where to ask."""
    return Address("teams", TENANT, conversation, details={"serviceUrl": s.service, "bot": BOT})


async def test_profile_by_the_directory_id() -> None:
    """What Teams knows of a person: the mail; the name that they wrote under stays."""
    async with stand() as s:
        s.connector.members[CHAT] = [{**USER, "email": "alex@example.com"}]
        found = await s.app.channels["teams"].profile(address(s), ASKED)
        assert found == Person(USER["aadObjectId"], "Alex", "alex@example.com")


async def test_profile_where_only_the_service_s_own_id_is_known() -> None:
    """A service that finds nobody by a directory id is asked for all members."""
    async with stand() as s:
        s.connector.by_directory_id = False
        s.connector.members[CHAT] = [{**BOT}, {**USER, "email": "alex@example.com"}]
        assert (await s.app.channels["teams"].profile(address(s), ASKED)).mail == "alex@example.com"


async def test_profile_of_somebody_unknown() -> None:
    """Whom the service does not know stays as they came."""
    async with stand() as s:
        assert await s.app.channels["teams"].profile(address(s), ASKED) == ASKED


async def test_members_of_many_pages() -> None:
    """All pages are read, in order."""
    async with stand() as s:
        many = [{"id": f"29:{n}", "name": f"P{n}", "aadObjectId": f"p{n}"} for n in range(PAGE + 3)]
        s.connector.members["19:x@thread.tacv2"] = many
        found = await s.app.channels["teams"].members(address(s, "19:x@thread.tacv2"))
        assert [person.id for person in found] == [f"p{n}" for n in range(PAGE + 3)]
