"""The staff's words: what is a note or a command, however it is written, and what is a message to the user."""

from __future__ import annotations

import pytest

from bot.handoff.words import Command, in_thread
from tests.handoff.inside import ANNA, HELPDESK, house
from tests.stand import library

SAY = library().say("en").desk


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
