"""In a channel and in a group chat: the bot answers to its mention, and each thread is a conversation of its own."""

from __future__ import annotations

import pytest

from tests.e2e.client import Window

pytestmark = pytest.mark.e2e

RECEIVED = "Did the guest receive the invitation e-mail?"
ERROR = "Does the guest get an error when redeeming the invitation?"
NO_MAIL = "The e-mail has not arrived"
OTHER_ACCOUNT = "The guest signs in with another account"


def test_a_thread_is_a_conversation(opened: Window) -> None:
    """In a thread the guide goes to its end by mention and by button, and the others see what was answered."""
    thread = opened.thread("my partner can't accept the invitation I sent")
    first = thread.await_replies()
    assert RECEIVED in first.headings
    second = thread.say("yes, she has it")
    first.is_answered("You answered: Yes")
    assert ERROR in second.headings
    outcome = thread.press("Yes")
    second.is_answered("You answered: Yes")
    outcome = thread.say("AADSTS50020")
    assert OTHER_ACCOUNT in outcome.headings
    assert "Recommended documents" in outcome.headings
    assert ERROR in thread.say("back, please").headings or thread.last.buttons
    thread.is_quiet()


def test_two_threads_are_two_conversations(opened: Window) -> None:
    """What is answered in one thread is not answered in the other."""
    one = opened.thread("my guest can't redeem the invitation")
    one.await_replies()
    two = opened.thread("my client can't accept the invitation I sent")
    two.await_replies()
    assert ERROR in one.press("Yes").headings
    assert NO_MAIL in two.say("nope, nothing arrived").headings
    assert RECEIVED in two.press("Back").headings
    assert "Which error does the guest see? The code is enough." in one.say("yes").headings
    one.is_quiet()
    two.is_quiet()


def test_group_chat(opened: Window) -> None:
    """In a group chat only what mentions the bot is heard; nobody is greeted; the guide works to its end."""
    group = opened.group()
    group.send("lunch, anybody?", mention=False)
    group.is_quiet()
    first = group.say("the guest I invited can't redeem")
    assert RECEIVED in first.headings
    group.send("yes, I had a sandwich", mention=False)
    group.is_quiet()
    outcome = group.press("No")
    first.is_answered("You answered: No")
    assert NO_MAIL in outcome.headings
    group.say("solved, thanks").shows("Good to hear.")
    outcome.shows("You answered: Yes, solved")
