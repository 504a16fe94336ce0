"""Block Kit as HTML: every card can be looked at, and nothing in it is lost or read as HTML."""

from __future__ import annotations

import html
import re

import pytest

from bot.preview import slack_look
from dialogs.cards import slack_inputs
from dialogs.cards.base import Card
from dialogs.cards.case import CaseCard
from tests.cards.home import HOMES
from tests.cards.slack_rules import whole
from tests.cards.test_slack import ALL


def read(drawn: str) -> str:
    """What is read of HTML, without spaces; a hint in an empty box, too."""
    drawn = re.sub(r'<textarea placeholder="([^"]*)">', r"\1", drawn)
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", drawn)).split())


@pytest.mark.parametrize("name", ALL)
def test_every_card_can_be_drawn(name: str) -> None:
    """Every word of every card stands in its picture, and no word of it becomes a tag."""
    card: Card = ALL[name]
    drawn = "".join(slack_look.message(message.blocks) for message in card.blocks().messages)
    assert "<script" not in drawn
    shown = re.sub(r"https?://\S+", "", whole(card.blocks()))
    assert [word for word in shown.split() if word not in read(drawn)] == []


@pytest.mark.parametrize("name", HOMES)
def test_every_home_can_be_drawn(name: str) -> None:
    """A Home tab is drawn with its titles."""
    assert HOMES[name].parts[0].title in html.unescape(slack_look.view(HOMES[name].view()))


def test_modals_can_be_drawn() -> None:
    """A form is drawn with its title, its labels, and the button that sends it."""
    card = ALL["case-claimed"]
    assert isinstance(card, CaseCard)
    for form in card.forms:
        drawn = html.unescape(slack_look.view(slack_inputs.modal(form, 1)))
        assert [w for w in (form.title, form.send.title, *(f.label for f in form.fields)) if w not in drawn] == []


def test_what_is_unknown_raises() -> None:
    """A preview that left something out would lie."""
    with pytest.raises(KeyError):
        slack_look.message([{"type": "video"}])
