"""The HTTP server: the doors of all channels, /healthz, /readyz, /metrics; what an error means in HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.admission import Admission
from bot.channels.base import Channel
from bot.channels.teams_fields import MAX_BODY
from bot.envelope import Envelope, Payload, Written
from bot.errors import Refused, StoreUnavailable
from bot.file_door import ROUTE, FileDoor
from bot.limits import RateLimit
from bot.log import conversation_tag, correlation
from bot.metrics import Metrics
from bot.patience import Patience
from bot.reception import Reception
from bot.storage.base import Counts, Store

_BODY_SECONDS = 10.0
_TURN_SECONDS = 12.0  # Teams waits 15 for an answer; whoever presses hears an apology before it gives up
_PING_SECONDS = 2.0
_STARTING = 30.0  # seconds for which all platforms are waited for before one is enough
_RETRY_AFTER = "5"
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_QUIET = 3600.0  # seconds for which a reason for refusing, once logged, is only counted

log = structlog.get_logger()


class Refusals:
    """Answers what is refused; each reason is logged once in a while, and counted always."""

    def __init__(self, metrics: Metrics, clock: Callable[[], float]) -> None:
        """clock: Unix seconds."""
        self._metrics = metrics
        self._clock = clock
        self._logged: dict[str, tuple[float, int]] = {}

    def answer(self, refused: Refused) -> web.Response:
        """The response."""
        self._metrics.rejects.labels(refused.reason).inc()
        now = self._clock()
        last, count = self._logged.get(refused.reason, (now - _QUIET, 0))
        if now - last >= _QUIET:
            log.warning("rejected", reason=refused.reason, status=refused.status, repeated=count)
            last, count = now, 0
        self._logged[refused.reason] = (last, count + 1)
        headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else None
        return web.Response(status=refused.status, text=refused.text, headers=headers)


class Door:
    """One channel's path: reads a request, has it received, answers. 200 means committed."""

    def __init__(
        self,
        channel: Channel,
        reception: Reception,
        limits: RateLimit,
        metrics: Metrics,
        *,
        clock: Callable[[], float],
        ids: Callable[[], str],
        body_seconds: float = _BODY_SECONDS,
        turn_seconds: float = _TURN_SECONDS,
    ) -> None:
        """clock: Unix seconds. ids: correlation ids for the log. body_seconds, turn_seconds: the most that may take."""
        self._channel = channel
        self._admission = Admission(reception, limits, metrics)
        self._refusals = Refusals(metrics, clock)
        self._metrics = metrics
        self._clock = clock
        self._ids = ids
        self._body_seconds = body_seconds
        self._patience = Patience(turn_seconds)

    async def handle(self, request: web.Request) -> web.Response:
        """POST of one activity."""
        started = time.perf_counter()
        correlation.set(self._ids())
        envelope: Envelope | None = None
        try:
            body = await body_of_request(request, self._body_seconds)
            envelope = await self._channel.read(request.headers, body, self._clock())
            if envelope is None or not self._admission.reception.hears(envelope):
                self._metrics.ignored.inc()
                return web.Response()
            with self._patience:
                answer = await self._admission.take(self._channel, envelope)
        except Refused as refused:
            return self._refusals.answer(refused)
        except (StoreUnavailable, TimeoutError) as error:
            self._metrics.unavailable.inc()
            log.error("store_unavailable", exc_info=error)
            return self._unavailable(envelope, 503)
        except Exception as error:
            self._metrics.failed.inc()
            log.error("request_failed", exc_info=error)
            return self._unavailable(envelope, 500)
        seconds = time.perf_counter() - started
        self._metrics.seconds.observe(seconds)
        log.info(
            "turn",
            channel=envelope.address.channel,
            conversation=conversation_tag(envelope.address.key),
            invoke=envelope.invoke,
            seconds=round(seconds, 4),
        )
        return web.Response() if answer is None else _json(answer)

    def _unavailable(self, envelope: Envelope | None, status: int) -> web.Response:
        """A message is delivered again by the platform when it hears a 5xx; a press is answered at once."""
        if envelope and envelope.invoke:
            return _json(self._channel.apology(envelope))
        return web.Response(status=status, headers={"Retry-After": _RETRY_AFTER})


