"""The door of Slack: over HTTP, and for what comes by a socket. 200 means kept; the turn comes afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from aiohttp import web

from bot.arrivals import Arrivals
from bot.channels.slack import SlackChannel
from bot.channels.slack_bolt import Reading
from bot.channels.slack_read import Doubtful, Gone, Heard, Home, Opening, Word
from bot.envelope import Envelope
from bot.errors import DeliverLater, DeliveryError, Refused, StoreUnavailable
from bot.log import correlation
from bot.metrics import Metrics
from bot.patience import Patience
from bot.reception import Locks
from bot.web import Refusals, body_of_request

_KINDS = ("application/json", "application/x-www-form-urlencoded")
_BODY_SECONDS = 2.0
_KEEP_SECONDS = 2.5  # Slack waits three for an answer
_ERRANDS = 500  # things done in passing at once; more are left undone
_RETRY_AFTER = "5"

log = structlog.get_logger()


class Errands(Protocol):
    """What is done for what is no turn."""

    async def word(self, word: Word) -> None:
        """Say something in passing."""
        ...

    async def home(self, home: Home) -> None:
        """Show the App Home."""
        ...

    async def form(self, opening: Opening) -> None:
        """Open a form."""
        ...

    async def gone(self, gone: Gone) -> None:
        """The app was taken out."""
        ...


class SlackDoor:
    """Reads, keeps, answers. Whatever was sent, the answer is a 200 or a 4xx; a 503 when it could not be kept."""

    def __init__(
        self,
        channel: SlackChannel,
        arrivals: Arrivals,
        errands: Errands,
        metrics: Metrics,
        *,
        clock: Callable[[], float],
        ids: Callable[[], str],
        body_seconds: float = _BODY_SECONDS,
        keep_seconds: float = _KEEP_SECONDS,
    ) -> None:
        """clock: Unix seconds. ids: correlation ids for the log. body_seconds, keep_seconds: the most that may take."""
        self._channel = channel
        self._arrivals = arrivals
        self._errands = errands
        self._metrics = metrics
        self._clock = clock
        self._ids = ids
        self._body_seconds = body_seconds
        self._keeping = Patience(keep_seconds)
        self._refusals = Refusals(metrics, clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._locks = Locks()  # what a connection brings of one conversation is kept in the order in which it came

    @property
    def in_hand(self) -> int:
        """What is being done in passing now."""
        return len(self._tasks)

    async def handle(self, request: web.Request) -> web.Response:
        """POST of an event, an interaction or a command."""
        correlation.set(self._ids())
        try:
            body = await body_of_request(request, self._body_seconds, _KINDS)
            reading = await self._channel.receive(request.headers, body, self._clock())
            await self._keep(reading)
        except Refused as refused:
            return self._refusals.answer(refused)
        except (StoreUnavailable, TimeoutError) as error:
            self._metrics.unavailable.inc()
            log.error("store_unavailable", exc_info=error)
            return web.Response(status=503, headers={"Retry-After": _RETRY_AFTER})
        except Exception as error:  # a mistake of ours; Slack would repeat a 500 for long, and it stays a mistake
            self._metrics.failed.inc()
            log.error("request_failed", exc_info=error)
            return web.Response(status=400)
        return web.Response(status=reading.status, text=reading.body, content_type=reading.content_type)

    async def socket(self, payload: dict[str, Any]) -> Reading:
        """What came by Socket Mode: to be acknowledged when this returns. Raises `Refused`, `StoreUnavailable`."""
        correlation.set(self._ids())
        reading = await self._channel.door.read_socket(payload, self._clock())
        if isinstance(reading.heard, Envelope | Doubtful):
            async with self._locks.hold(reading.heard.address.key):
                await self._keep(reading)
        else:
            await self._keep(reading)
        return reading

    async def stop(self) -> None:
        """Leave undone what is being done in passing."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _keep(self, reading: Reading) -> None:
        """An event is kept; something in passing is begun, for nobody waits for it and nobody may lose by it."""
        heard, raw = reading.heard, reading.raw or {}
        if isinstance(heard, Doubtful):
            heard, raw = await self._settled(heard, raw)
        if heard is None or (isinstance(heard, Envelope) and not self._arrivals.hears(heard)):
            self._metrics.ignored.inc()
        elif isinstance(heard, Envelope):
            with self._keeping:
                await self._arrivals.take(heard, raw)
        elif isinstance(heard, Gone):  # or the workspace would be written to for ever
            with self._keeping:
                await self._errands.gone(heard)
        else:
            self._spawn(heard)

    async def _settled(self, heard: Doubtful, raw: dict[str, Any]) -> tuple[Heard, dict[str, Any]]:
        """While Slack does not say whose somebody is, nothing is acknowledged, and it comes again."""
        try:
            with self._keeping:
                return await self._channel.settled(heard, raw, self._clock())
        except DeliverLater as error:
            raise TimeoutError(error.reason) from None
        except DeliveryError:  # nobody is answered there
            return heard.otherwise, raw

    def _spawn(self, heard: Heard) -> None:
        if len(self._tasks) >= _ERRANDS:
            log.warning("errand_left", count=len(self._tasks))
            return
        task = asyncio.create_task(self._do(heard))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, heard: Heard) -> None:
        try:
            if isinstance(heard, Word):
                await self._errands.word(heard)
            elif isinstance(heard, Home):
                await self._errands.home(heard)
            elif isinstance(heard, Opening):
                await self._errands.form(heard)
        except StoreUnavailable as error:
            log.warning("errand_failed", exc_info=error)
        except Exception as error:
            self._metrics.failed.inc()
            log.error("errand_failed", exc_info=error)
