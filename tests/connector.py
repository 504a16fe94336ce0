"""A Bot Connector of our own on loopback: records what the bot sends, and fails as it is told.

Follows the Bot Connector REST API v3 as Microsoft documents it ("Bot Framework REST API reference", operations Send to
Conversation and Update Activity, object ResourceResponse and ErrorResponse; "Status codes from bot conversational
APIs" for the faults).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that was accepted. id: the message's id, given to a POST, named by a PUT."""

    method: str
    conversation: str
    id: str
    body: dict[str, Any]
    authorization: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request in place of an answer.

    status: an error with this status. accept: the message counts as delivered all the same. hang: no answer comes,
    until `Connector.release`. cut: the connection is closed instead of an answer.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""
    accept: bool = False
    hang: bool = False
    cut: bool = False


class Connector:
    """The service, an async context manager. `sent` holds what was accepted, in order; `requests` counts all."""

    def __init__(self, port: int = 0) -> None:
        """port 0: any that is free."""
        self._port = port
        self.sent: list[Sent] = []
        self.requests = 0
        self.faults: deque[Fault | None] = deque()
        self.deleted: set[str] = set()
        self.attachments: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.answers_id = True
        self.by_directory_id = True
        self.members: dict[str, list[dict[str, str]]] = {}
        self._released = asyncio.Event()
        self._arrived = asyncio.Condition()
        self._number = 1_700_000_000_000

    @property
    def url(self) -> str:
        """The serviceUrl."""
        return f"http://127.0.0.1:{self._port}/teams/"

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/teams/v3/conversations/{conversation}/activities", self._post)
        app.router.add_put("/teams/v3/conversations/{conversation}/activities/{id}", self._put)
        app.router.add_delete("/teams/v3/conversations/{conversation}/activities/{id}", self._delete)
        app.router.add_post("/teams/v3/conversations", self._open)
        app.router.add_get("/teams/v3/conversations/{conversation}/pagedmembers", self._members)
        app.router.add_get("/teams/v3/conversations/{conversation}/members/{id}", self._member)
        app.router.add_get("/teams/v3/attachments/{id}/views/original", self._attachment)
        app.router.add_get("/drive/{id}", self._attachment)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._released.set()
        await self._runner.cleanup()

    def release(self) -> None:
        """Let the requests that hang end (with a cut connection)."""
        self._released.set()

    async def wait(self, count: int, seconds: float = 5.0) -> list[Sent]:
        """All that was accepted, once it is at least `count` messages."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.sent) >= count)
        return self.sent

    async def wait_requests(self, count: int, seconds: float = 5.0) -> None:
        """Until at least `count` requests came, accepted or not."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: self.requests >= count)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self._number += 1
        return await self._take(request, str(self._number), 201)

    async def _put(self, request: web.Request) -> web.StreamResponse:
        return await self._take(request, request.match_info["id"], 200)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        conversation, token = request.match_info["conversation"], request.headers.get("Authorization", "")
        self.requests += 1
        self.sent.append(Sent("DELETE", conversation, request.match_info["id"], {}, token))
        return web.Response(status=200)

    async def _open(self, request: web.Request) -> web.StreamResponse:
        """Create Conversation with `isGroup` and a channel: a thread there, with its first message."""
        body = await request.json()
        self._number += 1
        thread = f"{body['channelData']['channel']['id']};messageid={self._number}"
        self.requests += 1
        token = request.headers.get("Authorization", "")
        self.sent.append(Sent("POST", thread, str(self._number), body["activity"], token))
        async with self._arrived:
            self._arrived.notify_all()
        return web.json_response({"id": thread, "activityId": str(self._number)}, status=201)

    def picture(self, name: str, content: bytes) -> str:
        """Where a picture that was pasted into a message lies: its contentUrl, for the bot's token."""
        self.attachments[name] = content
        return f"{self.url}v3/attachments/{name}/views/original"

    def file(self, name: str, content: bytes) -> str:
        """Where a file that was sent in a chat lies: its downloadUrl, for anybody who has it."""
        self.attachments[name] = content
        return f"http://127.0.0.1:{self._port}/drive/{name}?tempauth=abc"

    async def _attachment(self, request: web.Request) -> web.Response:
        """Get Attachment, and the download of a file; `fetched` has the tokens that came."""
        token = request.headers.get("Authorization", "")
        self.fetched.append(token)
        if request.path.startswith("/teams/") and not token:
            return web.Response(status=401)
        found = self.attachments.get(request.match_info["id"])
        return web.Response(status=404) if found is None else web.Response(body=found)

    async def _members(self, request: web.Request) -> web.Response:
        members = self.members.get(request.match_info["conversation"], [])
        size, start = int(request.query["pageSize"]), int(request.query.get("continuationToken", 0))
        more = {"continuationToken": str(start + size)} if start + size < len(members) else {}
        return web.json_response({"members": members[start : start + size], **more})

    async def _member(self, request: web.Request) -> web.Response:
        for members in self.members.values():
            for member in members:
                known = (member["id"], member.get("aadObjectId") if self.by_directory_id else None)
                if request.match_info["id"] in known:
                    return web.json_response(member)
        return web.json_response({"error": {"code": "MemberNotFoundInConversation", "message": ""}}, status=404)

    async def _take(self, request: web.Request, message_id: str, status: int) -> web.StreamResponse:
        body = await request.json()
        self.requests += 1
        fault = self.faults.popleft() if self.faults else None
        if fault is None and request.method == "PUT" and message_id in self.deleted:
            fault = Fault(status=404, code="ActivityNotFoundInConversation")
        if fault is None or fault.accept:
            conversation, token = request.match_info["conversation"], request.headers.get("Authorization", "")
            self.sent.append(Sent(request.method, conversation, message_id, body, token))
        async with self._arrived:
            self._arrived.notify_all()
        if fault is None:
            return web.json_response({"id": message_id} if self.answers_id else {}, status=status)
        if fault.hang:
            await self._released.wait()
        if fault.hang or fault.cut:
            if request.transport:
                request.transport.abort()
            return web.Response()
        error = {"error": {"code": fault.code or "Error", "message": "as it was told"}}
        return web.json_response(error, status=fault.status, headers=fault.headers)
