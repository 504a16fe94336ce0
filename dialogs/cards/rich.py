"""People's words with their formatting, as they cross from one side (and platform) to the other.

What crosses is Markdown of one dialect: the authors' little one within a line (`**bold**`, `*italic*`, `` `code` ``,
`[title](https://…)`), and lines that begin with `- ` or `1. ` (indented by two blanks for each level), `> `, or stand
between two ``` fences. A channel reads its own markup into blocks and writes them with `write`; another draws what
`blocks` gives. Nothing that crosses pings anybody, and every link shows where it leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from dialogs.cards.markdown import Span, escape, spans

Kind = Literal["line", "bullet", "number", "quote", "code"]

DEEPEST = 5  # levels of a list
_FENCE = re.compile(r"`{3,}")
_ITEM = re.compile(r"( *)(?:[-+] +|(\d{1,9})[.)] +)(.*)", re.DOTALL)
_LEAD = re.compile(r"(\s*)([-+>]|\d{1,9}[.)])")
_HOST = re.compile(r"https?://(?:[^/?#]*@)?([^/?#:]+)", re.IGNORECASE)
# Text that somebody takes for an address: a scheme, a mail address, or a name with a dot in it, in any script's dot.
_ADDRESS = re.compile(r"://|@|[^\W_][.\u3002\uff0e\uff61\u2024][^\W\d_]{2}|^www\b", re.IGNORECASE)
# Names that some platform takes for everybody in the room.
_EVERYBODY = re.compile(r"@(?=(?:all|channel|everyone|general|group|here|team|room)\b)", re.IGNORECASE)
_SAFE_URL = re.compile(r"https://(?:[^\s()<>\"\\]|\([^\s()<>\"\\]*\))+")
_WORD = re.compile(r"[\w*]")
_UNSEEN = "\u200b"


@dataclass(frozen=True, slots=True)
class Block:
    """A line of what was said, or a whole block of code.

    kind "line": a line of words, an empty one is a gap. bullet, number: an item of a list, `depth` levels in; `number`
    is what stands before it. quote: a line of somebody else's words. code: one span that holds all of its lines.
    """

    kind: Kind = "line"
    spans: tuple[Span, ...] = ()
    depth: int = 0
    number: int = 0

    @property
    def words(self) -> str:
        """What is read, without the formatting; a link as "title (address)"."""
        return "".join(f"{s.text} ({s.url})" if s.url and s.url != s.text else s.text for s in self.spans)


def blocks(markdown: str) -> tuple[Block, ...]:
    """What was said, line by line, as it may be shown to the other side (see `honest`). Any text is good."""
    return tuple(map(_shown, read(markdown)))


def _shown(block: Block) -> Block:
    shown = tuple(shown for span in block.spans for shown in honest(span))
    return block if shown == block.spans else replace(block, spans=shown)


@lru_cache(maxsize=8)  # a message is read for its words and for its summary
def read(markdown: str) -> tuple[Block, ...]:
    """What was said, line by line, as it is written; for those who write it on."""
    found: list[Block] = []
    lines = markdown.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if (fence := _FENCE.fullmatch(line.strip())) is not None:
            end = at
            while end < len(lines) and lines[end].strip() != fence[0]:
                end += 1
            found.append(Block("code", (Span("\n".join(lines[at:end]), code=True),)))
            at = end + 1
        else:
            found.append(_block(line))
    return tuple(found)


def _block(line: str) -> Block:
    if (item := _ITEM.fullmatch(line)) is not None:
        depth = min(len(item[1]) // 2, DEEPEST)
        return Block("number" if item[2] else "bullet", spans(item[3]), depth, int(item[2] or 0))
    if line.startswith(">"):
        return Block("quote", spans(line[1:].removeprefix(" ")))
    return Block("line", spans(line))


def honest(span: Span) -> tuple[Span, ...]:
    """A span as it may be shown to the other side: it pings nobody, and a link shows where it leads.

    A title that looks like an address is only text, with the link's own address behind it; another title is followed by
    the name of the host.
    """
    if not span.url:
        if span.code or "@" not in span.text:
            return (span,)
        return (span._replace(text=_EVERYBODY.sub("@" + _UNSEEN, span.text)),)
    title, bare = span.text.strip(), span._replace(text=span.url)
    if not title or title.rstrip("/") == span.url.rstrip("/"):
        return (bare,)
    look = span._replace(text="", url="")
    host = host_of(span.url)
    if not host or _SAFE_URL.fullmatch(span.url) is None or _ADDRESS.search(title):
        return (*honest(look._replace(text=f"{title} (")), bare, look._replace(text=")"))
    return (span._replace(text=_EVERYBODY.sub("@" + _UNSEEN, title)), look._replace(text=f" ({host})"))


def host_of(url: str) -> str:
    """The host of an address as it is looked up: never in letters that look like others."""
    found = _HOST.match(url)
    if found is None:
        return ""
    try:
        return found[1].lower().encode("idna").decode()
    except UnicodeError:
        return ""


def write(told: Iterable[Block]) -> str:
    """Blocks as Markdown. What it can't express (bold within a word, a link that is not https) is written as words."""
    lines: list[str] = []
    for block in told:
        text = _line(block.spans) if block.kind != "code" else ""
        if block.kind == "code":
            code = "".join(span.text for span in block.spans)
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", code)), default=0))
            lines += [fence, code, fence]
        elif block.kind in ("bullet", "number"):
            mark = "-" if block.kind == "bullet" else f"{block.number}."
            lines.append("  " * min(block.depth, DEEPEST) + f"{mark} {text}")
        elif block.kind == "quote":
            lines.append(f"> {text}")
        else:
            lines.append(_begun(text))
    return "\n".join(lines)


