"""What is done in Slack beside turns: the App Home, forms, an app that is taken out."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

from bot.channels.slack_people import LISTED
from bot.envelope import Address
from bot.slack_errands import thread_link
from bot.storage.cases import Desk
from bot.storage.sqlite import SqliteStore
from tests import slack as fake
from tests.handoff.sides import ROOMS, SlackStaff, SlackUser, TeamsUser, both
from tests.handoff.story import script, text_of
from tests.handoff.test_four_ways import a_case
from tests.slack import ALEX, ANNA, EVE, TEAM, Fault, Json, event
from tests.slack_stand import SlackStand, slack_stand


def opened(user: str, tab: str = "home") -> Json:
    """Somebody opens the App Home."""
    return event({"type": "app_home_opened", "user": user, "channel": f"D{user[1:]}", "tab": tab, "event_ts": "1.1"})


def published(place: fake.Slack, user: str) -> str:
    """The words of the newest Home of this person."""
    views = [call.body["view"] for call in place.of("views.publish") if call.body["user_id"] == user]
    return text_of(views[-1])


def accessory(place: fake.Slack, title: str) -> Json:
    """The newest Home's button of this title."""
    view = place.of("views.publish")[-1].body["view"]
    for block in view["blocks"]:
        for element in [block.get("accessory", {}), *block.get("elements", [])]:
            if isinstance(element, dict) and element.get("text", {}) and element["text"].get("text") == title:
                return {**element, "block_id": block.get("block_id", "b")}
    raise AssertionError(f"no button {title!r}")


def in_home(element: Json, user: str) -> Json:
    """A press in the App Home: there is neither a channel nor a message."""
    body = fake.pressed(element, user)
    del body["channel"]
    return {**body, "container": {"type": "view", "view_id": "V1"}, "view": {"type": "home"}}


async def test_the_home_is_published_and_nothing_is_posted() -> None:
    """Opening the Home shows the topics and the way to a person; opening the messages shows nothing."""
    async with slack_stand(script=script()) as stand:
        await stand.send(opened(ALEX))
        text = published(stand.slack, ALEX)
        assert next(iter(script().guides.values())).title in text
        assert "Talk to a person" in text
        assert stand.new == []
        mark = len(stand.slack.calls)
        await stand.send(opened(ALEX, "messages"))
        assert stand.slack.calls[mark:] == []


async def test_a_topic_of_the_home_begins_in_the_chat() -> None:
    """A press in the Home begins the guide in the chat, and once more after other things were said."""
    async with slack_stand(script=script()) as stand:
        await stand.send(opened(ALEX))
        title = next(iter(script().guides.values())).title
        button = accessory(stand.slack, title)
        await stand.send(in_home(button, ALEX))
        posted = [call.body for call in stand.new if call.method == "chat.postMessage"]
        assert posted
        assert all(body["channel"] == fake.CHAT for body in posted)
        assert fake.elements(posted[-1]["blocks"])


async def test_an_agent_claims_from_the_home() -> None:
    """An agent sees who is waiting, claims from there, and sees what they hold; others see only what is theirs."""
    async with both(SqliteStore(":memory:")) as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        await staff.bind("identity")
        case = await a_case(user)
        await place.in_slack(opened(ANNA))
        assert case in published(place.slack, ANNA)
        await place.in_slack(opened(EVE))
        assert case not in published(place.slack, EVE)
        await place.in_slack(opened(ALEX))
        assert case in published(place.slack, ALEX)
        await place.in_slack(opened(ANNA))
        await place.in_slack(in_home(accessory(place.slack, "Claim"), ANNA))
        assert "Anna from the helpdesk is here now" in user.seen()
        assert "Your cases" in published(place.slack, ANNA)
        held = await place.store.case(case)
        assert held is not None
        assert held.state == "claimed"
        link = thread_link(held)
        assert link.startswith(f"https://slack.com/app_redirect?team={TEAM}&channel={ROOMS['identity']}&message_ts=")
        assert link in str(place.slack.of("views.publish")[-1].body)


