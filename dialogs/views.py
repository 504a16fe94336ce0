"""What the user sees of each dialog: cards made of content and state. No decisions are made here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

from dialogs import walk as walking
from dialogs.cards.base import Button, Card
from dialogs.cards.fields import Field
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard, OutcomeLabels
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.cards.summary import SummaryCard
from dialogs.guide import Answer, Guide, Outcome, Question
from dialogs.texts import Texts, fill
from dialogs.turn import HandOff
from dialogs.walk import Walk
from dialogs.work import Work

_LOOKED_AT = 30  # guides, for topics at the top: a library may be large
HOME_GUIDES = 6  # more do not fit a phone's screen; the rest is found by words


def fact(texts: Texts, question: Question, answer: Answer) -> str:
    """An answer as a statement."""
    return answer.fact or fill(texts.fallback_fact, question=question.short, answer=answer.label)


# -- a guide


@lru_cache(maxsize=4096)
def _answer(label: str, answer_id: str) -> Button:
    return Button(label, "answer", answer_id)


def question_card(work: Work, guide: Guide, walk: Walk, question: Question, again: bool = False) -> QuestionCard:
    """A guide's question; what the words just answered is said back."""
    path = walking.answered(guide, walk) if work.fresh else ()
    heard = [(q, a) for step_id, q, a in path if step_id in work.fresh]
    ways = (("back",) if walk.path else ()) + (("change", "restart") if walk.path else ()) + ("cancel", "person")
    return QuestionCard(
        turn=work.number,
        note=work.take_note(),
        facts_title=work.texts.facts_title if heard else "",
        facts=tuple(fact(work.texts, q, a) for q, a in heard),
        ask=question.again if again else question.ask,
        hint=question.hint or "",
        answers=tuple([_answer(a.label, a.id) for a in question.answers]),
        ways=work.ways(*ways),
    )


def _labels(texts: Texts) -> OutcomeLabels:
    return OutcomeLabels(
        documents=texts.documents,
        check=texts.check,
        send_as_text=texts.send_as_text,
        was=texts.was,
        mark_article=texts.mark_article,
        mark_today=texts.mark_today,
        shortened=texts.shortened,
    )


def bare_outcome(work: Work, guide: Guide, step_id: str, outcome: Outcome, answered: str = "") -> OutcomeCard:
    """The advice without anything to answer."""
    return OutcomeCard(
        turn=work.number,
        title=outcome.outcome,
        intro=outcome.intro or "",
        actions_title=outcome.actions_title or "",
        actions=outcome.actions,
        notes=outcome.notes,
        sections=outcome.sections,
        documents_title=guide.documents_title or "",
        documents=guide.documents if outcome.documents else (),
        labels=_labels(work.texts),
        text_value=f"{guide.id}/{step_id}",
        answered=answered,
    )


def solved_buttons(work: Work, guide: Guide, walk: Walk, verb: str) -> tuple[Button, ...]:
    """Yes / not yet / other causes, the last only where there are any."""
    value = f"{guide.id}/{walk.at}"
    texts = work.texts
    buttons = [Button(texts.solved_yes, verb, f"{value}/yes"), Button(texts.solved_no, verb, f"{value}/no")]
    if walking.others(guide, walk):
        buttons.append(Button(texts.solved_causes, verb, f"{value}/causes"))
    return tuple(buttons)


def outcome_card(work: Work, guide: Guide, walk: Walk, outcome: Outcome) -> OutcomeCard:
    """The advice, what it rests on, and the question whether it helped."""
    path = walking.answered(guide, walk)
    ways = ("back", "change", "restart", "person") if path else ("restart", "person")
    return OutcomeCard(
        turn=work.number,
        title=outcome.outcome,
        intro=outcome.intro or "",
        note=work.take_note(),
        facts_title=work.texts.facts_title if path else "",
        facts=tuple(fact(work.texts, q, a) for _, q, a in path),
        actions_title=outcome.actions_title or "",
        actions=outcome.actions,
        notes=outcome.notes,
        sections=outcome.sections,
        documents_title=guide.documents_title or "",
        documents=guide.documents if outcome.documents else (),
        labels=_labels(work.texts),
        text_value=f"{guide.id}/{walk.at}",
        ask=work.texts.ask_solved,
        answers=solved_buttons(work, guide, walk, "solved"),
        ways=work.ways(*ways),
    )


def brief_card(work: Work, guide: Guide, walk: Walk) -> QuestionCard:
    """Only the question whether it helped."""
    return QuestionCard(
        turn=work.number,
        note=work.take_note(),
        ask=work.texts.ask_solved_again,
        answers=solved_buttons(work, guide, walk, "solved-brief"),
        ways=work.ways(*(("back", "change") if walk.path else ()), "restart", "person"),
    )


def closed_guide(work: Work, guide: Guide, walk: Walk, line: str, brief: bool | None = None) -> Card:
    """The card at hand once it is answered. An outcome stays readable; a question shrinks to its answer."""
    step = guide.steps[walk.at]
    if isinstance(step, Question):
        return AnsweredCard(step.ask, line)
    if walk.brief if brief is None else brief:
        return AnsweredCard(work.texts.ask_solved, line)
    return bare_outcome(work, guide, walk.at, step, line)


