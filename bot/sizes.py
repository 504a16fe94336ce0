"""How large the cards of a guide become on each platform."""

from __future__ import annotations

from collections.abc import Container, Iterator

from bot.gallery import Gallery
from dialogs.cards.outcome import OutcomeCard
from dialogs.guide import Guide
from dialogs.library import FALLBACK, Library
from dialogs.texts import Texts


class Sizes:
    """Measures advice as it will be shown, with these texts on its buttons."""

    def __init__(self, texts: Texts) -> None:
        """Those of any language: the guide's own words are what takes room."""
        self._gallery = Gallery(Library({}, {FALLBACK: texts}))

    def __call__(self, guide: Guide, steps: Container[str]) -> Iterator[tuple[str, bool, int]]:
        """Of each of these steps: its id, whether Teams has no room for all of it, how many messages Slack takes."""
        for shown in self._gallery.cards(guide, only=steps):
            if isinstance(shown.card, OutcomeCard):
                yield shown.step, shown.card.shortened(), len(shown.card.blocks().messages)
