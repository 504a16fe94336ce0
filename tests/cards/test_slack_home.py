"""The App Home tab keeps Slack's limits, and shows what it should."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.handoff import home
from dialogs.cards import blocks
from dialogs.cards.home import Home, HomePart
from tests.cards.hand_off import CLAIMED, CLOSED, GUIDES, PLAN, TEXTS, WAITING
from tests.cards.home import HOMES
from tests.cards.slack_rules import broken_view, parts, shown


@pytest.mark.parametrize("name", HOMES)
def test_a_home_keeps_the_rules(name: str) -> None:
    """A tab for everybody, empty or full, is one that Slack takes."""
    assert broken_view(HOMES[name].view()) == []


def test_a_user_finds_topics_their_case_and_a_person() -> None:
    """The open case with the way out of it, every guide, and the way to a person."""
    view = HOMES["user-case"].view()
    text = shown(view["blocks"])
    for words in (TEXTS.desk.home_case, WAITING.id, *(guide.title for guide in GUIDES), TEXTS.person_title):
        assert words in text
    carried = [blocks.pressed(part) for part in parts(view) if part["type"] == "button"]
    assert ("leave", 7, WAITING.id) in carried
    assert ("person", 7, "") in carried
    assert ("guide", 7, GUIDES[0].id) in carried


def test_a_closed_case_is_not_shown() -> None:
    """What is over does not stand there."""
    assert CLOSED.id not in shown(Home(home.for_user(TEXTS, PLAN, GUIDES, CLOSED, True, "")).view())


def test_without_a_desk_the_contact_is_named() -> None:
    """Nobody is promised a person who can't come."""
    view = Home(home.for_user(TEXTS, PLAN, GUIDES, None, False, "help@example.com")).view()
    assert "help@example.com" in shown(view)
    assert ("person", 0, "") not in [blocks.pressed(part) for part in parts(view) if part["type"] == "button"]


def test_an_agent_finds_unclaimed_mine_and_theirs() -> None:
    """Each case stands in its list: unclaimed ones can be claimed, one's own lead to their threads."""
    theirs = replace(CLAIMED, id="HD-THEIR", user_at=1.0, agent_at=2.0)
    mine = replace(CLAIMED, id="HD-MINEX", user_at=3.0, agent_at=2.0)
    made = Home(
        home.for_agent(TEXTS.desk, PLAN, [("identity", [WAITING])], [theirs, mine], lambda case: f"https://x/{case.id}")
    )
    text = shown(made.view())
    order = [text.index(words) for words in (WAITING.id, TEXTS.desk.mine_title, "HD-MINEX", TEXTS.desk.home_theirs)]
    assert order == sorted(order)
    assert order[-1] < text.index("HD-THEIR")
    buttons = [part for part in parts(made.view()) if part["type"] == "button"]
    assert blocks.pressed(buttons[0]) == ("case", 0, f"claim/{WAITING.id}")
    assert [part["url"] for part in buttons[1:]] == ["https://x/HD-MINEX", "https://x/HD-THEIR"]


def test_three_hundred_cases_are_all_listed() -> None:
    """More cases than a tab has blocks: all are listed, and all can be claimed."""
    view = HOMES["agent-busy"].view()
    text = shown(view)
    assert [n for n in range(300) if f"HD-{n:05}" not in text] == []
    options = [option["value"] for part in parts(view) for option in part.get("options", ())]
    assert len(options) == 301


def test_an_empty_home_raises() -> None:
    """Nothing to show is an error, not an empty tab."""
    with pytest.raises(ValueError, match="0 blocks"):
        Home(()).view()
    assert Home((HomePart("Title"),)).view()["blocks"]
