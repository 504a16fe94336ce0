"""How a case with its transcript is written for people and programs."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from bot.envelope import Address, Person
from bot.handoff.case import Case, Message
from bot.handoff.transcript import FORMATS, line, transcript

NOW = 1_700_000_000.0
CASE = Case(
    "HD-7K3QP",
    "helpdesk",
    "claimed",
    Address("teams", "t", "a:user"),
    Person("p-ann", "Ann"),
    Address("teams", "t", "19:desk", True),
    agent=Person("p-bo", "Bo"),
    mail="ann@example.com",
    zone="Europe/Berlin",
    title="VPN",
    guide="vpn",
    guide_version="1f",
    path=(("Which one?", "This one"),),
    advice=("Restart it.\nThen wait.",),
    words=("it broke",),
    added="please",
    opened_at=NOW,
    waiting_since=NOW,
    claimed_at=NOW + 60,
    rating=4,
    comment="good",
)
PICTURE = {"name": "a.png", "kind": "image/png", "size": 9, "state": "kept"}
SAID = (
    Message("HD-7K3QP", 1, NOW + 70, "user", "Ann", "first\nsecond", state="delivered", changed="edited"),
    Message("HD-7K3QP", 2, NOW + 80, "agent", "Bo", "hello", state="failed", reason="blocked"),
    Message("HD-7K3QP", 3, NOW + 90, "note", "Cy", "VIP", state="internal"),
    Message("HD-7K3QP", 4, NOW + 99, "user", "Ann", "", changed="deleted", files=(PICTURE,)),
)


def test_text() -> None:
    """Facts, what the user brought, then what was said: who, when, and what became of it."""
    assert transcript(CASE, SAID, "text") == (
        "HD-7K3QP  VPN\n"
        "  State:   claimed\n"
        "  Queue:   helpdesk\n"
        "  User:    Ann <ann@example.com>, Europe/Berlin, en\n"
        "  Agent:   Bo\n"
        "  Opened:  2023-11-14 22:13 UTC\n"
        "  Claimed: 2023-11-14 22:14 UTC\n"
        "  Guide:   vpn (1f)\n"
        "  Rating:  4 of 5\n"
        "  Comment: good\n"
        "\nIn the user's words\n  it broke\n"
        "\nQuestions and answers\n  Which one? This one\n"
        "\nAdvice shown\n  Restart it.\n  Then wait.\n"
        "\nAdded\n  please\n"
        "\nConversation\n"
        "  2023-11-14 22:14 UTC  Ann (user) [edited]\n    first\n    second\n"
        "  2023-11-14 22:14 UTC  Bo (agent) [not delivered: blocked]\n    hello\n"
        "  2023-11-14 22:14 UTC  Cy (note, among the staff)\n    VIP\n"
        "  2023-11-14 22:14 UTC  Ann (user) [deleted] [not delivered yet]\n    file: a.png (9 bytes, kept)\n"
    )


def test_markdown_shows_words_as_they_are() -> None:
    """Nothing that people wrote becomes a heading, a link, a list, HTML or a picture."""
    nasty = "# no\n- no\n1. no\n<img src=x> ![no](http://x) **no** `no` > no | no ~~no~~"
    case = replace(CASE, title="*no* <b>", words=(nasty,))
    text = transcript(case, (replace(SAID[0], author="_Ann_", text=nasty),), "md")
    assert text.startswith("# HD-7K3QP \\*no\\* \\<b\\>\n\n- State: claimed\n")
    assert "**\\_Ann\\_** (user), 2023-11-14 22:14 UTC (edited)\n\n> \\# no\n> \\- no\n> \\1. no\n> \\<img" in text
    assert not re.search(r"(?<!\\)[<\[`~|]", text)


def test_json_holds_everything() -> None:
    """Names that programs can rely on; times as ISO 8601 in UTC; every message with its state."""
    data = json.loads(transcript(CASE, SAID, "json"))
    assert data["user"] == {
        "id": "p-ann",
        "name": "Ann",
        "mail": "ann@example.com",
        "zone": "Europe/Berlin",
        "locale": "en",
    }
    assert data["path"] == [{"question": "Which one?", "answer": "This one"}]
    assert (data["opened"], data["closed"]) == ("2023-11-14T22:13:20.000+00:00", None)
    assert [message["state"] for message in data["messages"]] == ["delivered", "failed", "internal", "pending"]
    assert data["messages"][3]["files"] == [PICTURE]


def test_no_words_command_a_terminal() -> None:
    """Escape sequences and what turns lines around are shown as what they are not; odd text breaks no format."""
    nasty = "\x1b[31m\x07 \x9b \u202e \ud800 \x00"
    case = replace(CASE, title=nasty, added=nasty)
    for form in FORMATS:
        text = transcript(case, (replace(SAID[0], text=nasty, author=nasty),), form)
        text.encode()
        assert form == "json" or not any(bad in text for bad in "\x1b\x07\x9b\u202e\x00")
        assert text.endswith("\n")
    assert "\x1b" not in line(case)
    assert "\n" not in line(replace(case, title="two\nlines"))


def test_one_line() -> None:
    """Id, since when, queue, state and who holds it, title; a closed one says how it ended."""
    assert line(CASE) == "HD-7K3QP  2023-11-14 22:13 UTC  helpdesk  claimed by Bo  VPN"
    closed = replace(CASE, state="closed", agent=None, closed_at=NOW + 600, ending="not_solved")
    assert line(closed) == "HD-7K3QP  2023-11-14 22:23 UTC  helpdesk  closed, not solved  VPN"


def test_a_bare_case() -> None:
    """A case of which little is known has no empty headings."""
    bare = Case("X", "q", "waiting", CASE.user, Person("p"), CASE.desk)
    assert transcript(bare, (), "text") == "X\n  State:   waiting\n  Queue:   q\n  User:    p, en\n\nConversation\n"
    assert "##" not in transcript(bare, (), "md").replace("## Conversation", "")
