"""A hurried user, a bot that dies, a narrow window."""

from __future__ import annotations

import pytest

from tests.e2e.client import Chat, Window
from tests.e2e.servers import Bot

pytestmark = pytest.mark.e2e

TROUBLE = "my partner can't accept the invitation I sent"
RECEIVED = "Did the guest receive the invitation e-mail?"
ERROR = "Does the guest get an error when redeeming the invitation?"
WHICH = "Which error does the guest see? The code is enough."
OVERFLOW = """card => [...card.querySelectorAll('*')].filter(part =>
  part.getBoundingClientRect().right > card.getBoundingClientRect().right + 1).map(part => part.textContent)"""


def test_every_message_of_a_hurry_is_answered_in_order(chat: Chat) -> None:
    """Several messages in a row get one reply each, in the order in which they were sent."""
    chat.send_quickly(TROUBLE, "yes she has it", "yes", "help", "AADSTS50020")
    chat.await_replies(5)
    chat.reply(0).is_answered("You answered: Yes").shows(RECEIVED)
    chat.reply(1).is_answered("You answered: Yes").shows(ERROR)
    assert chat.reply(2).headings == [WHICH]
    chat.reply(3).is_answered("You answered: AADSTS50020: not in the directory").shows(WHICH)
    assert "The guest signs in with another account" in chat.reply(4).headings
    chat.is_quiet()


def test_a_killed_bot_goes_on_where_it_was(chat: Chat, bot: Bot) -> None:
    """The bot is killed in the middle and started again: cards from before work, answers from before are known."""
    chat.say(TROUBLE)
    second = chat.press("Yes")
    bot.crash()
    bot.start_again()
    chat.is_quiet()
    third = chat.press("Yes", on=second)
    second.is_answered("You answered: Yes")
    assert WHICH in third.headings
    bot.crash()
    bot.start_again()
    outcome = chat.say("it says AADSTS50020")
    third.is_answered("You answered: AADSTS50020: not in the directory")
    outcome.shows("✓ You invited a guest", "✓ The guest got the e-mail", "✓ The guest gets an error")
    chat.is_quiet()


def test_a_narrow_window(window: Window) -> None:
    """On a phone's width every card keeps within its width, and its buttons work."""
    window.page.set_viewport_size({"width": 390, "height": 844})
    chat = window.open()
    window.as_phone()
    cards = [chat.await_replies(), chat.say(TROUBLE), chat.press("Yes"), chat.press("Yes")]
    cards.append(chat.press("Not sure, or another error"))
    cards.append(chat.say("talk to a person"))
    for card in cards:
        frame = card.root.locator(".ac-adaptiveCard")
        assert frame.evaluate("card => card.clientWidth") <= 358
        assert frame.evaluate(OVERFLOW) == []
