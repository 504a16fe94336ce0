"""Inline Markdown -> the authors' little Markdown, and what of it a chat can't show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.importer.markup import BREAK
from dialogs.cards.markdown import escape, spans

_WORDS = r"[^`*_\[\]<>&\\~!|" + BREAK + "]"
# What the little Markdown has the same signs for: links, bold, code and words between them.
_SIMPLE = re.compile(
    rf"(?:{_WORDS}|\[{_WORDS}+\]\(https://[^\s()<>\"\\*`{BREAK}]+\)"
    rf"|(?<![\w*])\*\*(?=[^\s*]){_WORDS}+(?<!\s)\*\*(?![\w*])|`[^`\s&{BREAK}](?:[^`\n&{BREAK}]*[^`\s&{BREAK}])?`)*"
)
_BARE = re.compile(r"(?<![\w/.])https?://[^\s<>\"'`*\\\[\]{}|" + BREAK + r"]+")
_SPACES = re.compile(r"[ \t\xa0\n]+")
_SPECIAL = re.compile(r"[\\`*\[\]]")
_LITERAL = frozenset({"text", "text_special"})
_READ = re.compile(r"(?<!\S)\*(?!\S)|([*`]|\\(?=[!-/:-@\[-`{-~]|$))")
_OPENS = re.compile(
    r"http://.|mailto:.|tel:.|www\.|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|ms|io)(?:/|$)", re.IGNORECASE
)
_WRAPPED = re.compile(r"^(?:button-link:\s*https:|(?=//[\w-]+\.\w))", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FINE = re.compile(r"(?:[^\s()<>\"*\\]|\([^\s()<>\"*\\]*\))+")
_FOUR = {"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", '"': "%22", "\\": "%5C", "*": "%2A", " ": "%20"}


@dataclass(slots=True)
class Reading:
    """What reading one article gathers: how many links and pictures were placed, and what was not, with the reason."""

    links: int = 0
    pictures: int = 0
    unplaced: list[tuple[str, str]] = field(default_factory=list)


class _Parser(MarkdownIt):
    def normalizeLink(self, url: str) -> str:
        """As it stands: a link must be found again as its author typed it."""
        return url

    def validateLink(self, url: str) -> bool:
        """Every link is one: what can't be opened is told, not left as brackets."""
        return True


def parser() -> MarkdownIt:
    """The Markdown that is read: CommonMark with tables. HTML is Markdown by now; addresses are kept as they stand."""
    made = _Parser("commonmark", {"html": False, "maxNesting": 100}).enable("table")
    made.core.ruler.disable(["inline", "text_join"])
    return made


def little(content: str, md: MarkdownIt, reading: Reading, env: dict[str, object]) -> str:
    """The text of a paragraph in the little Markdown: one line for each line that was meant, links where they stood."""
    if _SIMPLE.fullmatch(content):
        links = content.count("](https://")
        if content.count("://") == links:
            reading.links += links
            return _SPACES.sub(" ", content).strip()
    tokens: list[Token] = []
    md.inline.parse(content, md, env, tokens)
    joined = _Writer(reading).write(tokens)
    return "\n".join(line for part in joined.split(BREAK) if (line := _SPACES.sub(" ", part).strip()))


