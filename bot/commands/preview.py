"""`helpbot preview`: guides in a browser, as charts and as every platform shows them, anew at each save."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import typer
from aiohttp import web

from bot.errors import HelpbotError
from bot.preview import teams_look
from bot.preview.server import HOST, Preview
from bot.preview.source import Content
from bot.settings import from_environment


def preview(guide_id: str = "", port: int = 0, renderer: Path | None = None) -> None:
    """Serve the preview on loopback until Ctrl-C. Raises `HelpbotError`.

    guide_id: printed as the address to open; else the list. port: 0 for any. renderer: the Adaptive Cards renderer's
    file, where the checkout's own is not there; without any, that stands on the page in place of Teams' cards.
    """
    content = Content(from_environment().content_dir)
    if guide_id and guide_id not in dict(content.guides()):
        raise HelpbotError(f'there is no guide "{guide_id}" in {content.folder}')
    found = teams_look.find(renderer)
    if renderer is not None and found is None:
        raise HelpbotError(f"{renderer} is not there; it is to be the file {teams_look.FILE} of npm's adaptivecards")
    if found is None:
        typer.echo(teams_look.HOW, err=True)
    try:
        asyncio.run(_serve(content, found, guide_id, port))
    except KeyboardInterrupt:
        pass


async def _serve(content: Content, renderer: Path | None, guide_id: str, port: int) -> None:
    app = Preview(content, renderer, lambda: dt.datetime.now(dt.UTC).date()).application()
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        raise HelpbotError(f"port {port} is taken; choose another with --port") from error
    address = f"http://{HOST}:{runner.addresses[0][1]}"
    typer.echo(f"{address}/guide/{guide_id}" if guide_id else address)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
