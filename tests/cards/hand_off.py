"""The hand-off's cards as the bot makes them from cases, with the shipped sentences; plain and awkward."""

from __future__ import annotations

from dataclasses import replace

from bot.envelope import Address, Person
from bot.handoff import views
from bot.handoff.case import Case
from bot.handoff.plan import DeskPlan, Queue
from dialogs.cards.base import Button, Card
from dialogs.cards.fields import Field
from dialogs.cards.file import FileCard
from dialogs.cards.relay import RelayCard
from dialogs.cards.summary import SummaryCard
from dialogs.texts import fill
from tests.cards.samples import NASTY
from tests.dialogs.talk import shipped

AT = 1_795_000_000.0
LIBRARY = shipped()
TEXTS = LIBRARY.texts["en"]
GUIDES = tuple(LIBRARY.guides.values())
PLAN = DeskPlan(
    default="helpdesk",
    queues={"helpdesk": Queue(title="Helpdesk"), "identity": Queue(title="Identity and guests", next="helpdesk")},
)
AGENT = Person("a-1", "Grace Hopper")
COLLEAGUES = (AGENT, *(Person(f"a-{n}", name) for n, name in enumerate(("Alan T.", "Barbara L.", "Edsger D."), 2)))
# A picture of one red dot, so that nothing is fetched.
DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)

WAITING = Case(
    id="HD-7K3QP",
    queue="identity",
    state="waiting",
    user=Address("teams", "t", "u"),
    person=Person("u-1", "Ada Lovelace"),
    desk=Address("teams", "t", "d", group=True),
    zone="Europe/London",
    mail="ada_b_lovelace@partner-company.example.com",
    title="A guest can't redeem an invitation",
    words=("my partner can't accept the invitation I sent", "she gets AADSTS50020"),
    path=(("Invitation mail", "Arrived"), ("Error", "AADSTS50020"), ("Directory", "Not sure")),
    advice=("The guest signs in with another account than the invited one",),
    added="It is urgent: the meeting is tomorrow.",
    opened_at=AT,
    waiting_since=AT,
)
CLAIMED = replace(WAITING, state="claimed", agent=AGENT, claimed_at=AT + 60)
CLOSED = replace(
    CLAIMED, state="closed", agent=None, last_agent=AGENT, closed_at=AT + 900, ending="solved", rating=4, comment=NASTY
)
ODD = replace(
    WAITING,
    person=Person("u-2", "*Ada* _x_ [y](https://evil.example) <b>"),
    title=NASTY.splitlines()[0],
    words=(NASTY,),
    path=(("Error", NASTY.splitlines()[0]),),
    added=NASTY,
    mail="",
)


def case_card(case: Case, notice: str = "") -> Card:
    """The root card of a case's thread, as the desk draws it."""
    return views.case_card(case, PLAN, TEXTS, GUIDES, COLLEAGUES, notice)


def _summary(intro: str, send: str) -> SummaryCard:
    return SummaryCard(
        3,
        TEXTS.person_title,
        intro,
        copy=TEXTS.summary_empty,
        words_title=TEXTS.summary_words_title,
        words=WAITING.words,
        path=WAITING.path,
        advice_title=TEXTS.summary_advice_title,
        advice=WAITING.advice,
        box=Field("text", TEXTS.hand_off_add, placeholder=TEXTS.hand_off_add_hint),
        answers=(Button(send, "send"), Button(TEXTS.hand_off_not_now, "not-now")),
    )


AGAIN = Button("New link", "case", "file/HD-7K3QP/1", quiet=True, stays=True)
HAND_OFF: dict[str, Card] = {
    "case-waiting": case_card(WAITING),
    "case-claimed": case_card(CLAIMED, fill(TEXTS.desk.claim_lost, agent="Grace Hopper")),
    "case-closed": case_card(CLOSED),
    "case-odd": case_card(ODD),
    "rating": views.rating_card(CLOSED, TEXTS.desk),
    "rating-answered": views.rating_card(CLOSED, TEXTS.desk, TEXTS.desk.rating_thanks),
    "summary-box": _summary(TEXTS.hand_off_intro, TEXTS.hand_off_send),
    "summary-closed": _summary(
        fill(TEXTS.hand_off_closed, opens="on Monday, 2026-11-30 08:00 (Europe/Berlin)"), TEXTS.hand_off_leave
    ),
    "relay": RelayCard(
        "Ada Lovelace",
        "It **still** fails:\n`AADSTS50020`\n- [a page](https://learn.microsoft.com/x)\n> quoted\n```\nping -n 1\n```",
    ),
    "file-picture": FileCard("Ada Lovelace", "screen_shot 1.png", "23 KB", DOT, True, "8 hours", AGAIN),
    "file": FileCard("Ada Lovelace", "log.txt", "1.2 MB", "https://bot.example/files/1", note="8 hours", again=AGAIN),
    "file-lost": FileCard("Ada Lovelace", "no_address*.txt", note="It could not be passed on."),
}
