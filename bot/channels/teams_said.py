"""What was said in a Teams message: its words, their formatting, its files. Pure."""

from __future__ import annotations

import html
import re
from typing import Any

from bot.channels import teams_html
from bot.channels.teams_fields import CONTROLS, MAX_ID, id_of, list_of, name_of, object_of, text_of
from bot.envelope import SentFile
from bot.errors import Refused
from dialogs.cards import rich

MAX_TEXT = 32_000  # more than Teams lets a person type; the rest of a longer one is cut off, for they deserve an answer
MAX_FILES = 20
MAX_URL = 8000
FILE_INFO = "application/vnd.microsoft.teams.file.download.info"
_NO_FILES = ("text/html", "messageReference")  # the message's own words once more; the message that it answers
_ENDINGS = {"image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_TAG = re.compile(r"<[^>]*>")


def spoken(text: str, entities: list[Any], bot: str) -> tuple[str, bool]:
    """What was said, without the mention of the bot, and whether it was mentioned.

    Only the exact span that the mention names is cut, and once: a bot called "Help" is also a word. Other people's
    names stay, without their tags; lines stay lines.
    """
    found = _mentions(entities, bot)
    for told in found:
        text = text.replace(told, " ", 1)
    if "</at>" in text:
        text = text.replace("<at>", "").replace("</at>", "")
    if "&" in text:
        text = html.unescape(text)
    lines = (" ".join(line.split()) for line in text.translate(CONTROLS).split("\n"))
    return "\n".join(lines).strip()[:MAX_TEXT], bool(found)


def _mentions(entities: list[Any], bot: str) -> list[str]:
    """The bot's mentions, as they stand in the text."""
    found = []
    for entity in entities:
        if not isinstance(entity, dict):
            raise Refused(400, "wrong-type", '"entities" must be a list of objects.')
        if entity.get("type") != "mention":
            continue
        who = object_of(entity, "mentioned")
        if bot and id_of(who, "id") == bot:
            found.append(text_of(entity, "text") or f"<at>{text_of(who, 'name')}</at>")
    return found


def formatted(activity: dict[str, Any], text: str, bot: str, group: bool) -> str:
    """The words with their formatting; "" where there is none. A message comes as its text, and beside it as HTML."""
    names = [_TAG.sub("", told) for told in _mentions(list_of(activity, "entities"), bot)]
    for each in list_of(activity, "attachments")[: MAX_FILES + 1]:
        content = each.get("content") if isinstance(each, dict) and each.get("contentType") == "text/html" else None
        if isinstance(content, str):
            return teams_html.markdown(content, text, names, quotes=not group)[:MAX_TEXT]
    return rich.write(rich.read(text)) if text and activity.get("textFormat") == "markdown" else ""


def files_of(activity: dict[str, Any], group: bool) -> tuple[SentFile, ...]:
    """What came with a message. In a channel a person's file never reaches a bot: only that there was one is known."""
    found = []
    for each in list_of(activity, "attachments")[:MAX_FILES]:
        if not isinstance(each, dict):
            raise Refused(400, "wrong-type", '"attachments" must be a list of objects.')
        kind, name = text_of(each, "contentType", MAX_ID), name_of(each)
        if kind in _NO_FILES:
            continue
        if group:
            found.append(SentFile(name, problem="channel"))
        elif kind == FILE_INFO:
            content = each.get("content")
            found.append(_fetched(name, content.get("downloadUrl") if isinstance(content, dict) else None))
        elif kind.startswith("image/"):
            picture = name or f"image.{_ENDINGS.get(kind, 'png')}"
            found.append(_fetched(picture, each.get("contentUrl"), kind))
        else:
            found.append(SentFile(name, problem="kind"))
    return tuple(found)


def _fetched(name: str, url: Any, kind: str = "application/octet-stream") -> SentFile:
    """What can be fetched from an address; whether from this one, the channel decides when it is time."""
    good = isinstance(url, str) and len(url) <= MAX_URL and url.isprintable() and " " not in url
    return SentFile(name, url, kind) if good and url else SentFile(name, kind=kind, problem="elsewhere")
