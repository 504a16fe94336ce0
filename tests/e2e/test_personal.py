"""A personal chat in a Teams client: what the user sees, from the greeting to the outcome."""

from __future__ import annotations

import pytest

from tests.e2e.client import Chat, Message, Window

pytestmark = pytest.mark.e2e

TROUBLE = "my partner can't accept the invitation I sent"
GREETING = "Hello, I am the help bot"
ROLE = "Did you invite a guest, or were you invited as a guest yourself?"
RECEIVED = "Did the guest receive the invitation e-mail?"
ERROR = "Does the guest get an error when redeeming the invitation?"
WHICH = "Which error does the guest see? The code is enough."
NO_MAIL = "The e-mail has not arrived"
NO_ERROR = "What happens instead, when the guest tries to accept?"
CANT_ACCEPT = "The guest has the mail, but can't accept it"
SOLVED = "Did this solve it?"
DOCUMENTS = {
    "https://learn.microsoft.com/entra/external-id/add-users-administrator",
    "https://learn.microsoft.com/entra/external-id/external-identities-pricing",
    "https://learn.microsoft.com/entra/external-id/troubleshoot",
    "https://learn.microsoft.com/entra/external-id/faq",
    "https://learn.microsoft.com/entra/external-id/authentication-conditional-access",
}
COMMANDS = (
    'Connect-MgGraph -Scopes "Policy.ReadWrite.Authorization"',
    "Update-MgPolicyAuthorizationPolicy -AllowEmailVerifiedUsersToJoinOrganization:$true",
)


def asks(message: Message, question: str) -> bool:
    """Whether this is the question, with its answers to press."""
    return question in message.headings and "Talk to a person" in message.buttons


def test_greeted_once(window: Window) -> None:
    """Whoever installs the bot is greeted once, however often the client tells of it; hello is always answered."""
    chat = window.open()
    greeting = chat.await_replies()
    assert greeting.headings == [GREETING]
    assert greeting.buttons == ["A guest can't redeem the invitation", "Help", "Talk to a person"]
    window.install_again()
    chat.is_quiet()
    again = window.open()
    again.is_quiet()
    assert asks_nothing(again.say("hello"))
    again.is_quiet()


def asks_nothing(message: Message) -> bool:
    """Whether this is the top: topics, and no question."""
    return "A guest can't redeem the invitation" in message.buttons


def test_buttons_and_words_lead_to_the_steps(chat: Chat) -> None:
    """First words, an answer by button, one by words, one not known: all steps of the article and all documents."""
    first = chat.say(TROUBLE)
    assert asks(first, RECEIVED)
    first.shows("This sounds like: A guest can't redeem the invitation.", "✓ You invited a guest")
    second = chat.press("Yes")
    first.is_answered("You answered: Yes")
    assert first.lines == [RECEIVED, "You answered: Yes"]
    assert asks(second, ERROR)
    third = chat.say("yep, there is one")
    second.is_answered("You answered: Yes")
    assert asks(third, WHICH)
    outcome = chat.say("no idea")
    third.is_answered("You answered: Not sure, or another error")
    assert outcome.headings == [
        CANT_ACCEPT,
        "1 · You",
        "2 · The guest's administrator",
        "3 · Your administrator",
        "4 · The guest's administrator",
        "Recommended documents",
        SOLVED,
    ]
    outcome.shows("just-in-time creation of accounts", "syncing the guest user’s object", "-AllowEmailVerifiedUsers")
    outcome.shows("The article says", "stopped working in 2025", *COMMANDS)
    assert set(outcome.links) >= DOCUMENTS
    assert outcome.buttons[-7:] == [
        "Yes, solved",
        "Not yet",
        "Show other causes",
        "Back",
        "Change an answer",
        "Start over",
        "Talk to a person",
    ]
    thanks = chat.press("Yes, solved")
    outcome.shows("You answered: Yes, solved", *COMMANDS)
    assert outcome.buttons == ["Send as text"]
    thanks.shows("Good to hear.")
    chat.is_quiet()


def test_back_shows_the_question_again(chat: Chat) -> None:
    """Back, as a button and as a word, shows the question before and takes its answer back."""
    chat.say(TROUBLE)
    second = chat.press("Yes")
    first_again = chat.press("Back")
    second.is_answered("You chose: Back")
    assert asks(first_again, RECEIVED)
    outcome = chat.say("no, nothing came")
    assert NO_MAIL in outcome.headings
    assert asks(chat.say("back"), RECEIVED)
    outcome.shows("You chose: Back")


