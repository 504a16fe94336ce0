"""The cards of other languages: longer words than English has, in the same room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.gallery import Gallery
from dialogs.cards.base import Card
from tests.cards.drawing import Drawer
from tests.cards.test_drawing import all_amiss
from tests.dialogs.talk import shipped

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawer]:
    """A browser with the renderer."""
    with Drawer() as made:
        yield made


def cards(language: str) -> dict[str, Card]:
    """Each card of each shipped guide in this language."""
    gallery = Gallery(shipped(), language)
    shown = (card for guide in gallery.library.guides.values() for card in gallery.cards(guide))
    return {f"{card.step} {card.when}": card.card for card in shown}


@pytest.mark.parametrize("language", ["de", "es"])
@pytest.mark.parametrize("width", [320, 600])
def test_cards_are_drawn(drawer: Drawer, language: str, width: int) -> None:
    """Every card of a translated guide is drawn whole, in a narrow chat and in a wide one."""
    assert all_amiss(drawer, cards(language), width, "light") == {}
