"""Values to JSON text and back, the same for every database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from bot.envelope import Address, Outgoing, Payload, Written
from bot.storage.base import Row

ABOUT = ("update", "delete")  # kinds of rows that are about a message sent before

_encode = json.JSONEncoder(separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Compact JSON in pure ASCII: no database chokes on a NUL or a lone surrogate in it."""
    return _encode(value)


def written(payload: Payload) -> Written:
    """A payload with its text; written in a channel, or here."""
    if isinstance(payload, dict):
        return Written(_encode(payload))
    return payload if isinstance(payload, Written) else Written(_encode(dict(payload)))


def loads(text: str) -> Any:
    """The inverse of `dumps`."""
    return json.loads(text)


def dump_address(address: Address) -> str:
    """An address as a JSON list."""
    return _encode([address.channel, address.tenant, address.conversation, address.group, address.details])


@lru_cache(maxsize=1000)  # a conversation's is read with each of its messages
def load_address(text: str) -> Address:
    """The inverse of `dump_address`."""
    channel, tenant, conversation, group, details = json.loads(text)
    return Address(channel, tenant, conversation, group, details)


def stored_rows(records: Iterable[Sequence[Any]]) -> list[Row]:
    """Rows as stored, in the order of their lanes, up to the first of each lane that must wait for one before it.

    A record: (address, seq, kind, payload, turn, attempts, created, doubtful, receipt, lane, follows).
    """
    return _ready(map(stored_row, records))


def stored_row(record: Sequence[Any]) -> Row:
    """The Row of a record of `stored_rows`."""
    address, seq, kind, payload, turn, attempts, created, doubtful, receipt, lane, follows = record
    return Row(
        load_address(address),
        seq,
        kind,
        Written(payload),
        turn,
        attempts,
        created,
        receipt or "",
        bool(doubtful),
        lane,
        bool(follows),
    )


def fresh_rows(
    address: Address,
    lane: str,
    first: int,
    outgoing: Sequence[Outgoing],
    payloads: Sequence[Written],
    created: float,
    receipts: Mapping[int, str],
) -> tuple[Row, ...]:
    """The rows of a commit, numbered from `first`, as their holder gets them.

    payloads: theirs, with their text. receipts: message ids by turn.
    """
    rows = [
        Row(
            address,
            first + index,
            out.kind,
            payload,
            out.turn,
            0,
            created,
            receipts.get(out.turn, "") if out.kind in ABOUT and out.turn is not None else "",
            lane=lane,
        )
        for index, (out, payload) in enumerate(zip(outgoing, payloads, strict=True))
    ]
    return tuple(rows if len(rows) == 1 else _ready(rows))


def _ready(rows: Iterable[Row]) -> list[Row]:
    """The rows up to the first, in each lane, that can't be complete before one of them was delivered.

    That is an update of a message that is among them (its receipt isn't known yet), and all that comes after the
    opening of a thread (its address isn't known yet). The store gives them afterwards.
    """
    ready: list[Row] = []
    sent: set[tuple[str, int]] = set()
    blocked = ""
    for row in rows:
        if row.lane == blocked:
            continue
        if row.turn is not None:
            if row.kind not in ABOUT:
                sent.add((row.lane, row.turn))
            elif (row.lane, row.turn) in sent:
                blocked = row.lane
                continue
        if row.kind == "thread":
            blocked = row.lane
        ready.append(row)
    return ready
