"""Cases, messages and steps as columns and JSON text and back, the same for every database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from operator import attrgetter
from threading import Lock
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
# What each message changes. All the rest of a case is written once, and again when it has changed.
_MOVING = ("user_at", "agent_at", "timer", "due", "nudges", "guiding", "gone", "mark")
_moving, _at_rest = attrgetter(*_MOVING), tuple(f.default for name in _MOVING for f in fields(Case) if f.name == name)
_lasting = attrgetter(*(f.name for f in fields(Case) if f.name not in (*_MOVING, "version")))
_KEPT = 500  # cases, of a few KB each


# ---- cases


@dataclass(frozen=True, slots=True)
class Lasting:
    """What of a case is the same from message to message, as it is stored. of: the fields that it was made of. data: of
    the column `data`, without the last brace. columns: all but `due` and `data`. user, thread: the addresses."""

    of: tuple[Any, ...]
    data: str
    columns: dict[str, Any]
    user: str
    thread: str | None


_known: dict[str, Lasting] = {}
_learning = Lock()  # SQLite's thread erases people


def lasting(case: Case) -> Lasting:
    """What of the case was written before, or is now."""
    now, known = _lasting(case), _known.get(case.id)
    if known is not None and known.of == now:
        return known
    thread = None if case.thread is None else dump_address(case.thread)
    columns = _lasting_columns(case, thread)
    known = Lasting(now, _lasting_data(case)[:-1], columns, dump_address(case.user), thread)
    with _learning:
        _known.pop(case.id, None)
        if len(_known) >= _KEPT:
            del _known[next(iter(_known))]
        _known[case.id] = known
    return known


def dump_case(case: Case) -> str:
    """What `data` holds: whatever is not as by default, so that new fields need no migration."""
    return _data(lasting(case), case)


def _data(known: Lasting, case: Case) -> str:
    values = zip(_MOVING, _moving(case), _at_rest, strict=True)
    moving = {name: value for name, value, default in values if value != default}
    return f"{known.data},{dumps(moving)[1:]}" if moving else known.data + "}"


def _lasting_data(case: Case) -> str:
    data: dict[str, Any] = {}
    for name, default in _FIELDS:
        value = getattr(case, name)
        if name not in _MOVING and (default is MISSING or value != default):
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
    known = lasting(case)
    return {**known.columns, "due": None if case.state == "closed" else case.due, "data": _data(known, case)}


def _lasting_columns(case: Case, thread: str | None) -> dict[str, Any]:
    return {
        "state": case.state,
        "queue": case.queue,
        "agent": case.agent.id if case.agent else "",
        "person": case.person.id,
        "user_key": case.user.key,
        "desk_key": case.desk.key,
        "lane": lane_of(case),
        "thread": thread,
        "since": case.waiting_since,
        "claimed": case.claimed_at,
        "closed": case.closed_at if case.state == "closed" else None,
    }


def _address(address: Address) -> list[Any]:
    return [address.channel, address.tenant, address.conversation, address.group, address.details]


# ---- messages


def message_columns(message: Message) -> tuple[Any, ...]:
    """(mark, text, state, reason, changed, source_key, source_id, data)."""
    m = message
    text = None if m.changed == "deleted" else dumps(m.text)
    by = (m.author_id,) if m.author_id else ()  # who said it was not kept always
    data = dumps([m.at, m.side, m.author, m.twin_key, m.turn, m.files, *by])
    return m.mark, text, m.state, m.reason, m.changed, m.source_key, m.source_id, data


def load_message(record: Sequence[Any]) -> Message:
    """The inverse, from (case_id, *message_columns)."""
    case, mark, text, state, reason, changed, source_key, source_id, data = record
    at, side, author, twin_key, turn, files, *by = loads(data)
    text, by = "" if text is None else loads(text), by[0] if by else ""
    source, twin = (source_key, source_id), (twin_key, turn)
    return Message(case, mark, at, side, author, text, *source, *twin, state, reason, tuple(files), changed, by)


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

    case, text = step.case, _Addresses(step.case)
    for saved in step.conversations:
        one = touch(saved.address.key)
        one.address, one.version, one.state = text(saved.address), saved.version, dumps(saved.state)
    if step.left or step.open_for:
        known = {a.key: a for a in (case.user, case.thread) if a is not None}
        for key, opens in (*((key, -1) for key in step.left), *((key, 1) for key in step.open_for)):
            one = touch(key)
            one.opens = opens
            if opens > 0:
                one.case = case.id
            if not one.address and key in known:
                one.address = text(known[key])
    for owed in step.owed:
        one = touch(owed.lane or owed.to.key)
        one.rows.append(_row(owed, text))
        if not one.address:
            one.address = text(owed.to)
            if owed.lane.startswith("case:"):
                one.case = owed.lane.split(":", 2)[1]
    if step.event_id:
        touch(step.event_key)  # the conversation in which it happened is there: resumed, if it was parked
    return sorted(found.values(), key=lambda one: one.key)


class _Addresses:
    """Addresses as text; those of the step's own case are at hand."""

    def __init__(self, case: Case) -> None:
        known = lasting(case)
        self._known = {id(case.user): known.user}
        if known.thread is not None:
            self._known[id(case.thread)] = known.thread

    def __call__(self, address: Address) -> str:
        return self._known.get(id(address)) or dump_address(address)


