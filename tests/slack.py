"""Slack on loopback: a Web API that records and can fail as told, and requests as Slack makes them, signed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

Json = dict[str, Any]
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-of-this-test"
TEAM, APP, BOT = "T0TEAM", "A0APP", "U0BOT"
ALEX, ANNA, BEN, EVE = "U0ALEX", "U0ANNA", "U0BEN", "U0EVE"
CHAT = "D0ALEX"
NAMES = {ALEX: "Alex Wilber", ANNA: "Anna", BEN: "Ben", EVE: "Eve"}


@dataclass(frozen=True)
class Call:
    """One accepted call. ts: the message that it made or is about."""

    method: str
    body: Json
    token: str = ""
    ts: str = ""


@dataclass
class Fault:
    """How a call ends instead: an HTTP status, an error in the body of a 200, a broken connection. only: the method;
    after: so many of its calls."""

    status: int = 200
    error: str = ""
    headers: Json = field(default_factory=dict)
    cut: bool = False
    only: str = ""
    after: int = 0


@dataclass
class Slack:
    """A workspace. An async context manager; `url` is the base of its Web API."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    members: dict[str, list[str]] = field(default_factory=dict)
    people: dict[str, Json] = field(default_factory=dict)
    messages: dict[tuple[str, str], Json] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    team: str = TEAM
    enterprise: str = ""
    bot: str = BOT
    scopes: str = "chat:write"
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    acknowledged: list[Json] = field(default_factory=list)
    uploaded: dict[str, bytes] = field(default_factory=dict)
    granted: Json = field(default_factory=dict)
    hanging: set[str] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def __aenter__(self) -> Self:
        """Begin to listen on a free port."""
        for user, name in NAMES.items():
            mail = f"{name.split()[0].lower()}@example.com"
            profile = {"real_name": name, "display_name": name.lower(), "email": mail}
            self.people.setdefault(
                user, {"id": user, "team_id": self.team, "tz": "Europe/Berlin", "locale": "en-US", "profile": profile}
            )
        app = web.Application(client_max_size=2**22)
        app.router.add_post("/api/{method}", self._call)
        app.router.add_get("/files/{name}", self._file)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/upload/{name}", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self._runner.cleanup()

    def of(self, *methods: str) -> list[Call]:
        """The calls of these methods, in order; of all that show something, where none is named."""
        shown = methods or ("chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral", "views.open")
        return [call for call in self.calls if call.method in shown]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.content_type == "application/json":
            body = await request.json()
        else:
            body = dict(await request.post())
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if method in self.hanging:
            await self.released.wait()
        fault = next((each for each in self.faults if each.only in ("", method)), None)
        if fault is not None and fault.after:
            fault.after -= 1
        elif fault is not None:
            self.faults.remove(fault)
            if fault.cut:
                if request.transport:
                    request.transport.abort()
                return web.Response()
            if fault.status != 200:
                return web.Response(status=fault.status, headers=fault.headers, text="as it was told")
            return web.json_response({"ok": False, "error": fault.error}, headers=fault.headers)
        answer = getattr(self, "_" + method.replace(".", "_"), self._fine)(body)
        self.calls.append(Call(method, body, token, answer.get("ts", "")))
        return web.json_response({"ok": True, **answer}, headers={"x-oauth-scopes": self.scopes})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=302, headers={"Location": "/login"})
        return web.Response(body=self.files[request.match_info["name"]], content_type="application/octet-stream")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """A connection of Socket Mode: what is acknowledged is recorded."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        async for received in socket:
            if received.type == WSMsgType.TEXT and received.data.startswith("{"):
                self.acknowledged.append(json.loads(received.data))
        self.sockets.remove(socket)
        return socket

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        assert request.headers["Content-Length"] == str(len(content))
        self.uploaded[request.match_info["name"]] = content
        return web.Response(text="OK")

    def _files_getUploadURLExternal(self, body: Json) -> Json:
        name = f"F{next(self.numbers):04}"
        return {"file_id": name, "upload_url": self.url.removesuffix("/api") + f"/upload/{name}"}

    def file(self, name: str, content: bytes) -> Json:
        """A file that lies here, as a message names it."""
        self.files[name] = content
        url = self.url.removesuffix("/api") + f"/files/{name}"
        return {"id": "F1", "name": name, "mimetype": "text/plain", "size": len(content), "url_private_download": url}

    async def push(self, kind: str, payload: Json, name: str) -> None:
        """Send something by the newest connection."""
        more = {"accepts_response_payload": kind != "events_api"}
        await self.sockets[-1].send_json({"type": kind, "envelope_id": name, "payload": payload, **more})

    def _apps_connections_open(self, body: Json) -> Json:
        return {"url": self.url.replace("http", "ws").removesuffix("/api") + "/socket"}

    def _oauth_v2_access(self, body: Json) -> Json:
        return {"app_id": APP, "authed_user": {"id": ANNA}, "token_type": "bot", **self.granted}

    def _fine(self, body: Json) -> Json:
        return {}

    def _auth_test(self, body: Json) -> Json:
        return {
            "team_id": self.team,
            "team": "Test",
            "user_id": self.bot,
            "bot_id": "B0BOT",
            "enterprise_id": self.enterprise or None,
            "url": "https://x.slack.com/",
        }

    def _chat_postMessage(self, body: Json) -> Json:
        stamp = f"17000000{next(self.numbers):04}.000100"
        self.messages[(body["channel"], stamp)] = body
        return {"channel": body["channel"], "ts": stamp}

    def _chat_update(self, body: Json) -> Json:
        self.messages[(body["channel"], body["ts"])] = {**self.messages.get((body["channel"], body["ts"]), {}), **body}
        return {"channel": body["channel"], "ts": body["ts"]}

    def _chat_delete(self, body: Json) -> Json:
        self.messages.pop((body["channel"], body["ts"]), None)
        return {"channel": body["channel"], "ts": body["ts"]}

    def _conversations_open(self, body: Json) -> Json:
        return {"channel": {"id": "D" + str(body["users"])[1:]}}

    def _conversations_info(self, body: Json) -> Json:
        channel = body["channel"]
        about = {"id": channel, "name": channel.lower(), "is_member": channel in self.members}
        if body.get("include_num_members"):
            about["num_members"] = len(self.members.get(channel, ()))
        return {"channel": about}

    def _conversations_members(self, body: Json) -> Json:
        found = self.members.get(body["channel"], [])
        start, size = int(body.get("cursor") or 0), int(body.get("limit", 100))
        following = str(start + size) if start + size < len(found) else ""
        return {"members": found[start : start + size], "response_metadata": {"next_cursor": following}}

    def _users_info(self, body: Json) -> Json:
        return {"user": self.people.get(body["user"], {"id": body["user"], "team_id": self.team})}


Request = tuple[dict[str, str], bytes]
_numbers = itertools.count(1)


def stamp() -> str:
    """A message's ts, new each time."""
    return f"1600000000.{next(_numbers):06}"


