"""Files that go from one side of a case to the other: fetched in their place in the outbox, kept, and shown as links.

A row of kind "file" waits its turn in its lane like every other. Then the file is fetched, within seconds, and its card
goes out in the row's place; one that can't be had is told to both sides. So nothing of it is done while the platform
waits for an answer, order is kept, and a crash means that the row is found again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.channels.base import Channel
from bot.envelope import Outgoing
from bot.errors import DeliverLater, StoreUnavailable, Undeliverable
from bot.fetch import UNKNOWN, Fetcher, FileLost
from bot.handoff import views
from bot.handoff.carried import Carried, sized
from bot.links import LINK_SECONDS, Links
from bot.script import Script
from bot.storage.base import Row, Store, Turn
from bot.storage.files import KeptFile
from dialogs.cards.base import Button
from dialogs.cards.file import FileCard
from dialogs.texts import DeskTexts, fill

TRIES = 3  # to fetch a file, before its sender is told
MEGABYTE = 1_000_000  # bytes
CASE_MOST = 10  # files of the largest size that one case may have
PICTURES = ("image/png", "image/jpeg", "image/gif")  # what every client shows in place
ROUNDS = 8

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be, in MB, and for how many days it is kept."""

    megabytes: int = 20
    days: int = 7

    @property
    def size(self) -> int:
        """In bytes."""
        return self.megabytes * MEGABYTE


class Files:
    """Fetches, keeps and shows files. `open` before, `close` after."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        links: Links,
        fetcher: Fetcher,
        script: Callable[[], Script],
        limits: Limits,
        *,
        submit: Callable[[Sequence[Row]], None],
        holder: str,
        lease: float,
        clock: Callable[[], float],
        draw: Callable[[int], bytes],
    ) -> None:
        """submit: takes rows that a commit leased to `holder`, for `lease` seconds. draw: random bytes."""
        self._store = store
        self._channels = channels
        self._links = links
        self._fetcher = fetcher
        self._script = script
        self._limits = limits
        self._submit = submit
        self._holder = holder
        self._lease = lease
        self._clock = clock
        self._draw = draw

    async def open(self) -> None:
        """Find the secret of the links."""
        await self._links.open()

    async def close(self) -> None:
        """End."""
        await self._fetcher.close()

    # -- in the outbox

    async def prepare(self, row: Row) -> Row | None:
        """The row with the file's card in it; None when its sender took it back. Raises `DeliveryError`."""
        carried = Carried.load(row.payload)
        try:
            await self._links.open()
            file = await self._store.file(carried.id) or await self._have(carried, last=row.attempts + 1 >= TRIES)
            if file is None:
                return None
            if file.reason:
                await self._tell(carried, file.reason)
        except StoreUnavailable:
            raise DeliverLater("the database is away") from None
        card = (
            self._lost_card(carried, file)
            if file.reason
            else self.card(file, carried.author, carried.side, carried.reader)
        )
        channel = self._channels[row.address.channel]
        payload = channel.payload(card)
        if channel.takes_files and file.blob and file.size:
            upload = {"blob": file.blob, "name": card.name, "size": file.size, "author": card.author}
            payload = {**payload, "upload": upload}
        return replace(row, kind="send", payload=payload)

    async def _have(self, carried: Carried, last: bool) -> KeptFile | None:
        """Fetch it and keep it, or keep why it can't be had. last: there is no other try."""
        blob = self._draw(16).hex()
        got = KeptFile(carried.id, carried.case, carried.mark, carried.file.name, UNKNOWN, 0, self._clock(), blob)
        try:
            size, kind = await self._fetch(carried, blob)
            got = replace(got, size=size, kind=kind)
            log.info("file_kept", case=carried.case, kind=kind, count=size)
        except FileLost as lost:
            got = replace(got, blob="", reason=lost.reason)
        except Undeliverable:
            got = replace(got, blob="", reason="elsewhere")
        except DeliverLater:
            if not last:
                raise
            got = replace(got, blob="", reason="gone")
        if got.reason:
            log.warning("file_lost", case=carried.case, reason=got.reason)
        await self._store.keep_file(got)
        return await self._store.file(carried.id)

    async def _fetch(self, carried: Carried, blob: str) -> tuple[int, str]:
        if carried.file.problem:
            raise FileLost(carried.file.problem)
        if carried.file.size > self._limits.size:
            raise FileLost("size")
        if sum(file.size for file in await self._store.files(carried.case)) >= CASE_MOST * self._limits.size:
            raise FileLost("many")
        channel = self._channels.get(carried.source.channel)
        if channel is None:
            raise FileLost("gone")
        return await self._fetcher.fetch(await channel.file_request(carried.source, carried.file.url), blob)

    async def _tell(self, carried: Carried, reason: str) -> None:
        """Tell the sender, once."""
        say, key, event = self._script().texts(carried.locale).desk, carried.source.key, f"file:{carried.id}"
        name = carried.file.name or say.file_unnamed
        card = views.notice(fill(say.file_refused, name=name, reason=self._why(say, reason)))
        rows = (Outgoing("send", self._channels[carried.source.channel].payload(card)),)
        for _ in range(ROUNDS):
            loaded = await self._store.load(key, event)
            if loaded.seen:
                return
            now = self._clock()
            turn = Turn(carried.source, event, loaded.version, loaded.state or {}, rows, now)
            committed = await self._store.commit(turn, self._holder, now + self._lease)
            if committed.result != "conflict":
                self._submit(committed.rows)
                return
        raise DeliverLater("the sender could not be told")

    # -- as it is shown

    def _why(self, say: DeskTexts, reason: str) -> str:
        return fill(
            {
                "channel": say.file_channel,
                "kind": say.file_kind,
                "size": say.file_size,
                "many": say.file_many,
                "elsewhere": say.file_elsewhere,
            }.get(reason, say.file_gone),
            limit=self._limits.megabytes,
        )

    def _lost_card(self, carried: Carried, file: KeptFile) -> FileCard:
        """What the other side reads in place of a file that can't be had."""
        script = self._script()
        say = script.texts(carried.reader or script.staff_locale).desk
        name = file.name or say.file_unnamed
        return FileCard(carried.author, name, note=fill(say.file_lost, reason=self._why(say, file.reason)))

    def card(self, file: KeptFile, author: str, side: str, locale: str = "") -> FileCard:
        """The file's card with a fresh link. side: who sent it; the staff can ask for another link. locale: of the
        reader, by default the staff's."""
        script = self._script()
        say, now = script.texts(locale or script.staff_locale).desk, self._clock()
        url = self._links.link(file.id, file.name, now) if file.blob else ""
        if url:
            note = fill(say.file_link, hours=round(LINK_SECONDS / 3600), days=self._limits.days)
        else:
            note = say.file_no_link if file.blob else say.file_over
        again = Button(say.file_again, "case", f"file/{file.case}/{file.id}", quiet=True, stays=True)
        return FileCard(
            author,
            file.name or say.file_unnamed,
            sized(file.size),
            url,
            image=bool(url) and file.kind in PICTURES,
            note=note,
            again=again if side == "user" and file.blob and self._links.given else None,
        )
