"""The bytes of an article -> its header's fields and its body, whatever editors did to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dialogs.source import parse

_OPEN = re.compile(r"<properties\b", re.IGNORECASE)
_CLOSE = re.compile(r"/\s*>|</properties\s*>", re.IGNORECASE)
_QUOTES = "\"'“”„‟″‘’"
_FIELD = re.compile(
    rf"(?P<name>[A-Za-z][\w.-]*)\s*=\s*(?:[{_QUOTES}](?P<value>.*?)[{_QUOTES}]"
    rf"(?=\s*(?:[A-Za-z][\w.-]*\s*=|/?>|$))|(?P<bare>[^\s{_QUOTES}/>]+))",
    re.DOTALL,
)
_FRONT = re.compile(r"\s*---[ \t]*\n(?P<inside>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_PAIR = re.compile(r"^[A-Za-z][\w .-]*:(?:[ \t]|$)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OPENED = ("[", "{", '"', "'", "|", ">", "&", "*", "!", "@", "`", "%")  # more than plain words
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_RETURN = re.compile(r"&#(?:x0*d|0*13);", re.IGNORECASE)
_DATA = re.compile(r"(?:\s|#[^\n]*\n|---+[ \t]*\n|```[a-z]*\n)*[{\[]\s*[\"{\[}\]]")
_INTERNAL = re.compile(r"tsg_|tsg$|rca$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its header with names in small letters, its body, the whole text of its file, and what was odd.

    binary: it is no text at all.
    """

    header: Mapping[str, str]
    body: str
    text: str
    remarks: tuple[str, ...] = ()
    binary: bool = False

    @property
    def internal(self) -> bool:
        """Whether its type says that it was written for the support staff of its makers."""
        return _INTERNAL.match(self.header.get("selfhelptype", "")) is not None

    @property
    def data(self) -> bool:
        """Whether its body is JSON for a program."""
        return _DATA.match(self.body) is not None


def read(raw: bytes) -> Article:
    """The article in these bytes: any quotes and any case in its header, which may stand twice, or after the title."""
    text, remarks = decoded(raw)
    whole = text
    header: dict[str, str] = {}
    if front := _FRONT.match(text):
        fields, mistakes = _front_fields(front["inside"])
        remarks += mistakes
        if fields is not None:
            header, text = fields, text[front.end() :]
    while found := _OPEN.search(text):
        end = _end(text, found.end())
        for field in _FIELD.finditer(text[found.end() : end]):
            value = field["value"] if field["value"] is not None else field["bare"]
            header.setdefault(field["name"].lower(), tidy(value))
        text = text[: found.start()] + _CLOSE.sub("", text[end : end + 20], count=1) + text[end + 20 :]
    return Article(MappingProxyType(header), text, whole, tuple(remarks), binary=_binary(raw))


def _binary(raw: bytes) -> bool:
    """Whether these bytes are no text: some are 0, and nothing says that each sign has two."""
    return b"\0" in raw and raw[:2] not in _UTF16


def tidy(words: str) -> str:
    """Words on one line, without what an editor left of line ends."""
    return " ".join(_RETURN.sub(" ", words).split())


def decoded(raw: bytes) -> tuple[str, list[str]]:
    """The text of a file, its line ends as they should be; and what was odd."""
    remarks = []
    try:
        text = raw.decode("utf-16" if raw[:2] in _UTF16 else "utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
        remarks.append("read as Windows-1252: it is not UTF-8")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CONTROL.sub(" ", text).replace("\ufeff", "")
    return (_RETURN.sub("", text) if "&#" in text else text), remarks


def _end(text: str, start: int) -> int:
    """Where the header that is open at `start` ends: at its `/>`, or before a title where that was forgotten."""
    title = text.find("\n#", start)
    stop = title if title >= 0 else len(text)
    for close in _CLOSE.finditer(text, start, stop):
        if text.count('"', start, close.start()) % 2 == 0 or text[close.end() : close.end() + 1] in ("", "\n"):
            return close.start()
    last = text.find(">", start, stop)
    return last if last >= 0 and not text[last + 1 : last + 2].strip() else stop


def _front_fields(inside: str) -> tuple[dict[str, str] | None, list[str]]:
    """The fields of a YAML front matter, None where it is something else between two lines; and its mistakes."""
    if not _PAIR.match(inside):
        return None, []
    doc, problems = parse(inside.encode(), "front matter")
    told = [f"front matter, line {p.line + 1}: {p.what}" for p in problems]  # the first line is the one of dashes
    if doc is not None:
        return {
            str(name).strip().lower(): tidy(value) for name, value in doc.data.items() if isinstance(value, str)
        }, told
    # Not as YAML, but what stands plainly on its line is known all the same.
    found: dict[str, str] = {}
    for line in inside.split("\n"):
        name, _, value = line.partition(":")
        value = tidy(value)
        if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
            value = value[1:-1]
        if _PAIR.match(line) and not value.startswith(_OPENED):
            found[name.strip().lower()] = value
    return found, told
