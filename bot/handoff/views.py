"""What a case looks like: the case card for the staff, notices for both sides. No decisions are made here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable
from itertools import islice
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.envelope import Person
from bot.handoff.case import Case
from bot.handoff.change import ROOT
from bot.handoff.plan import DeskPlan
from dialogs.cards.base import Button
from dialogs.cards.case import CaseCard
from dialogs.cards.fields import Field, Form
from dialogs.cards.notice import NoticeCard
from dialogs.cards.rating import RatingCard
from dialogs.guide import Guide, Outcome, Question
from dialogs.library import tags
from dialogs.texts import DeskTexts, Texts, fill

MAX_GUIDES = 100  # in the choice of "Send a guide"
MAX_STEPS = 40  # of guides, beside the guides themselves
MAX_COLLEAGUES = 50  # in the choice of "Transfer"
ENDINGS = ("solved", "not_solved")


def clock(plan: DeskPlan, queue: str, at: float) -> str:
    """A time of day as the queue's staff read it: `Tue 10:32 (Europe/Berlin)`."""
    hours = plan.hours.get(plan.queues[queue].hours or "") if queue in plan.queues else None
    zone = hours.zone if hours else "UTC"
    try:
        moment = dt.datetime.fromtimestamp(at, ZoneInfo(zone))
    except ZoneInfoNotFoundError:
        moment = dt.datetime.fromtimestamp(at, dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M} ({zone})"


def opens(texts: DeskTexts, moment: dt.datetime) -> str:
    """When a queue opens, in the user's words."""
    zone = getattr(moment.tzinfo, "key", "") or "UTC"
    weekday = texts.weekdays[moment.weekday()]
    return fill(texts.opens_at, weekday=weekday, time=f"{moment:%Y-%m-%d %H:%M}", zone=zone)


def queue_title(plan: DeskPlan, queue: str) -> str:
    """The queue as people call it; its id when the plan knows it no more."""
    return plan.queues[queue].title if queue in plan.queues else queue


def who(case: Case, texts: DeskTexts) -> str:
    """The user's name."""
    return case.person.name or texts.somebody


def holder(case: Case, texts: DeskTexts) -> str:
    """The name of the agent who holds the case, or held it last."""
    person = case.agent or case.last_agent
    return (person.name if person else "") or texts.somebody


def ending(case: Case, texts: DeskTexts) -> str:
    """How it ended, in words."""
    return str(getattr(texts, f"ending_{case.ending}")) if case.ending else ""


def language(case: Case, texts: Texts) -> str:
    """The user's language by its name, where it has one, and their locale: "German (de-DE)"."""
    name = texts.languages.get("".join(tags(case.locale)[-1:]), "")
    return f"{name} ({case.locale})" if name else case.locale


def status(case: Case, plan: DeskPlan, texts: DeskTexts) -> str:
    """One line: the state and who holds it."""
    if case.state == "waiting":
        time = clock(plan, case.queue, case.waiting_since)
        return fill(texts.status_waiting, queue=queue_title(plan, case.queue), time=time)
    if case.state == "claimed":
        time = clock(plan, case.queue, case.claimed_at)
        return fill(texts.status_claimed, agent=holder(case, texts), time=time)
    return fill(texts.status_closed, time=clock(plan, case.queue, case.closed_at), ending=ending(case, texts))


def case_card(
    case: Case,
    plan: DeskPlan,
    texts: Texts,
    guides: Iterable[Guide],
    colleagues: tuple[Person, ...] = (),
    notice: str = "",
    desks: Container[str] | None = None,
) -> CaseCard:
    """The root card of a case's thread, as the case is now. colleagues, desks: to whom, and to which queues it can be
    transferred (None: to all)."""
    say = texts.desk
    facts = [
        (say.label_who, who(case, say)),
        (say.label_mail, case.mail),
        (say.label_zone, case.zone),
        (say.label_language, language(case, texts)),
        (say.label_queue, queue_title(plan, case.queue)),
        (say.label_since, clock(plan, case.queue, case.waiting_since)),
    ]
    if case.rating:
        facts.append((say.label_rating, f"{case.rating}/5 {case.comment}".strip()))
    link = None
    if case.mail and case.user.channel == "teams":
        address = f"https://teams.microsoft.com/l/chat/0/0?users={quote(case.mail, safe='@')}"
        link = (fill(say.chat_directly, name=who(case, say)), address)
    there = {q: spec.title for q, spec in plan.queues.items() if desks is None or q in desks}
    buttons, forms = _actions(case, there, texts, guides, colleagues)
    return CaseCard(
        turn=ROOT,
        title=fill(say.card_title, case=case.id, title=case.title or say.no_title),
        status=status(case, plan, say),
        facts=tuple((label, value) for label, value in facts if value),
        link=link,
        headings=(("words", say.words), ("path", say.path), ("advice", say.advice), ("added", say.added)),
        words=case.words,
        path=case.path,
        advice=case.advice,
        added=case.added,
        notice=notice,
        buttons=buttons,
        forms=forms,
    )