def _row(owed: Owed, text: _Addresses) -> tuple[str, str, int | None, str | None, str | None]:
    row = owed.row
    own = text(owed.to) if row.kind == "thread" else None
    return row.kind, written(row.payload).text, row.turn, own, _follows(owed, text)


def _follows(owed: Owed, text: _Addresses) -> str | None:
    """What follows a row, as it is stored with it: {"message", "lane", "to", "sent", "failed"}; see `Then`."""
    message, then = owed.message, owed.then
    if then is None and message is None:
        return None
    # Put together of what is at hand as text, not read and written once more.
    of = f"[{dumps(message[0])},{message[1]:d}]" if message else "null"
    if then is None:
        return f'{{"message":{of}}}'
    lane, sent, failed = dumps(then.lane or then.to.key), _as_text(then.sent), _as_text(then.failed)
    return f'{{"message":{of},"lane":{lane},"to":{text(then.to)},"sent":{sent},"failed":{failed}}}'


def _as_text(out: Outgoing | None) -> str:
    if out is None:
        return "null"
    return f"[{dumps(out.kind)},{written(out.payload).text},{'null' if out.turn is None else out.turn}]"


def escaped(reason: str) -> str:
    """A reason as it stands inside JSON, in place of `{reason}`."""
    return dumps(reason)[1:-1]


def personal(records: Iterable[Sequence[Any]], person_id: str) -> set[str]:
    """The keys of a person's own conversations, from (key, address)."""
    found = ((key, load_address(address)) for key, address in records)
    return {key for key, address in found if not address.group and address.details.get("user") == person_id}


def without_author(message: Message, person_id: str, case: Case) -> Message:
    """A message of the staff's without its author, if that is who they are. Where the id was not kept, it is by the
    name under which the case knows them."""
    names = [person.name for person in (case.agent, case.last_agent) if person and person.id == person_id]
    theirs = message.author_id == person_id if message.author_id else message.author in names
    return replace(message, author="", author_id="") if theirs and message.side in ("agent", "note") else message


def load_file(record: Sequence[Any]) -> KeptFile:
    """A file from (id, case_id, mark, name, kind, size, at, blob, reason)."""
    file_id, case, mark, name, kind, size, at, blob, reason = record
    return KeptFile(file_id, case, mark, loads(name), kind, size, at, blob or "", reason)


def load_cases(records: Iterable[Sequence[Any]]) -> list[Case]:
    """Cases from (data, thread, version)."""
    return [load_case(*record) for record in records]
