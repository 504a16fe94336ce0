"""Activities as Teams sends them: shapes taken from Microsoft's documentation and from the Agents Playground."""

from __future__ import annotations

import itertools
from typing import Any

from tests.cloud import TENANT

BOT = {"id": "28:11111111-2222-3333-4444-555555555555", "name": "Help"}
USER = {"id": "29:1abc-def", "name": "Alex Wilber", "aadObjectId": "aaaaaaaa-0000-0000-0000-000000000001"}
PERSONAL = {"conversationType": "personal", "tenantId": TENANT, "id": "a:1personal"}
GROUP = {"conversationType": "groupChat", "isGroup": True, "tenantId": TENANT, "id": "19:group@thread.v2"}
CHANNEL = {
    "conversationType": "channel",
    "isGroup": True,
    "tenantId": TENANT,
    "id": "19:channel@thread.tacv2;messageid=1700000000001",
}

_numbers = itertools.count(1_795_000_000_000)

Json = dict[str, Any]


def activity(kind: str, service: str, conversation: Json = PERSONAL, **fields: Any) -> Json:
    """An activity of any type; each has an id of its own."""
    return {
        "type": kind,
        "id": str(next(_numbers)),
        "channelId": "msteams",
        "serviceUrl": service,
        "from": USER,
        "recipient": BOT,
        "conversation": conversation,
        "locale": "en-US",
        "channelData": {"tenant": {"id": TENANT}},
        **fields,
    }


def message(service: str, text: str, conversation: Json = PERSONAL, **fields: Any) -> Json:
    """Something typed."""
    return activity("message", service, conversation, text=text, textFormat="plain", **fields)


def mention(service: str, text: str, conversation: Json = GROUP, **fields: Any) -> Json:
    """Something typed that mentions the bot: `<at>Help</at>` stands where the text says so, else in front."""
    text = text if "<at>" in text else f"<at>Help</at> {text}"
    entity = {"type": "mention", "mentioned": BOT, "text": "<at>Help</at>"}
    return message(service, text, conversation, entities=[entity], **fields)


def data(verb: str, turn: int, value: str = "") -> Json:
    """What a button carries."""
    return {"helpbot": 1, "verb": verb, "turn": turn, "value": value}


def press(service: str, verb: str, turn: int, value: str = "", conversation: Json = PERSONAL, **fields: Any) -> Json:
    """A pressed Action.Execute."""
    action = {"type": "Action.Execute", "title": "x", "verb": verb, "data": data(verb, turn, value)}
    pressed = {"name": "adaptiveCard/action", "value": {"action": action, "trigger": "manual"}, "replyToId": "1"}
    return activity("invoke", service, conversation, **{**pressed, **fields})


def submit(service: str, verb: str, turn: int, value: str = "", conversation: Json = PERSONAL, **fields: Any) -> Json:
    """A pressed Action.Submit, which comes as a message."""
    return activity("message", service, conversation, **{"value": data(verb, turn, value), "replyToId": "1", **fields})


def installed(service: str, conversation: Json = PERSONAL, **fields: Any) -> Json:
    """The app was installed."""
    return activity("installationUpdate", service, conversation, **{"action": "add", **fields})


def joined(service: str, conversation: Json = PERSONAL, **fields: Any) -> Json:
    """The bot came into a conversation."""
    return activity("conversationUpdate", service, conversation, **{"membersAdded": [BOT], **fields})
