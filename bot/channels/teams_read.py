"""What Teams sends: an activity's JSON, checked and translated. Pure.

Every mistake in what was sent is a `Refused` with a 4xx, whatever its kind: a wrong type, deep nesting, text that no
database could keep. Fields that nobody reads may hold anything.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Any, Literal

from bot.channels.teams_fields import CONTROLS, MAX_ID, MAX_NAME, id_of, list_of, name_of, object_of, text_of
from bot.channels.teams_said import MAX_TEXT, files_of, formatted, spoken
from bot.envelope import Address, Envelope, Person
from bot.errors import Refused
from dialogs.turn import Incoming, Press

CHANNEL = "teams"
MAX_VALUE = 1024
MAX_FIELDS = 20
MAX_TURN = 2**31 - 1

_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_OURS = frozenset({"helpbot", "verb", "turn", "value"})


def tenants_of(activity: dict[str, Any]) -> tuple[str, str]:
    """The two places where Teams names the tenant: the conversation's, and the channel data's; in lower case."""
    conversation = id_of(object_of(activity, "conversation"), "tenantId")
    channel_data = id_of(object_of(object_of(activity, "channelData"), "tenant"), "id")
    return conversation.lower(), channel_data.lower()


def translate(activity: dict[str, Any], tenant: str, at: float, locale: str = "en") -> Envelope | None:
    """The activity in our own terms; None when there is nothing for us to do.

    Its origin has been checked already. locale: for an activity that names none.
    """
    locale = _locale(activity, locale)
    kind = text_of(activity, "type")
    if kind == "message":
        return _message(activity, tenant, at, locale)
    if kind == "invoke":
        return _invoke(activity, tenant, at, locale)
    if kind in ("messageUpdate", "messageDelete"):
        return _change(activity, kind, tenant, at, locale)
    if kind in ("installationUpdate", "conversationUpdate"):
        return _arrival(activity, kind, tenant, at, locale)
    if not kind:
        raise Refused(400, "no-type", "An activity has a type.")
    return None


def _message(activity: dict[str, Any], tenant: str, at: float, locale: str) -> Envelope | None:
    address = _address(activity, tenant)
    bot = address.details["bot"]["id"]
    sender = _sender(activity)
    if object_of(activity, "from").get("id") == bot:
        return None  # our own words, or another bot's that bears our name: answering would never end
    press = _press(activity.get("value"))
    text, mentioned = spoken(text_of(activity, "text"), list_of(activity, "entities"), bot)
    if press is None and address.group and not mentioned and not _in_thread(activity):
        return None
    if press is None and not text and activity.get("value") is not None:
        return None  # the button of a card that is not ours
    incoming = Incoming(at, text="" if press else text, press=press, locale=locale)
    event_id = _event_id(activity)
    pressed, files = id_of(activity, "replyToId"), files_of(activity, address.group)
    heard = mentioned or not address.group or press is not None
    return Envelope(
        event_id,
        address,
        sender,
        incoming,
        pressed=pressed,
        message=event_id,
        files=files,
        said="" if press else formatted(activity, text, bot, address.group),
        mentioned=heard,
    )


def _in_thread(activity: dict[str, Any]) -> bool:
    """Whether it was said in a channel's thread: such words come without a mention of the bot where the manifest asks
    for the consent to read them (ChannelMessage.Read.Group). Whether they matter is decided later."""
    return ";messageid=" in id_of(object_of(activity, "conversation"), "id")


def _change(activity: dict[str, Any], kind: str, tenant: str, at: float, locale: str) -> Envelope:
    """A message that its author edited or deleted: it comes under the message's own id."""
    address, sender, message = _address(activity, tenant), _sender(activity), _event_id(activity)
    text, mentioned = spoken(text_of(activity, "text"), list_of(activity, "entities"), address.details["bot"]["id"])
    when = text_of(activity, "timestamp", MAX_NAME)
    digest = hashlib.sha256(f"{kind} {when} {text}".encode()).hexdigest()[:16]
    change: Literal["edit", "delete"] = "delete" if kind == "messageDelete" else "edit"
    incoming = Incoming(at, text=text, locale=locale)
    said = formatted(activity, text, address.details["bot"]["id"], address.group) if change == "edit" else ""
    heard = mentioned or not address.group or change == "delete"
    event = f"{message}:{digest}"
    return Envelope(event, address, sender, incoming, message=message, change=change, said=said, mentioned=heard)


def _invoke(activity: dict[str, Any], tenant: str, at: float, locale: str) -> Envelope:
    if text_of(activity, "name") != "adaptiveCard/action":
        raise Refused(501, "unknown-invoke", "Nothing here answers this invoke.")
    action = object_of(object_of(activity, "value"), "action")
    press = _press(action.get("data"))
    if press is None:
        raise Refused(400, "foreign-card", "This button belongs to no card of this bot.")
    incoming = Incoming(at, press=press, locale=locale)
    event_id, address, sender = _event_id(activity), _address(activity, tenant), _sender(activity)
    return Envelope(event_id, address, sender, incoming, invoke=True, pressed=id_of(activity, "replyToId"))