async def body_of_request(
    request: web.Request, seconds: float, kinds: tuple[str, ...] = ("application/json",)
) -> bytes:
    """The body, if it is of one of these kinds, not too big, and comes in time. Raises `Refused`."""
    if request.content_type not in kinds or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Refused(415, "content-type", f"Send {' or '.join(kinds)} in UTF-8.")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "content-encoding", "Send the body as it is, without Content-Encoding.")
    try:
        if request.content.is_eof():  # all of it is here already, as nearly always
            body = request.content.read_nowait()
            if len(body) > request.client_max_size:
                raise Refused(413, "too-big")
            return body
        async with asyncio.timeout(seconds):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413, "too-big") from None
    except TimeoutError:
        raise Refused(408, "slow-body") from None
    except (HttpProcessingError, ConnectionError, web.RequestPayloadError):
        raise Refused(400, "broken-body") from None


def _json(answer: Payload) -> web.Response:
    text = answer.text if type(answer) is Written else json.dumps(answer)
    return web.Response(body=text.encode(), headers=_JSON)


class Probes:
    """/healthz: the process answers. /readyz: it can do its work. /metrics."""

    def __init__(
        self,
        store: Store,
        platforms: Mapping[str, Callable[[], bool]],
        metrics: Metrics,
        events: Callable[[], Mapping[str, int]],
        clock: Callable[[], float],
    ) -> None:
        """platforms: whether each can be served now, by the name under which /readyz tells it. events: what the outbox
        has done since the start. clock: Unix seconds."""
        self._store = store
        self._platforms = dict(platforms)
        self._metrics = metrics
        self._events = events
        self._clock = clock
        self._since = clock()
        self._counts = Counts(0, 0.0, 0, 0)
        self.stopping = False

    async def healthz(self, _: web.Request) -> web.Response:
        """200 as long as the event loop turns."""
        return web.Response(text="ok")

    async def readyz(self, _: web.Request) -> web.Response:
        """200 when database, content and a platform are there and the server is not stopping; says which is not.

        At the start all platforms are waited for. Later one that is away does not take the others with it: it is told
        here, and nobody would gain by a replica that serves none.
        """
        platforms = {name: ready() for name, ready in self._platforms.items()}
        found = {
            "database": await self._database(),
            "content": True,  # the server does not start without
            **platforms,
            "serving": not self.stopping,
        }
        enough = all if self._clock() - self._since < _STARTING else any
        good = found["database"] and found["serving"] and enough(platforms.values())
        return web.Response(status=200 if good else 503, body=json.dumps(found), content_type="application/json")

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus' text format. With the database gone, the last known figures of the outbox stand."""
        try:
            async with asyncio.timeout(_PING_SECONDS):
                self._counts = await self._store.counts(self._clock())
        except (StoreUnavailable, TimeoutError):
            pass
        ready = {name: platform() for name, platform in self._platforms.items()}
        text = self._metrics.text(self._counts, self._events(), ready)
        return web.Response(body=text, content_type="text/plain", charset="utf-8")

    async def _database(self) -> bool:
        try:
            async with asyncio.timeout(_PING_SECONDS):
                await self._store.ping()
        except (StoreUnavailable, TimeoutError):
            return False
        return True


class HasHandle(Protocol):
    """Answers the POSTs of one path."""

    async def handle(self, request: web.Request) -> web.Response:
        """One POST."""
        ...


def application(
    doors: Mapping[str, HasHandle],
    probes: Probes,
    files: FileDoor | None = None,
    pages: Mapping[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] | None = None,
) -> web.Application:
    """The aiohttp application. doors, pages: by path, for POST and for GET."""
    app = web.Application(client_max_size=MAX_BODY)
    for path, door in doors.items():
        app.router.add_post(path, door.handle)
    for path, page in (pages or {}).items():
        app.router.add_get(path, page)
    app.router.add_get("/healthz", probes.healthz)
    app.router.add_get("/readyz", probes.readyz)
    app.router.add_get("/metrics", probes.metrics)
    if files is not None:
        app.router.add_get(ROUTE, files.get)
    return app
