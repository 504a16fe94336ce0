"""The staff's words: which command a message is, exactly or by one slip."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dialogs.texts import DeskTexts
from dialogs.words import one_slip

IN_THREAD = ("claim", "release", "close", "give_back", "files", "help")
OUTSIDE = ("queue", "mine", "help", "unbind")
_SPACES = re.compile(r"\s+")
_END = r"[*_\])»”“\"']*"  # of marks, brackets or quotes around the word for a note
_BREAK = r"(?:\s*[:\u2236]|[,;.!\-](?=\s|$)|[–—]|\s|$)"  # between that word and the note
_HEAD = 100  # characters in which the word for a note is looked for
_EDGES = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, slots=True)
class Command:
    """name: claim, release, close, give_back, note, help, queue, mine, case, bind, unbind. rest: what follows it."""

    name: str
    rest: str = ""


def tidy(text: str) -> str:
    """Lower case, single blanks, no punctuation at its ends, one width, nothing invisible."""
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return _EDGES.sub("", _SPACES.sub(" ", text)).lower()


def in_thread(text: str, say: DeskTexts) -> Command | None:
    """In a case's thread: the command that the *whole* text is, or is one slip away from; or a note that begins so.

    Such a text is never relayed: the bot asks (or, for a note, keeps it among the staff).
    """
    whole = tidy(text).strip("_ ")
    if (note := _note(text, say.words_note)) is not None:
        return Command("note", note)
    for name in IN_THREAD:
        if any(_like(whole, word) for word in getattr(say, f"words_{name}")):
            return Command(name)
    return None


def _note(text: str, words: tuple[str, ...]) -> str | None:
    """What follows the word for a note at the beginning, whatever stands between; before a colon even with a slip."""
    text = unicodedata.normalize("NFC", text)
    seen, places = _seen(text[:_HEAD])
    for word in words:
        begins = re.match(rf"[\W_]*{re.escape(word.casefold())}{_END}{_BREAK}", seen)
        if begins:
            return text[places[begins.end()] :].strip().lstrip("-–—: ")
    labelled = re.match(rf"[\W_]*([^\W_]+){_END}\s*[:\u2236]", seen)
    if labelled and any(_like(labelled[1], word) for word in words):
        return text[places[labelled.end()] :].strip()
    return None


def _seen(text: str) -> tuple[str, list[int]]:
    """The text as it is read, in one case and one width and without what is invisible; and where each of its characters
    stands in the text."""
    found = [
        (sign, place)
        for place, each in enumerate(text)
        if unicodedata.category(each) != "Cf"
        for sign in unicodedata.normalize("NFKC", each).casefold()
    ]
    return "".join(sign for sign, _ in found), [*(place for _, place in found), len(text)]


def outside(text: str, say: DeskTexts) -> Command | None:
    """In a desk's channel outside of cases."""
    whole = tidy(text)
    for word in (*say.words_bind, *say.words_case):
        if whole == word or whole.startswith(f"{word} "):
            name = "bind" if word in say.words_bind else "case"
            return Command(name, whole[len(word) :].strip())
    for name in OUTSIDE:
        if any(_like(whole, word) for word in getattr(say, f"words_{name}")):
            return Command(name)
    return None


def named(rest: str, *names: str) -> bool:
    """Whether what follows a command is one of these names, as it is read there."""
    return tidy(rest).casefold() in {tidy(name).casefold() for name in names}


def _like(whole: str, word: str) -> bool:
    whole, word = whole.casefold(), word.casefold()
    return whole == word or (len(word) > 3 and one_slip(whole, word))
