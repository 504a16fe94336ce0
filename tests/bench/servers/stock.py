"""The stock bot: botbuilder's CloudAdapter, a two-question waterfall, MemoryStorage. No app id, so no tokens."""

from __future__ import annotations

import sys

from aiohttp import web
from botbuilder.core import ConversationState, MemoryStorage, TurnContext
from botbuilder.dialogs import DialogSet, WaterfallDialog
from botbuilder.dialogs.choices import Choice
from botbuilder.dialogs.prompts import ChoicePrompt, PromptOptions
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import Activity


class _Config:
    APP_ID = ""
    APP_PASSWORD = ""
    APP_TYPE = "MultiTenant"
    APP_TENANTID = ""


ADAPTER = CloudAdapter(ConfigurationBotFrameworkAuthentication(_Config()))
STATE = ConversationState(MemoryStorage())
DIALOGS = DialogSet(STATE.create_property("dialogs"))


def _ask(text):
    async def step(context):
        options = PromptOptions(
            prompt=Activity(type="message", text=text), choices=[Choice("Yes"), Choice("No"), Choice("Not sure")]
        )
        return await context.prompt("choice", options)

    return step


async def _again(context):
    return await context.replace_dialog("guide")


DIALOGS.add(ChoicePrompt("choice"))
DIALOGS.add(
    WaterfallDialog("guide", [_ask("Did the guest receive the e-mail?"), _ask("Do they get an error?"), _again])
)


async def _turn(context: TurnContext):
    if context.activity.type != "message":
        return
    dialog = await DIALOGS.create_context(context)
    await dialog.continue_dialog()
    if not context.responded:
        await dialog.begin_dialog("guide")
    await STATE.save_changes(context)


class _Bot:
    async def on_turn(self, context):
        await _turn(context)


async def _messages(request):
    return await ADAPTER.process(request, _Bot())


if __name__ == "__main__":
    server = web.Application()
    server.router.add_post("/api/messages", _messages)
    web.run_app(server, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
