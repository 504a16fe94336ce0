"""The way out to Slack: one row, one or a few calls of its Web API."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import structlog

from bot.channels.slack_api import Gone, SlackApi
from bot.channels.slack_drawn import encode
from bot.channels.slack_render import LAST, Pair
from bot.channels.slack_tokens import Tokens, token_for
from bot.envelope import Address, Payload, Receipt, Written
from bot.errors import DeliverLater, Undeliverable
from bot.storage.base import Row
from bot.storage.files import FileStore
from dialogs.cards.slack_text import escape

_PLAIN = {"unfurl_links": False, "unfurl_media": False}
_MORE = re.compile(r'"(?:before":\[|pressed":\{)')  # outside of a text, where quotes would be escaped

log = structlog.get_logger()

MARK = "mark"  # the kind of a row that is a reaction
_FILE = "F"  # the begin of a file's id, where a message's begins with a digit
_AND = ","  # between the ids of a card's messages
_CHATS = 20_000  # direct messages remembered
_BEGUN = 1_000  # cards of which only the first messages are out


class Sender:
    """Delivers rows, and says things in passing."""

    def __init__(self, api: SlackApi, tokens: Tokens, files: FileStore | None = None) -> None:
        """Calls go through `api` with the token that `tokens` has for the workspace. files: where those are kept that
        are passed on."""
        self._files = files
        self._api = api
        self._tokens = tokens
        self._chats: OrderedDict[str, str] = OrderedDict()
        self._begun: OrderedDict[tuple[str, int, float], list[str]] = OrderedDict()

    async def deliver(self, row: Row) -> Receipt:
        """Post, update or delete. A message that is gone is posted anew; a deleted one stays gone. The id of a card
        that takes several messages is all of theirs."""
        token = await token_for(self._tokens, row.address)
        where = await self.place(row.address, token)
        if row.kind in ("send", "thread"):
            return await self._post(row, where, token)
        if row.kind == MARK:
            return await self._mark(row, where, token)
        if not row.receipt:
            return Receipt()
        if row.receipt.startswith(_FILE):
            return await self._file_gone(row, token)
        if row.kind == "delete":
            await self._taken_back(row.receipt.split(_AND), where, token)
            return Receipt()
        return await self._updated(row, where, token)

    async def _updated(self, row: Row, where: dict[str, Any], token: str) -> Receipt:
        """Each message of the card in the place of one that stands there; others are posted, or deleted."""
        stand, parts = row.receipt.split(_AND), _messages(row.payload)
        kept, stand = (stand[:-1], stand[-1:]) if row.payload.get(LAST) else ([], stand)
        for number, part in enumerate(parts):
            if number < len(stand):
                try:
                    target = {"channel": where["channel"], "ts": stand[number]}
                    await self._api.call("chat.update", token, {**target, **part})
                    kept.append(stand[number])
                    continue
                except Gone:
                    pass
            kept.append(await self._said(encode(part), where, token))
        await self._taken_back(stand[len(parts) :], where, token)
        return Receipt(_AND.join(kept))

    async def _taken_back(self, stamps: list[str], where: dict[str, Any], token: str) -> None:
        for stamp in stamps:
            with suppress(Gone):
                await self._api.call("chat.delete", token, {"channel": where["channel"], "ts": stamp})

    async def _post(self, row: Row, where: dict[str, Any], token: str) -> Receipt:
        """The messages of a card. A new thread hangs on its first."""
        payload = row.payload
        if isinstance(payload, Pair):
            await self._answered(payload.pressed, where, token)
            return Receipt(await self._said(payload.message, where, token))
        if isinstance(payload, Written) and row.kind == "send" and not _MORE.search(payload.text):
            return Receipt(await self._said(payload.text, where, token))
        if "upload" in payload and self._files is not None:
            try:
                return await self._upload(self._files, payload["upload"], where, token)
            except Undeliverable as error:  # then its card, with a link
                log.warning("slack_file_not_uploaded", reason=error.reason)
        if "pressed" in payload:
            await self._answered(encode(payload["pressed"]), where, token)
        name = (row.lane or row.address.key, row.seq, row.created)
        said = self._begun.setdefault(name, [])  # with the first ones out, only the others are tried again
        if len(self._begun) > _BEGUN:
            self._begun.popitem(last=False)
        for message in _messages(payload)[len(said) :]:
            place = {**where, "thread_ts": said[0]} if row.kind == "thread" and said else where
            said.append(await self._said(encode(message), place, token))
        self._begun.pop(name, None)
        return Receipt(_AND.join(said), f"{where['channel']}:{said[0]}" if row.kind == "thread" else "")

    async def _said(self, message: str, where: dict[str, Any], token: str) -> str:
        """One message, given as JSON text; its `ts`."""
        body = _with(message, {**where, **_PLAIN})
        stamp = str((await self._api.call("chat.postMessage", token, body, once=True)).get("ts") or "")
        if not stamp.isprintable() or not stamp or _AND in stamp:
            raise DeliverLater("no ts", ambiguous=True)
        return stamp

    async def _upload(self, files: FileStore, upload: Payload, where: dict[str, Any], token: str) -> Receipt:
        """A kept file itself. Its id stands for the message, of which Slack tells nothing."""
        name, size, blob = str(upload["name"]), int(upload["size"]), str(upload["blob"])
        ticket = await self._api.read("files.getUploadURLExternal", token, {"filename": name, "length": str(size)})
        file_id = str(ticket.get("file_id", ""))
        if not file_id.startswith(_FILE) or not file_id.isalnum():
            raise Undeliverable("no file id")
        await self._api.upload(str(ticket.get("upload_url", "")), _parts(files, blob), size)
        place = {"channel_id": where["channel"], **({"thread_ts": where["thread_ts"]} if "thread_ts" in where else {})}
        shown = {"files": [{"id": file_id, "title": name}], "initial_comment": escape(str(upload["author"]))}
        await self._api.call("files.completeUploadExternal", token, {**place, **shown}, once=True)
        return Receipt(file_id)

    async def _file_gone(self, row: Row, token: str) -> Receipt:
        """A file is taken back; it can't be changed."""
        if row.kind == "delete":
            try:
                await self._api.call("files.delete", token, {"file": row.receipt})
            except Undeliverable as error:
                if error.reason not in ("file_not_found", "file_deleted"):
                    raise
        return Receipt(row.receipt if row.kind == "update" else "")

    async def _answered(self, message: str, where: dict[str, Any], token: str) -> None:
        """The pressed message as it is now: first, for it may be repeated. When it can't be changed, it stays."""
        try:
            await self._api.call("chat.update", token, _with(message, {"channel": where["channel"]}))
        except Undeliverable as error:
            log.info("slack_not_updated", reason=error.reason)

    async def _mark(self, row: Row, where: dict[str, Any], token: str) -> Receipt:
        """A reaction; one that is there already, or whose message is gone, is as good."""
        try:
            await self._api.call("reactions.add", token, {"channel": where["channel"], **row.payload})
        except Undeliverable as error:
            if error.reason not in ("already_reacted", "message_not_found", "too_many_reactions"):
                raise
        return Receipt()

    async def place(self, address: Address, token: str) -> dict[str, Any]:
        """Channel (and thread) of an address, as the Web API takes them. A chat that nobody has opened is opened."""
        channel, _, thread = address.conversation.partition(":")
        if address.group:
            return {"channel": channel, "thread_ts": thread} if thread else {"channel": channel}
        known = str(address.details.get("channel", "")) or self._chats.get(address.key, "")
        if not known:
            answer = await self._api.call("conversations.open", token, {"users": channel})
            opened = answer.get("channel")
            known = str(opened.get("id", "")) if isinstance(opened, dict) else ""
            if not known:
                raise DeliverLater("no channel")
            self._chats[address.key] = known
            if len(self._chats) > _CHATS:
                self._chats.popitem(last=False)
        return {"channel": known}

    async def whisper(self, address: Address, user: str, text: str) -> None:
        """Show a text to one person only, where they are. Raises `DeliveryError`."""
        token = await token_for(self._tokens, address)
        where = await self.place(address, token)
        await self._api.call("chat.postEphemeral", token, {**where, "user": user, "text": text})

    async def replace(self, address: Address, stamp: str, payload: Payload) -> None:
        """Put a card in the place of a message. Raises `DeliveryError`."""
        token = await token_for(self._tokens, address)
        where = await self.place(address, token)
        body = {"channel": where["channel"], "ts": stamp, **_content(payload)}
        await self._api.call("chat.update", token, body)

    async def view(self, method: str, address: Address, body: dict[str, Any]) -> None:
        """Open a modal or publish the App Home. Raises `DeliveryError`."""
        await self._api.call(method, await token_for(self._tokens, address), body)


async def _parts(files: FileStore, blob: str) -> AsyncIterator[bytes]:
    """The content, part by part."""
    number = 0
    while part := await files.file_part(blob, number):
        yield part
        number += 1


def _with(message: str, more: dict[str, Any]) -> bytes:
    """A message's JSON text with fields that it has not."""
    return f"{message[:-1]},{encode(more)[1:]}".encode()


def _messages(payload: Payload) -> list[dict[str, Any]]:
    """The messages that a card takes, in order."""
    return [_content(each) for each in (*payload.get("before", ()), payload)]


def _content(payload: Payload) -> dict[str, Any]:
    """What is shown. `blocks` are always named: an update without them would leave the old ones."""
    return {"text": payload.get("text", ""), "blocks": payload.get("blocks", [])}
