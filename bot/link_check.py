"""Do the links of the guides still lead anywhere? Asked politely: one request at a time to each host, with pauses."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import aiohttp

from dialogs.errors import Problem

PAUSE = 0.5  # seconds between two requests to one host
HOSTS = 8  # asked at a time
TIMEOUT = aiohttp.ClientTimeout(total=20)
AGENT = "helpbot check --links"
_LOCALE = re.compile(r"/[a-z]{2}-[a-z]{2}(?=/|$)")  # learn.microsoft.com sends everybody to their own language
Where = tuple[str, int]


async def check_links(links: Mapping[str, Where], pause: float = PAUSE) -> list[Problem]:
    """A warning for each of these addresses that is gone, has moved for good, or can't be reached, where it stands."""
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in links:
        by_host[urlsplit(url).netloc].append(url)
    turns = asyncio.Semaphore(HOSTS)
    async with aiohttp.ClientSession(timeout=TIMEOUT, headers={"User-Agent": AGENT}) as session:
        found = await asyncio.gather(*(_host(session, urls, turns, pause) for urls in by_host.values()))
    told = [(url, said) for host in found for url, said in host]
    return sorted(Problem(*links[url], what, fix, warning=True) for url, (what, fix) in told)


async def _host(
    session: aiohttp.ClientSession, urls: list[str], turns: asyncio.Semaphore, pause: float
) -> list[tuple[str, tuple[str, str]]]:
    found = []
    async with turns:
        for i, url in enumerate(urls):
            if i:
                await asyncio.sleep(pause)
            if said := await _ask(session, url):
                found.append((url, said))
    return found


async def _ask(session: aiohttp.ClientSession, url: str) -> tuple[str, str] | None:
    """What is wrong with an address, and the fix; None when it is right."""
    try:
        status, to = await _status(session, "HEAD", url)
        if status >= 400 and status not in (404, 410):  # some servers answer HEAD badly
            status, to = await _status(session, "GET", url)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return f"{url} can't be reached ({type(error).__name__})", "try it in a browser; remove it if it is gone"
    if status in (404, 410):
        return f"{url} is gone (HTTP {status})", "give its address today, or remove it"
    if status in (301, 308) and not _same(url, to):
        return f"{url} has moved to {to}", 'write the new address; the old one may stand as "was"'
    if status >= 400 and status not in (401, 403, 429):  # those only don't like to be asked by a program
        return f"{url} answers with HTTP {status}", "try it in a browser; remove it if it is gone"
    return None


async def _status(session: aiohttp.ClientSession, method: str, url: str) -> tuple[int, str]:
    async with session.request(method, url, allow_redirects=False) as response:
        return response.status, urljoin(url, response.headers.get("Location", ""))


def _same(url: str, to: str) -> bool:
    """Whether two addresses differ only in a language or a slash at the end."""
    return _LOCALE.sub("", url, count=1).rstrip("/") == _LOCALE.sub("", to, count=1).rstrip("/")
