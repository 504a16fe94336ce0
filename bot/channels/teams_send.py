"""The way out to Teams: the Bot Connector's REST interface, and what its answers mean for a row.

One pooled session and hand-made JSON: botbuilder's connector client alone costs more than a whole turn.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
import structlog
from yarl import URL

from bot.channels.http import body_of
from bot.envelope import Payload, Receipt, Written
from bot.errors import ConversationBlocked, DeliverLater, DeliveryError, Undeliverable
from bot.patience import Patience
from bot.storage.base import Row

BLOCKED = ("ConversationBlockedByUser", "BotNotInConversationRoster", "BotDisabledByAdmin", "MessageWritesBlocked")
PATIENCE = 20.0  # seconds that one request may take
_LONGEST_WAIT = 3600.0  # the most that a Retry-After may hold a conversation
_READ_MOST = 64 * 1024
_TYPE = "application/json; charset=utf-8"
_AT_WORK = 512  # conversations whose URLs are kept, for making one and taking it apart is dearer than a look

log = structlog.get_logger()


class Tokens(Protocol):
    """Gives the token that goes out with every request."""

    async def get(self) -> str:
        """A token that is good now; raises `DeliverLater` when none can be had."""
        ...

    def forget(self, token: str) -> None:
        """The service refused this one: the next `get` fetches another."""
        ...

    async def start(self) -> None:
        """Begin to keep a token fresh."""
        ...

    async def close(self) -> None:
        """Stop that."""
        ...


class _Gone(Undeliverable):
    """The message that an update names is not there any more."""


class Sender:
    """Delivers rows. Without `tokens` (local mode) the requests carry none."""

    def __init__(
        self, session: aiohttp.ClientSession, tokens: Tokens | None, clock: Callable[[], float], patience: float
    ) -> None:
        """The session belongs to whoever made it. clock: Unix seconds. patience: seconds for one request."""
        self._session = session
        self._tokens = tokens
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=None, connect=min(patience, 5.0))
        self._patience = Patience(patience)  # a timer for all requests costs less than the client's own, one for each

    async def deliver(self, row: Row) -> Receipt:
        """POST a new message or thread, PUT an update, DELETE; a message that is gone is sent anew, or stays gone."""
        if row.kind == "thread":
            return await self._open_thread(row)
        if row.kind == "send":
            return await self._send("POST", row, "")
        if not row.receipt:
            return Receipt()
        if row.kind == "delete":
            try:
                return await self._send("DELETE", row, "/" + quote(row.receipt, safe=""))
            except _Gone:
                return Receipt()
        try:
            return await self._send("PUT", row, "/" + quote(row.receipt, safe=""))
        except _Gone:
            return await self._send("POST", row, "")

    async def _open_thread(self, row: Row) -> Receipt:
        """A new thread in a channel, with its first message; the answer names the thread's conversation."""
        address = row.address
        bot = address.details.get("bot")
        body = {
            "isGroup": True,
            "bot": bot,
            "tenantId": address.tenant,
            "channelData": {"channel": {"id": address.conversation}},
            "activity": {**row.payload, "from": bot},
        }
        answer = await self._request("POST", service_url(str(address.details["serviceUrl"]), ""), body)
        thread = answer.get("id")
        if not isinstance(thread, str) or not thread.isprintable():
            raise DeliverLater("no thread id", ambiguous=True)
        return Receipt(_text(answer.get("activityId")), thread)

    async def _send(self, method: str, row: Row, suffix: str) -> Receipt:
        conversation = row.address.conversation
        added = {"from": row.address.details.get("bot"), "conversation": {"id": conversation}}
        body: dict[str, Any] | bytes | None = None
        if method != "DELETE":
            body = _with(row.payload, added)
        url = _activities(str(row.address.details["serviceUrl"]), conversation)
        if suffix:
            url = URL(f"{url}{suffix}", encoded=True)
        answer = await self._request(method, url, body)
        return Receipt(_text(answer.get("id")) or row.receipt)

    async def get(self, url: URL) -> dict[str, Any]:
        """What a service says, as a JSON object; a list is its "items". Raises `DeliveryError`."""
        return await self._request("GET", url, None)

    async def _request(self, method: str, url: URL, body: dict[str, Any] | bytes | None) -> dict[str, Any]:
        """One request to a service whose address was checked by the caller. body: bytes are JSON already."""
        post = method == "POST"  # one that broke off may have been delivered; the others can be repeated
        headers = {"Content-Type": _TYPE}
        token = ""
        if self._tokens:
            token = await self._tokens.get()
            headers["Authorization"] = "Bearer " + token
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        accepted = False
        try:
            with self._patience:
                async with self._session.request(
                    method, url, data=data, headers=headers, timeout=self._timeout, allow_redirects=False
                ) as response:
                    if accepted := response.status < 300:
                        return await _object_in(response)
                    raise self._failure(response, await body_of(response, _READ_MOST), post, token)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise DeliverLater("unreachable") from None  # nothing was sent
        except TimeoutError:
            if accepted:
                return {}  # as `_object_in` says
            raise DeliverLater("timeout", ambiguous=post) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise DeliverLater(type(error).__name__, ambiguous=post) from None

    def _failure(self, response: aiohttp.ClientResponse, answer: bytes, post: bool, token: str) -> Exception:
        """What this answer means; facts: "Outbound" in Microsoft's list of status codes for bots."""
        status = response.status
        if status in (429, 412):
            return DeliverLater(str(status), after=self._retry_after(response))
        if status == 408 or status >= 500:
            return DeliverLater(str(status), after=self._retry_after(response), ambiguous=post)
        if status == 401:
            if self._tokens:
                self._tokens.forget(token)
            log.error("connector_refused_token", status=status, hint="check app id, secret or certificate, and tenant")
            return DeliverLater("401")
        if status == 403:
            return _forbidden(answer)
        if status == 404 and not post:
            return _Gone("404")
        return Undeliverable({413: "413 too big"}.get(status, str(status)))

    def _retry_after(self, response: aiohttp.ClientResponse) -> float | None:
        """The seconds that the service asks for: a number or a date. None when it says nothing that makes sense."""
        value = response.headers.get("Retry-After", "").strip()
        if value.isdecimal():
            return min(float(value), _LONGEST_WAIT)
        try:
            seconds = parsedate_to_datetime(value).timestamp() - self._clock()
        except (ValueError, OverflowError):
            return None
        return min(max(seconds, 0.0), _LONGEST_WAIT)


