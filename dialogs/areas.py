"""Areas: the tags by which a question is narrowed when words find no guide, and guides of one title are told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from dialogs.finder import MOST
from dialogs.guide import Guide
from dialogs.library import Library

AREAS = 5  # offered at most
_SUM = re.compile(r"(?=.*[0-9])[0-9a-f]{4,}|[0-9]+")  # in an id: no word
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


def told_apart(guides: Sequence[Guide]) -> list[tuple[Guide, str]]:
    """The guides with a title that no other one has: where several have the same, what sets each apart stands behind
    it, a tag or words of its id. Of those that nothing sets apart in what a user sees, the first stands for all."""
    same: dict[str, list[Guide]] = {}
    for guide in guides:
        same.setdefault(" ".join(guide.title.casefold().split()), []).append(guide)
    found: list[tuple[Guide, str]] = []
    seen: set[tuple[str, str]] = set()
    for guide in guides:
        others = [other for other in same[" ".join(guide.title.casefold().split())] if other is not guide]
        mark = _mark(guide, others) if others else ""
        shown = f"{guide.title} ({mark})" if mark else guide.title
        if (shown, guide.summary) not in seen:
            seen.add((shown, guide.summary))
            found.append((guide, shown))
    return found


def _mark(guide: Guide, others: Sequence[Guide]) -> str:
    """What a guide has and none of the others: a tag, else words of its id; "" for nothing that says something."""
    tags = (tag for tag in guide.tags if all(tag not in other.tags for other in others))
    known = {word for other in others for word in other.id.split("-")}
    words = (word for word in guide.id.split("-") if word not in known and not _SUM.fullmatch(word))
    return next((title(tag) for tag in tags), " ".join(words))


def _common(library: Library, guides: Iterable[str]) -> list[str]:
    """The tags of these guides, the commonest first; ties in the order of the guides."""
    return [tag for tag, _ in Counter(tag for guide in guides for tag in library.tags_of(guide)).most_common()]