# -- the top


def home_card(work: Work) -> MenuCard:
    """The greeting, or the topics once greeted, with a note above when there is one."""
    texts, note = work.texts, work.take_note()
    guides = first_guides(work)
    intro = texts.topics_intro if work.greeted else texts.greeting
    if len(work.library.guides) > HOME_GUIDES:
        intro = f"{intro}\n\n{texts.topics_more}"
    return MenuCard(
        turn=work.number,
        title=texts.topics_title if work.greeted else texts.greeting_title,
        intro=f"{note}\n\n{intro}" if note else intro,
        items=guide_items(guides, "guide"),
        ways=work.ways("help", "person"),
    )


def first_guides(work: Work) -> list[Guide]:
    """The guides that are topics at the top: the first ones, no two of one title."""
    found: dict[str, Guide] = {}
    for guide in islice(work.library.guides.values(), _LOOKED_AT):
        found.setdefault(guide.title.casefold(), guide)
        if len(found) == HOME_GUIDES:
            break
    return list(found.values())


def guide_items(guides: Iterable[Guide], verb: str) -> tuple[MenuItem, ...]:
    """Guides as rows of a menu."""
    return tuple(MenuItem(Button(g.title, verb, g.id), g.summary) for g in guides)


def notice(work: Work, *ways: str) -> NoticeCard:
    """The note alone, with ways out."""
    return NoticeCard(body=work.take_note(), turn=work.number, ways=work.ways(*ways))


# -- a person


def hand_off(library_guide: Guide | None, walk: Walk | None, said: tuple[str, ...]) -> HandOff:
    """All that is known, for a person."""
    if walk is None or library_guide is None:
        return HandOff(words=said)
    steps = (library_guide.steps.get(s) for s in walk.shown)
    return HandOff(
        words=walk.words or said,
        guide=library_guide.id,
        version=walk.version,
        path=tuple((q.short, a.label) for _, q, a in walking.known(library_guide, walk)),
        advice=tuple(s.outcome for s in steps if isinstance(s, Outcome)),
        title=library_guide.title,
    )


def summary_text(texts: Texts, handoff: HandOff) -> str:
    """The summary as plain lines, to be copied; empty when nothing is known."""
    lines = [fill(texts.summary_guide, guide=handoff.title)] if handoff.title else []
    lines += [fill(texts.summary_words, words=w) for w in handoff.words]
    lines += [fill(texts.summary_answer, question=q, answer=a) for q, a in handoff.path]
    lines += [fill(texts.summary_advice, advice=a) for a in handoff.advice]
    return "\n".join(lines)


def person_card(work: Work, handoff: HandOff) -> Card:
    """How to reach a person, and the summary to send along."""
    texts = work.texts
    intro = fill(texts.contact_intro, contact=work.contact) if work.contact else texts.no_contact
    copy = summary_text(texts, handoff)
    return SummaryCard(
        turn=work.number,
        title=texts.person_title,
        intro=intro,
        copy=copy or texts.summary_empty,
        **_summary_parts(texts, handoff),
        send=Button(texts.send_as_text, "text", "summary", stays=True) if copy else None,
        ways=work.ways("proceed" if handoff.guide else "topics"),
    )


def hand_off_card(work: Work, handoff: HandOff, opens: str) -> Card:
    """What the staff will see, a box for anything to add, and the button that sends it to them."""
    texts, note = work.texts, work.take_note()
    intro = fill(texts.hand_off_closed, opens=opens) if opens else texts.hand_off_intro
    send = texts.hand_off_leave if opens else texts.hand_off_send
    return SummaryCard(
        turn=work.number,
        title=texts.person_title,
        intro=f"{note}\n\n{intro}" if note else intro,
        copy=summary_text(texts, handoff) or texts.summary_empty,
        **_summary_parts(texts, handoff),
        box=Field("text", texts.hand_off_add, placeholder=texts.hand_off_add_hint),
        answers=(Button(send, "send"),),
        ways=(Button(texts.hand_off_not_now, "not-now", quiet=True),),
    )


def _summary_parts(texts: Texts, handoff: HandOff) -> dict[str, Any]:
    return {
        "words_title": texts.summary_words_title if handoff.words else "",
        "words": handoff.words,
        "path": handoff.path,
        "advice_title": texts.summary_advice_title if handoff.advice else "",
        "advice": handoff.advice,
    }


def frame_options(stack: list[Any], place: int) -> dict[str, Any]:
    """What the frame at this place of the stack (0 is the active one) was begun with; a guide's is its `walk_at`."""
    options = stack[place].state["options"] if place < len(stack) else None
    return dict(options) if options and not isinstance(options, Walk) else {}


def walk_at(stack: list[Any], place: int) -> Walk:
    """Where the guide at this place of the stack is. Raises LookupError when there is none."""
    walk = stack[place].state["options"]
    if not isinstance(walk, Walk):
        raise LookupError(f"no guide at place {place} of the stack")
    return walk
