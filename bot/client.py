"""A small Bot Framework client for local mode: it sends activities as Teams does, and serves the connector's calls.

It listens on a free port of this machine, talks to this machine only, and sends no token. Every start is a new person
in a new conversation: the port, and so the service's address, is another one each time.
"""

from __future__ import annotations

import html
import itertools
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.channels.teams_hosts import ServiceHosts, loopback_host
from bot.errors import HelpbotError

Json = dict[str, Any]
BOT = {"id": "28:helpbot", "name": "helpbot"}
MENTION = "<at>helpbot</at>"
FILE_INFO = "application/vnd.microsoft.teams.file.download.info"
_TENANT = "local"
_TIMEOUT = aiohttp.ClientTimeout(total=30)


class ServerRefused(HelpbotError):
    """The server took one activity not; the next may go through."""


@dataclass(slots=True)
class Message:
    """What the bot sent. root: it opened a thread of its own."""

    id: str
    conversation: str
    body: Json
    root: bool = False


@dataclass(slots=True)
class Client:
    """One person in one personal chat or channel; an async context manager.

    locale: the language that the client is set to. seen(message, how): called for each thing that the bot does, how:
    "new", "changed" or "deleted".
    """

    to: str
    name: str
    channel: str = ""
    locale: str = "en-US"
    seen: Callable[[Message, str], None] = lambda message, how: None
    messages: dict[str, Message] = field(default_factory=dict)
    _key: str = field(default_factory=lambda: secrets.token_hex(6))
    # Ids of a channel's posts are numbers: milliseconds, as in Teams.
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(int(time.time() * 1000)))
    service: str = ""
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None

    def __post_init__(self) -> None:
        """Refuse any address but one of this machine."""
        if not ServiceHosts((), local=True).allow(self.to):
            raise HelpbotError(
                f"--to {self.to} is not an address of this machine; "
                "start `helpbot serve --local` and name its address, for example http://127.0.0.1:3978"
            )

    @property
    def person(self) -> Json:
        """Who speaks."""
        return {"id": f"29:{self._key}", "name": self.name, "aadObjectId": f"local-{self._key}"}

    @property
    def place(self) -> str:
        """The id of the chat or the channel."""
        return f"19:{self._key}@thread.tacv2" if self.channel else f"a:{self._key}"

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        app = web.Application(client_max_size=1024 * 1024, middlewares=[_only_here])
        base = "/v3/conversations"
        app.router.add_post(base, self._open)
        app.router.add_post(base + "/{conversation}/activities", self._post)
        app.router.add_put(base + "/{conversation}/activities/{id}", self._put)
        app.router.add_delete(base + "/{conversation}/activities/{id}", self._delete)
        app.router.add_get(base + "/{conversation}/pagedmembers", self._members)
        app.router.add_get(base + "/{conversation}/members/{id}", self._member)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.service = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        if self._session:
            await self._session.close()
        if self._runner:
            await self._runner.cleanup()

    # -- what the person does

    async def arrive(self) -> None:
        """The app was installed in the personal chat."""
        await self._send("installationUpdate", self.place, action="add")

    async def say(self, text: str, conversation: str = "", mention: bool = False, **fields: Any) -> None:
        """Something typed; in a thread if its conversation is given. mention: the bot is mentioned in front."""
        words = html.escape(text, quote=False)
        if mention:
            entity = {"type": "mention", "mentioned": BOT, "text": MENTION}
            words, fields = f"{MENTION} {words}", {**fields, "entities": [entity]}
        await self._send("message", conversation or self.place, text=words, textFormat="plain", **fields)

    async def send_file(self, url: str) -> None:
        """A file, as the address from which Teams lets it be fetched."""
        content = {"downloadUrl": url, "uniqueId": secrets.token_hex(4), "fileType": url.rpartition(".")[2][:8]}
        file = {"contentType": FILE_INFO, "name": url.rstrip("/").rpartition("/")[2], "content": content}
        await self.say("", attachments=[file])

    async def press(self, message: Message, data: Json, execute: bool) -> Json:
        """A button of this message; what is answered to it, {} when nothing is."""
        if not execute:
            await self._send("message", message.conversation, value=data, replyToId=message.id)
            return {}
        action = {"type": "Action.Execute", "verb": data.get("verb", ""), "data": data}
        value = {"action": action, "trigger": "manual"}
        name = "adaptiveCard/action"
        return await self._send("invoke", message.conversation, name=name, value=value, replyToId=message.id)

    async def _send(self, kind: str, conversation: str, **fields: Any) -> Json:
        where: Json = {"conversationType": "personal", "tenantId": _TENANT, "id": conversation}
        channel_data: Json = {"tenant": {"id": _TENANT}}
        if self.channel:
            where |= {"conversationType": "channel", "isGroup": True}
            channel_data |= {"channel": {"id": self.place, "name": self.channel}}
        activity = {
            "type": kind,
            "id": str(next(self._numbers)),
            "channelId": "msteams",
            "serviceUrl": self.service,
            "from": self.person,
            "recipient": BOT,
            "conversation": where,
            "locale": self.locale,
            "channelData": channel_data,
            **fields,
        }
        if self._session is None:
            raise RuntimeError("a client is used within `async with`")
        try:
            async with self._session.post(
                self.to.rstrip("/") + "/api/messages", json=activity, allow_redirects=False
            ) as response:
                answer = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise HelpbotError(f"no server answers at {self.to}; start `helpbot serve --local` there") from error
        if response.status in (401, 403):
            raise HelpbotError(f"the server at {self.to} is not in local mode; start `helpbot serve --local`")
        if response.status >= 300:
            raise ServerRefused(f"the server at {self.to} refused this with {response.status}; its log says why")
        try:
            found = json.loads(answer)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    # -- what the connector serves

    async def _open(self, request: web.Request) -> web.Response:
        body = await request.json()
        number = str(next(self._numbers))
        thread = f"{body['channelData']['channel']['id']};messageid={number}"
        self._keep(Message(number, thread, body["activity"], root=True), "new")
        return web.json_response({"id": thread, "activityId": number}, status=201)

    async def _post(self, request: web.Request) -> web.Response:
        number = str(next(self._numbers))
        self._keep(Message(number, request.match_info["conversation"], await request.json()), "new")
        return web.json_response({"id": number}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        message = self.messages.get(request.match_info["id"])
        if message is None:
            return _error(404, "ActivityNotFoundInConversation")
        message.body = await request.json()
        self._keep(message, "changed")
        return web.json_response({"id": message.id})

    async def _delete(self, request: web.Request) -> web.Response:
        message = self.messages.pop(request.match_info["id"], None)
        if message is None:
            return _error(404, "ActivityNotFoundInConversation")
        self.seen(message, "deleted")
        return web.Response()

    async def _members(self, request: web.Request) -> web.Response:
        here = request.match_info["conversation"].partition(";messageid=")[0] == self.place
        return web.json_response({"members": [self.person] if here else []})

    async def _member(self, request: web.Request) -> web.Response:
        if request.match_info["id"] in (self.person["id"], self.person["aadObjectId"]):
            return web.json_response(self.person)
        return _error(404, "MemberNotFoundInConversation")

    def _keep(self, message: Message, how: str) -> None:
        self.messages[message.id] = message
        self.seen(message, how)


def _error(status: int, code: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": code}}, status=status)


@web.middleware
async def _only_here(request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
    """No page in a browser, and nobody under another name of this machine, gets an answer."""
    if not loopback_host(request.headers.get("Host", "")) or "Origin" in request.headers:
        return _error(403, "LoopbackOnly")
    response: web.StreamResponse = await handler(request)
    return response