def test_an_answer_is_changed(chat: Chat) -> None:
    """An earlier answer is changed from the list of answers, or by saying so; the others are kept."""
    chat.say(TROUBLE)
    chat.press("Yes")
    chat.press("Yes")
    menu = chat.press("Change an answer")
    assert menu.buttons[:2] == ["Your part", "E-mail received"]
    menu.shows("Your answer: I invited a guest", "Your answer: Yes")
    question = chat.press("E-mail received")
    menu.is_answered("You chose: E-mail received")
    assert asks(question, RECEIVED)
    assert NO_MAIL in chat.press("No").headings
    changed = chat.say("sorry, she did get it")
    changed.shows("I have changed that: The guest got the e-mail.")
    assert asks(changed, WHICH)  # the error is still known


def test_an_old_button_changes_nothing(chat: Chat) -> None:
    """A button of an earlier card shows where we are, in its card's place, and the conversation goes on from there."""
    greeting = chat.say("hi")
    chat.say(TROUBLE)
    second = chat.press("Yes")
    chat.press("A guest can't redeem the invitation", replies=0, on=greeting)
    greeting.shows(ERROR)
    assert asks(greeting, ERROR)
    assert asks(second, ERROR)
    chat.is_quiet()
    assert asks(chat.press("No", on=second), NO_ERROR)
    second.is_answered("You answered: No")
    chat.press("Yes", replies=0, on=greeting)
    greeting.shows(NO_ERROR)
    chat.is_quiet()


def test_code_is_sent_as_text(chat: Chat) -> None:
    """The button below a code posts it and nothing else, as often as it is pressed; the question stays open."""
    outcome = chat.say("my partner never got the mail I sent")
    assert outcome.buttons.count("Send as text") == 2
    assert chat.press("Send as text", on=outcome).lines == ["https://myapps.microsoft.com/?tenantid=<tenant id>"]
    assert chat.press("Send as text", on=outcome).buttons == []
    chat.is_quiet()
    chat.press("Not yet", on=outcome).shows("I am sorry that it is not solved.")
    outcome.shows("You answered: Not yet")


def test_code_of_several_lines_is_sent_whole(chat: Chat) -> None:
    """A code of two lines is one message of two lines."""
    chat.say("my guest got the mail and an error, no idea which error")
    chat.say("no idea")
    sent = chat.press("Send as text")
    assert "\n".join(COMMANDS) in (sent.root.text_content() or "")


def test_help(chat: Chat) -> None:
    """Help tells what can be said, and asks the question again."""
    chat.say(TROUBLE)
    told = chat.say("help")
    told.shows("Answer with a button or in your own words", '"talk to a person"')
    assert asks(told, RECEIVED)
    assert asks(chat.press("Yes"), ERROR)


def test_a_person(chat: Chat) -> None:
    """Who wants a person gets the contact and a summary to send on, and can go on afterwards."""
    chat.say(TROUBLE)
    chat.press("Yes")
    summary = chat.say("can I talk to a person please")
    summary.shows("You can reach the helpdesk here: the service desk, 555-0100.", TROUBLE)
    assert lines_in_order(summary, "Your part", "I invited a guest", "E-mail received", "Yes")
    sent = chat.press("Send as text")
    assert "E-mail received: Yes" in (sent.root.text_content() or "")
    assert sent.buttons == []
    assert asks(chat.press("Go on"), ERROR)


def lines_in_order(message: Message, *lines: str) -> bool:
    """Whether the message shows these lines, one after the other."""
    shown = message.lines
    return any(shown[n : n + len(lines)] == list(lines) for n in range(len(shown)))


def test_what_is_behind_the_dots(chat: Chat) -> None:
    """What has no room beside the other buttons is behind "…", and works there."""
    chat.say(TROUBLE)
    second = chat.press("Yes")
    assert asks(chat.press_hidden("Start over"), ROLE)
    second.is_answered("You chose: Start over")
    chat.press("I invited a guest")
    chat.press_hidden("Cancel").shows("All right, I have stopped here.")
