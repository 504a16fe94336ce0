"""HTML in an article -> Markdown. Only tags that HTML knows are tags: `<your name>` and `a < b` are words."""

from __future__ import annotations

import re
from html import unescape

BREAK = "\ue000"  # a line end within a paragraph, until the text is put together
TAGS = (
    "a|abbr|b|big|blockquote|br|center|code|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|i|iframe|img|ins|kbd|label|li|mark|nobr"
    "|ol|p|pre|q|s|samp|section|small|span|src|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|video|videogroup"
)
# Attributes have values: `<sub GUID of yours>` is a place to fill in.
_HELD = r"(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))+(?:\s+[\w-]+)*"
_TAG = re.compile(rf"`[^`\n]+`|<(?P<end>/?)(?P<name>{TAGS})(?P<attributes>{_HELD})?\s*/?>", re.IGNORECASE)
# These are places to fill in, too, unless they are closed somewhere.
_PAIRED = frozenset(
    {"a", "b", "code", "i", "label", "mark", "q", "s", "section", "small", "src", "table", "title", "u", "video"}
)
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
_PRE = re.compile(r"<pre\b[^<>]*>(?:\s*<code\b[^<>]*>)?(.*?)(?:</code>\s*)?</pre>", re.IGNORECASE | re.DOTALL)
_VIDEO = re.compile(r"<src>\s*(?P<url>https?://[^\s<>]+?)\s*</src>\s*<title>(?P<title>[^<>]*)</title>", re.IGNORECASE)
_LINK = re.compile(r"<a\b(?P<attributes>[^<>]*)>(?P<inside>(?:(?!<a\b).){0,2000}?)</a\s*>", re.IGNORECASE | re.DOTALL)
_ANY = re.compile(rf"</?(?:{TAGS})(?:{_HELD})?\s*/?>", re.IGNORECASE)
_PICTURE = re.compile(r"<img\b([^<>]*)>", re.IGNORECASE)
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "tt": "`", "samp": "`", "kbd": "`"}
_BLOCKS = frozenset({"p", "div", "blockquote", "center", "details", "table", "dl", "section", "hr"})
_LINES = frozenset({"dt", "dd", "tr"})


def attribute(attributes: str, name: str) -> str:
    """The value of an attribute of a tag, or nothing."""
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == name:
            return unescape(found[2] or found[3] or found[4] or "").strip()
    return ""


def _fenced(found: re.Match[str]) -> str:
    code = unescape(_ANY.sub("", found[1])).strip("\n")
    fence = "~~~" if "```" in code else "```"
    return f"\n\n{fence}\n{code}\n{fence}\n\n" if code.strip() else "\n\n"


def _link(found: re.Match[str]) -> str:
    url = attribute(found["attributes"], "href")
    inside = found["inside"]
    pictures = " ".join(attribute(tag, "alt") or attribute(tag, "src") for tag in _PICTURE.findall(inside))
    title = " ".join(_ANY.sub(" ", inside).split()) or pictures
    if not url:
        return inside
    return _markdown_link(title or url, url)


def _markdown_link(title: str, url: str) -> str:
    if re.search(r"\s", url):
        url = re.sub(r"\s+", "%20", url)
    for sign, code in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
        url = url.replace(sign, code)
    title = title.replace("[", "\\[").replace("]", "\\]") if "[" in title or "]" in title else title
    return f"[{title}]({url})"


class Html:
    """Turns the HTML of one article into Markdown, text by text; knows in which lists it stands."""

    def __init__(self) -> None:
        self._lists: list[list[int]] = []  # the next number (0: bullets), and how far in
        self._text = self._low = ""

    def to_markdown(self, text: str) -> str:
        """The next text with its HTML as Markdown; addresses in attributes become links, a table's rows bullets."""
        low = text.lower()
        if "</pre" in low:
            text = _PRE.sub(_fenced, text)
        if "</src" in low:
            text = _VIDEO.sub(lambda found: f"\n\n{_markdown_link(found['title'].strip(), found['url'])}\n\n", text)
        if "</a" in low:
            text = _LINK.sub(_link, text)
        self._text, self._low = text, text.lower()
        return _TAG.sub(self._one, text)

    def _one(self, found: re.Match[str]) -> str:
        if not found["name"]:
            return found[0]
        name, end, attributes = found["name"].lower(), bool(found["end"]), found["attributes"] or ""
        if name in _PAIRED and not end and not attributes and f"</{name}" not in self._low:
            return found[0]
        if name == "br":
            return BREAK
        if name in _MARKS:
            return _MARKS[name]
        if name in ("ol", "ul"):
            return self._list(name, end, found.start())
        if name == "li":
            return "\n" if end else self._item()
        if name in ("img", "iframe", "video"):
            return "" if end else _embedded(name, attributes)
        if name in _BLOCKS:
            return "\n\n"
        if name == "tr":
            return "\n" if end else "\n- "
        if name in ("td", "th"):
            return " · " if end else ""
        if name in _LINES:
            return "\n" if end else "\n\n"
        if name == "summary":
            return "**\n\n" if end else "\n\n**"
        if name[0] == "h" and name[1:].isdigit():
            return "\n\n" if end else "\n\n" + "#" * int(name[1:]) + " "
        return ""

    def _list(self, name: str, end: bool, at: int) -> str:
        if end:
            if self._lists:
                self._lists.pop()
            return "\n" if self._lists else "\n\n"
        if self._lists:
            pad = self._lists[-1][1] + (3 if self._lists[-1][0] else 2)
        else:
            line = self._text[self._text.rfind("\n", 0, at) + 1 : at]
            lead = re.match(r" *(?:[-*+]|\d+[.)]) +(?=\S)| *", line)
            pad = len(lead[0]) if lead and line.strip() else 0
        self._lists.append([1 if name == "ol" else 0, pad])
        return "\n"

    def _item(self) -> str:
        if not self._lists:
            return "\n- "
        current = self._lists[-1]
        number = current[0]
        current[0] += bool(number)
        return "\n" + " " * current[1] + (f"{number}. " if number else "- ")


def _embedded(name: str, attributes: str) -> str:
    url = attribute(attributes, "src")
    title = attribute(attributes, "alt") or attribute(attributes, "title")
    if not url:
        return title
    link = _markdown_link(title or url, url)
    return f"!{link}" if name == "img" else link
