"""`helpbot check --links`: what is said of an address, and how politely it is asked."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.link_check import check_links


class Site:
    """A web server that answers each path with its status, and notes how many requests it had at a time."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.most = self.now = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """`/301/to` redirects there; `/headless` can't be asked with HEAD, `/language`
        sends everybody to theirs."""
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        self.asked.append(f"{request.method} {request.path}")
        status, _, to = request.path[1:].partition("/")
        if status == "headless":
            return web.Response(status=405 if request.method == "HEAD" else 200)
        if status == "language":
            return web.Response(status=301, headers={"Location": f"/de-de{request.path}"})
        return web.Response(status=int(status), headers={"Location": f"/{to}"} if to else {})


async def told(site: Site, *paths: str) -> list[str]:
    """What is said of these paths, without the server's name."""
    runner = web.AppRunner(application(site))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    home = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        problems = await check_links({home + path: ("vpn.yaml", i + 1) for i, path in enumerate(paths)}, pause=0.0)
    finally:
        await runner.cleanup()
    assert all(problem.warning for problem in problems)
    return [f"{p.line}: {p.what}; {p.fix}".replace(home, "") for p in problems]


def application(site: Site) -> web.Application:
    """Every path."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    return app


async def test_what_is_said() -> None:
    """What is gone, has moved for good or fails is told where it stands; what only dislikes programs is not."""
    paths = (
        "/200",
        "/404",
        "/301/200",
        "/302/200",
        "/500",
        "/403",
        "/410",
        "/headless",
        "/language",
        "/429",
    )
    assert await told(Site(), *paths) == [
        "2: /404 is gone (HTTP 404); give its address today, or remove it",
        '3: /301/200 has moved to /200; write the new address; the old one may stand as "was"',
        "5: /500 answers with HTTP 500; try it in a browser; remove it if it is gone",
        "7: /410 is gone (HTTP 410); give its address today, or remove it",
    ]


async def test_one_at_a_time() -> None:
    """A host is asked one thing at a time, and GET only where HEAD was not answered well."""
    site = Site()
    await told(site, "/200", "/204", "/headless")
    assert site.most == 1
    assert site.asked == ["HEAD /200", "HEAD /204", "HEAD /headless", "GET /headless"]


async def test_nobody_there() -> None:
    """A host that does not answer is told, not raised."""
    (problem,) = await check_links({"http://127.0.0.1:1/x": ("vpn.yaml", 3)})
    assert problem.what == "http://127.0.0.1:1/x can't be reached (ClientConnectorError)"
