"""YAML text -> data that knows its lines, and YAML's mistakes in plain words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.source import Loader, PureLoader, parse

LOADERS = [pytest.param(Loader, id="c"), pytest.param(PureLoader, id="pure")]


def read(text: str | bytes, loader: Any = None, a_list: bool = False) -> Any:
    """The data of a text without mistakes."""
    raw = text.encode() if isinstance(text, str) else text
    doc, problems = parse(raw, "x.yaml", a_list=a_list, loader=loader)
    assert problems == []
    assert doc is not None
    return doc.data


def told(text: str | bytes, loader: Any = None, a_list: bool = False) -> list[str]:
    """The problems of a text."""
    raw = text.encode("utf-8") if isinstance(text, str) else text
    _, problems = parse(raw, "x.yaml", a_list=a_list, loader=loader)
    return [str(problem).removeprefix("x.yaml:") for problem in problems]


def test_the_c_parser_is_used() -> None:
    """Where PyYAML has its C extension, as it has in its wheels, the pure loader is not used."""
    assert Loader is not PureLoader


@pytest.mark.parametrize("loader", LOADERS)
def test_values_are_what_stands_there(loader: Any) -> None:
    """Words, numbers and dates stay text; only nothing, ~ and null are None; quotes make text of these too."""
    text = "a: yes\nb: 2\nc: 2027-01-31\nd:\ne: ~\nf: 'null'\ng: [no, 1e3]\nh: {on: off}\n2: x\ni: |\n  one\n  two\n"
    assert read(text, loader) == {
        "a": "yes",
        "b": "2",
        "c": "2027-01-31",
        "d": None,
        "e": None,
        "f": "null",
        "g": ["no", "1e3"],
        "h": {"on": "off"},
        "2": "x",
        "i": "one\ntwo\n",
    }


@pytest.mark.parametrize("loader", LOADERS)
def test_aliases_are_written_out(loader: Any) -> None:
    """A block named with & can be used again with *."""
    assert read("a: &x {b: c}\nd: *x\n", loader) == {"a": {"b": "c"}, "d": {"b": "c"}}


def test_lines() -> None:
    """A place gives the line of its key or of its entry; one that is missing, the line of what should hold it."""
    doc, _ = parse(b"# first\na: 1\nb:\n  - c: 2\n    d: >\n      long\n      text\n  - e\n", "x.yaml")
    assert doc is not None
    lines = {("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 0, "c"): 4, ("b", 0, "d"): 5, ("b", 1): 8}
    assert {place: doc.line(place) for place in lines} == lines
    assert (doc.line(()), doc.line(("z",)), doc.line(("b", 0, "z")), doc.line(("b", 7))) == (1, 1, 4, 3)


def test_windows_line_ends() -> None:
    """CR LF gives the same data and the same lines."""
    assert read(b"a: 1\r\nb: two\r\n") == {"a": "1", "b": "two"}
    assert told(b"a: 1\r\nb: 2\r\nb: 3\r\n") == [
        '3: the key "b" stands here twice (first in line 2); remove or rename one'
    ]


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: the file is empty; fill it, or delete it"),
        ("# words\n", "1: the file is empty; fill it, or delete it"),
        ("- a\n", '1: the file does not consist of keys and values; begin with lines like "title: …"'),
        ("\njust words\n", '2: the file does not consist of keys and values; begin with lines like "title: …"'),
        ("a: 1\na: 2\n", '2: the key "a" stands here twice (first in line 1); remove or rename one'),
        ("a:\n  b: 1\n  b: 2\n", '3: the key "b" stands here twice (first in line 2); remove or rename one'),
        ("? [a]\n: b\n", '1: this key is not a plain word; write it as "key: value", in quotes if it is odd'),
        ("a: 1\n~: b\n", '2: this key is not a plain word; write it as "key: value", in quotes if it is odd'),
        ("a:\n\tb: 1\n", "2: there is a tab at the beginning of this line; indent with blanks"),
        ("a: @b\n", '1: text can\'t begin with "@"; put the text in quotes'),
        ("a: `b`\n", '1: text can\'t begin with "`"; put the text in quotes'),
        ("a: *b\n", '1: text begins with "*"; put the text in quotes'),
        ("a: **b**\n", '1: text begins with "*" or "&"; put the text in quotes'),
        ("a: 'b\nc: d\n", "1: a quote is opened and never closed; close it"),
        ("a: 1\nb: [\nc: 2\n", "2: a bracket is opened and never closed"),
        ("a: [b\nc: d\n", "1: a bracket is opened and never closed"),
        ("a: b: c\n", "1: there is a colon too many, or a line is indented wrongly"),
        ("a: 1\n b: 2\n", "2: there is a colon too many, or a line is indented wrongly"),
        ("a: - b\n", '1: a "-" stands where no list can begin'),
        ("a:\n  - b\n c: d\n", "3: this line does not fit the lines above it"),
        ('a: "b" c\n', "1: this line does not fit the lines above it"),
        ('a: "\\q"\n', "1: there is a backslash in double quotes; use single quotes, or write it twice"),
        ('a: "C:\\users"\n', "1: there is a backslash in double quotes; use single quotes, or write it twice"),
        ("a: 1\n---\nb: 2\n", '2: there is a second "---"; keep one guide in one file'),
        ("a: 1\n...\nb\n", "3: there is text after the end of the content; remove it, or indent it"),
        ("a: 1\nb\nc: 2\n", "2: a key has no colon"),
        ("é: 1\nb: \x07\n", "2: there is an invisible control character; delete what stands there and type it again"),
        ("a: !!python/name:os.system b\n", '1: "!!python/name:os.system" is a YAML tag, which is not used here'),
    ],
)
def test_mistakes(loader: Any, text: str, problem: str) -> None:
    """Each mistake has its line, a word for people who do not know YAML, and the fix; the same from either loader."""
    found = told(text, loader)
    assert len(found) == 1
    assert found[0].startswith(problem)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"\xef\xbb\xbfa: 1\n", "1: the file is saved as UTF-8 with a byte order mark"),
        ("a: 1\n".encode("utf-16"), "1: the file is saved as UTF-16"),
        ("a: 1\n".encode("utf-32"), "1: the file is saved as UTF-32"),
        ("a: 1\nb: größer\n".encode("cp1252"), "2: not UTF-8 text (byte 0xF6)"),
    ],
)
def test_encodings(raw: bytes, problem: str) -> None:
    """Only plain UTF-8 is read; anything else is named, with how to save it."""
    (found,) = told(raw)
    assert found.startswith(problem)
    assert "UTF-8" in found


def test_all_mistakes_that_can_be_told_at_once() -> None:
    """Doubled and odd keys do not hide each other."""
    assert len(told("a: 1\na: 2\nb: {c: 1, c: 2}\n? [d]\n: 1\n")) == 3


def test_lists() -> None:
    """Where a list is wanted, it is one; a mapping is told."""
    assert read("- a\n- b: c\n", a_list=True) == ["a", {"b": "c"}]
    assert told("a: 1\n", a_list=True) == ['1: the file is not a list; begin each entry with "- "']


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        "a: " + "{b: " * 3_000 + "}" * 3_000,
        "- " * 50_000 + "a",
        "".join(" " * i + "a:\n" for i in range(1_000)),
        "a: &a [*a, *a]\n",
        "a: &a {b: *a}\n",
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60)),
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30)),
    ],
    ids=["brackets", "braces", "dashes", "indented", "own list", "own mapping", "deep bomb", "wide bomb"],
)
def test_too_deep_and_too_much(text: str) -> None:
    """What would overflow the stack or the memory is a mistake like any other."""
    assert len(told(text)) == 1


@given(st.text(alphabet=st.sampled_from("ab:-[]{}'\"#&*!|>%@`,? \t\n~0é\\"), max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    """Whatever a file holds, it is data or problems with lines of the file, never an exception."""
    doc, problems = parse(text.encode(), "x.yaml")
    assert doc is not None or problems
    assert all(1 <= problem.line <= text.count("\n") + 1 and problem.what for problem in problems)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    """The same for any bytes."""
    doc, problems = parse(raw, "x.yaml")
    assert doc is not None or problems
