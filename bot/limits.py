"""How much one user and one tenant may say in a minute."""

from __future__ import annotations

from enum import Enum

WINDOW = 60.0
_MOST = 200_000  # users in one window; beyond that many the window begins anew


class Verdict(Enum):
    """What to do with an activity: take it, tell its sender once that it is too much, or pass over it."""

    TAKE = "take"
    TELL = "tell"
    DROP = "drop"


class RateLimit:
    """Counts activities in windows of a minute. Nothing outlives its window, so the tables stay small."""

    def __init__(self, user: int, tenant: int) -> None:
        """The most activities of one user, and of one tenant, in a window; 0: no limit."""
        self._user = user
        self._tenant = tenant
        self._window = -1
        self._users: dict[tuple[str, str], int] = {}
        self._tenants: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()

    def check(self, tenant: str, user: str, at: float) -> Verdict:
        """Count one activity. The first one too many of a user in a window is the one to tell about."""
        window = int(at // WINDOW)
        if window != self._window or len(self._users) > _MOST:
            self._window = window
            self._users.clear()
            self._tenants.clear()
            self._told.clear()
        key = (tenant, user)
        mine = self._users[key] = self._users.get(key, 0) + 1
        all_of_them = self._tenants[tenant] = self._tenants.get(tenant, 0) + 1
        if not (0 < self._user < mine or 0 < self._tenant < all_of_them):
            return Verdict.TAKE
        if key in self._told:
            return Verdict.DROP
        self._told.add(key)
        return Verdict.TELL
