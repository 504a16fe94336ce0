"""Slack's own framework at the door: bolt's AsyncApp takes every request apart, and tells us what was heard.

The signature is checked here, before anything is parsed: with slack-sdk's verifier (constant time), within five minutes
of our clock. What bolt would answer with a 500 or with a 404, which Slack repeats, is a 400 or an ignored 200 here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock, SignatureVerifier

from bot.channels import slack_fields
from bot.channels.slack_api import QUIET, SlackApi
from bot.channels.slack_read import Empty, Heard
from bot.channels.slack_tokens import Tokens
from bot.envelope import Envelope
from bot.errors import Refused

Hears = Callable[[dict[str, Any], float], Heard]
_STAMP = re.compile(r"[0-9]{1,12}")
_KEY = "helpbot"  # in bolt's context: what was heard

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """A request, read: what it means, what Slack is answered once that is kept, and the body it stood in."""

    heard: Heard
    status: int = 200
    body: str = ""
    content_type: str = "text/plain"
    raw: dict[str, Any] | None = None


class _At(Clock):
    def __init__(self, clock: Callable[[], float]) -> None:
        self.now = clock  # type: ignore[method-assign]  # slack-sdk's way to pass a clock


class _Authorize(AsyncAuthorize):
    """Bolt wants to know with which token a request is answered; ours are taken when something is delivered."""

    def __init__(self) -> None:
        pass

    async def __call__(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None, **_: Any
    ) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)


class Door:
    """Reads requests over HTTP and from a socket alike."""

    def __init__(
        self,
        api: SlackApi,
        tokens: Tokens,
        hears: Hears,
        secret: str,
        *,
        clock: Callable[[], float],
        command: str,
        in_chat: Callable[[dict[str, Any]], str],
        needed: Callable[[], str],
    ) -> None:
        """secret: with which Slack signs ("": nothing is taken in over HTTP). clock: Unix seconds, as the world has
        them. command: the only one that is answered. in_chat: what is said where a command was typed. needed: what is
        said of an input that was left empty."""
        self._hears = hears
        self._tokens = tokens
        self._verifier = SignatureVerifier(secret, _At(clock)) if secret else None
        self._command = command
        self._in_chat = in_chat
        self._needed = needed
        self._app = AsyncApp(
            logger=QUIET,
            name="helpbot",
            client=api.client(""),
            authorize=_Authorize(),
            process_before_response=True,
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,  # as seen by us, who know more of it: see `slack_read`
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._app.use(_Last(self._take))

    async def read(self, headers: Mapping[str, str], body: bytes, at: float) -> Reading:
        """A request over HTTP. Raises `Refused`."""
        text = self._verified(headers, body)
        form = headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
        return await self._dispatch(slack_fields.decode(text, form), at)

    async def read_socket(self, payload: dict[str, Any], at: float) -> Reading:
        """A request that came by Socket Mode. Raises `Refused`."""
        return await self._dispatch(payload, at)

    def _verified(self, headers: Mapping[str, str], body: bytes) -> str:
        stamp, signature = headers.get("X-Slack-Request-Timestamp", ""), headers.get("X-Slack-Signature", "")
        if self._verifier is None:
            raise Refused(401, "no-signing-secret", "This bot takes nothing in over HTTP.")
        if len(body) > slack_fields.MAX_BODY:
            raise Refused(413, "too-big")
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(400, "bad-unicode", "The body must be UTF-8.") from None
        good = _STAMP.fullmatch(stamp) is not None and signature.isascii()
        if not good or not self._verifier.is_valid(text, stamp, signature):
            raise Refused(401, "signature", "The signature is missing, wrong, or more than five minutes old.")
        return text

    async def _dispatch(self, found: dict[str, Any], at: float) -> Reading:
        """By bolt, which gets the object: its signature was checked and its text was parsed, once."""
        try:
            request = AsyncBoltRequest(body=found, mode="socket_mode", context={_KEY: at})
            response = await self._app.async_dispatch(request)
        except Exception as error:  # bolt's, of a body that nobody thought of
            log.warning("slack_request_odd", exc_info=error)
            raise Refused(400, "odd", "This is nothing that Slack sends.") from None
        heard = request.context.get(_KEY)
        if isinstance(heard, Refused):
            raise heard
        if response.status >= 500:
            raise Refused(400, "odd", "This is nothing that Slack sends.")
        status = 200 if response.status == 404 else response.status
        kind = response.headers.get("content-type", ["text/plain"])[0].partition(";")[0]
        return Reading(None if isinstance(heard, float) else heard, status, response.body or "", kind, found)

    def _take(self, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        """Every request that bolt let through ends here, the unknown included."""
        at = context[_KEY]
        if body.get("command") not in (None, self._command) and "type" not in body:
            context[_KEY] = None
            return BoltResponse(status=200)
        try:
            heard = context[_KEY] = self._hears(body, at)
        except Refused as refused:
            context[_KEY] = refused
            return BoltResponse(status=200)
        if isinstance(heard, Empty):
            return _json(response_action="errors", errors=dict.fromkeys(heard.inputs, self._needed()))
        if isinstance(heard, Envelope) and "command" in body:
            return _json(response_type="ephemeral", text=self._in_chat(body))
        return BoltResponse(status=200)


class _Last(AsyncMiddleware):
    """The end of bolt's chain. No listeners: each is asked with all that bolt can give, which costs too much."""

    def __init__(self, take: Callable[[dict[str, Any], AsyncBoltContext], BoltResponse]) -> None:
        self._take = take

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        return self._take(req.body, req.context)


def _json(**answer: Any) -> BoltResponse:
    return BoltResponse(status=200, body=json.dumps(answer), headers={"content-type": ["application/json"]})
