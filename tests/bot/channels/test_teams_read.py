"""Activities in our own terms: what was said, by whom, where."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.teams_fields import decode
from bot.channels.teams_read import translate
from bot.channels.teams_said import MAX_TEXT, spoken
from bot.envelope import Envelope, Person
from dialogs.turn import Press
from tests.activities import BOT, CHANNEL, GROUP, PERSONAL, USER, installed, joined, mention, message, press, submit
from tests.cloud import TENANT

SERVICE = "https://smba.trafficmanager.net/teams/"


def read(activity: dict[str, Any]) -> Envelope:
    """The envelope of an activity that has one."""
    envelope = translate(activity, TENANT, 5.0)
    assert envelope is not None
    return envelope


def mentions(span: str, who: dict[str, str] = BOT) -> dict[str, Any]:
    """A mention entity."""
    return {"type": "mention", "mentioned": who, "text": span}


@pytest.mark.parametrize(
    ("text", "entities", "said"),
    [
        ("<at>Help</at> my guest", [mentions("<at>Help</at>")], "my guest"),
        ("<at>Help</at> Help me reset Help page", [mentions("<at>Help</at>")], "Help me reset Help page"),
        ("say <at>Help</at> twice <at>Help</at>", [mentions("<at>Help</at>")], "say twice Help"),
        ("a <at>Help</at>b", [mentions("<at>Help</at>")], "a b"),
        ("<at>Help &amp; Co</at> hi", [mentions("<at>Help &amp; Co</at>")], "hi"),
        (
            "<at>Help</at> ask <at>Megan</at>",
            [mentions("<at>Help</at>"), mentions("<at>Megan</at>", USER)],
            "ask Megan",
        ),
        ("<at>Help</at>", [mentions("<at>Help</at>")], ""),
        ("<at>Help</at> hi", [{"type": "mention", "mentioned": BOT}], "hi"),
        ("a &lt;b&gt; &amp;amp; c&nbsp; d\n e\t f", [], "a <b> &amp; c d\ne f"),
        ("  a \r\n\n  b\n", [], "a\n\nb"),
        ("nul\u0000 and \u0007bell", [], "nul and bell"),
        ("&#0; &#xD800;", [], "\ufffd \ufffd"),
        ("\U0001f44d ok", [{"type": "clientInfo"}], "\U0001f44d ok"),
    ],
)
def test_only_the_mention_is_cut(text: str, entities: list[Any], said: str) -> None:
    """The exact span of the bot's mention goes, once; HTML is unescaped, spaces are collapsed."""
    assert spoken(text, entities, BOT["id"])[0] == said


def test_long_text_is_cut_off() -> None:
    """Whoever pastes a whole log is answered all the same."""
    assert len(spoken("x " * 100_000, [], BOT["id"])[0]) == MAX_TEXT


def test_message() -> None:
    """A message gives words, sender by directory id, and an address that can be written to later."""
    envelope = read(message(SERVICE, "hi", id="17", locale="de-DE"))
    assert (envelope.event_id, envelope.sender) == ("17", Person(USER["aadObjectId"], USER["name"]))
    assert (envelope.incoming.text, envelope.incoming.locale, envelope.incoming.at) == ("hi", "de-DE", 5.0)
    address = envelope.address
    assert (address.key, address.group) == (f"teams|{TENANT}|a:1personal", False)
    assert address.details == {"serviceUrl": SERVICE, "bot": BOT, "user": USER["aadObjectId"]}


def test_sender_without_directory_id() -> None:
    """Who has no directory id is known by the platform's own."""
    assert read({**message(SERVICE, "hi"), "from": {"id": "29:x"}}).sender.id == "29:x"


def test_the_clients_own_locale() -> None:
    """An activity that names no language has that of the client, as it says of itself."""
    told = {**message(SERVICE, "hi", locale=""), "entities": [{"type": "clientInfo", "locale": "es-MX"}]}
    assert read(told).incoming.locale == "es-MX"


@pytest.mark.parametrize("locale", [None, "", "x", "en\n", "../etc", "a" * 300, "en_US", "1"])
def test_odd_locale_is_the_default(locale: str | None) -> None:
    """A locale that is none does not reach the texts."""
    envelope = translate(message(SERVICE, "hi", locale=locale), TENANT, 5.0, "fr")
    assert envelope is not None
    assert envelope.incoming.locale == "fr"


