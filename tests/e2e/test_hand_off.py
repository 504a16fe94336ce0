"""The hand-off in a Teams client: one person, in the personal chat and, as the staff, in the team's channel."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.client import Chat, Message, Window

pytestmark = pytest.mark.e2e

TROUBLE = "my partner never got the mail I sent"
ADVICE = "The e-mail has not arrived"
ME = "Alex Wilber"  # who plays both sides


def test_a_person_takes_over(window: Window) -> None:
    """Summary, queue, claim, words both ways, a note that stays inside, close, rating: each side sees its own."""
    chat, thread = talk(window)
    secret = "looks like a spam filter"
    thread.say(f"note: {secret}").shows("Kept as a note. Alex Wilber does not see it.")
    thread.send("aside: no mention, no answer", mention=False)
    thread.say("clsoe").shows('"clsoe" is also a command', "Shall I do that, or send it to Alex Wilber?")
    fill_in(thread, "Note", text="ask the partner's IT")
    thread.await_replies().shows("Note by Alex Wilber:", "ask the partner's IT")
    window.turn_to(chat).is_quiet()
    everything = " ".join(line for message in chat.messages for line in message.lines)
    assert not any(words in everything for words in (secret, "no mention", "clsoe", "partner's IT"))
    window.turn_to(thread)
    fill_in(thread, "Close", choice="solved")
    thread.await_replies().shows("Alex Wilber has closed this case: solved.")
    thread.card.shows("Closed at", "solved")
    assert thread.card.buttons == ["Note"]
    rating = window.turn_to(chat, replies=2).last
    rating.shows("How was it?", "Is your problem solved?")
    rating.root.get_by_role("radio", name="Yes", exact=True).check()
    rating.root.get_by_role("radio", name="Very good", exact=True).check()
    chat.press("Send", replies=0, on=rating)
    rating.is_answered("Thank you. That goes to the helpdesk.")
    thread = window.turn_to(thread, replies=1)
    thread.last.shows("Alex Wilber says: solved, Very good.")
    thread.card.shows("Rating: 5/5")


def talk(window: Window, look: Callable[[str], None] = lambda name: None) -> tuple[Chat, Chat]:
    """A user is handed off and answered; their chat, and the case's thread. look: the page is worth a look now."""
    chat = window.open()
    chat.await_replies()
    desk = window.thread("desk helpdesk")
    desk.await_replies().shows("This channel is the desk of Helpdesk now.")
    window.turn_to(chat)
    chat.say(TROUBLE).shows(ADVICE)
    summary = chat.say("talk to a person")
    summary.shows("This is what they will see", TROUBLE, ADVICE)
    queued = chat.press("Send to the helpdesk", on=summary)
    summary.is_answered("Sent to the helpdesk.")
    thread = window.case(case_of(queued.shows("You are number 1 in the queue of Helpdesk")))
    thread.await_replies()
    thread.card.shows("Waiting in Helpdesk since", "alexw@example.com", TROUBLE, ADVICE)
    look("case")
    thread.press("Claim", on=thread.card).shows("Alex Wilber has taken this case.")
    thread.card.shows("With Alex Wilber since")
    window.turn_to(chat, replies=1).last.shows("Alex Wilber from the helpdesk is here now.")
    chat.send("It was sent to their new address")
    window.turn_to(thread, replies=1).last.shows("Alex Wilber: It was sent to")
    thread.say("Then I send it once more. Is it there?").shows("Delivered to Alex Wilber.")
    window.turn_to(chat, replies=1).last.shows("Alex Wilber: Then I send it once more. Is it there?")
    chat.send("Yes, it is. Thank you!")
    window.turn_to(thread, replies=1).last.shows("Alex Wilber: Yes, it is. Thank you!")
    look("thread")
    window.turn_to(chat)
    look("chat")
    window.turn_to(thread)
    return chat, thread


def case_of(message: Message) -> str:
    """The id of the case that a message names."""
    found = re.search(r"HD-\w{5}", " ".join(message.lines))
    assert found
    return found[0]


def fill_in(thread: Chat, button: str, text: str = "", choice: str = "") -> None:
    """Open a form of the case card, fill it in and send it off."""
    card = thread.card.root
    card.get_by_role("button", name=button, exact=True).click()
    if text:
        card.get_by_role("textbox").last.fill(text)
    if choice:
        card.get_by_role("radio", name=choice, exact=True).check()
    send = {"Note": "Save the note", "Close": "Close the case"}[button]
    card.get_by_role("button", name=send, exact=True).click()
