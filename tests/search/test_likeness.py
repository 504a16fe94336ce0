"""Messages alike are put together."""

from __future__ import annotations

from functools import cache

from bot.resources import content_dir
from bot.search.analysis import Analysis, Language
from bot.search.likeness import Group, grouped
from bot.storage.unanswered import Unanswered
from dialogs.content import load


@cache
def english() -> Analysis:
    """How English is read."""
    library = load(content_dir())
    return Analysis(Language.of("en", library.texts["en"].words, library.synonyms["en"]))


def groups(*said: str) -> list[Group]:
    """These messages, the newest first, in groups."""
    messages = [Unanswered(float(len(said) - n), "en", words) for n, words in enumerate(said)]
    return grouped(messages, lambda locale: english())


def test_the_same_matter_is_one_group() -> None:
    """Other endings, other order, politeness: the largest group comes first, with its wordings."""
    found = groups(
        "The coffee machine is broken!",
        "my badge does not open the door",
        "coffee machines broken, please help",
        "the coffee  machine is broken",
        "is the machine for coffee broken?",
    )
    assert [group.count for group in found] == [4, 1]
    assert found[0].words == "The coffee machine is broken!"
    assert found[0].sayings == [
        "coffee machines broken, please help",
        "the coffee machine is broken",
        "is the machine for coffee broken?",
    ]
    assert (found[0].first, found[0].latest) == (1.0, 5.0)


def test_other_matters_stay_apart() -> None:
    """One word in common is not enough."""
    assert [g.count for g in groups("the coffee machine leaks", "the washing machine is loud", "coffee please")] == [
        1,
        1,
        1,
    ]


def test_synonyms_are_alike() -> None:
    """What means the same counts as the same."""
    assert [g.count for g in groups("restore the deleted virtual machine", "recover the removed virtual machine")] == [
        2
    ]


def test_words_that_tell_nothing_and_no_words() -> None:
    """They have groups, too, and none is lost."""
    assert sum(g.count for g in groups("what", "what", "???", "", "hi there")) == 5
