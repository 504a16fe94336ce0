"""Cases, messages and steps as columns and JSON text and back, the same for every database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

from bot.envelope import Address, Outgoing, Person
from bot.handoff.case import Case, Message, lane_of
from bot.storage.cases import Desk, Owed, Step
from bot.storage.codec import dump_address, dumps, load_address, loads, written
from bot.storage.files import KeptFile

# Columns of their own: `thread` may change without the rest, `version` counts. All others stand in `data`.
_APART = ("thread", "version")
_ADDRESSES = ("user", "desk")
_PEOPLE = ("person", "agent", "last_agent")
_LISTS = tuple(f.name for f in fields(Case) if f.default == () and f.name != "path")
_FIELDS = tuple((f.name, f.default) for f in fields(Case) if f.name not in (*_APART, *_ADDRESSES, *_PEOPLE, "path"))


# ---- cases


def dump_case(case: Case) -> str:
    """What `data` holds: whatever is not as by default, so that new fields need no migration."""
    data: dict[str, Any] = {}
    for name, default in _FIELDS:
        value = getattr(case, name)
        if default is MISSING or value != default:
            data[name] = value
    data["user"], data["desk"] = _address(case.user), _address(case.desk)
    for name in _PEOPLE:
        person: Person | None = getattr(case, name)
        if person is not None:
            data[name] = [person.id, person.name, person.mail, person.zone]
    if case.path:
        data["path"] = case.path
    return dumps(data)


def load_case(data: str, thread: str | None, version: int) -> Case:
    """The inverse: from the columns `data`, `thread` and `version`."""
    found = loads(data)
    for name in _ADDRESSES:
        found[name] = Address(*found[name])
    for name in _PEOPLE:
        if name in found:
            found[name] = Person(*found[name])
    for name in _LISTS:
        if name in found:
            found[name] = tuple(found[name])
    if "path" in found:
        found["path"] = tuple((question, answer) for question, answer in found["path"])
    return Case(**found, thread=None if thread is None else load_address(thread), version=version)


def case_columns(case: Case) -> dict[str, Any]:
    """The columns of the table `cases` for a case, but its id and version. `closed` and `due` say what is to be done
    with it some day, so only closed ones have the first, and only open ones the second."""
    closed = case.state == "closed"
    return {
        "state": case.state,
        "queue": case.queue,
        "agent": case.agent.id if case.agent else "",
        "person": case.person.id,
        "user_key": case.user.key,
        "desk_key": case.desk.key,
        "lane": lane_of(case),
        "thread": None if case.thread is None else dump_address(case.thread),
        "since": case.waiting_since,
        "claimed": case.claimed_at,
        "closed": case.closed_at if closed else None,
        "due": None if closed else case.due,
        "data": dump_case(case),
    }


def _address(address: Address) -> list[Any]:
    return [address.channel, address.tenant, address.conversation, address.group, address.details]


# ---- messages


def message_columns(message: Message) -> tuple[Any, ...]:
    """(mark, text, state, reason, changed, source_key, source_id, data)."""
    m = message
    text = None if m.changed == "deleted" else dumps(m.text)
    data = dumps([m.at, m.side, m.author, m.twin_key, m.turn, m.files])
    return m.mark, text, m.state, m.reason, m.changed, m.source_key, m.source_id, data


def load_message(record: Sequence[Any]) -> Message:
    """The inverse, from (case_id, *message_columns)."""
    case, mark, text, state, reason, changed, source_key, source_id, data = record
    at, side, author, twin_key, turn, files = loads(data)
    text = "" if text is None else loads(text)
    return Message(
        case, mark, at, side, author, text, source_key, source_id, twin_key, turn, state, reason, tuple(files), changed
    )


def edit_columns(edit: tuple[int, str | None]) -> tuple[int, str | None, str]:
    """(mark, text, changed) of an edit."""
    mark, text = edit
    return (mark, None, "deleted") if text is None else (mark, dumps(text), "edited")


def load_desk(record: Sequence[Any]) -> Desk:
    """A desk from (queue, address, bound_by, at)."""
    queue, address, bound_by, at = record
    return Desk(queue, load_address(address), bound_by, at)


# ---- steps


@dataclass(slots=True)
class Touch:
    """What a step changes of one conversation, or of one lane.

    address: where it is when it is new ("" when that is not known: then nothing is made of it). version: the version
    that the new `state` follows on; both None when the state stays. case: the case of a new one; opens: 1 when it
    loads the step's case from now on, -1 when no more. rows: (kind, payload, turn, own address, follows).
    """

    key: str
    address: str = ""
    version: int | None = None
    state: str | None = None
    case: str | None = None
    opens: int = 0
    rows: list[tuple[str, str, int | None, str | None, str | None]] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether the conversation's row is written, and made when it is missing."""
        return bool(self.address and (self.state is not None or self.opens or self.rows))


