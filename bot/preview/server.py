"""The preview's server: on loopback only, for one person, telling the browser when a file was saved."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from bot.preview import page
from bot.preview.page import View
from bot.preview.source import Content

HOST = "127.0.0.1"
EVERY = 0.7  # seconds between two looks at the files
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; connect-src 'self'",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Preview:
    """What answers."""

    def __init__(
        self, content: Content, renderer: Path | None, today: Callable[[], dt.date], every: float = EVERY
    ) -> None:
        """renderer: the file of the Adaptive Cards renderer, if there is one."""
        self._content = content
        self._renderer = renderer
        self._today = today
        self._every = every

    def application(self) -> web.Application:
        """Its routes; only whoever asks this machine by its own name is answered."""
        app = web.Application(middlewares=[_own_name])
        app.router.add_get("/", self._index)
        app.router.add_get("/guide/{id:[a-z0-9-]+}", self._guide)
        app.router.add_get("/renderer.js", self._script)
        app.router.add_get("/changes", self._changes)
        return app

    async def _index(self, request: web.Request) -> web.Response:
        # Taken before the files are read: a save in between is told to the page, not missed.
        stamp = await asyncio.to_thread(self._content.stamp)
        return _html(page.index(stamp, await asyncio.to_thread(self._content.guides)))

    async def _guide(self, request: web.Request) -> web.Response:
        guide_id = request.match_info["id"]
        stamp = await asyncio.to_thread(self._content.stamp)
        seen = await asyncio.to_thread(self._content.guide, guide_id, self._today())
        if seen is None:
            raise web.HTTPNotFound(text=f"There is no guide {guide_id}.")
        if seen.library is None:
            return _html(page.broken(View(stamp, guide_id, "", self._renderer is not None), seen.findings))
        original = next(iter(seen.library.guides.values()))
        view = View(stamp, guide_id, request.query.get("locale", original.language), self._renderer is not None)
        return _html(await asyncio.to_thread(page.guide, view, seen.library, seen.findings))

    async def _script(self, request: web.Request) -> web.StreamResponse:
        if self._renderer is None:
            raise web.HTTPNotFound
        return web.FileResponse(self._renderer)

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one for each change of a file after the page's stamp, until it is left."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        before = request.query.get("since", "")
        while True:
            now = await asyncio.to_thread(self._content.stamp)
            try:
                await response.write(b"event: change\ndata: \n\n" if now != before else b": still here\n\n")
            except ConnectionError:
                return response
            before = now
            await asyncio.sleep(self._every)


@web.middleware
async def _own_name(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page of elsewhere whose name was made to lead here gets nothing."""
    if request.host.rpartition(":")[0] not in (HOST, "localhost"):
        raise web.HTTPForbidden(text="This is only for this machine.")
    return await handler(request)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)
