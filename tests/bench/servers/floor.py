"""The floor: bare aiohttp. Parse the activity, POST one card, answer 200. No bot can be cheaper on this stack."""

from __future__ import annotations

import json
import sys

from aiohttp import ClientSession, TCPConnector, web

# About as large as a question card of ours.
CARD = {
    "type": "message",
    "attachments": [
        {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "type": "AdaptiveCard",
                "version": "1.5",
                "body": [{"type": "TextBlock", "text": "Did the guest receive the e-mail? " * 3, "wrap": True}] * 20,
            },
        }
    ],
}


async def _session(app: web.Application) -> None:
    app["session"] = ClientSession(connector=TCPConnector(limit=200))


async def _messages(request: web.Request) -> web.Response:
    activity = json.loads(await request.read())
    conversation = activity["conversation"]["id"]
    url = f"{activity['serviceUrl']}v3/conversations/{conversation}/activities"
    async with request.app["session"].post(
        url, data=json.dumps(CARD).encode(), headers={"Content-Type": "application/json"}
    ) as response:
        await response.read()
    return web.Response()


if __name__ == "__main__":
    server = web.Application()
    server.on_startup.append(_session)
    server.router.add_post("/api/messages", _messages)
    web.run_app(server, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
