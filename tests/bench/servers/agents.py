"""The Microsoft 365 Agents SDK's bare echo: no state, no tokens."""

from __future__ import annotations

import sys

from aiohttp import web
from microsoft_agents.hosting.aiohttp import CloudAdapter
from microsoft_agents.hosting.core import (
    ActivityHandler,
    AnonymousTokenProvider,
    OutboundHostValidator,
    RestChannelServiceClientFactory,
)


class _Connections:
    """Nothing but anonymous connections."""

    def get_connection(self, connection_name):
        return AnonymousTokenProvider()

    def get_default_connection(self):
        return AnonymousTokenProvider()

    def get_token_provider(self, claims_identity, service_url):
        return AnonymousTokenProvider()

    def get_token_provider_from_activity(self, claims_identity, activity):
        return AnonymousTokenProvider()

    def get_default_connection_configuration(self):
        return None


class _Echo(ActivityHandler):
    async def on_message_activity(self, turn_context):
        await turn_context.send_activity(f"You said: {turn_context.activity.text}")


VALIDATOR = OutboundHostValidator(enabled=False)
ADAPTER = CloudAdapter(
    channel_service_client_factory=RestChannelServiceClientFactory(_Connections()), host_validator=VALIDATOR
)
BOT = _Echo()


async def _messages(request):
    return await ADAPTER.process(request, BOT)


if __name__ == "__main__":
    server = web.Application()
    server.router.add_post("/api/messages", _messages)
    web.run_app(server, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
