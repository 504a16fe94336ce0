"""A case with all that was said in it, for people (text, Markdown) and for programs (JSON). Pure."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from bot.envelope import Person
from bot.handoff.case import Case, Message
from dialogs.cards import rich

FORMATS = ("text", "md", "json")
# Whatever a terminal would obey: people's words are only shown.
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2066), "\N{REPLACEMENT CHARACTER}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_AT_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def transcript(case: Case, messages: Sequence[Message], form: str) -> str:
    """The whole case, ending in a line break. form: one of FORMATS. Times are UTC."""
    if form == "json":
        return (
            json.dumps(_data(case, messages), ensure_ascii=False, indent=2).encode("utf-8", "replace").decode() + "\n"
        )
    return _markdown(case, messages) if form == "md" else _text(case, messages)


def line(case: Case) -> str:
    """The case in one line, for lists."""
    state = case.state if case.open else f"closed, {case.ending.replace('_', ' ') or 'ended'}"
    who = f" by {case.agent.name or case.agent.id}" if case.agent else ""
    since = moment(case.closed_at if not case.open else case.waiting_since)
    return _plain(f"{case.id}  {since}  {case.queue}  {state}{who}  {case.title}".rstrip()).replace("\n", " ")


def moment(at: float) -> str:
    """A time for people."""
    return f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M} UTC"


# ---- for people


def _facts(case: Case) -> list[tuple[str, str]]:
    """What is known of it, in short."""
    state = case.state if case.open else f"closed on {moment(case.closed_at)}"
    person = f"{case.person.name or case.person.id} <{case.mail}>" if case.mail else case.person.name or case.person.id
    agent = case.agent or case.last_agent
    facts = [
        ("State", f"{state}, {case.ending.replace('_', ' ')}" if case.ending else state),
        ("Queue", case.queue),
        ("User", ", ".join(part for part in (person, case.zone, case.locale) if part) if person else ""),
        ("Agent", agent.name or agent.id if agent else ""),
        ("Opened", moment(case.opened_at) if case.opened_at else ""),
        ("Claimed", moment(case.claimed_at) if case.claimed_at else ""),
        ("Guide", f"{case.guide} ({case.guide_version})" if case.guide_version else case.guide),
        ("Rating", f"{case.rating} of 5" if case.rating else ""),
        ("Comment", case.comment),
    ]
    return [(label, value) for label, value in facts if value]


def _sections(case: Case) -> list[tuple[str, list[str]]]:
    """What the user brought with them."""
    sections = [
        ("In the user's words", list(case.words)),
        ("Questions and answers", [f"{question} {answer}" for question, answer in case.path]),
        ("Advice shown", list(case.advice)),
        ("Added", [case.added] if case.added else []),
    ]
    return [(title, lines) for title, lines in sections if lines]


def _side(message: Message) -> str:
    return {"user": "user", "agent": "agent", "note": "note, among the staff", "bot": "bot"}[message.side]


def _remarks(message: Message) -> list[str]:
    """What became of a message."""
    remarks: list[str] = [message.changed] if message.changed else []
    if message.state == "failed":
        remarks.append(f"not delivered: {message.reason}" if message.reason else "not delivered")
    if message.state == "pending":
        remarks.append("not delivered yet")
    return remarks


def _files(message: Message) -> list[str]:
    lines = []
    for file in message.files:
        facts = [f"{file['size']} bytes" if "size" in file else "", str(file.get("state", ""))]
        known = ", ".join(fact for fact in facts if fact)
        lines.append(f"file: {file.get('name') or 'without a name'}" + (f" ({known})" if known else ""))
    return lines


def _text(case: Case, messages: Iterable[Message]) -> str:
    lines = [f"{case.id}  {case.title}".rstrip(), *(f"  {label + ':':9}{value}" for label, value in _facts(case))]
    for title, entries in _sections(case):
        lines += ["", title, *(f"  {_indented(entry)}" for entry in entries)]
    lines += ["", "Conversation"]
    for message in messages:
        remarks = "".join(f" [{remark}]" for remark in _remarks(message))
        lines.append(f"  {moment(message.at)}  {message.author or '?'} ({_side(message)}){remarks}")
        lines += [f"    {_indented(entry, 4)}" for entry in (rich.plain(message.text), *_files(message)) if entry]
    return _plain("\n".join(lines)) + "\n"


def _indented(text: str, by: int = 2) -> str:
    return text.strip().replace("\n", "\n" + " " * by)


def _plain(text: str) -> str:
    return text.translate(_CONTROLS).encode("utf-8", "replace").decode()


def _markdown(case: Case, messages: Iterable[Message]) -> str:
    lines = [f"# {_literal(f'{case.id} {case.title}'.rstrip())}", ""]
    lines += [f"- {label}: {_literal(value)}" for label, value in _facts(case)]
    for title, entries in _sections(case):
        lines += ["", f"## {title}", "", *(f"- {_literal(entry)}" for entry in entries)]
    lines += ["", "## Conversation"]
    for message in messages:
        remarks = "".join(f" ({_literal(remark)})" for remark in _remarks(message))
        author = _literal(message.author or "?")
        lines += ["", f"**{author}** ({_side(message)}), {moment(message.at)}{remarks}", ""]
        said = "\n".join(entry for entry in (rich.plain(message.text), *_files(message)) if entry)
        lines += [f"> {each}".rstrip() for each in _literal(said, one_line=False).split("\n")]
    return _plain("\n".join(lines)) + "\n"


def _literal(text: str, one_line: bool = True) -> str:
    """Words as they are, whatever Markdown would make of them."""
    if one_line:
        text = " ".join(text.split())
    return _AT_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", text.strip()))


# ---- for programs


def _data(case: Case, messages: Iterable[Message]) -> dict[str, Any]:
    return {
        "id": case.id,
        "state": case.state,
        "ending": case.ending,
        "queue": case.queue,
        "title": case.title,
        "user": {**_person(case.person), "mail": case.mail, "zone": case.zone, "locale": case.locale},
        "agent": _person(case.agent),
        "last_agent": _person(case.last_agent),
        "guide": case.guide,
        "guide_version": case.guide_version,
        "words": list(case.words),
        "path": [{"question": question, "answer": answer} for question, answer in case.path],
        "advice": list(case.advice),
        "added": case.added,
        "opened": _iso(case.opened_at),
        "waiting_since": _iso(case.waiting_since),
        "claimed": _iso(case.claimed_at),
        "closed": _iso(case.closed_at),
        "rating": case.rating or None,
        "comment": case.comment,
        "messages": [
            {
                "number": m.mark,
                "at": _iso(m.at),
                "side": m.side,
                "author": m.author,
                "text": rich.plain(m.text),
                "markdown": m.text,
                "state": m.state,
                "reason": m.reason,
                "changed": m.changed,
                "files": [
                    {"name": file.get("name", ""), **{key: file.get(key) for key in ("kind", "size", "state")}}
                    for file in m.files
                ],
            }
            for m in messages
        ],
    }


def _person(person: Person | None) -> dict[str, str]:
    return {"id": person.id, "name": person.name} if person else {}


def _iso(at: float) -> str | None:
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="milliseconds") if at else None