@pytest.mark.parametrize("made", [press, submit])
def test_press(made: Any) -> None:
    """Both kinds of buttons give the same press."""
    envelope = read(made(SERVICE, "answer", 3, "yes"))
    assert envelope.incoming.press == Press("answer", 3, "yes")
    assert (envelope.invoke, envelope.pressed) == (made is press, "1")


def test_inputs_come_with_the_press() -> None:
    """What was typed into a card comes as fields: text only, without what can't be stored."""
    data = {"helpbot": 1, "verb": "send", "turn": 2, "note": "two\nlines\u0000", "count": 3}
    press_of = read(message(SERVICE, "", value=data)).incoming.press
    assert press_of == Press("send", 2, "", (("note", "two\nlines "),))


def test_foreign_button_is_passed_over() -> None:
    """The button of another app's card, forwarded as a message, is none of our business."""
    assert translate(message(SERVICE, "", value={"x": 1}), TENANT, 5.0) is None


def test_message_of_files_alone_is_heard() -> None:
    """Whoever sends a picture without a word gets an answer too."""
    assert read(message(SERVICE, "", attachments=[{"contentType": "image/png"}])).incoming.text == ""


@pytest.mark.parametrize("conversation", [GROUP, CHANNEL, {"id": "19:x", "isGroup": True}])
def test_group_needs_a_mention(conversation: dict[str, Any]) -> None:
    """Among several people only a mention is for the bot; a press always is. In a channel's thread the rest is heard as
    what it is, for a plan that relays all."""
    unmentioned = translate(message(SERVICE, "hi", conversation), TENANT, 5.0)
    assert unmentioned is None if conversation is not CHANNEL else unmentioned and not unmentioned.mentioned
    assert read(mention(SERVICE, "hi", conversation)).address.group
    assert read(submit(SERVICE, "answer", 1, conversation=conversation)).incoming.press is not None


def test_mention_of_somebody_else_is_not_for_us() -> None:
    """A mention of another person is no mention of the bot."""
    activity = message(SERVICE, "<at>Megan</at> hi", GROUP, entities=[mentions("<at>Megan</at>", USER)])
    assert translate(activity, TENANT, 5.0) is None


def test_root_post_is_its_own_thread() -> None:
    """A post that opens a thread is answered in that thread, also when its conversation id does not say so yet."""
    root = {**CHANNEL, "id": "19:channel@thread.tacv2"}
    assert (
        read(mention(SERVICE, "hi", root, id="1795")).address.conversation == "19:channel@thread.tacv2;messageid=1795"
    )
    assert read(mention(SERVICE, "hi", CHANNEL, id="1796")).address.conversation == CHANNEL["id"]


@pytest.mark.parametrize(
    ("activity", "arrived"),
    [
        (installed(SERVICE), True),
        (installed(SERVICE, action="add-upgrade"), True),
        (installed(SERVICE, action="remove"), False),
        (installed(SERVICE, action=None), False),
        (joined(SERVICE), True),
        (joined(SERVICE, membersAdded=[]), False),
        (joined(SERVICE, membersAdded=None, membersRemoved=[BOT]), False),
        (joined(SERVICE, CHANNEL), False),
        (installed(SERVICE, GROUP), False),
    ],
)
def test_arrival(activity: dict[str, Any], arrived: bool) -> None:
    """A personal chat that has us now is greeted; teams and groups are not."""
    envelope = translate(activity, TENANT, 5.0)
    assert (envelope is not None and envelope.incoming.arrived) == arrived


def test_depth_is_counted_only_where_it_can_be_too_deep() -> None:
    """Many shallow objects are fine."""
    assert len(decode(b'{"a":[' + b",".join([b"{}"] * 500) + b"]}")["a"]) == 500


def test_escaped_characters_beyond_the_plane_are_fine() -> None:
    """A surrogate pair written as escapes is one character."""
    assert decode(b'{"text": "\\ud83d\\udc4d"}') == {"text": "\U0001f44d"}


def test_personal_is_no_group() -> None:
    """A personal chat is none, whatever isGroup says."""
    assert not read(message(SERVICE, "hi", {**PERSONAL, "isGroup": True})).address.group
