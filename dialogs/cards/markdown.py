"""The authors' little Markdown: `**bold**`, `*italic*`, `` `code` `` and `[title](https://…)`, nothing else.

A backslash before a punctuation mark makes it literal. Whatever is not one of the four is text as it stands.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of text of one look. `url`: it is a link."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    url: str = ""


_TOKEN = re.compile(
    r"\\(?P<literal>[!-/:-@\[-`{-~])"
    r"|`(?P<code>[^`]+)`"
    r"|\[(?P<title>(?:\\.|[^\[\]\\])+)\]\((?P<url>https://(?:[^\s()<>\"]|\([^\s()<>\"]*\))+)\)"
    # Each of these ends at the next stars, fit or not, so that no text takes more than a time in step with its length.
    r"|(?<![\w*])\*\*(?=[^\s*])(?P<bold>(?:\\.|[^*\\]|\*(?!\*(?:[^*]|$)))+)(?<!\s)\*\*(?![\w*])"
    r"|(?<![\w*])\*(?=[^\s*])(?P<italic>(?:\\.|[^*\\])+)(?<!\s)\*(?![\w*])",
    re.DOTALL,
)


def _parse(text: str, bold: bool = False, italic: bool = False) -> list[Span]:
    found: list[Span] = []
    last = 0
    for match in _TOKEN.finditer(text):
        if match.start() > last:
            found.append(Span(text[last : match.start()], bold, italic))
        last = match.end()
        kind, inner = match.lastgroup, match.group(match.lastgroup or 0)
        if kind == "bold":
            found += _parse(inner, True, italic)
        elif kind == "italic":
            found += _parse(inner, bold, True)
        elif kind == "code":
            found.append(Span(inner, bold, italic, code=True))
        elif kind == "url":
            title = "".join(span.text for span in _parse(match["title"]))
            found.append(Span(title, bold, italic, url=inner))
        else:
            found.append(Span(inner, bold, italic))
    if last < len(text):
        found.append(Span(text[last:], bold, italic))
    return found


def spans(text: str) -> tuple[Span, ...]:
    """The stretches of `text`, in order, neighbours of one look joined."""
    # Content repeats from turn to turn; long words of people do not, and would fill the memory.
    return _kept_spans(text) if len(text) <= _KEPT else _joined(text)


def plain(text: str) -> str:
    """`text` without its Markdown; a link becomes "title (address)"."""
    return _kept_plain(text) if len(text) <= _KEPT else _flat(text)


def _joined(text: str) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in _parse(text):
        if joined and not span.url and joined[-1][1:] == span[1:]:
            joined[-1] = span._replace(text=joined[-1].text + span.text)
        else:
            joined.append(span)
    return tuple(joined)


def _flat(text: str) -> str:
    return "".join(f"{s.text} ({s.url})" if s.url and s.url != s.text else s.text for s in spans(text))


_KEPT = 1000  # characters
_kept_spans = lru_cache(maxsize=2048)(_joined)
_kept_plain = lru_cache(maxsize=2048)(_flat)


def escape(words: str) -> str:
    """`words` so that `spans` and `plain` give them back as they are: a user's words inside an author's sentence."""
    return re.sub(r"([\\`*\[\]])", r"\\\1", words)
