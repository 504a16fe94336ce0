"""What was imported is shown whole: every word of a guide stands on its card, in each of its forms."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from bot.importer import words
from bot.importer.article import read
from dialogs.cards.outcome import OutcomeCard
from tests.bot.test_terminal import drawn
from tests.cards import rules, slack_rules
from tests.cards.samples import LABELS, WAYS, YES_NO
from tests.importer.articles import ARTICLES
from tests.importer.build import advice, converted, guide_of

SHOWN = sorted(path for path, raw in ARTICLES.items() if not read(raw).data and path != "kitchen/empty.md")


def said(text: str) -> Counter[str]:
    """The words of a text, as the import counts them."""
    return Counter(re.findall(r"[^\W_]+", text.casefold()))


@pytest.mark.parametrize("path", SHOWN)
def test_every_word_is_shown(path: str) -> None:
    """In Teams, in Slack, as plain text and at a terminal; and the cards keep the rules of their platforms."""
    made = converted(ARTICLES[path])
    guide, outcome = guide_of(made), advice(guide_of(made))
    card = OutcomeCard(
        turn=3,
        title=outcome.outcome,
        intro=outcome.intro or "",
        actions_title=outcome.actions_title or "",
        actions=outcome.actions,
        notes=outcome.notes,
        sections=outcome.sections,
        documents_title=guide.documents_title or "",
        documents=guide.documents,
        labels=LABELS,
        text_value="kettle/advice",
        ask="Did this help?",
        answers=YES_NO,
        ways=WAYS,
    )
    assert rules.broken(card.adaptive()) == []
    assert rules.unlike(card) == []
    assert slack_rules.broken(card.blocks()) == []
    wanted = words.of_guide(yaml.load(made.text, yaml.BaseLoader))[0]  # noqa: S506 - strings only
    for form in (
        rules.shown(card.adaptive()),
        card.text(),
        slack_rules.whole(card.blocks()),
        drawn(card, 500, flat=True),
    ):
        assert words.missing(wanted, said(re.sub(r"[*`\\]", "", form))) == []
