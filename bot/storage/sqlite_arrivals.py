"""The part of the SQLite store that keeps arrivals, and small texts under names."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence

from bot.storage.arrivals import Arrival
from bot.storage.codec import dumps, loads
from bot.storage.sqlite_thread import SqliteThread

ARRIVE = """INSERT INTO arrivals (key, event, data, at, holder, wake)
    SELECT :key, :event, :data, :at, CASE WHEN n THEN '' ELSE :holder END, CASE WHEN n THEN NULL ELSE :until END
    FROM (SELECT EXISTS (SELECT 1 FROM arrivals WHERE key = :key) AS n) WHERE true
    ON CONFLICT (key, event) DO NOTHING RETURNING wake"""
LEAVE = "DELETE FROM arrivals WHERE key = ? AND event = ? AND holder = ?"
NEXT = """UPDATE arrivals SET holder = ?, wake = ? WHERE seq = (SELECT min(seq) FROM arrivals WHERE key = ?)
    RETURNING event, data, at, tries"""
WAITING = "SELECT key, count(*) FROM arrivals GROUP BY key"
POSTPONE = "UPDATE arrivals SET holder = '', wake = ? WHERE key = ? AND event = ? AND holder = ?"
DUE = "SELECT 1 FROM arrivals WHERE wake <= ? LIMIT 1"
CLAIM = """UPDATE arrivals SET holder = ?, wake = ?, tries = tries + 1
    WHERE seq IN (SELECT seq FROM arrivals WHERE wake <= ? ORDER BY wake LIMIT ?)
    RETURNING key, event, data, at, tries"""
RELEASE_ARRIVALS = "UPDATE arrivals SET holder = '', wake = 0 WHERE holder = ?"

KEEP = """INSERT INTO kept (name, data, until) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET data = excluded.data, until = excluded.until"""
KEPT = "SELECT data FROM kept WHERE name = ?"
TAKE = "DELETE FROM kept WHERE name = ? RETURNING data, until"
NAMES = "SELECT name FROM kept WHERE substr(name, 1, ?) = ? ORDER BY name"
LET_GO = "DELETE FROM kept WHERE name = ?"
SWEEP_KEPT = "DELETE FROM kept WHERE name IN (SELECT name FROM kept WHERE until < ? LIMIT ?)"
LEASE = """INSERT INTO kept (name, data, until) VALUES (:name, :holder, :until) ON CONFLICT (name) DO UPDATE
    SET data = excluded.data, until = excluded.until WHERE data = :holder OR until <= :now RETURNING name"""


class SqliteArrivals:
    """See `bot.storage.arrivals`."""

    _thread: SqliteThread
    _waiting: Counter[str] | None = None  # how many are kept, by conversation

    async def arrive(self, arrival: Arrival, holder: str, until: float) -> bool:
        """Keep it; whether it is ours to process now."""
        args = {
            "key": arrival.key,
            "event": arrival.event,
            "data": dumps(arrival.data),
            "at": arrival.at,
            "holder": holder,
            "until": until,
        }
        found = await self._thread.run(lambda db: db.execute(ARRIVE, args).fetchall(), write=True)
        first = bool(found and found[0][0] is not None)
        if found and self._waiting is not None:  # whoever is the first knows that there are no others
            self._waiting[arrival.key] = 1 if first else self._waiting[arrival.key] + 1
        return first

    async def waiting(self, key: str) -> bool:
        """Whether events of this conversation are kept here. Nobody else writes in this file, so it is asked once."""
        if self._waiting is None:
            found = await self._thread.run(lambda db: db.execute(WAITING).fetchall(), write=False)
            self._waiting = Counter(dict(found))
        return self._waiting[key] > 0

    async def arrived(self, arrival: Arrival, holder: str, until: float) -> Arrival | None:
        """It is done with; the next one."""
        key = arrival.key

        def work(db: sqlite3.Connection) -> tuple[int, tuple[str, str, float, int] | None]:
            gone = db.execute(LEAVE, (key, arrival.event, holder)).rowcount
            found = db.execute(NEXT, (holder, until, key)).fetchall() if gone else ()
            return gone, found[0] if found else None

        gone, found = await self._thread.run(work, write=True)
        if self._waiting is not None and gone:
            self._waiting[key] -= gone
            if self._waiting[key] <= 0:
                del self._waiting[key]
        if found is None:
            return None
        event, data, at, tries = found
        return Arrival(key, event, loads(data), at, tries)

    async def postpone(self, arrival: Arrival, holder: str, due: float) -> None:
        """Anybody's from `due` on."""
        args = (due, arrival.key, arrival.event, holder)
        await self._thread.run(lambda db: db.execute(POSTPONE, args).rowcount, write=True)

    async def claim_arrivals(self, holder: str, now: float, until: float, limit: int) -> list[Arrival]:
        """Lease what is due."""
        if not await self._thread.run(lambda db: db.execute(DUE, (now,)).fetchone(), write=False):
            return []
        args = (holder, until, now, limit)
        found = await self._thread.run(lambda db: db.execute(CLAIM, args).fetchall(), write=True)
        return [Arrival(key, event, loads(data), at, tries) for key, event, data, at, tries in found]

    async def keep(self, name: str, data: str, until: float | None = None) -> None:
        """Keep it under this name."""
        await self._thread.run(lambda db: db.execute(KEEP, (name, data, until)).rowcount, write=True)

    async def kept(self, name: str) -> str | None:
        """What is kept there."""
        found = await self._thread.run(lambda db: db.execute(KEPT, (name,)).fetchone(), write=False)
        return None if found is None else str(found[0])

    async def take(self, name: str, now: float) -> str | None:
        """What is kept there, which is gone then."""
        found = await self._thread.run(lambda db: db.execute(TAKE, (name,)).fetchall(), write=True)
        return None if not found or (found[0][1] is not None and found[0][1] <= now) else str(found[0][0])

    async def kept_names(self, prefix: str) -> list[str]:
        """The names that begin so."""
        args = (len(prefix), prefix)
        found = await self._thread.run(lambda db: db.execute(NAMES, args).fetchall(), write=False)
        return [str(name) for (name,) in found]

    async def let_go(self, names: Sequence[str]) -> int:
        """Forget these."""
        return await self._thread.run(
            lambda db: sum(db.execute(LET_GO, (name,)).rowcount for name in names), write=True
        )

    async def sweep_kept(self, now: float, limit: int) -> int:
        """Delete what has expired."""
        return int(await self._thread.run(lambda db: db.execute(SWEEP_KEPT, (now, limit)).rowcount, write=True))

    async def lease(self, name: str, holder: str, now: float, until: float) -> bool:
        """Whether `holder` has this name until then."""
        args = {"name": name, "holder": holder, "now": now, "until": until}
        return bool(await self._thread.run(lambda db: db.execute(LEASE, args).fetchall(), write=True))
