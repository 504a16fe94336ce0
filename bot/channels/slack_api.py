"""Calls of Slack's Web API over our pooled session, and what its answers mean for a delivery.

Nothing is repeated here: the outbox waits and repeats, within limits and across restarts.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.channels.http import body_of
from bot.errors import ConversationBlocked, DeliverLater, DeliveryError, Undeliverable
from bot.patience import Patience

Json = dict[str, Any]
PATIENCE = 20.0  # seconds that one request may take
_UPLOAD = aiohttp.ClientTimeout(total=50.0, connect=5.0)
_HOSTS = ("slack.com", "slack-files.com", "slack-edge.com")  # and names below them
_TYPE = "application/json; charset=utf-8"
_READ_MOST = 256 * 1024
_LONGEST_WAIT = 3600.0  # the most that a Retry-After may hold a conversation
# The token is not good (any more): nothing of this workspace can be delivered until the app is installed again.
REVOKED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        "org_login_required",
        "team_access_not_granted",
    }
)
# The conversation lets nothing in.
_BLOCKED = REVOKED | {
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "user_disabled",
    "user_not_found",
}
_LATER = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_GONE = frozenset({"message_not_found", "edit_window_closed", "cant_update_message"})

_encode = json.JSONEncoder(separators=(",", ":")).encode

log = structlog.get_logger()


class Gone(Undeliverable):
    """The message that an update names is not there any more."""


class SlackApi:
    """Slack's Web API for one deployment; the token is given with every call."""

    def __init__(self, session: aiohttp.ClientSession, base: str, patience: float = PATIENCE) -> None:
        """The session belongs to whoever made it. base: the API's address. patience: seconds for one request."""
        self._session = session
        self.base = base.rstrip("/") + "/"
        self._timeout = aiohttp.ClientTimeout(total=None, connect=min(patience, 5.0))
        self._patience = Patience(patience)  # as for Teams: one timer for all requests
        self._clients: dict[str, AsyncWebClient] = {}
        self._urls: dict[str, URL] = {}

    def owns(self, url: str) -> bool:
        """Whether an address is Slack's own: files lie there, and the token may go there."""
        if "\\" in url:  # one parser's path is another's host
            return False
        parts, base = urlsplit(url), urlsplit(self.base)
        if (parts.scheme, parts.netloc) == (base.scheme, base.netloc):
            return True
        host = (parts.hostname or "").lower()
        return parts.scheme == "https" and any(host == name or host.endswith(f".{name}") for name in _HOSTS)

    async def upload(self, url: str, parts: AsyncIterable[bytes], size: int) -> None:
        """The content of a file, to the address that Slack gave for it. Raises `DeliveryError`."""
        if not self.owns(url):
            raise Undeliverable("upload-host")
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        try:
            async with self._session.post(
                url, data=parts, headers=headers, timeout=_UPLOAD, allow_redirects=False
            ) as response:
                await body_of(response, _READ_MOST)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise DeliverLater(f"upload: {type(error).__name__}") from None
        if response.status != 200:
            raise DeliverLater(f"upload: {response.status}")

    def client(self, token: str) -> AsyncWebClient:
        """slack-sdk's client with this token, on our session, without retries."""
        known = self._clients.get(token)
        if known is None:
            if len(self._clients) > 1000:
                self._clients.clear()
            known = self._clients[token] = AsyncWebClient(
                token or None, self.base, session=self._session, retry_handlers=[], logger=QUIET
            )
        return known

    def forget(self, token: str) -> None:
        """This token is not used any more."""
        self._clients.pop(token, None)

    async def call(self, method: str, token: str, body: Json | bytes, *, once: bool = False) -> Json:
        """One call with a JSON body (bytes are JSON already); what it answers. Raises `DeliveryError`.

        These go by our session alone: slack-sdk's client takes as long for a message as a whole turn's waterfall.
        once: repeating it would be seen, so a connection that broke leaves a doubt.
        """
        headers = {"Content-Type": _TYPE, "Authorization": f"Bearer {token}"}
        url = self._urls.get(method)
        if url is None:
            url = self._urls[method] = URL(self.base + method, encoded=True)
        try:
            data = body if isinstance(body, bytes) else _encode(body).encode()
            with self._patience:
                async with self._session.post(
                    url, data=data, headers=headers, timeout=self._timeout, allow_redirects=False
                ) as response:
                    raw = await body_of(response, _READ_MOST)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise DeliverLater("unreachable") from None  # nothing was sent
        except TimeoutError:
            raise DeliverLater("timeout", ambiguous=once) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise DeliverLater(type(error).__name__, ambiguous=once) from None
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = None
        if response.status == 200 and isinstance(answer, dict) and answer.get("ok") is True:
            return answer
        raise _meaning(response.status, answer, response.headers, once)

    async def read(self, method: str, token: str, params: dict[str, str]) -> Json:
        """One call that only asks; its arguments are sent as a form, which every method takes."""
        try:
            answer = await self.client(token).api_call(method, data=params)
        except SlackApiError as error:
            refused: Any = error.response
            status = int(getattr(refused, "status_code", 0) or getattr(refused, "status", 0) or 0)
            raise _meaning(status, getattr(refused, "data", None), refused.headers, False) from None
        except (aiohttp.ClientError, SlackClientError, TimeoutError, ConnectionError, ValueError) as error:
            raise DeliverLater(type(error).__name__) from None
        found = answer.data if isinstance(answer.data, dict) else {}
        return {**found, "helpbot_scopes": answer.headers.get("x-oauth-scopes", "")}


def _meaning(status: int, data: object, headers: Mapping[str, str], once: bool) -> DeliveryError:
    """What a refusal means for the row. Slack says most of it in the body of a 200."""
    code = data.get("error") if isinstance(data, dict) else None
    code = code if isinstance(code, str) and code.isprintable() and len(code) < 100 else ""
    if status == 429 or code in _LIMITED:
        return DeliverLater(code or "429", after=_retry_after(headers))
    if status >= 500 or code in _LATER:
        return DeliverLater(code or str(status), after=_retry_after(headers), ambiguous=once)
    if code in REVOKED:
        log.error("slack_token_refused", reason=code, hint="install the app again, and check the bot token")
    if code in _BLOCKED:
        return ConversationBlocked(code)
    if code in _GONE:
        return Gone(code)
    if not code and 200 <= status < 300:
        return DeliverLater("no JSON", ambiguous=once)
    return Undeliverable(code or str(status))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that Slack asks for; None when it says nothing that makes sense."""
    value = str(headers.get("Retry-After", "")).strip()
    return min(float(value), _LONGEST_WAIT) if value.isdecimal() else None


def _quiet() -> logging.Logger:
    """A logger for Slack's libraries: at debug they would write tokens and words."""
    logger = logging.getLogger("helpbot.slack")
    logger.setLevel(logging.WARNING)
    return logger


QUIET = _quiet()
