"""The part of the PostgreSQL store that keeps arrivals, and small texts under names."""

from __future__ import annotations

from collections.abc import Sequence

from bot.storage.arrivals import Arrival
from bot.storage.codec import dumps, loads
from bot.storage.postgres_link import Link

ARRIVE = "SELECT helpbot_arrive_3($1, $2, $3, $4, $5, $6)"
ARRIVED = "SELECT * FROM helpbot_arrived_3($1, $2, $3, $4)"
WAITING = "SELECT 1 FROM arrivals WHERE key = $1 LIMIT 1"
POSTPONE = "UPDATE arrivals SET holder = '', wake = $1 WHERE key = $2 AND event = $3 AND holder = $4"
CLAIM = """UPDATE arrivals SET holder = $1, wake = $2, tries = tries + 1
    WHERE seq IN (SELECT seq FROM arrivals WHERE wake <= $3 ORDER BY wake LIMIT $4 FOR UPDATE SKIP LOCKED)
    RETURNING key, event, data, at, tries"""
RELEASE_ARRIVALS = "UPDATE arrivals SET holder = '', wake = 0 WHERE holder = $1"

KEEP = """INSERT INTO kept (name, data, until) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET data = excluded.data, until = excluded.until"""
KEPT = "SELECT data FROM kept WHERE name = $1"
TAKE = "DELETE FROM kept WHERE name = $1 RETURNING data, until"
NAMES = "SELECT name FROM kept WHERE starts_with(name, $1) ORDER BY name"
LET_GO = "DELETE FROM kept WHERE name = ANY ($1::text[]) RETURNING 1"
SWEEP_KEPT = "DELETE FROM kept WHERE name IN (SELECT name FROM kept WHERE until < $1 LIMIT $2) RETURNING 1"
LEASE = """INSERT INTO kept AS k (name, data, until) VALUES ($1, $2, $4) ON CONFLICT (name) DO UPDATE
    SET data = excluded.data, until = excluded.until WHERE k.data = $2 OR k.until <= $3 RETURNING name"""


class PostgresArrivals:
    """See `bot.storage.arrivals`."""

    _link: Link

    async def arrive(self, arrival: Arrival, holder: str, until: float) -> bool:
        """Keep it; whether it is ours to process now."""
        args = (arrival.key, arrival.event, dumps(arrival.data), arrival.at, holder, until)
        return bool((await self._link.fetch(ARRIVE, *args))[0][0])

    async def waiting(self, key: str) -> bool:
        """Whether events of this conversation are kept here."""
        return bool(await self._link.fetch(WAITING, key))

    async def arrived(self, arrival: Arrival, holder: str, until: float) -> Arrival | None:
        """It is done with; the next one."""
        found = await self._link.fetch(ARRIVED, arrival.key, arrival.event, holder, until)
        if not found:
            return None
        event, data, at, tries = found[0]
        return Arrival(arrival.key, event, loads(data), at, tries)

    async def postpone(self, arrival: Arrival, holder: str, due: float) -> None:
        """Anybody's from `due` on."""
        await self._link.fetch(POSTPONE, due, arrival.key, arrival.event, holder)

    async def claim_arrivals(self, holder: str, now: float, until: float, limit: int) -> list[Arrival]:
        """Lease what is due."""
        found = await self._link.fetch(CLAIM, holder, until, now, limit)
        return [Arrival(key, event, loads(data), at, tries) for key, event, data, at, tries in found]

    async def keep(self, name: str, data: str, until: float | None = None) -> None:
        """Keep it under this name."""
        await self._link.fetch(KEEP, name, data, until)

    async def kept(self, name: str) -> str | None:
        """What is kept there."""
        found = await self._link.fetch(KEPT, name)
        return str(found[0][0]) if found else None

    async def take(self, name: str, now: float) -> str | None:
        """What is kept there, which is gone then."""
        found = await self._link.fetch(TAKE, name)
        return None if not found or (found[0][1] is not None and found[0][1] <= now) else str(found[0][0])

    async def kept_names(self, prefix: str) -> list[str]:
        """The names that begin so."""
        return [str(name) for (name,) in await self._link.fetch(NAMES, prefix)]

    async def let_go(self, names: Sequence[str]) -> int:
        """Forget these."""
        return len(await self._link.fetch(LET_GO, list(names)))

    async def sweep_kept(self, now: float, limit: int) -> int:
        """Delete what has expired."""
        return len(await self._link.fetch(SWEEP_KEPT, now, limit))

    async def lease(self, name: str, holder: str, now: float, until: float) -> bool:
        """Whether `holder` has this name until then."""
        return bool(await self._link.fetch(LEASE, name, holder, now, until))
