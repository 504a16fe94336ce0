"""Links to files that end by themselves: whoever has one may fetch that one file until then, and nobody else.

A link names the file (a random id), its end, and a signature of both with a secret that all replicas find in the
database; so it can be neither guessed nor prolonged, and needs no list of links that were given.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import quote

from bot.storage.base import Store

PATH = "/files/"
KEPT = "files.secret"
FOREVER = 1e12  # Unix seconds
LINK_SECONDS = 8 * 3600.0  # a working day


class Links:
    """Makes links and checks them. `open` first."""

    def __init__(self, store: Store, base: str, draw: Callable[[int], bytes]) -> None:
        """base: where the bot is reached from outside ("": no links can be given). draw: random bytes."""
        self._store = store
        self._base = base.rstrip("/")
        self._draw = draw
        self._secret = b""

    async def open(self) -> None:
        """Find the secret, or make one; of replicas that start at one moment one makes it."""
        if self._base and not self._secret:
            await self._store.lease(KEPT, self._draw(32).hex(), 0.0, FOREVER)
            self._secret = bytes.fromhex(await self._store.kept(KEPT) or "")

    @property
    def given(self) -> bool:
        """Whether links can be given at all."""
        return bool(self._base)

    def link(self, file_id: str, name: str, now: float) -> str:
        """A link to the file that is good for LINK_SECONDS; "" where none can be given. name: for the eye alone."""
        if not self._secret:
            return ""
        until = int(now + LINK_SECONDS)
        seen = quote(name.encode("utf-8", "replace")[:80].decode("utf-8", "ignore"), safe="")
        return f"{self._base}{PATH}{file_id}/{until}/{self._signature(file_id, until)}/{seen or 'file'}"

    def check(self, file_id: str, until: str, signature: str, now: float) -> bool | None:
        """Whether the link is good; None when it was, but has ended."""
        if not self._secret or not until.isdecimal() or len(until) > 12 or not signature.isascii():
            return False
        if not hmac.compare_digest(self._signature(file_id, int(until)), signature):
            return False
        return True if now < int(until) else None

    def _signature(self, file_id: str, until: int) -> str:
        made = hmac.digest(self._secret, f"{file_id}/{until}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
