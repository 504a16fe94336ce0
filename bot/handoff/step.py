"""A Change as a Step: cards become payloads of the channel of whoever is to read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bot.channels.base import Channel
from bot.envelope import Address, Envelope, Outgoing, Payload
from bot.handoff.case import Case, lane_of
from bot.handoff.change import Change, Say
from bot.storage.cases import Owed, Saved, Step, Then
from dialogs.cards.base import Card


def owed(change: Change, case: Case, channels: Mapping[str, Channel]) -> tuple[Owed, ...]:
    """What a change says, as rows in their lanes, in order."""
    return tuple(_owed(say, case, channels) for say in change.says)


def _owed(say: Say, case: Case, channels: Mapping[str, Channel]) -> Owed:
    to, lane = _place(say.to, case)
    payload = say.file.dump() if say.file else _payload(channels, to, say.card)
    row = Outgoing(say.kind, payload, say.turn)
    return Owed(to, row, lane, (case.id, say.mark) if say.mark else None, _then(say, case, channels))


def _then(say: Say, case: Case, channels: Mapping[str, Channel]) -> Then | None:
    if say.after is None and say.failed is None:
        return None
    to, lane = _place(say.after_to, case)
    after = Outgoing("send", _payload(channels, to, say.after)) if say.after else None
    if after is not None and say.about:
        after = channels[to.channel].mark(say.about) or after
    failed = Outgoing("send", _payload(channels, to, say.failed)) if say.failed else None
    return Then(to, after, failed, lane)


def _place(to: Literal["user", "thread"] | Case, case: Case) -> tuple[Address, str]:
    """The address, and the lane whose order it keeps: receipts are kept by lane, too."""
    if to == "user":
        return case.user, ""
    whose = case if to == "thread" else to
    return whose.thread or whose.desk, lane_of(whose)


def _payload(channels: Mapping[str, Channel], to: Address, card: Card | None) -> Payload:
    return channels[to.channel].payload(card) if card is not None else {}


def answer(envelope: Envelope, change: Change, channel: Channel, nothing: str) -> Payload | None:
    """The answer to a press; None for a message. nothing: what is shown when there is nothing to show."""
    if not envelope.invoke:
        return None
    if change.answer is not None:
        return channel.card_answer(change.answer)
    return channel.word_answer(change.word or nothing)


def by_itself(change: Change, now: float, channels: Mapping[str, Channel]) -> Step:
    """What is to be committed for a change that no event made: once by the case's version."""
    case = change.case
    return Step(
        event_key=case.user.key,
        event_id="",
        at=now,
        case=case,
        owed=owed(change, case, channels),
        left=(case.user.key,) if change.left else (),
        messages=change.messages,
    )


def step(
    envelope: Envelope,
    case: Case,
    rows: tuple[Owed, ...],
    change: Change,
    *,
    saved: tuple[Saved, ...] = (),
    answer: Payload | None = None,
    opens: bool = False,
) -> Step:
    """What is to be committed for this event. opens: from now on the user's chat loads this case."""
    return Step(
        event_key=envelope.address.key,
        event_id=envelope.event_id,
        at=envelope.incoming.at,
        case=case,
        owed=rows,
        conversations=saved,
        open_for=(case.user.key,) if opens else (),
        left=(case.user.key,) if change.left else (),
        messages=change.messages,
        edits=change.edits,
        answer=answer,
    )
