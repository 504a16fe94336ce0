"""The library: guides by id, texts by locale, and both in several languages. What a turn reads; it never changes.

Where it comes from: `texts/<language>.yaml`; `guides/<id>.yaml`, a guide in the language that it names (English when it
names none); `guides/<id>.<language>.yaml`, the same guide in another language; `synonyms.yaml` and
`synonyms.<language>.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from dialogs.guide import Guide
from dialogs.texts import Texts

FALLBACK = "en"
Groups = tuple[tuple[str, ...], ...]  # each of words and short phrases that mean the same


@lru_cache(maxsize=256)
def tags(locale: str) -> tuple[str, ...]:
    """A BCP 47 locale in small letters, then wider ones: "pt-BR" -> "pt-br", "pt"."""
    found = []
    name = locale.lower().replace("_", "-")
    while name:
        found.append(name)
        name = name.rpartition("-")[0]
    return tuple(found)


def same_language(one: str, other: str) -> bool:
    """Whether two locales are of one language: "es-MX" and "es" are."""
    return tags(one)[-1:] == tags(other)[-1:]


@dataclass(frozen=True, slots=True)
class Library:
    """All content.

    guides: by id, each in the language that it was written in. texts: by locale in small letters ("en", "pt-br"); "en"
    is always there. translations: by language in small letters, the guides that there are in it, by id; each is whole,
    and has the steps, answers and version of its original. default: the locale of those whose own we don't speak.
    synonyms: by language in small letters, groups of words that mean the same. tagged: the tags of each guide, where
    they are known without reading it.
    """

    guides: Mapping[str, Guide]
    texts: Mapping[str, Texts]
    translations: Mapping[str, Mapping[str, Guide]] = field(default_factory=dict)
    default: str = FALLBACK
    synonyms: Mapping[str, Groups] = field(default_factory=dict)
    tagged: Mapping[str, tuple[str, ...]] | None = None
    _spoken: dict[tuple[str, ...], Library] = field(default_factory=dict, init=False, repr=False, compare=False)

    def guide(self, guide_id: str) -> Guide | None:
        """The guide with this id, or None."""
        return self.guides.get(guide_id)

    def tags_of(self, guide_id: str) -> tuple[str, ...]:
        """The tags of a guide; none of an unknown one."""
        if self.tagged is not None:
            return self.tagged.get(guide_id, ())
        guide = self.guide(guide_id)
        return guide.tags if guide else ()

    def language(self, locale: str) -> str:
        """Which of our languages this locale is talked to in: its own, a wider one, the default's, or else English."""
        for tag in (*tags(locale), *tags(self.default)):
            if tag in self.texts:
                return tag
        return FALLBACK

    def say(self, locale: str) -> Texts:
        """The texts for a BCP 47 locale."""
        return self.texts[self.language(locale)]

    def spoken(self, locale: str) -> Library:
        """The same library with each guide in the language of this locale, or else in the one that we talk in, where
        there is a translation; `guide.language` says which it has become.
        """
        if not self.translations:
            return self
        chain = tuple(dict.fromkeys((*tags(locale), *tags(self.language(locale)))))
        known = self._spoken.get(chain)
        if known is None:
            if len(self._spoken) > 100:  # locales come from outside: what is kept of them must end
                self._spoken.clear()
            guides = _Spoken(self.guides, self.translations, chain)
            known = self._spoken[chain] = Library(
                guides, self.texts, MappingProxyType({}), self.default, self.synonyms, self.tagged
            )
        return known


class _Spoken(Mapping[str, Guide]):
    """Guides, each in the first of some languages that it is there in. Looked up when asked for, at no cost before."""

    def __init__(
        self, guides: Mapping[str, Guide], translations: Mapping[str, Mapping[str, Guide]], chain: tuple[str, ...]
    ) -> None:
        self._guides = guides
        self._chain = tuple((tag, translations.get(tag, {})) for tag in chain)

    def __getitem__(self, guide_id: str) -> Guide:
        guide = self._guides[guide_id]
        for tag, translated in self._chain:
            if guide.language.lower() == tag:
                return guide
            if (there := translated.get(guide_id)) is not None:
                return there
        return guide

    def __iter__(self) -> Iterator[str]:
        return iter(self._guides)

    def __len__(self) -> int:
        return len(self._guides)