async def test_an_agent_in_a_large_channel() -> None:
    """Whoever is in the desk's channel is staff, however many are in it before them."""
    async with both(SqliteStore(":memory:")) as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        many = [f"U{number:05}" for number in range(LISTED)]
        place.slack.members[ROOMS["helpdesk"]] = [*many, ANNA]
        case = await a_case(user)
        await place.in_slack(opened(ANNA))
        assert case in published(place.slack, ANNA)
        await staff.act("Anna", "claim", case)
        held = await place.store.case(case)
        assert held is not None
        assert held.state == "claimed"
        assert "Only members" in await staff.act("Eve", "note", case, text="x")


async def test_a_form_left_blank_is_asked_for_again() -> None:
    """Blanks are nothing: the answer to the submission names the input, and nothing is sent."""
    async with both(SqliteStore(":memory:")) as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        await staff.act("Anna", "claim", case)
        await staff.act("Anna", "reply", case, text="hello")
        view = place.slack.of("views.open")[-1].body["view"]
        headers, raw = fake.form_request(fake.submitted(view, ANNA, text="  "))
        response = await place.stand.client.post("/slack/events", data=raw, headers=headers)
        answer: Any = await response.json()
        assert answer["response_action"] == "errors"
        (name,) = answer["errors"]
        assert name in [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


async def test_a_form_that_opens_too_late() -> None:
    """When Slack does not take the form any more, who pressed is asked to press again; a stranger gets none."""
    async with both(SqliteStore(":memory:")) as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        case = await a_case(user)
        place.slack.faults.append(Fault(error="expired_trigger_id", only="views.open"))
        assert "press the button again" in await staff.act("Anna", "note", case, text="x")
        assert "Only members" in await staff.act("Eve", "note", case, text="x")
        assert place.slack.of("views.open") == []


async def test_an_app_that_is_taken_out() -> None:
    """The desk is none any more; whoever has a case there is told."""
    async with both(SqliteStore(":memory:"), script("help@example.com")) as place:
        user, staff = SlackUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        await a_case(user)
        await place.in_slack(event({"type": "channel_left", "channel": ROOMS["helpdesk"], "event_ts": "1.1"}))
        assert await place.store.desks() == []
        await place.settle()
        assert "help@example.com" in user.seen()
        await staff.bind("helpdesk")
        await place.in_slack(event({"type": "app_uninstalled"}))
        assert await place.store.desks() == []


async def test_a_revoked_token_of_the_bot() -> None:
    """Its desks are none any more, whoever has a case there gets the contact, and /readyz tells it until the token is
    good again. The app that is taken out afterwards, as Slack sends both, changes nothing more."""
    async with both(SqliteStore(":memory:"), script("help@example.com")) as place:
        user, staff = TeamsUser(place), SlackStaff(place)
        await staff.bind("helpdesk")
        await a_case(user)
        place.slack.faults.append(Fault(error="token_revoked", only="auth.test"))
        with capture_logs() as logged:
            await place.in_slack(event({"type": "tokens_revoked", "tokens": {"bot": [fake.BOT]}}))
        assert {"desk_lost", "slack_app_removed"} <= {line["event"] for line in logged}
        assert await place.store.desks() == []
        await place.settle()
        assert "help@example.com" in user.seen()
        side = place.stand.app.slack
        assert side is not None
        held = [side.ready()]
        await fake.until(side.ready)
        await place.in_slack(event({"type": "app_uninstalled"}))
        await fake.until(side.ready)
        assert held == [False]


async def test_an_organization_that_takes_the_app_out() -> None:
    """The desks of all its workspaces are none any more, the others stay."""
    async with slack_stand(script=script()) as stand:
        for queue, team, organization in [("helpdesk", "T1", "E1"), ("identity", "T2", "E1"), ("other", "T3", "E2")]:
            desk = Address("slack", team, "C1", True, {"team": team, "enterprise": organization})
            await stand.store.bind_desk(Desk(queue, desk, "U1", 1.0))
        await stand.send({**event({"type": "app_uninstalled"}), "team_id": None, "enterprise_id": "E1"})
        assert [desk.queue for desk in await stand.store.desks()] == ["other"]


async def test_a_revoked_token_of_a_user_changes_nothing() -> None:
    """tokens_revoked names whose tokens are gone; only the bot's is ours."""
    async with slack_stand() as stand:
        await stand.send(event({"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}}))
        await stand.send(message_of(stand))
        assert len(stand.new) == 1


def message_of(stand: SlackStand) -> Json:
    """Something said."""
    return fake.message("hi")
