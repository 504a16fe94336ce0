"""Bugs of the old Slack adapter of the Bot Framework (`botbuilder-adapters-slack`), each as a case that must not come.

Others of its list have cases of their own: a day-old event and missing headers (test_slack_door: the window, bad
signatures), an event delivered twice (a retry), cards that vanish (tests/cards: every card has a Slack form), updates
and deletions that fail (test_slack_send).
"""

from __future__ import annotations

from bot.channels.slack_read import Rules, hear
from bot.envelope import Envelope
from dialogs.cards import blocks
from dialogs.cards.base import Button
from tests import slack as fake
from tests.slack_stand import slack_stand


async def test_the_usual_configuration_lets_events_in() -> None:
    """A signing secret and a bot token, as Slack's pages give them, are all that it takes: no event gets a 403."""
    async with slack_stand() as stand:
        assert (await stand.post(fake.json_request(fake.message("hi")))).status == 200
        await stand.settle()
        assert stand.slack.of("chat.postMessage")


def test_a_click_is_of_whoever_clicked() -> None:
    """Not of the bot, whose message it is on."""
    button = {**blocks.button(Button("Yes", "answer", "yes"), 3), "block_id": "b"}
    posted = {"type": "message", "user": fake.BOT, "bot_id": "B0BOT", "ts": "1.1", "text": "x"}
    heard = hear(fake.pressed(button, fake.EVE, message=posted), 5.0, Rules())
    assert isinstance(heard, Envelope)
    assert heard.sender.id == f"{fake.TEAM}:{fake.EVE}"


async def test_one_conversation_s_events_do_not_run_at_once() -> None:
    """Two messages that come together are two turns, one after the other, on one state."""
    async with slack_stand() as stand:
        first, second = fake.json_request(fake.message("a")), fake.json_request(fake.message("b"))
        assert [(await stand.post(each)).status for each in (first, second)] == [200, 200]
        await stand.settle()
        texts = [call.body["text"] for call in stand.slack.of("chat.postMessage")]
        assert ["question 1" in texts[0], "question 2" in texts[1]] == [True, True]