def _arrival(activity: dict[str, Any], kind: str, tenant: str, at: float, locale: str) -> Envelope | None:
    """Somebody has us now. Only a personal chat is greeted: a team that installs the app must not be flooded."""
    if kind == "installationUpdate":
        came = text_of(activity, "action") in ("add", "add-upgrade")
    else:
        came = bool(list_of(activity, "membersAdded"))
    address, gone = _address(activity, tenant), _gone(activity, kind)
    if gone == "here" and address.group and (lost := id_of(_channel_of(activity), "id")):
        address = replace(address, conversation=lost)
    if not gone and (not came or address.group):
        return None
    event_id = id_of(activity, "id")
    if not event_id:  # such events may come without an id: the same content is the same event
        event_id = "digest:" + hashlib.sha256(json.dumps(activity, sort_keys=True).encode()).hexdigest()[:40]
    person = object_of(activity, "from")
    sender = Person(_person_id(person))
    return Envelope(event_id, address, sender, Incoming(at, arrived=not gone, locale=locale), gone=gone)


def _gone(activity: dict[str, Any], kind: str) -> Literal["", "here", "team"]:
    """Whether we were taken out: of a personal chat, or with a channel that was deleted ("here"), or of a team."""
    team = bool(object_of(object_of(activity, "channelData"), "team"))
    if kind == "installationUpdate":
        removed = text_of(activity, "action") == "remove"  # "remove-upgrade" is followed by "add-upgrade"
    else:
        event = text_of(object_of(activity, "channelData"), "eventType")
        if event == "channelDeleted":
            return "here"
        bot = id_of(object_of(activity, "recipient"), "id")
        left = [each for each in list_of(activity, "membersRemoved") if isinstance(each, dict)]
        removed = event == "teamDeleted" or bool(bot and any(each.get("id") == bot for each in left))
    return ("team" if team else "here") if removed else ""


def _channel_of(activity: dict[str, Any]) -> dict[str, Any]:
    return object_of(object_of(activity, "channelData"), "channel")


def _event_id(activity: dict[str, Any]) -> str:
    event_id = id_of(activity, "id")
    if not event_id:
        raise Refused(400, "no-id", "An activity of this type has an id.")
    return event_id


def _address(activity: dict[str, Any], tenant: str) -> Address:
    """Where to answer. In a channel each thread is a conversation of its own: its id ends in ;messageid=…"""
    source = object_of(activity, "conversation")
    conversation = id_of(source, "id")
    if not conversation:
        raise Refused(400, "no-conversation", "An activity has a conversation with an id.")
    kind = text_of(source, "conversationType", MAX_ID)
    group = kind in ("groupChat", "channel") or (kind != "personal" and source.get("isGroup") is True)
    root = activity.get("id")
    if kind == "channel" and ";messageid=" not in conversation and isinstance(root, str) and root.isdecimal():
        conversation = f"{conversation};messageid={root}"  # a post that opens a thread is itself the thread's id
    bot = object_of(activity, "recipient")
    account = {"id": id_of(bot, "id"), "name": name_of(bot)}
    details = {"serviceUrl": text_of(activity, "serviceUrl", MAX_ID), "bot": account}
    person = object_of(activity, "from")
    if not group and person.get("id") != account["id"] and (user := _person_id(person)):
        details["user"] = user  # whose chat it is: so that it is found when they are to be forgotten
    if group and (team := id_of(object_of(object_of(activity, "channelData"), "team"), "id")):
        details["team"] = team  # so that its desks are known when the bot is thrown out of it
    return Address(CHANNEL, tenant, conversation, group, details)


def _person_id(person: dict[str, Any]) -> str:
    """The id in the directory, else the platform's own."""
    return id_of(person, "aadObjectId") or id_of(person, "id")


def _sender(activity: dict[str, Any]) -> Person:
    person = object_of(activity, "from")
    key = _person_id(person)
    if not key:
        raise Refused(400, "no-sender", "An activity of this type names its sender.")
    zone = text_of(activity, "localTimezone", MAX_NAME)
    return Person(key, name_of(person), zone=zone if zone.isprintable() else "")


def _locale(activity: dict[str, Any], default: str) -> str:
    """The client's language: as the activity says, or as the client says of itself (`clientInfo`)."""
    if _LOCALE.fullmatch(locale := text_of(activity, "locale")):
        return locale
    for each in list_of(activity, "entities"):
        told = isinstance(each, dict) and each.get("type") == "clientInfo"
        if told and _LOCALE.fullmatch(locale := text_of(each, "locale")):
            return locale
    return default


def _press(data: Any) -> Press | None:
    """The button of one of our cards; None when the data is not ours. `helpbot` is the format's number."""
    if not isinstance(data, dict) or "helpbot" not in data:
        return None
    verb, turn, value = data.get("verb"), data.get("turn"), data.get("value", "")
    if (
        data["helpbot"] is True  # which equals 1
        or data["helpbot"] != 1
        or not (isinstance(verb, str) and 0 < len(verb) <= MAX_NAME and verb.isprintable())
        or not (isinstance(turn, int) and not isinstance(turn, bool) and 0 <= turn <= MAX_TURN)
        or not (isinstance(value, str) and len(value) <= MAX_VALUE and value.isprintable())
    ):
        raise Refused(400, "bad-press", "The data of this button is not what our cards carry.")
    if len(data) == len(_OURS) and "value" in data:
        return Press(verb, turn, value)
    # What stood in the card's inputs comes beside what the button carries.
    names = [name for name in data if name not in _OURS]
    if len(names) > MAX_FIELDS or not all(len(name) <= MAX_NAME and name.isprintable() for name in names):
        raise Refused(400, "bad-press", "The inputs of this card are not what our cards have.")
    fields = tuple((name, data[name].translate(CONTROLS)) for name in names if isinstance(data[name], str))
    return Press(verb, turn, value, tuple((name, text[:MAX_TEXT]) for name, text in fields))
