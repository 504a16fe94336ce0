"""A fuzz of the door: whatever comes with a good token, the answer is a 2xx or a 4xx, and the conversation goes on."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app import read_script
from bot.settings import Settings
from tests.activities import CHANNEL, installed, joined, mention, message, press, submit
from tests.stand import Stand, stand

Json = Any
EXAMPLES = 150

texts = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates, controls and all
numbers = st.one_of(st.integers(), st.integers(-(10**400), 10**400), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, st.sampled_from(["", ".", "..", "a" * 300_000, "\x00"]))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)


def paths(value: Json, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every place in a JSON value."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*at, key)
        yield from paths(inner, (*at, key))


@st.composite
def mutated(draw: st.DrawFn, service: str) -> Json:
    """An activity of any kind in which up to three places hold something else, or nothing."""
    kind = draw(st.sampled_from(["message", "press", "submit", "installed", "joined", "mention", "thread"]))
    activity: Json = {
        "message": lambda: message(service, "my guest can't redeem the invitation"),
        "press": lambda: press(
            service, draw(st.sampled_from(["answer", "go", "back", "text"])), draw(st.integers(0, 9)), "yes"
        ),
        "submit": lambda: submit(service, "answer", draw(st.integers(0, 9)), "no"),
        "installed": lambda: installed(service),
        "joined": lambda: joined(service),
        "mention": lambda: mention(service, "hi"),
        "thread": lambda: press(service, "answer", 1, "yes", CHANNEL),
    }[kind]()
    activity = copy.deepcopy(activity)
    for path in draw(st.lists(st.sampled_from(sorted(paths(activity), key=str)), max_size=3)):
        place = activity
        for key in path[:-1]:
            place = place[key] if isinstance(place, dict | list) and _has(place, key) else None
        if not isinstance(place, dict | list) or not _has(place, path[-1]):
            continue
        if draw(st.booleans()):
            place[path[-1]] = draw(values)
        elif isinstance(place, dict):
            del place[path[-1]]
    return activity


def _has(place: Json, key: Any) -> bool:
    return key in place if isinstance(place, dict) else isinstance(key, int) and key < len(place)


class Loop:
    """A server that lives through all examples, and the loop that it lives in."""

    def __init__(self, real: bool) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        script = read_script(Settings(contact="help@example.com")) if real else None
        self.stand: Stand = self.runner.run(self.stack.enter_async_context(stand(script=script)))

    def send(self, body: Json, **headers: str) -> int:
        """The status of a delivery."""
        return self.runner.run(self.stand.send(body, headers=headers)).status

    def check(self, status: int, activity: Json = None) -> None:
        """2xx or 4xx (501 is the documented answer to an unknown invoke), no failed turn, and the next is heard."""
        assert 200 <= status < 300 or 400 <= status < 500 or status == 501, status
        assert self.send(message(self.stand.service, "hi")) == 200
        assert self.runner.run(self.stand.metric('helpbot_turns_total{result="failed"}')) == 0, activity

    def close(self) -> None:
        """Stop."""
        self.runner.run(self.stack.aclose())
        self.runner.close()


@pytest.fixture(scope="module", params=[False, True], ids=["counting", "guides"])
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    """A server with the counting engine, and one with the shipped guides."""
    loop = Loop(request.param)
    yield loop
    loop.close()


calm = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@calm
@given(data=st.data())
def test_mutated_activities(loop: Loop, data: st.DataObject) -> None:
    """An activity with anything in any field is answered or refused, never a 500, and nobody is stuck afterwards."""
    activity = data.draw(mutated(loop.stand.service))
    loop.check(loop.send(json.dumps(activity).encode()), activity)


@calm
@given(data=st.data())
def test_mutated_bytes(loop: Loop, data: st.DataObject) -> None:
    """The same for a body in which bytes were cut, doubled or replaced."""
    body = json.dumps(message(loop.stand.service, "hi ü"), ensure_ascii=False).encode()
    at = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(at, len(body)))
    loop.check(loop.send(body[:at] + data.draw(st.binary(max_size=20)) + body[end:]))


@calm
@given(kind=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_any_content_type(loop: Loop, kind: str) -> None:
    """The same for any content type."""
    loop.check(loop.send(message(loop.stand.service, "hi"), **{"Content-Type": kind}))
