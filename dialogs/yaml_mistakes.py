"""YAML's own error messages, said for somebody who does not know YAML."""

from __future__ import annotations

import re

import yaml

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# PyYAML's words -> what an author should do. The first that fits counts.
_PLAIN: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "there is a colon too many, or a line is indented wrongly",
        "put text that holds a colon in quotes, and compare the indentation with the line above",
    ),
    (
        "sequence entries are not allowed",
        'a "-" stands where no list can begin',
        "begin the list on a line of its own, or put the text in quotes",
    ),
    ("unexpected end of stream", "a quote is opened and never closed", "close it"),
    ("expected alphabetic or numeric", 'text begins with "*" or "&"', "put the text in quotes"),
    ("undefined alias", 'text begins with "*"', "put the text in quotes"),
    ("unknown escape character", "there is a backslash in double quotes", "use single quotes, or write it twice"),
    ("found another document", 'there is a second "---"', "keep one guide in one file"),
    ("<document start>", "there is text after the end of the content", "remove it, or indent it"),
    ("hexadecimal number", "there is a backslash in double quotes", "use single quotes, or write it twice"),
    ("hexdecimal number", "there is a backslash in double quotes", "use single quotes, or write it twice"),
    (
        "could not find expected ':'",
        "a key has no colon",
        'write "key: value", or "- " and a blank before a list entry',
    ),
    (
        "parsing a flow node",
        "a bracket is opened and never closed, or something is missing in it",
        "close it, or put the text in quotes",
    ),
    (
        "expected ',' or",
        "a bracket is opened and never closed, or a comma is missing",
        "close it, or put the text in quotes",
    ),
    (
        "expected '-' indicator",
        "this line does not belong to the list above it",
        'begin it with "- ", or mend its indentation',
    ),
    (
        "expected <block end>",
        "this line does not fit the lines above it",
        "compare its indentation with theirs; text that goes on after a closing quote goes inside the quotes",
    ),
    (
        "did not find expected key",
        "this line does not fit the lines above it",
        "compare its indentation with theirs; text that goes on after a closing quote goes inside the quotes",
    ),
)


def explain(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    """Line, problem and fix of a YAML error, for somebody who does not know YAML."""
    line, what, fix = _explain(error, text)
    return max(1, min(line, len(text.rstrip().split("\n")))), what, fix  # what lacks at the end, lacks in the last line


def _explain(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        found = _UNPRINTABLE.search(text)
        line = text.count("\n", 0, found.start()) + 1 if found else 1
        return line, "there is an invisible control character", "delete what stands there and type it again"
    words = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark
    if "cannot start any token" in words:
        return _bad_start(mark.line, mark.column, text)
    for part, what, fix in _PLAIN:
        if part in words:
            return _line(error, part), what, fix
    return mark.line + 1, f"this is not valid YAML: {words.strip()}", "compare it with a guide that works"


def _line(error: yaml.MarkedYAMLError, part: str) -> int:
    """The line to look at: of something never closed, where it was opened."""
    opened = part in ("unexpected end of stream", "expected ',' or", "could not find expected ':'")
    mark = error.context_mark if opened and error.context_mark else error.problem_mark
    return mark.line + 1 if mark else 1


def _bad_start(line: int, column: int, text: str) -> tuple[int, str, str]:
    """A tab, or a character that YAML keeps for itself."""
    rows = text.split("\n")
    row = rows[line] if line < len(rows) else ""
    if "\t" in row[: column + 1]:
        return line + 1, "there is a tab at the beginning of this line", "indent with blanks"
    sign = row[column : column + 1] or "it"
    return line + 1, f'text can\'t begin with "{sign}"', "put the text in quotes"
