"""Whether an article's words and addresses are in its guide: counted in the article's text and in the written file.

It knows nothing of how articles are turned into guides. What it takes for markup is told below, and nothing else is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote

_WORD = re.compile(r"[^\W_]+")
_HEADERS = re.compile(r"<properties\b.*?/\s*>", re.IGNORECASE | re.DOTALL)
_FRONT = re.compile(r"\A\s*---[ \t]*\n(?=[A-Za-z][\w .-]*:).*?\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_SECTION = re.compile(r"^[ \t]*:::[ \t]*Section\b", re.IGNORECASE | re.MULTILINE)
_TARGET = re.compile(r"\]\s?\(\(?\s*<?(?P<url>(?:[^()\s<>]|\([^()\s]*\))*)>?(?:\s+(?P<tip>\"[^\"]*\"|'[^']*'))?\s*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*<?(?P<url>\S+?)>?(?P<tip>[ \t]+[\"'(].*)?$", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?:`{3,}|~{3,})[ \t]*[\w+#-]*[ \t]*$", re.MULTILINE)
_NUMBER = re.compile(r"^[ \t>]*(?:[-*+•][ \t]+)?\d{1,9}[.)](?=\s|[A-Z*\[])", re.MULTILINE)
_NAMES = (
    "a|abbr|b|big|blockquote|br|center|code|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|i|iframe|img|ins|kbd|label|li|mark|nobr"
    "|ol|p|pre|q|s|samp|section|small|span|src|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|video|videogroup"
)
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>{_NAMES})(?P<held>(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))+(?:\s+[\w-]+)*)?\s*/?>",
    re.IGNORECASE,
)
_PLACES = {"a", "b", "code", "i", "label", "mark", "q", "s", "section", "small", "src", "table", "title", "u", "video"}
_ASIDE = re.compile(r"^[ \t]*\[(?:comment|//)\]: #.*$", re.IGNORECASE | re.MULTILINE)
_SOURCE = re.compile(r"<src>\s*[^<>\s]+\s*</src>", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:href|src)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\"'\s>]+))"
    r"|(https?://(?:[^\s()<>\"'`\]\[|\\]|\([^\s()<>\"]*\))+)",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|\w+);", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_MARKS = re.compile(r"[*`]+")  # they may stand within a word
_SHORT = re.compile(r"\]\[[^\]\[\n]*\]")
_OURS = re.compile(r"\]\(https://(?:[^\s()<>\"]|\([^\s()<>\"]*\))+\)")
_SAYS = frozenset({"outcome", "intro", "actions_title", "do", "text", "code", "title", "check", "documents_title"})


def of_article(text: str) -> tuple[Counter[str], set[str]]:
    """The words and the web addresses of an article's body; `text` is the whole file."""
    if text.lstrip().startswith("---"):
        text = _FRONT.sub("", text, count=1)
    text = _HEADERS.sub("", text)
    if "<!--" in text:
        text = _shown(text)
    if ":::" in text:
        text = _SECTION.sub("", text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: unescape(found[0]), text)
    text = _ESCAPED.sub("", text)
    urls = (
        {_same(found[found.lastindex or 0]) for found in _ADDRESS.finditer(text)}
        if "://" in text or "=" in text
        else set()
    )
    if "<" in text:
        text = _without_tags(_SOURCE.sub(" ", text))
    text = _ASIDE.sub("", text) if "]: #" in text else text
    text = _TARGET.sub(lambda found: f"] {found['tip'] or ''} ", text)
    if _REFERENCE.search(text):
        text = _SHORT.sub("]", _REFERENCE.sub(" ", text))
    text = _FENCE.sub("", text)
    text = _NUMBER.sub("", text)
    return Counter(_WORD.findall(_MARKS.sub("", text).casefold())), {url for url in urls if url.startswith("http")}


def _shown(text: str) -> str:
    """The text without comments; one that is never closed is text."""
    made, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        made.append(text[at:start])
        at = end + 3
    return "".join(made) + text[at:]


def _without_tags(text: str) -> str:
    """The text without tags; what only looks like one, and is never closed, is a place to fill in."""
    low = text.lower()

    def one(found: re.Match[str]) -> str:
        name = found["name"].lower()
        tag = found["end"] or found["held"] or f"</{name}" in low
        return " " if tag or name not in _PLACES else found[0]

    return _TAG.sub(one, text)


def of_guide(data: Any) -> tuple[Counter[str], set[str]]:
    """The words and the addresses that a guide says in its whole advice; `data` is its file, read again."""
    said: list[str] = []
    urls: set[str] = set()
    steps = data["steps"]
    whole = steps["advice"] if "advice" in steps else next(reversed(steps.values()))
    for key, text in _texts([whole, data.get("documents", []), {"documents_title": data.get("documents_title") or ""}]):
        if key == "url":
            urls.add(_same(text))
        elif key in _SAYS:
            urls |= (
                {_same(found[found.lastindex or 0]) for found in _ADDRESS.finditer(text)} if "://" in text else set()
            )
            said.append(_OURS.sub("]", text) if "](" in text else text)
        elif key == "number":
            said.append(text)
    return Counter(_WORD.findall(_MARKS.sub("", _ESCAPED.sub("", "\n".join(said))).casefold())), urls


def missing(article: Counter[str], guide: Counter[str]) -> list[str]:
    """The words of the article that the guide does not say, or not as often; each as often as it is missing."""
    return sorted((article - guide).elements())


def _same(url: str) -> str:
    """An address as it is compared: without signs that were encoded, or that end a sentence."""
    return unquote(url).rstrip(".,;:!?)’”…*_").rstrip("/").casefold()


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from _texts(below, name)
    elif isinstance(value, Iterable):
        for below in value:
            yield from _texts(below, key)


def in_order(text: str) -> list[str]:
    """The words of an article's body in their order, roughly: what near twins are known by."""
    return _WORD.findall(_shown(_HEADERS.sub("", text)).casefold())
