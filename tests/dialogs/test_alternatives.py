"""Phrases of authors whose words have alternatives: "never|not got|received the|my mail"."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.resources import content_dir
from dialogs.texts import Texts
from dialogs.understand import Choice, Understanding
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


@pytest.mark.parametrize(
    ("message", "strict", "leaning"),
    [
        ("got it", False, ("yes",)),
        ("ok, arrived!", False, ("yes",)),
        ("got it", True, ()),
        ("arrived with a dent", False, ()),
        ("well, gone", False, ("no",)),
    ],
)
def test_a_full_stop_makes_it_count_alone(message: str, strict: bool, leaning: tuple[str, ...]) -> None:
    """ "got it." answers only as the whole message, fillers aside, and only where the question was asked."""
    texts = Texts.model_validate(yaml.safe_load(Path(content_dir(), "texts", "en.yaml").read_text("utf-8")))
    choices = (Choice("yes", "Yes", ("got it.", "arrived|came.")), Choice("no", "No", ("gone.",)))
    assert Understanding(texts.words).lean(message, choices, strict) == leaning
