"""The staff's words: what is a note or a command, however it is written, and what is a message to the user."""

from __future__ import annotations

import unicodedata

import pytest

from bot.handoff.words import IN_THREAD, Command, in_thread, named, outside
from tests.handoff.inside import ANNA, HELPDESK, house
from tests.stand import library

SAY = library().say("en").desk


def _wide(text: str) -> str:
    """As keyboards for Chinese or Japanese write it."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize(
    "text",
    [
        "note: secret",
        "Note secret",
        "NOTE - secret",
        "note, secret",
        "note; secret",
        "note. secret",
        "note – secret",
        "note :secret",
        "note\nsecret",
        "  note:secret",
        "*note*: secret",
        "noet: secret",
        "nte: secret",
        "notes: secret",
        "Nore : secret",
        "note\uff1a secret",
        f"{_wide('NOTE:')} secret",
        "note\u200b: secret",
        "no\u00adte: secret",
        "\ufeff(note) secret",
        "[Note] secret",
        "“note”: secret",
        "_note_: secret",
        "note\N{EM DASH}secret",
    ],
)
def test_notes(text: str) -> None:
    """A note is one whatever stands after the word, and with a slip in the word where a colon follows."""
    command = in_thread(text, SAY)
    assert command == Command("note", "secret")


@pytest.mark.parametrize("text", ["close", "Close!", "clsoe", "@claim", "give back", "giev back", "relase", "HELP?"])
def test_commands(text: str) -> None:
    """A command is one alone, whatever its case and its end, and one slip away."""
    command = in_thread(text, SAY)
    assert command is not None
    assert command.name in ("close", "claim", "give_back", "release", "help")


@pytest.mark.parametrize("sign", ["", "\u200b", "\u00ad", "\ufeff", "_", "*"])
@pytest.mark.parametrize("locale", ["en", "de", "es"])
def test_commands_in_all_their_forms(locale: str, sign: str) -> None:
    """In capitals, decomposed, of double width, with something invisible or marks around it: none is relayed."""
    say = library().say(locale).desk
    for name in IN_THREAD:
        for word in getattr(say, f"words_{name}"):
            for form in (word, word.upper(), unicodedata.normalize("NFD", word), _wide(word), word.replace("ß", "ss")):
                assert in_thread(f"{sign}{form}{sign}", say) == Command(name), (form, sign)


def test_what_follows_the_word_for_a_note_stays_as_it_was_written() -> None:
    """Only the word itself is read in another form: a family of five is still one in the note."""
    family = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL} ½ ß " + _wide("WIDE")
    assert in_thread(f"note\u200b\uff1a{family}", SAY) == Command("note", family)
    assert in_thread("\u200b" * 150 + "hi", SAY) is None


@pytest.mark.parametrize(
    "text",
    [
        "please close the window and try again",
        "the note is on the desk",
        "notepad: open it",
        "note-worthy",
        "not: that one",
        "I claim nothing",
        "here is the link: https://x.example",
        "close it, then restart",
    ],
)
def test_messages(text: str) -> None:
    """Words that only hold a command, or look a little like one, are a message."""
    command = in_thread(text, SAY)
    assert command is None or text.startswith("not:"), command


@pytest.mark.parametrize("title", ["IT (Berlin)", "(Büro)", "N\u2116 1", "Bu\u0308ro", "Größe", "\u200bIT", "Help me!"])
def test_a_queue_is_named_by_its_title(title: str) -> None:
    """Whatever characters a title has: it is found as it stands, in capitals, and composed otherwise."""
    for form in (title, title.upper(), unicodedata.normalize("NFD", title), unicodedata.normalize("NFC", title)):
        command = outside(f"desk {form}", SAY)
        assert command is not None
        assert command.name == "bind"
        assert named(command.rest, "q", title), form
        assert not named(command.rest, "q", "other")


def test_a_bare_word_for_a_note() -> None:
    """The word alone is a note with nothing in it, never a message."""
    assert in_thread("note", SAY) == Command("note", "")


async def test_who_writes_a_note_reads_that_it_is_one() -> None:
    """What begins like a note and was meant for the user is not thought to have arrived; an empty one is none."""
    async with house() as home:
        case = await home.open_case()
        await home.staff(ANNA, "claim", case)
        told = await home.mention(ANNA, "note that the server is down today", case)
        assert told == "Kept as a note. Ulla does not see it."
        assert "There was nothing to send" in await home.mention(ANNA, "note", case)
        assert "server is down" not in home.seen("ulla")
        assert [m.text for m in await home.store.transcript(case)] == ["that the server is down today"]
        assert "Delivered" not in home.seen(HELPDESK)
