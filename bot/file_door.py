"""GET of a file by its link. The link is the whole proof; what is given out can do nothing in a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web

from bot.errors import StoreUnavailable
from bot.links import PATH, Links
from bot.storage.base import Store
from bot.storage.files import KeptFile

ROUTE = PATH + "{id}/{until}/{signature}/{name}"
ENDED = "This link has ended. In the case's thread there is a button for a new one."
GONE = "This file is not kept any more."
_SECONDS = 300.0  # a client that reads more slowly is let go
# No scripts, no frames, no guessing of types; not kept by anybody on the way, named to no page that is opened next.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

log = structlog.get_logger()


class FileDoor:
    """The way to the files."""

    def __init__(self, store: Store, links: Links, clock: Callable[[], float]) -> None:
        """clock: Unix seconds."""
        self._store = store
        self._links = links
        self._clock = clock

    async def get(self, request: web.Request) -> web.StreamResponse:
        """The file, 404 for a wrong link, 410 for one that has ended or whose file is gone; HEAD as well."""
        found = request.match_info
        try:
            await self._links.open()
            good = self._links.check(found["id"], found["until"], found["signature"], self._clock())
            if good is None:
                return web.Response(status=410, text=ENDED, headers=HEADERS)
            if not good:
                return web.Response(status=404, headers=HEADERS)
            file = await self._store.file(found["id"])
            if file is None or not file.blob:
                return web.Response(status=410, text=GONE, headers=HEADERS)
            async with asyncio.timeout(_SECONDS):
                return await self._send(request, file)
        except StoreUnavailable as error:
            log.warning("file_not_given", exc_info=error)
            return web.Response(status=503, headers={**HEADERS, "Retry-After": "5"})

    async def _send(self, request: web.Request, file: KeptFile) -> web.StreamResponse:
        response = web.StreamResponse(headers=HEADERS)
        response.headers[hdrs.CONTENT_DISPOSITION] = disposition(file.name)
        response.content_type = file.kind
        response.content_length = file.size
        first = await self._store.file_part(file.blob, 0)
        await response.prepare(request)
        number, part = 0, first if request.method == "GET" else None
        while part is not None:
            await response.write(part)
            number += 1
            part = await self._store.file_part(file.blob, number)
        await response.write_eof()
        return response


def disposition(name: str) -> str:
    """To be saved under this name, never opened in place; the name in both of the header's spellings."""
    flat = " ".join(name.encode("utf-8", "replace").decode().replace("/", "_").replace("\\", "_").split()) or "file"
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"%;' else "_" for c in flat)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(flat, safe='')}"
