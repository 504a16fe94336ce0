"""What the App Home tells: the guides, the user's case and the way to a person; to an agent also their desks' cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bot.handoff import views
from bot.handoff.case import Case
from bot.handoff.plan import DeskPlan
from dialogs.cards.base import Button
from dialogs.cards.home import HomePart, HomeRow
from dialogs.cards.menu import MenuItem
from dialogs.guide import Guide
from dialogs.texts import DeskTexts, Texts, fill


def for_user(
    texts: Texts, plan: DeskPlan, guides: Iterable[Guide], case: Case | None, desk: bool, contact: str
) -> tuple[HomePart, ...]:
    """The user's open case, the topics, how to reach a person. desk: somebody can take over the chat; contact: what the
    settings name for those who want a person."""
    say = texts.desk
    parts: list[HomePart] = []
    if case is not None and case.open:
        row = HomeRow(_title(case, say), views.status(case, plan, say), views.leave_button(case, say))
        parts.append(HomePart(say.home_case, rows=(row,)))
    topics = tuple(MenuItem(Button(guide.title, "guide", guide.id), guide.summary) for guide in guides)
    parts.append(HomePart(texts.topics_title, texts.topics_intro, choice=topics))
    if desk:
        button = Button(texts.way_person, "person", quiet=True)
        parts.append(HomePart(texts.person_title, say.home_person, ways=(button,)))
    else:
        how = fill(texts.home_contact, contact=contact) if contact else texts.home_no_contact
        parts.append(HomePart(texts.person_title, how))
    return tuple(parts)


def for_agent(
    say: DeskTexts,
    plan: DeskPlan,
    waiting: Iterable[tuple[str, Sequence[Case]]],
    held: Sequence[Case],
    link: Callable[[Case], str],
) -> tuple[HomePart, ...]:
    """What nobody has taken, queue by queue; what the agent holds; and of that, what waits for the user.

    link: the address of a case's thread, "" where there is none.
    """
    parts = []
    for queue, cases in waiting:
        title = fill(say.queue_title, queue=views.queue_title(plan, queue))
        rows = tuple(_row(case, plan, say, Button(say.claim, "case", f"claim/{case.id}", stays=True)) for case in cases)
        parts.append(HomePart(title, "" if rows else say.queue_empty, rows))
    theirs = [case for case in held if case.agent_at > case.user_at]
    mine = [case for case in held if case.agent_at <= case.user_at]
    for title, cases in ((say.mine_title, mine), (say.home_theirs, theirs)):
        rows = tuple(_row(case, plan, say, link=link(case)) for case in cases)
        if rows or (not held and title == say.mine_title):
            parts.append(HomePart(title, "" if rows else say.mine_empty, rows))
    return tuple(parts)


def _title(case: Case, say: DeskTexts) -> str:
    return fill(say.card_title, case=case.id, title=case.title or say.no_title)


def _row(case: Case, plan: DeskPlan, say: DeskTexts, button: Button | None = None, link: str = "") -> HomeRow:
    about = f"{views.who(case, say)} · {views.status(case, plan, say)}"
    return HomeRow(_title(case, say), about, button, (say.home_thread, link) if link else None)
