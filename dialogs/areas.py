"""Areas: the tags by which a question is narrowed when words find no guide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dialogs.finder import MOST
from dialogs.library import Library

AREAS = 5  # offered at most
_LEAST = 2  # of which to choose


def areas(library: Library, near: Sequence[str]) -> tuple[str, ...]:
    """The tags to choose from, the likeliest first: those of the guides that came nearest, then the commonest ones.

    Nothing, where there are too few to choose from.
    """
    likely = _common(library, near)
    usual = _common(library, library.guides) if len(likely) < AREAS else []
    found = tuple(dict.fromkeys((*likely, *usual)))[:AREAS]
    return found if len(found) >= _LEAST else ()


def within(library: Library, area: str, near: Sequence[str]) -> tuple[str, ...]:
    """The guides of an area to offer: those that came nearest, or else its first ones."""
    found = [guide for guide in near if area in library.tags_of(guide)]
    if len(found) < MOST:
        found += (guide for guide in library.guides if area in library.tags_of(guide))
    return tuple(dict.fromkeys(found))[:MOST]


def title(area: str) -> str:
    """A tag as people read it."""
    return area.replace("-", " ")


def _common(library: Library, guides: Iterable[str]) -> list[str]:
    """The tags of these guides, the commonest first; ties in the order of the guides."""
    return [tag for tag, _ in Counter(tag for guide in guides for tag in library.tags_of(guide)).most_common()]
