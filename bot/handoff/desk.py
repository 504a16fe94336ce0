"""The desk: what happens with an event that concerns a case or the staff. It decides and reads; it writes nothing.

Who may do what is checked here, at every action, by the directory id of the sender against the members of the desk's
channel as the platform gives them; never by what a card carries.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from bot.channels.base import Channel
from bot.envelope import Address, Envelope, Person
from bot.errors import DeliveryError
from bot.handoff.case import Case, new_id
from bot.handoff.files import Files
from bot.handoff.moves import Scene
from bot.handoff.states import after
from bot.script import Script
from bot.storage.base import Store
from dialogs.guide import Guide
from dialogs.turn import HandOff, Staff

log = structlog.get_logger()

MEMBERS_KEPT = 60.0  # seconds that a list of members is good for
DESKS_KEPT = 2.0  # seconds until a desk bound by another replica is seen here
WAITS_OF = 7 * 86400.0  # seconds: how far back waits are looked at for an honest expectation


class Desk:
    """Knows where desks are and who sits there; sets the scene for the moves of a case."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        draw: Callable[[int], bytes],
        *,
        admins: frozenset[str] = frozenset(),
        local: bool = False,
        ticks: Callable[[], float] = time.monotonic,
        files: Files | None = None,
    ) -> None:
        """draw: random bytes, for ids. admins: directory ids that may bind desks; in local mode anybody may.

        files: shows the files of cases.
        """
        self.store = store
        self.channels = channels
        self.files = files
        self.draw = draw
        self._admins = admins
        self._local = local
        self._ticks = ticks
        self._desks: dict[str, Address] = {}
        self._desks_at = -DESKS_KEPT
        self._members: dict[str, tuple[float, tuple[Person, ...]]] = {}

    # -- where the desks are

    async def desks(self, fresh: bool = False) -> dict[str, Address]:
        """Queue -> its desk, as bound."""
        now = self._ticks()
        if fresh or now - self._desks_at >= DESKS_KEPT:
            # A desk on a platform that is not served (any more) is none.
            served = [desk for desk in await self.store.desks() if desk.address.channel in self.channels]
            self._desks = {desk.queue: desk.address for desk in served}
            self._desks_at = now
        return self._desks

    def parent(self, address: Address) -> Address:
        """The channel of a thread."""
        return self.channels[address.channel].parent(address)

    async def queues_at(self, address: Address) -> list[str]:
        """The queues whose desk is the channel of this address."""
        if not address.group:
            return []
        key = self.parent(address).key
        return [queue for queue, desk in (await self.desks()).items() if desk.key == key]

    def may_bind(self, person: Person) -> bool:
        """Whether this person may bind a desk."""
        return self._local or not {person.id, person.id.rpartition(":")[2]}.isdisjoint(self._admins)

    # -- who sits there

    async def members(self, desk: Address) -> tuple[Person, ...]:
        """The members of a desk's channel, at most a minute old; older ones while the platform does not answer."""
        key, now = desk.key, self._ticks()
        known = self._members.get(key)
        if known and now - known[0] < MEMBERS_KEPT:
            return known[1]
        try:
            found = tuple(await self.channels[desk.channel].members(desk))
        except DeliveryError as error:
            log.warning("members_unknown", reason=error.reason)
            return known[1] if known else ()
        self._members[key] = (now, found)
        return found

    def known_members(self, desk: Address) -> tuple[Person, ...]:
        """The members as far as they are known without asking."""
        known = self._members.get(desk.key)
        return known[1] if known else ()

    async def member(self, desk: Address, person: Person) -> Person | None:
        """The person as a member of the desk, with their name; None when they are not one. Logged when refused."""
        found = await self.sits(desk, person)
        if found is None:
            log.warning("not_staff", reason="not a member of the desk's channel")
        return found

    async def sits(self, desk: Address, person: Person) -> Person | None:
        """The same, for whoever asked for nothing that could be refused."""
        for each in await self.members(desk):
            if each.id == person.id:
                return replace(each, name=each.name or person.name)
        try:
            return await self.channels[desk.channel].member(desk, person)
        except DeliveryError as error:
            log.warning("members_unknown", reason=error.reason)
            return None

    # -- the scene

    async def staff(self, script: Script, guide: Guide | None, at: float, locale: str) -> Staff | None:
        """Whether a person could take over now; None when there is no desk for it."""
        queue = await self.queue(script, guide)
        if queue is None:
            return None
        opening = script.plan.opening(queue, at)
        if opening is None:
            return Staff()
        say = script.texts(locale).desk
        weekday, zone = say.weekdays[opening.weekday()], getattr(opening.tzinfo, "key", "UTC")
        return Staff(say.opens_at.format(weekday=weekday, time=f"{opening:%Y-%m-%d %H:%M}", zone=zone))

    async def queue(self, script: Script, guide: Guide | None) -> str | None:
        """The queue for this guide that has a desk: its own, else the default; None when neither has one."""
        desks = await self.desks()
        for queue in (script.plan.queue_for(guide), script.plan.default):
            if queue in desks and queue in script.plan.queues:
                return queue
        return None

    async def scene(self, script: Script, case: Case, at: float, figures: bool = True) -> Scene:
        """What the moves of this case may look at. figures: place and expectation are needed."""
        place, expected = 1, None
        if figures:
            place = await self.store.place(case)
            waits = sorted(await self.store.waits(case.queue, at - WAITS_OF))
            expected = waits[len(waits) // 2] if waits else None
        return Scene(
            now=at,
            plan=script.plan,
            user=script.texts(case.locale),
            staff=script.texts(script.staff_locale),
            desks=await self.desks(),
            contact=script.contact,
            guides=script.guides,
            colleagues=self.known_members(case.desk),
            place=place,
            expected=expected,
        )

    async def new_case(self, script: Script, envelope: Envelope, handoff: HandOff, queue: str) -> Case:
        """A case for this user, not stored yet, with what the platform knows of them."""
        channel = self.channels[envelope.address.channel]
        person = await channel.profile(envelope.address, envelope.sender)
        desks = await self.desks()
        return Case(
            id=new_id(script.plan.prefix, self.draw(8)),
            queue=queue,
            state=after("open", ""),
            user=envelope.address,
            person=person,
            desk=desks[queue],
            locale=envelope.incoming.locale,
            zone=person.zone,
            mail=person.mail,
            guide=handoff.guide,
            guide_version=handoff.version,
            title=handoff.title or (handoff.words[0][:80] if handoff.words else ""),
            path=handoff.path,
            advice=handoff.advice,
            words=handoff.words,
            added=handoff.added,
            opened_at=envelope.incoming.at,
        )
