"""`content/desk.yaml`: what an author decides about the helpdesk. Queues, hours, limits; not where the staff sit."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from dialogs.guide import Guide, Id, Language, Model, Text

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Span = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
Minutes = Annotated[float, Field(gt=0, le=60 * 24 * 30)]
LOOK_AHEAD = 366  # days in which the next opening is looked for


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'"{name}" is no time zone; write it like "Europe/Berlin"') from error
    return name


class Hours(Model):
    """Opening hours: spans like "08:00-17:30" for each day, in `zone`; days not named and holidays are closed."""

    zone: Annotated[Text, AfterValidator(_zone)]
    days: dict[Day, tuple[Span, ...]]
    holidays: tuple[dt.date, ...] = ()

    @model_validator(mode="after")
    def _forward(self) -> Self:
        for day, spans in self.days.items():
            for span in spans:
                begin, end = span.split("-")
                if begin >= end:
                    raise ValueError(f'on {day}, "{span}" ends before it begins')
        return self

    def spans(self, day: dt.date) -> list[tuple[dt.datetime, dt.datetime]]:
        """When it is open on this day, in order, as times with the zone."""
        if day in self.holidays:
            return []
        zone = ZoneInfo(self.zone)
        midnight = dt.datetime.combine(day, dt.time(), zone)
        found = []
        for span in sorted(self.days.get(DAYS[day.weekday()], ())):
            begin, end = (
                midnight.replace(hour=int(t[:2]), minute=int(t[3:]))
                if t != "24:00"
                else dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
                for t in span.split("-")
            )
            found.append((begin, end))
        return found

    def opening(self, at: float) -> dt.datetime | None:
        """None while it is open at this Unix time; else when it opens next (in a year at the latest)."""
        now = dt.datetime.fromtimestamp(at, ZoneInfo(self.zone))
        for ahead in range(LOOK_AHEAD):
            for begin, end in self.spans(now.date() + dt.timedelta(days=ahead)):
                if begin <= now < end:
                    return None
                if begin > now:
                    return begin
        return now + dt.timedelta(days=LOOK_AHEAD)

    def later(self, at: float, seconds: float) -> float:
        """The Unix time by which it was open for so long since `at`, while it is open (in a year at the latest)."""
        day = dt.datetime.fromtimestamp(at, ZoneInfo(self.zone)).date()
        for ahead in range(LOOK_AHEAD):
            for begin, end in self.spans(day + dt.timedelta(days=ahead)):
                at = max(at, begin.timestamp())
                open_for = end.timestamp() - at  # of Unix times: the days on which clocks are changed are right, too
                if seconds < open_for:
                    return at + seconds
                if open_for > 0:
                    at, seconds = end.timestamp(), seconds - open_for
        return at + LOOK_AHEAD * 86400.0


class Queue(Model):
    """A queue: its title, which guides (by id) and tags come here, where a case goes that nobody takes, its hours."""

    title: Text
    guides: tuple[Id, ...] = ()
    tags: tuple[Id, ...] = ()
    next: Id | None = None
    hours: Id | None = None


class Limits(Model):
    """Minutes until something happens by itself, and other limits. Every timer can fire; none can be switched off.

    remind: nobody has claimed, the channel is reminded. hand_on: still nobody, the next queue or the contact.
    agent_asked, agent_released: the agent is silent although the user waits. user_asked, user_closed: the user is
    silent. reopen: after the end, the user's next message reopens the case. agent_cases: open cases of one agent.
    """

    remind: Minutes = 5
    hand_on: Minutes = 10
    agent_asked: Minutes = 10
    agent_released: Minutes = 5
    user_asked: Minutes = 60
    user_closed: Minutes = 30
    reopen: Minutes = 60
    agent_cases: Annotated[int, Field(ge=1, le=1000)] = 10


class DeskPlan(Model):
    """The whole file. `prefix` begins every case's id; `default` is the queue of whatever is routed nowhere else.

    locale: the language in which the staff are talked to; without one, that of the settings.
    relay: "mentions": only messages that mention the bot go to the user; "all": every message of the claimer does
    (needs the consent in the app's manifest to read the channel).
    """

    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}$")] = "HD"
    default: Id
    locale: Language | None = None
    queues: Annotated[dict[Id, Queue], Field(min_length=1)]
    hours: dict[Id, Hours] = Field(default_factory=dict)
    limits: Limits = Limits()
    relay: Literal["mentions", "all"] = "mentions"

    @model_validator(mode="after")
    def _references(self) -> Self:
        known = ", ".join(f'"{name}"' for name in self.queues)
        if self.default not in self.queues:
            raise ValueError(f'"default" names the queue "{self.default}", which does not exist (there are {known})')
        for name, queue in self.queues.items():
            if queue.next is not None and (queue.next not in self.queues or queue.next == name):
                raise ValueError(
                    f'queue "{name}" hands on to "{queue.next}", which is no other queue (there are {known})'
                )
            if queue.hours is not None and queue.hours not in self.hours:
                raise ValueError(f'queue "{name}" has the hours "{queue.hours}", which do not exist')
        return self

    def queue_for(self, guide: Guide | None) -> str:
        """The queue that a guide's cases go to: by its id first, then by its tags, else the default."""
        if guide is not None:
            for name, queue in self.queues.items():
                if guide.id in queue.guides:
                    return name
            for name, queue in self.queues.items():
                if set(guide.tags) & set(queue.tags):
                    return name
        return self.default

    def opening(self, queue: str, at: float) -> dt.datetime | None:
        """None while the queue is open at this Unix time, else when it opens next."""
        hours = self._hours(queue)
        return hours.opening(at) if hours else None

    def later(self, queue: str, at: float, minutes: float) -> float:
        """The Unix time by which the queue was open for so many minutes since `at`, while it is open."""
        hours = self._hours(queue)
        return hours.later(at, minutes * 60.0) if hours else at + minutes * 60.0

    def _hours(self, queue: str) -> Hours | None:
        return self.hours.get(self.queues[queue].hours or "") if queue in self.queues else None


# What holds where there is no desk.yaml: one queue, always open.
PLAIN = DeskPlan(default="helpdesk", queues={"helpdesk": Queue(title="Helpdesk")})
