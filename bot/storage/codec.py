"""Values to JSON text and back, the same for every database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.envelope import Address, Outgoing
from bot.storage.base import Row

_encode = json.JSONEncoder(separators=(",", ":")).encode


def dumps(value: Any) -> str:
    """Compact JSON in pure ASCII: no database chokes on a NUL or a lone surrogate in it."""
    return _encode(value)


def loads(text: str) -> Any:
    """The inverse of `dumps`."""
    return json.loads(text)


def dump_address(address: Address) -> str:
    """An address as a JSON list."""
    return _encode([address.channel, address.tenant, address.conversation, address.group, address.details])


def load_address(text: str) -> Address:
    """The inverse of `dump_address`."""
    channel, tenant, conversation, group, details = json.loads(text)
    return Address(channel, tenant, conversation, group, details)


def stored_row(record: Sequence[Any]) -> Row:
    """A Row from (address, seq, kind, payload, turn, attempts, created, doubtful, receipt) as stored."""
    address, seq, kind, payload, turn, attempts, created, doubtful, receipt = record
    return Row(
        load_address(address), seq, kind, json.loads(payload), turn, attempts, created, receipt or "", bool(doubtful)
    )


def fresh_rows(
    address: Address, first: int, outgoing: Sequence[Outgoing], created: float, receipts: Mapping[int, str]
) -> tuple[Row, ...]:
    """The rows of a commit, numbered from `first`, as their holder gets them. receipts: message ids by turn.

    Stops before an update of a message that the same commit sends: its receipt isn't known before that was sent, and
    the store gives it afterwards.
    """
    rows: list[Row] = []
    turns: set[int] = set()
    for index, out in enumerate(outgoing):
        receipt = ""
        if out.turn is not None:
            if out.kind != "update":
                turns.add(out.turn)
            elif out.turn in turns:
                break
            else:
                receipt = receipts.get(out.turn, "")
        rows.append(Row(address, first + index, out.kind, out.payload, out.turn, 0, created, receipt))
    return tuple(rows)
