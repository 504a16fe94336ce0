"""The check that no word is lost: it counts by itself, and it sees what is missing."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.importer import words
from tests.importer import articles
from tests.importer.build import converted


def counted(text: str, guide: str) -> tuple[list[str], set[str]]:
    """What of an article is missing in the text of a guide."""
    said, urls = words.of_article(text)
    guide_said, guide_urls = words.of_guide(yaml.safe_load(guide))
    return words.missing(said, guide_said), urls - guide_urls


@pytest.mark.parametrize("gone", ["wall", "water", "lamp", "pictures", "manual", "steps", "lamps"])
def test_a_word_that_is_taken_out_is_missed(gone: str) -> None:
    """Each word that is taken out of the guide's advice is told."""
    said = re.compile(rf"\b{gone}\b(?!:$)", re.IGNORECASE | re.MULTILINE)  # a value, not a key
    head, start, advice = converted(articles.PLAIN).text.partition("documents_title:")
    missing, _ = counted(articles.PLAIN, head + start + said.sub("thing", advice))
    assert gone in missing


def test_an_address_that_is_taken_out_is_missed() -> None:
    """An address that the guide does not have is told."""
    made = converted(articles.PLAIN).text.replace("https://kettles.example/how", "https://kettles.example/why")
    assert counted(articles.PLAIN, made) == ([], {"https://kettles.example/how"})


def test_words_count() -> None:
    """A word that is said twice in the article and once in the guide is missing once."""
    guide = "{steps: {advice: {outcome: a, intro: hot}}}"
    assert counted("# a\n\nhot hot\n", guide)[0] == ["hot"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n\n1. one\n2) two", "t one two"),
        ("[t](https://x.example/secret 'tip') <b>bold</b> <name>", "t tip bold name"),
        ("<!-- hidden --> seen &lt;sign&gt; &nbsp;", "seen sign"),
        ("```sh\ncode\n```", "code"),
        ("ab**cd**ef `gh`", "abcdef gh"),
        ("[t][1]\n\n[1]: https://x.example", "t"),
        ("---\ntitle: x\n---\nbody", "body"),
        ('<PROPERTIES a="b"\n/>\nbody', "body"),
    ],
)
def test_what_is_markup(text: str, said: str) -> None:
    """Only markup is no word."""
    assert sorted(words.of_article(text)[0].elements()) == sorted(said.split())
