"""The rate limit: windows, users, tenants."""

from __future__ import annotations

from bot.limits import WINDOW, RateLimit, Verdict


def verdicts(limit: RateLimit, count: int, user: str = "u", tenant: str = "t", at: float = 0.0) -> list[str]:
    """What it says to so many activities in a row."""
    return [limit.check(tenant, user, at).value for _ in range(count)]


def test_told_once_in_a_window() -> None:
    """The first one too many is told about, the others are passed over, and the next window begins anew."""
    limit = RateLimit(user=2, tenant=0)
    assert verdicts(limit, 5) == ["take", "take", "tell", "drop", "drop"]
    assert verdicts(limit, 3, at=WINDOW) == ["take", "take", "tell"]


def test_people_are_counted_apart() -> None:
    """One person's haste is nobody else's trouble, not even of the same id in another tenant."""
    limit = RateLimit(user=1, tenant=0)
    assert verdicts(limit, 2) == ["take", "tell"]
    assert verdicts(limit, 1, user="v") == ["take"]
    assert verdicts(limit, 1, tenant="other") == ["take"]


def test_tenant_is_counted_over_its_people() -> None:
    """The tenant's limit holds for all of its people together; each is told once."""
    limit = RateLimit(user=0, tenant=2)
    assert [limit.check("t", f"u{n}", 0.0) for n in range(3)] == [Verdict.TAKE, Verdict.TAKE, Verdict.TELL]
    assert verdicts(limit, 2, user="u2") == ["drop", "drop"]


def test_zero_is_no_limit() -> None:
    """0 lets everything in."""
    assert set(verdicts(RateLimit(0, 0), 1000)) == {"take"}


def test_tables_do_not_grow_from_window_to_window() -> None:
    """What was counted is forgotten with its window."""
    limit = RateLimit(user=1, tenant=1)
    for number in range(1000):
        limit.check("t", f"u{number}", number * WINDOW)
    assert len(limit._users) == 1