def _button(case: Case, title: str, action: str, quiet: bool = False) -> Button:
    return Button(title, "case", f"{action}/{case.id}", quiet=quiet)


def _actions(
    case: Case, queues: dict[str, str], texts: Texts, guides: Iterable[Guide], colleagues: tuple[Person, ...]
) -> tuple[tuple[Button, ...], tuple[Form, ...]]:
    """What can be done in this state."""
    say, name = texts.desk, who(case, texts.desk)
    if case.state == "closed":
        return (), (_note(case, say, name),)
    buttons: tuple[Button, ...]
    if case.state == "waiting":
        buttons = (_button(case, say.claim, "claim"), _button(case, say.give_back, "give-back", quiet=True))
    else:
        buttons = (
            _button(case, say.release, "release", quiet=True),
            _button(case, say.take_over, "take-over", quiet=True),
            _button(case, say.give_back, "give-back", quiet=True),
        )
    reply = Form(
        say.reply,
        # Elsewhere what an agent attaches does reach the bot.
        (_text(say, fill(say.reply_label, name=name), say.reply_hint if case.desk.channel == "teams" else ""),),
        _button(case, say.reply_send, "reply"),
    )
    forms = [reply, _note(case, say, name)]
    if transfer := _transfer(case, queues, say, colleagues):
        forms.append(transfer)
    if choices := _guides(case, list(islice(guides, MAX_GUIDES))):
        field = _choice(say, "guide", say.guide_label, choices)
        forms.append(Form(say.guide, (field,), _button(case, say.guide_send, "guide")))
    endings = tuple((e, str(getattr(say, f"ending_{e}"))) for e in ENDINGS)
    how = _choice(say, "ending", say.close_how, endings)
    forms.append(Form(say.close, (how,), _button(case, say.close_send, "close")))
    return buttons, tuple(forms)


def _guides(case: Case, guides: list[Guide]) -> tuple[tuple[str, str], ...]:
    """What can be sent: each guide as a whole, and single steps (`guide/step`) of a few, the case's own first."""
    whole = tuple((g.id, g.title) for g in guides)
    steps = [
        (f"{g.id}/{name}", f"{g.title}: {_step(spec)}")
        for g in sorted(guides, key=lambda g: g.id != case.guide)
        for name, spec in sorted(g.steps.items(), key=lambda item: isinstance(item[1], Question))
    ]
    return (*whole, *steps[:MAX_STEPS])


def _step(spec: Question | Outcome) -> str:
    return spec.ask if isinstance(spec, Question) else spec.outcome


def _text(say: DeskTexts, label: str, hint: str = "") -> Field:
    """A box that must not be left empty."""
    return Field("text", label, placeholder=hint, required=True, error=say.needed_text)


def _choice(say: DeskTexts, name: str, label: str, options: tuple[tuple[str, str], ...]) -> Field:
    """A choice that must be made; none is made beforehand."""
    return Field(name, label, "choice", options=options, required=True, error=say.needed_choice)


def _note(case: Case, say: DeskTexts, name: str) -> Form:
    field = _text(say, fill(say.note_label, name=name))
    return Form(say.note, (field,), _button(case, say.note_save, "note"))


def _transfer(case: Case, titles: dict[str, str], say: DeskTexts, colleagues: tuple[Person, ...]) -> Form | None:
    """To another queue or a colleague; None when there is neither."""
    queues = tuple((f"queue:{q}", title) for q, title in titles.items() if q != case.queue)
    holder_id = case.agent.id if case.agent else ""
    people = tuple((f"agent:{p.id}", p.name) for p in colleagues[:MAX_COLLEAGUES] if p.id != holder_id and p.name)
    if not queues and not people:
        return None
    to = _choice(say, "to", say.transfer_to, (*queues, *people))
    note = Field("text", say.transfer_note)
    return Form(say.transfer, (to, note), _button(case, say.transfer_send, "transfer"))


def notice(body: str, *ways: Button, title: str = "", turn: int = 0) -> NoticeCard:
    """A few sentences, with buttons or without."""
    return NoticeCard(body, title=title, turn=turn, ways=ways)


def leave_button(case: Case, say: DeskTexts) -> Button:
    """The user's "End chat"; pressing it answers no card."""
    return Button(say.end_chat, "leave", case.id, quiet=True, stays=True)


def rating_card(case: Case, say: DeskTexts, answered: str = "") -> RatingCard:
    """Solved or not, how good, a comment."""
    solved = _choice(say, "solved", say.rating_solved, (("yes", say.rating_yes), ("no", say.rating_no)))
    stars = tuple((str(n), str(getattr(say, f"rating_{n}"))) for n in range(5, 0, -1))
    return RatingCard(
        turn=case.mark,
        title=say.rating_title,
        intro=fill(say.rating_intro, case=case.id),
        fields=(
            solved,
            Field("rating", say.rating_stars, "choice", options=stars),
            Field("comment", say.rating_comment, placeholder=say.rating_comment_hint),
        ),
        send=Button(say.rating_send, "rate", case.id),
        ways=(Button(say.rating_skip, "skip-rating", case.id, quiet=True),),
        answered=answered,
    )