def service_url(service: str, path: str) -> URL:
    """The URL of something below a service's conversations. path: quoted already."""
    return URL(f"{service.rstrip('/')}/v3/conversations{path}", encoded=True)


@lru_cache(maxsize=_AT_WORK)
def _activities(service: str, conversation: str) -> URL:
    """Where a conversation's messages go."""
    return service_url(service, f"/{quote(conversation, safe='')}/activities")


def _with(payload: Payload, added: dict[str, Any]) -> bytes:
    """A payload's JSON with fields that it has not; a written one is not written once more."""
    if type(payload) is Written:
        return f"{payload.text[:-1]},{json.dumps(added)[1:]}".encode()
    return json.dumps({**payload, **added}).encode()


def _forbidden(answer: bytes) -> DeliveryError:
    """Blocked, if the body names one of the codes, wherever it does: the place of the code in it varies."""
    text = answer.decode("utf-8", "replace")
    for code in BLOCKED:
        if f'"{code}"' in text:
            return ConversationBlocked(code)
    return Undeliverable("403")


async def _object_in(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The answer as a JSON object. What was accepted is done, whatever comes of the rest of this answer: then {}."""
    try:
        answer = json.loads(await body_of(response, _READ_MOST))
    except (aiohttp.ClientError, ConnectionError, TimeoutError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {"items": answer}


def _text(value: object) -> str:
    """An id in an answer; "" where the service gives none (it does so for a message that it split)."""
    return value if isinstance(value, str) and value.isprintable() else ""
