"""The library: guides by id, texts by locale. What a turn reads; it never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dialogs.guide import Guide
from dialogs.texts import Texts

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Library:
    """All content. `texts` is keyed by locale in small letters ("en", "pt-br") and always holds "en"."""

    guides: Mapping[str, Guide]
    texts: Mapping[str, Texts]

    def guide(self, guide_id: str) -> Guide | None:
        """The guide with this id, or None."""
        return self.guides.get(guide_id)

    def say(self, locale: str) -> Texts:
        """The texts for a BCP 47 locale: the exact one, else a wider one ("pt-BR" -> "pt"), else English."""
        name = locale.lower().replace("_", "-")
        while name:
            if (texts := self.texts.get(name)) is not None:
                return texts
            name = name.rpartition("-")[0]
        return self.texts[FALLBACK]