def signed(body: bytes, kind: str = "application/json", at: float | None = None, secret: str = SECRET) -> Request:
    """Headers and body as Slack sends them, signed at this time (now)."""
    when = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{when}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": when, "X-Slack-Signature": f"v0={digest}"}
    return headers, body


def json_request(body: Json, **more: Any) -> Request:
    """An event, signed."""
    return signed(json.dumps(body).encode(), **more)


def form_request(body: Json, **more: Any) -> Request:
    """An interaction (in `payload`) or a command (as fields), signed."""
    fields = body if "command" in body else {"payload": json.dumps(body)}
    return signed(urlencode(fields).encode(), "application/x-www-form-urlencoded", **more)


def event(inside: Json, **more: Any) -> Json:
    """An event in its envelope."""
    granted = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": "old",
        "team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": f"Ev{next(_numbers):08}",
        "event_time": 1600000000,
        "authorizations": [granted],
        "event": inside,
        **more,
    }


def message(text: str, user: str = ALEX, **more: Any) -> Json:
    """A direct message."""
    when = more.pop("ts", None) or stamp()
    inside = {"type": "message", "channel": CHAT, "channel_type": "im", "user": user, "text": text, "ts": when}
    return event({**inside, "team": TEAM, "event_ts": when, **more})


def said(text: str, channel: str, user: str, thread: str = "", mention: bool = True, **more: Any) -> Json:
    """Something said in a channel: an app_mention, or a message that mentions nobody."""
    when = more.pop("ts", None) or stamp()
    inside: Json = {"channel": channel, "user": user, "ts": when, "event_ts": when, "team": TEAM}
    if thread:
        inside["thread_ts"] = thread
    kind = {"type": "app_mention"} if mention else {"type": "message", "channel_type": "channel"}
    return event({**inside, **kind, "text": f"<@{BOT}> {text}" if mention else text, **more})


def pressed(
    action: Json, user: str = ALEX, channel: str = CHAT, message_ts: str = "1.1", thread: str = "", **more: Any
) -> Json:
    """A press of an element of a message, as it stands in the message's blocks."""
    container: Json = {"type": "message", "message_ts": message_ts, "channel_id": channel}
    if thread:
        container["thread_ts"] = thread
    taken = {key: action[key] for key in ("action_id", "block_id", "value", "type", "selected_option") if key in action}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "x", "team_id": TEAM},
        "api_app_id": APP,
        "team": {"id": TEAM, "domain": "test"},
        "container": container,
        "channel": {"id": channel, "name": "x"},
        "trigger_id": f"{next(_numbers)}.1.x",
        "response_url": "https://hooks.slack.com/actions/x",
        "actions": [{**taken, "action_ts": stamp()}],
        "state": {"values": {}},
        **more,
    }


def submitted(view: Json, user: str = ALEX, **fields: str) -> Json:
    """A form that comes back: the view that was opened, with these fields filled in."""
    values: Json = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            typed = fields.get(element["action_id"], "")
            chosen = {"selected_option": {"value": typed} if typed else None}
            held = {"value": typed or None} if element["type"] == "plain_text_input" else chosen
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **held}}
    return {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "api_app_id": APP,
        "trigger_id": f"{next(_numbers)}.1.x",
        "view": {**view, "id": f"V{next(_numbers)}", "hash": "1.x", "state": {"values": values}},
    }


def command(text: str, user: str = ALEX, name: str = "/help-me", **more: Any) -> Json:
    """A slash command."""
    return {
        "command": name,
        "text": text,
        "user_id": user,
        "user_name": "x",
        "team_id": TEAM,
        "channel_id": "C0ANY",
        "api_app_id": APP,
        "trigger_id": f"{next(_numbers)}.1.x",
        "response_url": "https://hooks.slack.com/commands/x",
        **more,
    }


def elements(blocks: list[Json]) -> list[Json]:
    """All that can be pressed in a message, each with its block's id."""
    found = []
    for block in blocks:
        if block["type"] == "actions":
            found += [{**element, "block_id": block["block_id"]} for element in block["elements"]]
    return found


async def until(true: Any, seconds: float = 5.0) -> None:
    """Wait until this is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not become true"
        await asyncio.sleep(0.005)
