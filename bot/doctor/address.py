"""The bot as the internet sees it: reachable, by https, and closed to strangers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp

from bot.channels.registry import PATHS
from bot.doctor.finding import Finding
from bot.file_door import HEADERS, ROUTE
from bot.links import PATH

_WAIT = aiohttp.ClientTimeout(total=10)
_SOON = 14 * 24 * 3600.0  # seconds before its end at which a certificate should have been renewed
_NAME = "public address"


async def address(url: str, tls: ssl.SSLContext, clock: Callable[[], float]) -> list[Finding]:
    """Ask the public address as Teams would. url: HELPBOT_PUBLIC_URL. clock: Unix seconds."""
    if not url:
        text = (
            "HELPBOT_PUBLIC_URL is not set, so it was not looked at, and the staff get no links to users' files; "
            "set it to where the internet reaches the bot"
        )
        return [Finding("warning", _NAME, text)]
    if not url.startswith("https://"):
        return [Finding("wrong", _NAME, "HELPBOT_PUBLIC_URL is not https; Teams reaches bots by https only")]
    async with aiohttp.ClientSession(timeout=_WAIT, connector=aiohttp.TCPConnector(ssl=tls)) as session:
        try:
            if wrong := await _health(session, url):
                return [Finding("wrong", _NAME, wrong)]
            found = [
                Finding("ok", _NAME, "the bot answers there"),
                await _door(session, url),
                await _files(session, url),
            ]
        except (aiohttp.ClientError, OSError) as error:  # a timeout is an OSError, too
            return [Finding("wrong", _NAME, _reason(error))]
    return [*found, await _certificate(url, tls, clock)]


async def _health(session: aiohttp.ClientSession, url: str) -> str:
    """What is wrong with /healthz, or nothing."""
    async with session.get(f"{url}/healthz", allow_redirects=False) as response:
        text = await response.content.read(100)
    if 300 <= response.status < 400:
        return (
            f"it redirects ({response.status}), which Teams does not follow; set HELPBOT_PUBLIC_URL to the last address"
        )
    if response.status in (502, 503, 504):
        return (
            f"the proxy answers {response.status}, it does not reach the bot; start the bot, check the proxy's upstream"
        )
    if response.status != 200 or text.strip() != b"ok":
        return f"/healthz answers {response.status}, and that is not the bot; let the proxy pass this path to the bot"
    return ""


async def _door(session: aiohttp.ClientSession, url: str) -> Finding:
    """A stranger without a token must be turned away, by the bot itself."""
    path = PATHS["teams"]
    async with session.post(f"{url}{path}", json={}, allow_redirects=False) as response:
        status = response.status
    if status == 401:
        return Finding("ok", "door", f"{path} turns strangers away")
    if status < 300:
        return Finding(
            "wrong", "door", f"{path} lets strangers in; take that bot off the internet, it is in local mode"
        )
    if status == 403:
        return Finding("wrong", "door", f"{path} answers 403; is that bot in local mode? Start it without --local")
    if status == 503:
        return Finding("wrong", "door", f"{path} answers 503: the running bot has no signing keys; see its log")
    return Finding("wrong", "door", f"{path} answers {status}, not 401; let the proxy pass it to the bot unchanged")


async def _files(session: aiohttp.ClientSession, url: str) -> Finding:
    """A link that is none must be turned away by the bot: so good ones reach it."""
    path = ROUTE.format(id="doctor", until=0, signature="none", name="none")
    async with session.get(f"{url}{path}", allow_redirects=False) as response:
        ours = response.headers.get("Content-Security-Policy") == HEADERS["Content-Security-Policy"]
        if ours and response.status == 404:
            return Finding("ok", "files", f"{PATH} reaches the bot")
    text = f"{PATH} does not reach the bot, so nobody can open a case's files; let the proxy pass {PATH}* to it"
    return Finding("warning", "files", text)


async def _certificate(url: str, tls: ssl.SSLContext, clock: Callable[[], float]) -> Finding:
    """The certificate is good now, or we were not here; for how long?"""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(10):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 443, ssl=tls)
    except OSError as error:
        return Finding("wrong", "certificate", _reason(error))
    ends = ssl.cert_time_to_seconds(writer.get_extra_info("peercert")["notAfter"])
    writer.close()
    days = int((ends - clock()) // 86400)
    if ends - clock() < _SOON:
        return Finding("warning", "certificate", f"ends in {days} days; see why it was not renewed")
    return Finding("ok", "certificate", f"trusted, good for {days} days")


def _reason(error: Exception) -> str:
    """Why there was no answer, and what to do."""
    cause = getattr(error, "certificate_error", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message}); Teams needs one of a public authority"
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return "something answers, but not by TLS; let the proxy serve https there"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name is not known; make the DNS record, or correct HELPBOT_PUBLIC_URL"
    if isinstance(error, TimeoutError):
        return "no answer in 10 seconds; look at firewall and proxy"
    return f"nobody answers there ({type(error).__name__}); start the bot and the proxy, open the port"
