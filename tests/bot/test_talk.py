"""Conversations as tables: how they are written, how mistakes in them are told, how they are played."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.play import play
from bot.talk import Talk, is_talk, read_talk
from dialogs.content import load
from dialogs.errors import Problem
from dialogs.library import Library
from tests.dialogs.samples import VPN, folder

GOOD = """\
- name: all is well
  contact: helpdesk@example.com
  locale: en-GB
  talk:
    - arrives: yes
      bot: The VPN drops
    - user: my vpn drops
      bot: [DID YOU  restart the computer?, "1. Yes"]
      not: frog
      replies: 1
    - press: no
      bot: Restart the computer.
    - press: {title: "yes", card: 2}
      not: Call the network team
    - wait: 90s
    - press: Talk to a person
      bot: helpdesk@example.com
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library of one small guide."""
    return load(folder(tmp_path_factory.mktemp("content"), vpn=VPN))


def read(tmp_path: Path, text: str) -> tuple[Talk | None, list[str]]:
    """A table as it is read, and its mistakes as `line: what; fix`."""
    path = tmp_path / "vpn.talk.yaml"
    path.write_text(text, encoding="utf-8")
    talk, problems = read_talk(path)
    return talk, [str(problem).removeprefix(f"{path}:") for problem in problems]


async def played(tmp_path: Path, library: Library, text: str) -> list[Problem]:
    """What goes wrong when this table is played."""
    talk, mistakes = read(tmp_path, text)
    assert mistakes == []
    assert talk is not None
    return await play(talk, library)


async def test_all_is_well(tmp_path: Path, library: Library) -> None:
    """A table may use all that tables have, and says nothing when the bot says what it should."""
    assert await played(tmp_path, library, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('"1. Yes"]', '"3. Frog"]', 7, 'expected "3. Frog"'),
        ("not: frog", "not: restart the COMPUTER", 7, 'did not expect "restart the COMPUTER"'),
        ("replies: 1", "replies: 2", 7, "expected 2 messages, not 1"),
        ("press: no\n", "press: Maybe\n", 11, 'there is no button "Maybe" to press'),
        ("card: 2", "card: 1", 13, 'there is no button "yes" to press'),
        ("card: 2", "card: 9", 13, 'there is no button "yes" to press'),
    ],
)
async def test_what_goes_wrong(tmp_path: Path, library: Library, old: str, new: str, line: int, what: str) -> None:
    """A failure has the line of its entry, the conversation's name, what was expected, and what the bot said."""
    assert GOOD.count(old) == 1
    (problem,) = await played(tmp_path, library, GOOD.replace(old, new))
    assert problem.line == line
    assert problem.file.endswith("vpn.talk.yaml")
    assert problem.what.startswith(f'"all is well": {what}; the bot said:\n    ')


async def test_each_conversation_is_played(tmp_path: Path, library: Library) -> None:
    """A failure ends its conversation and no other; each begins anew."""
    text = GOOD.replace("replies: 1", "replies: 3") + GOOD.replace("all is well", "again").replace("no\n", "Frog\n")
    found = await played(tmp_path, library, text)
    assert [problem.line for problem in found] == [7, 28]


async def test_time_passes(tmp_path: Path, library: Library) -> None:
    """`wait` moves the clock that the engine sees."""
    text = "- name: a\n  talk:\n    - user: vpn drops\n    - wait: {}\n    - user: it is slow\n      bot: stopped\n"
    assert len(await played(tmp_path, library, text.format("1h"))) == 1
    assert await played(tmp_path, library, text.format("2d")) == []


async def test_an_error_says_where(tmp_path: Path, library: Library) -> None:
    """When the bot itself fails, the traceback carries the entry that was played."""
    broken = Library(library.guides, {"en": library.texts["en"].model_copy(update={"opening": "{frog}"})})
    with pytest.raises(KeyError) as caught:
        await played(tmp_path, broken, GOOD)
    assert "vpn.talk.yaml:7" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- name: all is well\n", "-\n", '2: entry 1 has no "name"; add "name: …", as other files have it'),
        ("contact: h", "contcat: h", '2: unknown key "contcat" in entry 1; did you mean "contact"?'),
        ("not: frog", "nott: frog", '9: unknown key "nott" in entry 2 of "talk" of entry 1; did you mean "not"?'),
        ("not: frog", "unsaid: frog", '9: unknown key "unsaid" in entry 2 of "talk" of entry 1'),
        ("- press: no", "- pres: no", '11: unknown key "pres" in entry 3 of "talk" of entry 1; did you mean "press"?'),
        ("- press: no\n      bot", "- bot", "11: nobody does anything in this entry; give it one of user, press, wait"),
        ("- press: no", "- press: no\n      user: no", "11: this entry does 2 things: user, press; make two of it"),
        ("90s", "90s\n      bot: x", '15: the bot says nothing unasked; put "bot" below the next thing that is said'),
        ("90s", "soon", '15: "wait" can\'t be "soon"; write it like 90s, 20m, 25h or 2d'),
        ("replies: 1", "replies: one", '10: "replies" of entry 2 of "talk" of entry 1'),
        (
            "arrives: yes",
            "arrives: soon",
            '5: "arrives" of entry 1 of "talk" of entry 1 can\'t be "soon"; write yes or no',
        ),
    ],
)
def test_mistakes_in_tables(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A mistake in a table is told with its line, like one in a guide."""
    assert GOOD.count(old) == 1
    talk, mistakes = read(tmp_path, GOOD.replace(old, new))
    assert talk is None
    assert len(mistakes) == 1
    assert mistakes[0].startswith(told)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    """A file that is no list, or whose conversation says nothing, is told."""
    assert read(tmp_path, "name: x\n")[1] == ['1: the file is not a list; begin each entry with "- "']
    assert read(tmp_path, "- name: x\n  talk: []\n")[1] == ['2: "talk" of entry 1 has no entries; give at least 1']
    assert read(tmp_path, "- words\n")[1] == [
        '1: entry 1 is not made of keys and values; write lines like "key: value" there'
    ]


def test_what_is_a_table() -> None:
    """Tables are told from guides by their name, or by their folder."""
    assert is_talk(Path("content/guides/vpn.talk.yaml"))
    assert is_talk(Path("tests/conversations/vpn.yaml"))
    assert not is_talk(Path("content/guides/vpn.yaml"))
