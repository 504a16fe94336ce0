"""Any Markdown, and any bytes: no exception, no mistake for `helpbot check`, no word lost without a word about it."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.importer.emit import emit
from bot.importer.settle import settle
from dialogs.source import parse
from tests.importer.articles import ARTICLES
from tests.importer.build import converted, guide_of

PIECES = st.sampled_from(
    [
        *(
            "# ",
            "## Recommended steps\n",
            "## Documents\n",
            "**Recommended steps**\n",
            "\n",
            "\n\n",
            "\n\n",
            " ",
            "\t",
            "  ",
        ),
        *("1. ", "2. ", "1) ", "- ", "* ", "• ", "    - ", "   ", "> ", "---\n", "===\n", "```\n", "~~~\n", "`", "``"),
        *("**", "*", "_", "__", "[", "]", "](", ")", "(https://a.example/x)", "![", "[t](http://b.example)", "[1]: "),
        *(
            "<br>",
            "<ol>",
            "<li>",
            "</li>",
            "</ol>",
            "<ul>",
            "<b>",
            "</b>",
            "<a href='https://c.example'>",
            "</a>",
            "<pre>",
        ),
        *(
            "</pre>",
            "<table>",
            "<tr><td>",
            "|a|b|\n|-|-|\n",
            "<!--",
            "-->",
            "<name>",
            "a < b",
            "&lt;",
            "&#xD;",
            "&nbsp;",
        ),
        *(
            "<properties ",
            "/>",
            'pageTitle="x"',
            "---\ntitle: y\n---\n",
            "{",
            '{"a": 1}',
            "\\",
            "\\*",
            ":",
            "~",
            "null",
        ),
        *(
            "If it is red, wait.",
            "If it is blue, go.",
            "word",
            "Words here.",
            "https://d.example/y_z",
            "é",
            "\u2028",
            "\x07",
        ),
    ]
)
MARKDOWN = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join)


def whole(text: str | bytes) -> None:
    """What must hold for any article."""
    made = converted(text)
    assert made.problems == ()
    guide_of(made)
    assert bool(made.lost) == any(what.startswith("words ") for what, _ in made.unplaced)


@given(MARKDOWN)
def test_any_markdown(text: str) -> None:
    """Pieces of Markdown, HTML and headers in any order."""
    whole(text.encode("utf-8", "replace"))


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    """Any bytes are an article, if a poor one."""
    whole(raw)


@given(
    st.sampled_from(sorted(ARTICLES)), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 60), PIECES), max_size=4)
)
def test_any_accident(path: str, accidents: list[tuple[int, int, str]]) -> None:
    """Real articles in which something was cut out and something else put in."""
    text = ARTICLES[path].decode("utf-8", "replace")
    for at, length, piece in accidents:
        text = text[:at] + piece + text[at + length :]
    whole(text)


@given(MARKDOWN)
def test_settling_keeps_every_letter(text: str) -> None:
    """Moving lines moves lines: without HTML and comments, no letter comes or goes."""
    if "<" not in text and ":::" not in text and "\t" not in text:
        letters = [sign for sign in text if sign.isalnum()]
        assert [sign for sign in settle(text)[0] if sign.isalnum()] == letters


@pytest.mark.parametrize(
    "text",
    [
        "\n".join("  " * n + f"- level{n}" for n in range(500)),
        "<ol><li>deep" * 500,
        ">" * 2000 + " quoted",
        "<!--" * 5000 + "-->",
        "1. one\n\ntext\n\n" * 1000,
        "[" * 3000 + "](" * 3000,
        "**a" * 3000 + "`" * 3000,
    ],
    ids=["list", "html", "quotes", "comments", "numbers", "brackets", "stars"],
)
def test_nothing_is_too_deep_or_too_long(text: str) -> None:
    """Nesting without end and signs without end take no long time and no stack."""
    before = time.process_time()
    whole(text)
    assert time.process_time() - before < 5


LINES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30).filter(lambda text: text.strip() == text)
DATA = st.recursive(
    LINES,
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=3).filter(lambda values: all(not isinstance(v, list) for v in values)),
        st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), below, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), DATA, min_size=1, max_size=4))
def test_what_is_written_is_read(data: dict[str, object]) -> None:
    """Whatever a guide holds, its file gives it back: by the loader of guides, and by any other reader of YAML."""
    text = emit(data)
    doc, problems = parse(text.encode(), "x.yaml")
    assert problems == []
    assert doc is not None
    assert doc.data == data
    assert yaml.load(text, yaml.BaseLoader) == data  # noqa: S506 - strings only