def touches(step: Step) -> list[Touch]:
    """Everything that a step touches beside its case, in the order of keys, in which locks are taken."""
    found: dict[str, Touch] = {}

    def touch(key: str) -> Touch:
        return found.get(key) or found.setdefault(key, Touch(key))

    case = step.case
    known = {a.key: a for a in (case.user, case.thread) if a is not None}
    for saved in step.conversations:
        one = touch(saved.address.key)
        one.address, one.version, one.state = dump_address(saved.address), saved.version, dumps(saved.state)
    for keys, opens in ((step.left, -1), (step.open_for, 1)):
        for key in keys:
            one = touch(key)
            one.opens = opens
            if opens > 0:
                one.case = case.id
            if not one.address and key in known:
                one.address = dump_address(known[key])
    for owed in step.owed:
        one = touch(owed.lane or owed.to.key)
        one.rows.append(_row(owed))
        if not one.address:
            one.address = dump_address(owed.to)
            if owed.lane.startswith("case:"):
                one.case = owed.lane.split(":", 2)[1]
    if step.event_id:
        touch(step.event_key)  # the conversation in which it happened is there: resumed, if it was parked
    return sorted(found.values(), key=lambda one: one.key)


def _row(owed: Owed) -> tuple[str, str, int | None, str | None, str | None]:
    own = dump_address(owed.to) if owed.row.kind == "thread" else None
    return owed.row.kind, written(owed.row.payload).text, owed.row.turn, own, _follows(owed)


def _follows(owed: Owed) -> str | None:
    """What follows a row, as it is stored with it: {"message", "lane", "to", "sent", "failed"}; see `Then`."""
    if owed.then is None and owed.message is None:
        return None
    then = owed.then
    data: dict[str, Any] = {"message": owed.message}
    if then is None:
        return dumps(data)
    # Payloads are at hand as text: put in as they are, not read and written once more.
    sent, failed = (_as_text(out) for out in (then.sent, then.failed))
    head = dumps({**data, "lane": then.lane or then.to.key, "to": _address(then.to)})
    return f'{head[:-1]},"sent":{sent},"failed":{failed}}}'


def _as_text(out: Outgoing | None) -> str:
    return "null" if out is None else f"[{dumps(out.kind)},{written(out.payload).text},{dumps(out.turn)}]"


def escaped(reason: str) -> str:
    """A reason as it stands inside JSON, in place of `{reason}`."""
    return dumps(reason)[1:-1]


def personal(records: Iterable[Sequence[Any]], person_id: str) -> set[str]:
    """The keys of a person's own conversations, from (key, address)."""
    found = ((key, load_address(address)) for key, address in records)
    return {key for key, address in found if not address.group and address.details.get("user") == person_id}


def without_author(message: Message, name: str) -> Message:
    """A message of the staff's without its author, if that is their name."""
    return (
        replace(message, author="")
        if name and message.side in ("agent", "note") and message.author == name
        else message
    )


def load_file(record: Sequence[Any]) -> KeptFile:
    """A file from (id, case_id, mark, name, kind, size, at, blob, reason)."""
    file_id, case, mark, name, kind, size, at, blob, reason = record
    return KeptFile(file_id, case, mark, loads(name), kind, size, at, blob or "", reason)


def load_cases(records: Iterable[Sequence[Any]]) -> list[Case]:
    """Cases from (data, thread, version)."""
    return [load_case(*record) for record in records]
