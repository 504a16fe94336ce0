"""Phrases of authors whose words have alternatives: "never|not got|received the|my mail"."""

from __future__ import annotations

import pytest

from dialogs.words import Patterns, Reader

READER = Reader({"e-mail": "email", "n't": " not"})


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("she never got the mail", 1),
        ("she has not received my e-mail", 2),
        ("she did not recieve the invitation", 2),
        ("she got the mail", None),
        ("she never got the code", None),
        ("never. got the mail", None),
    ],
)
def test_each_alternative_fits(said: str, place: int | None) -> None:
    """Any word of a slot fits, with its endings and with a slip of the finger; a word beside them does not."""
    pattern = READER.pattern("never|not got|received the|my mail|e-mail|invitation")
    found = [start for start, _, _ in Patterns([(pattern, "it")]).find(READER.tokens(said))]
    assert found == ([] if place is None else [place])


def test_a_phrase_without_alternatives_is_itself() -> None:
    """The plain phrase is the pattern with one word in each slot."""
    assert READER.pattern("didn't get it") == tuple((word,) for word in READER.phrase("didn't get it"))
