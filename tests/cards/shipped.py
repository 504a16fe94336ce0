"""Every card that the shipped guides can show, found by pressing every button."""

from __future__ import annotations

import json
from collections import deque

from dialogs.cards.base import Card
from dialogs.turn import Incoming, Outcome, Press, State
from tests.dialogs.talk import buttons, engine, shipped

AT = 1_700_000_000.0


def _of(outcome: Outcome) -> list[Card]:
    cards = [reply.card for reply in outcome.replies]
    return [*cards, outcome.replaced.card] if outcome.replaced else cards


_FOUND: dict[str, Card] = {}


async def shipped_cards() -> dict[str, Card]:
    """The cards by a name of their own: their type and their first line. Found once, they are only read."""
    if not _FOUND:
        _FOUND.update(await _walked())
    return _FOUND


async def _walked() -> dict[str, Card]:
    run = engine(shipped()).run
    first = await run(None, Incoming(AT, arrived=True))
    found: dict[str, Card] = {}
    waiting: deque[tuple[State, Outcome]] = deque([(first.state, first)])
    while waiting:
        state, outcome = waiting.popleft()
        fresh = [card for card in _of(outcome) if card.text() not in found]
        found |= {card.text(): card for card in fresh}
        if not fresh:
            continue
        for button, turn in buttons(outcome):
            after = await run(state, Incoming(AT, press=Press(button.verb, turn, button.value)))
            waiting.append((json.loads(json.dumps(after.state)), after))
    return {f"{n} {type(card).__name__}: {text.splitlines()[0]}": card for n, (text, card) in enumerate(found.items())}
