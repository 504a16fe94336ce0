"""The limiter: no window ever holds more than the platform allows, and nobody waits much longer than needed."""

from __future__ import annotations

import tracemalloc
from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.limits import SLICES, Limit, Limiter, Limits
from bot.channels.registry import LIMITS
from bot.envelope import Address

TEAMS = Limits((Limit(7, 1), Limit(8, 2), Limit(60, 30), Limit(1800, 3600)), (Limit(50, 1),))
PATIENCE = 5.0


def address(conversation: str = "c", tenant: str = "t") -> Address:
    """A conversation."""
    return Address("teams", tenant, conversation)


def send(limiter: Limiter, now: float, where: Address) -> float:
    """When a message that is ready at `now` goes out, waiting as the outbox does."""
    while True:
        wait, reserved = limiter.reserve(where, now, PATIENCE)
        now += wait
        if reserved:
            return now


def most_in_any(times: list[float], seconds: float) -> int:
    """The largest number of sends in any window, which is open at its end."""
    return max((bisect_left(times, at + seconds) - index for index, at in enumerate(times)), default=0)


@given(st.lists(st.sampled_from([0.0, 0.0, 0.01, 0.3, 1.0, 4.0, 40.0]), max_size=150), st.floats(0, 2e9))
def test_no_window_of_a_conversation_holds_too_many(pauses: list[float], start: float) -> None:
    """Whatever the rhythm, each of Teams' limits holds in each window."""
    limiter, now, times = Limiter({"teams": TEAMS}), start, []
    for pause in pauses:
        now = send(limiter, now + pause, address())
        times.append(now)
    for limit in TEAMS.conversation:
        # Unix seconds have a resolution of less than a microsecond.
        assert most_in_any(times, limit.seconds - 1e-5) <= limit.count


def test_the_hours_limit_holds_and_is_used_up() -> None:
    """A conversation that sends without pause gets no more than 1,800 in any hour, and nearly that many."""
    limiter, now, times = Limiter({"teams": TEAMS}), 5000.0, []
    while now < 5000.0 + 4 * 3600:
        now = send(limiter, now, address())
        times.append(now)
    assert most_in_any(times, 3600) <= 1800
    assert len(times) >= 4 * 1800 * (1 - 2 / SLICES)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.0, 0.001, 0.02])), max_size=300))
def test_no_window_of_a_tenant_holds_too_many(sends: list[tuple[int, float]]) -> None:
    """The conversations of a tenant share its limit; they get their places in order of asking."""
    limiter, now, times = Limiter({"teams": Limits((), (Limit(50, 1),))}), 100.0, []
    for conversation, pause in sends:
        now += pause
        wait, reserved = limiter.reserve(address(str(conversation)), now, PATIENCE)
        if reserved:
            times.append(now + wait)
        else:
            assert wait > PATIENCE
    assert times == sorted(times)
    assert most_in_any(times, 1 - 1e-5) <= 50


def test_a_conversation_that_waits_takes_no_place_of_its_tenants() -> None:
    """One conversation beyond its own limit does not use up what others may send."""
    limiter = Limiter({"teams": Limits((Limit(1, 10),), (Limit(2, 1),))})
    assert limiter.reserve(address("a"), 0.0, 60.0) == (0.0, True)
    for _ in range(5):
        assert limiter.reserve(address("a"), 0.0, 60.0) == (10.0, False)
    assert limiter.reserve(address("b"), 0.0, 60.0) == (0.0, True)


def test_channels_and_tenants_have_limits_of_their_own() -> None:
    """A channel without limits never waits; two tenants don't share."""
    limiter = Limiter({"teams": Limits((), (Limit(1, 10),))})
    assert limiter.reserve(address(tenant="t"), 0.0, 60.0) == (0.0, True)
    assert limiter.reserve(address(tenant="u"), 0.0, 60.0) == (0.0, True)
    for _ in range(3):
        assert limiter.reserve(Address("slack", "t", "c"), 0.0, 60.0) == (0.0, True)


def test_what_was_used_longest_ago_is_forgotten_first() -> None:
    """Memory is bounded by `keep`, and whoever sends now is remembered."""
    limiter = Limiter({"teams": Limits((Limit(1, 10),))}, keep=3)
    for name in "abc":
        limiter.reserve(address(name), 0.0, 60.0)
    assert limiter.reserve(address("a"), 1.0, 60.0) == (9.0, False)
    limiter.reserve(address("d"), 1.0, 60.0)
    assert limiter.reserve(address("a"), 1.0, 60.0) == (9.0, False)
    assert limiter.reserve(address("b"), 1.0, 60.0) == (0.0, True)


def test_the_pace_of_slack() -> None:
    """One new message a second in a channel, all its threads together; changes are free, a chat takes a short burst."""
    limiter = Limiter(LIMITS)
    thread, other = (Address("slack", "T", f"C1:{stamp}", True) for stamp in ("1.1", "2.2"))
    assert limiter.reserve(thread, 0.0, PATIENCE, "send") == (0.0, True)
    assert limiter.reserve(other, 0.0, PATIENCE, "thread") == (1.0, False)
    assert limiter.reserve(other, 0.0, PATIENCE, "update") == (0.0, True)
    assert limiter.reserve(Address("slack", "T", "C2:1.1", True), 0.0, PATIENCE, "send") == (0.0, True)
    chat = Address("slack", "T", "U1")
    assert [limiter.reserve(chat, 0.0, PATIENCE)[0] for _ in range(5)] == [0.0, 0.0, 0.0, 0.0, 4.0]


def test_what_is_remembered_does_not_grow_with_what_was_sent() -> None:
    """A conversation that goes on for hours takes a few hundred bytes, for it and for its tenant."""
    limiter, count = Limiter({"teams": TEAMS}), 50
    tracemalloc.start()
    try:
        for minute in range(300):
            for number in range(count):
                limiter.reserve(address(str(number), str(number)), 1e9 + 60 * minute, PATIENCE)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken / count < 2500