class _Writer:
    """Writes tokens as little Markdown. Marks that it would not read again as such are left away; words never are."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def write(self, tokens: Sequence[Token]) -> str:
        """All of them."""
        made = ""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.nesting == 1:
                end = _closing(tokens, at)
                made = self._add(made, token, tokens[at + 1 : end], tokens[end + 1 : end + 2])
                at = end + 1
                continue
            end = at + 1
            if token.type in _LITERAL:
                while end < len(tokens) and tokens[end].type in _LITERAL:
                    end += 1
                made += _text("".join(one.content for one in tokens[at:end]), self._reading)
            else:
                made += self._leaf(token)
            at = end
        return made

    def _leaf(self, token: Token) -> str:
        if token.type == "code_inline":
            words = " ".join(unescape(token.content).replace(BREAK, " ").split())
            return escape(words) if "`" in words or not words else f"`{words}`"
        if token.type == "hardbreak":
            return BREAK
        if token.type == "softbreak":
            return " "
        if token.type == "image":
            return self._picture(token)
        return escape(token.content)

    def _add(self, made: str, token: Token, inside: Sequence[Token], after: Sequence[Token]) -> str:
        if token.type == "link_open":
            return made + self._link(str(token.attrGet("href") or ""), str(token.attrGet("title") or ""), inside)
        mark = {"strong_open": "**", "em_open": "*"}.get(token.type, "")
        words = self.write(inside)
        bare = words.strip(" " + BREAK)
        if not bare:
            return made + words
        lead, tail = words[: words.index(bare)], words[words.index(bare) + len(bare) :]
        follows = after[0].content[:1] if after and after[0].type == "text" else ""
        closed = f"{mark}{bare}{mark}"
        beside = (made + lead)[-1:] + (tail or follows)[:1]
        if BREAK in bare or re.search(r"[\w*\\]", beside) or not _is_one(closed, mark):
            return made + lead + bare + tail
        return made + lead + closed + tail

    def _link(self, url: str, tip: str, inside: Sequence[Token]) -> str:
        title = self.write([t for t in inside if t.type != "image"])
        title += " ".join(escape(t.content) for t in inside if t.type == "image")
        title = " ".join(title.replace(BREAK, " ").split())
        if tip and tip not in title:
            title = f"{title} ({tip})" if title else tip
        for token in inside:
            if token.type == "image" and url:
                self._reading.unplaced.append(
                    (f"picture {token.attrGet('src')}", "its link and its title stand in its place")
                )
        url = _WRAPPED.sub("https:", url.strip())
        if url.lower().startswith("https://") and len(url) > 9:
            return self._placed(title, "https" + url[5:])
        return self._other(title, url)

    def _placed(self, title: str, url: str) -> str:
        self._reading.links += 1
        words = "".join(span.text for span in spans(title))
        if not words.strip():
            words = url
        # Code, bold and addresses in a title would end it early.
        return f"[{escape(words)}]({address(url)})"

    def _other(self, title: str, url: str) -> str:
        words = title or escape(unquote(url))
        if _OPENS.match(url):
            self._reading.links += 1
            bare = re.sub("(?i)^(?:mailto|tel):", "", url)
            said = "".join(span.text for span in spans(words))
            return f" {words}" if bare in said else f" {words} ({escape(bare)})"
        if url:
            scheme = _SCHEME.match(url)
            why = f"a chat can't open {scheme[0]}" if scheme else "it leads to a place beside the article"
            why = "it is cut off" if url.lower().startswith("https:") else why
            self._reading.unplaced.append((f"address {url}", why))
        return f" {words}"

    def _picture(self, token: Token) -> str:
        url, title = str(token.attrGet("src") or "").strip(), " ".join(token.content.split())
        if url.lower().startswith("https://"):
            self._reading.pictures += 1
            return self._placed(escape(title) or url, "https" + url[5:])
        self._reading.unplaced.append((f"picture {url}", "it lies beside the article, where a chat can't see it"))
        return escape(title)


def address(url: str) -> str:
    """The address as the little Markdown takes it in: as it stands, if that will do."""
    url = url.replace(BREAK, "")
    if _FINE.fullmatch(url):
        return url
    return "".join(_FOUR.get(c, "%20" if c.isspace() else c) for c in url)


def _text(words: str, reading: Reading) -> str:
    """Literal words; addresses among them become links."""
    if "://" not in words:
        return _literal(words)
    made, last = [], 0
    for found in _BARE.finditer(words):
        url = found[0].rstrip(".,;:!?)’”…")
        if url.count("(") > url.count(")"):
            url = url.rpartition("(")[0]
        made.append(_literal(words[last : found.start()]))
        last = found.start() + len(url)
        reading.links += 1
        link = url.startswith("https://") and len(url) > 9
        made.append(f"[{escape(url)}]({address(url)})" if link else _literal(url))
    return "".join(made) + _literal(words[last:])


def _literal(words: str) -> str:
    """Words with a backslash before what would be read as more than itself, here or beside its neighbours."""
    if not _SPECIAL.search(words):
        return words
    if "](" in words:
        return escape(words)
    return _READ.sub(lambda found: f"\\{found[1]}" if found[1] else found[0], words)


def _is_one(text: str, mark: str) -> bool:
    """Whether marked text is read as marked from its beginning to its end."""
    return all(span.bold if mark == "**" else span.italic for span in spans(text)) if mark else False


def _closing(tokens: Sequence[Token], at: int) -> int:
    """Where what opens at `at` is closed."""
    depth = 0
    for n in range(at, len(tokens)):
        depth += tokens[n].nesting
        if depth == 0:
            return n
    return len(tokens) - 1