def _begun(text: str) -> str:
    """A line of words, that it is not taken for anything else by its begin."""
    return _LEAD.sub(_led, text, count=1) if _LEAD.match(text) else text


def _led(found: re.Match[str]) -> str:
    """The begin of a line that would be taken for an item, a quote or a fence."""
    lead = found[2]
    return f"{found[1]}{lead[:-1]}\\{lead[-1]}" if lead[0].isdecimal() else f"{found[1]}\\{lead}"


def _line(found: Iterable[Span]) -> str:
    parts: list[Span] = []
    for span in found:
        text = span.text.replace("\n", " ")
        if parts and not span.url and parts[-1][1:] == span[1:]:
            parts[-1] = span._replace(text=parts[-1].text + text)
        elif text:
            parts.append(span._replace(text=text))
    texts = ["", *(span.text for span in parts), ""]
    return "".join(
        _written(span, before[-1:], after[:1]) for span, before, after in zip(parts, texts, texts[2:], strict=False)
    )


def _written(span: Span, before: str, after: str) -> str:
    """One span between its neighbours."""
    text = span.text
    if span.code and "`" not in text:
        return f"`{text}`"
    if span.url:
        if _SAFE_URL.fullmatch(span.url) is None or text.strip() == span.url:
            return escape(text if text.strip() == span.url else f"{text} ({span.url})")
        return f"[{escape(text)}]({span.url})"
    inner = text.strip()
    if not inner or not (span.bold or span.italic):
        return escape(text)
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    if (not lead and _WORD.match(before)) or (not tail and _WORD.match(after)):
        return escape(text)
    mark = "**" if span.bold else "*"
    return f"{lead}{mark}{escape(inner)}{mark}{tail}"


def literal(words: str) -> str:
    """Words that were typed as they are, as Markdown."""
    return "\n".join(_begun(escape(line)) for line in words.split("\n"))


def followed(markdown: str, words: str) -> str:
    """`markdown` with a few words behind it: on its last line, or on one of their own behind a list or code."""
    last = read(markdown)[-1]
    return f"{markdown}{' ' if last.kind == 'line' and last.spans else chr(10)}{literal(words)}"


def plain(markdown: str) -> str:
    """The words alone, as they are listed and searched; lists and quotes keep their marks."""
    lines = []
    for block in read(markdown):
        mark = {"bullet": "- ", "number": f"{block.number}. ", "quote": "> "}.get(block.kind, "")
        lines.append("  " * block.depth + mark + block.words)
    return "\n".join(lines)
