"""Random users over every shipped guide: never an exception, never silence, never a dead end."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.resources import content_dir
from dialogs.turn import Incoming, Press
from tests.dialogs.talk import DAY, Talk, engine, shipped

LIBRARY = shipped()
ENGINE = engine(LIBRARY)
OPENINGS = [p for g in LIBRARY.guides.values() for p in g.phrases]
PLAIN = ["yes", "no", "not sure", "2", "9", "back", "change an answer", "start over", "cancel", "help", "hi", "thanks",
         "talk to a person", "topics", "go on", "she never got the mail", "sorry, she did get it", "AADSTS50020",
         "yes and no", "it works", "still not", "more", "none of these", "?", "", " "]  # fmt: skip


@dataclass(frozen=True)
class Move:
    """What a user does: kind, words, a number that chooses a button, and how long they wait (seconds)."""

    kind: str
    text: str
    place: int
    wait: float


MOVES = st.builds(
    Move,
    st.sampled_from(["say", "say", "press", "press", "press", "old", "again", "junk", "arrive"]),
    st.one_of(st.sampled_from(PLAIN), st.sampled_from(OPENINGS), st.text(max_size=60)),
    st.integers(0, 40),
    st.sampled_from([1.0, 1.0, 1.0, 60.0, DAY + 1]),
)


def _incoming(talk: Talk, move: Move, previous: Incoming | None) -> Incoming:
    """The move as it comes in."""
    talk.at += move.wait
    if move.kind == "arrive":
        return Incoming(talk.at, arrived=True)
    if move.kind == "junk":
        return Incoming(talk.at, press=Press(move.text, move.place, move.text))
    if move.kind == "again" and previous is not None:
        return previous
    if move.kind in ("press", "old") and talk.seen:
        pool = talk.seen[-6:] if move.kind == "press" else talk.seen
        button, turn = pool[move.place % len(pool)]
        return Incoming(talk.at, press=Press(button.verb, turn, button.value))
    return Incoming(talk.at, move.text)


async def _play(moves: list[Move]) -> None:
    talk, previous = Talk(ENGINE), None
    for move in moves:
        incoming = _incoming(talk, move, previous)
        before = json.dumps(talk.state)
        text = await talk.turn(incoming)
        previous = incoming
        press = incoming.press
        if talk.last.stale:
            assert json.dumps(talk.state) == before, "an old button changed something"
            assert text or talk.last.replaced, "an old button was answered by silence"
        elif not incoming.arrived:
            assert text.strip(), f"silence after {incoming}"
            assert len(talk.last.replies) == 1, "one reply for one message"
        if press and press.verb == "text":
            assert json.dumps(talk.state) == before, "sending a text changed something"
    # From wherever this led, the way out works and the bot is of use again.
    await talk.say("cancel")
    assert "you sent" not in await talk.say("hello")
    assert talk.last.replies[0].card.options() or talk.last.replies[0].card.text()
    assert talk.state is not None
    assert [f["dialog"] for f in talk.state["stack"]] == ["root"]


@settings(max_examples=100)
@given(st.lists(MOVES, min_size=1, max_size=14))
def test_random_users(moves: list[Move]) -> None:
    """Whatever users do, every message gets exactly one sensible reply, and "cancel" always leads out."""
    asyncio.run(_play(moves))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=12, max_size=12))
def test_no_dead_end(choices: list[int]) -> None:
    """Pressing loud buttons only always comes to advice within twelve presses, and advice offers a way on."""

    async def walk() -> None:
        talk = Talk(ENGINE)
        await talk.say(OPENINGS[choices[0] % len(OPENINGS)])
        for choice in choices:
            card = talk.last.replies[0].card
            options = card.options()
            assert options, card.text()
            if any(b.verb == "solved" for b in options):
                return
            button = options[choice % len(options)]
            await talk.turn(Incoming(talk.at, press=Press(button.verb, getattr(card, "turn", 0), button.value)))
        raise AssertionError("no advice after twelve presses:\n" + talk.last.replies[0].card.text())

    asyncio.run(walk())


def test_content_is_there() -> None:
    """The random users walk the content that ships."""
    assert LIBRARY.guides, content_dir()
