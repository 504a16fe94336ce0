"""Fetches a file into the database, part by part: within a limit, a time, and no private network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.envelope import FileRequest
from bot.errors import DeliverLater
from bot.storage.files import FileStore

PART = 256 * 1024  # bytes; no part keeps the database busy for long
AT_ONCE = 8  # files under way; each holds a part in memory
HOPS = 3  # redirects
SECONDS = 40.0
SILENCE = 10.0
GONE = (400, 403, 404, 410)  # a short-lived link that has ended, a file that was taken back
_MOVED = (301, 302, 303, 307, 308)
# What the first bytes say. Only these are shown in place; everything else is a file to save.
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
UNKNOWN = "application/octet-stream"
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class FileLost(Exception):
    """The file can't be had. reason: size, gone, elsewhere."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class PublicOnly(AbstractResolver):
    """Finds addresses of names, and of those only the ones that the internet has: no name leads into our network."""

    def __init__(self, inner: AbstractResolver) -> None:
        """inner: who asks."""
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses; OSError when there is none."""
        found = [each for each in await self._inner.resolve(host, port, family) if _public(each["host"])]
        if not found:
            raise OSError(None, "no public address")
        return found

    async def close(self) -> None:
        """Let the inner one go."""
        await self._inner.close()


def _public(address: str) -> bool:
    """Whether the internet has this address, and the one of the old kind, if any, that it stands for."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _TRANSLATED:
            inner = ipaddress.IPv4Address(found.packed[-4:])
        if found.teredo or (inner and not _public(str(inner))):
            return False
        if found.ipv4_mapped:
            return True
    return found.is_global and not found.is_multicast


class Fetcher:
    """Fetches files. `close` lets its connections go."""

    def __init__(self, store: FileStore, *, limit: int, clock: Callable[[], float], seconds: float = SECONDS) -> None:
        """limit: bytes of a file. clock: Unix seconds. seconds: the most that one file may take."""
        self._store = store
        self._limit = limit
        self._clock = clock
        self._seconds = seconds
        self._timeout = aiohttp.ClientTimeout(total=None, connect=5.0, sock_read=min(SILENCE, seconds))
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """End."""
        if self._session is not None:
            await self._session.close()

    async def fetch(self, request: FileRequest, blob: str) -> tuple[int, str]:
        """Keep the content under the name `blob`; gives its size in bytes and its media type.

        Raises `FileLost`, or `DeliverLater` when another try may have more luck; then nothing is left of it.
        """
        async with self._slots:
            try:
                async with asyncio.timeout(self._seconds):
                    return await self._hops(request, blob)
            except BaseException as error:
                await asyncio.shield(self._store.drop_parts(blob))
                if isinstance(error, TimeoutError):
                    raise DeliverLater("file: timeout") from None
                if isinstance(error, aiohttp.ClientError | OSError):
                    raise DeliverLater(f"file: {type(error).__name__}") from None
                raise

    async def _hops(self, request: FileRequest, blob: str) -> tuple[int, str]:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=AT_ONCE, resolver=PublicOnly(aiohttp.ThreadedResolver()))
            self._session = aiohttp.ClientSession(
                connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        url, headers = request.url, {**request.headers, "Accept-Encoding": "identity"}
        for _ in range(HOPS + 1):
            async with self._session.get(
                URL(url, encoded=True), headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                if response.status == 200:
                    return await self._keep(response, blob)
                if response.status not in _MOVED:
                    raise FileLost("gone") if response.status in GONE else DeliverLater(f"file: {response.status}")
                url = urljoin(url, response.headers.get("Location", ""))
            if not request.follow(url):
                raise FileLost("elsewhere")
            headers = {"Accept-Encoding": "identity"}
        raise FileLost("elsewhere")

    async def _keep(self, response: aiohttp.ClientResponse, blob: str) -> tuple[int, str]:
        if (response.content_length or 0) > self._limit:
            raise FileLost("size")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise FileLost("gone")
        size, number, kind, part = 0, 0, "", bytearray()
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > self._limit:
                raise FileLost("size")
            part += chunk
            while len(part) >= PART:
                kind = kind or _kind(part)
                await self._store.keep_part(blob, number, bytes(part[:PART]), self._clock())
                number += 1
                del part[:PART]
        if part:
            kind = kind or _kind(part)
            await self._store.keep_part(blob, number, bytes(part), self._clock())
        return size, kind or UNKNOWN


def _kind(begin: bytearray) -> str:
    """What it is, by its first bytes: what its sender or its server says of it is worth nothing."""
    return next((kind for mark, kind in _PICTURES if begin.startswith(mark)), UNKNOWN)
