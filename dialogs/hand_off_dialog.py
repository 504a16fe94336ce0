"""The waterfall before a person takes over: what the staff will see, anything to add, send or not.

Opening the case is not done here: the turn says so by a value (`turn.HandOff` with `send`), and whoever commits the
turn opens the case with it.
"""

from __future__ import annotations

from dataclasses import replace

from botbuilder.dialogs import Dialog, DialogTurnResult, WaterfallStepContext

from dialogs import views
from dialogs.cards.question import AnsweredCard
from dialogs.texts import fill
from dialogs.turn import HandOff
from dialogs.understand import Choice
from dialogs.views import walk_at
from dialogs.waterfall import Waterfall
from dialogs.work import Work

MAX_ADDED = 2000  # characters


def hand_off_dialog() -> Waterfall:
    """The dialog "hand-off". Begin it with `{"said": […]}`, what found no guide; it ends with nothing."""
    return Waterfall("hand-off", [show, choose])


async def show(step: WaterfallStepContext) -> DialogTurnResult:
    """The summary, the box, the buttons."""
    work = Work.of(step)
    staff = work.incoming.staff
    if staff is None:  # the desk went away meanwhile: the contact instead
        work.handoff = _known(work, step)
        work.show(views.person_card(work, work.handoff))
        return await _leave(step)
    work.show(views.hand_off_card(work, _known(work, step), staff.opens))
    return Dialog.end_of_turn


async def choose(step: WaterfallStepContext) -> DialogTurnResult:
    """Send it, with what was added; or not. Words that are neither yes nor no are something to add, and are sent."""
    work, texts = Work.of(step), Work.of(step).texts
    if work.incoming.staff is None:
        return await step.replace_dialog("hand-off", step.options)
    if work.pressed("not-now") is not None:
        return await _closed(step, texts.hand_off_not_now)
    if work.pressed("send") is not None:
        press = work.incoming.press
        return await _send(step, press.field("text") if press else "")
    if not work.text:
        return await step.replace_dialog("hand-off", step.options)
    choices = (
        Choice("send", texts.hand_off_send, (texts.hand_off_leave, *texts.words.proceed, *texts.words.send), "yes"),
        Choice("not-now", texts.hand_off_not_now, means="no"),
    )
    leaning = work.understand.lean(work.text, choices)
    if len(leaning) > 1:
        work.tell(texts.hand_off_again)
        return await step.replace_dialog("hand-off", step.options)
    if leaning == ("not-now",) or work.understand.word(work.text, "end_chat"):
        return await _closed(step, texts.hand_off_not_now)
    short = leaning == ("send",) and len(work.text.split()) <= len(texts.hand_off_send.split())
    return await _send(step, "" if short else work.text)


async def _send(step: WaterfallStepContext, added: str) -> DialogTurnResult:
    work = Work.of(step)
    work.handoff = replace(_known(work, step), added=added[:MAX_ADDED], send=True)
    work.advance(AnsweredCard(work.texts.person_title, work.texts.hand_off_sent))
    return await _leave(step)


async def _leave(step: WaterfallStepContext) -> DialogTurnResult:
    """Off the stack, without a word of the dialog below: what is said next is the desk's."""
    step.stack.pop(0)
    return Dialog.end_of_turn


async def _closed(step: WaterfallStepContext, label: str) -> DialogTurnResult:
    work = Work.of(step)
    work.advance(AnsweredCard(work.texts.person_title, fill(work.texts.you_chose, answer=label)))
    return await step.end_dialog(None)


def _known(work: Work, step: WaterfallStepContext) -> HandOff:
    """What is known of the problem, from the dialogs below."""
    said = tuple((step.options or {}).get("said", ()))
    place = next((i for i, frame in enumerate(step.stack) if frame.id == "guide"), None)
    if place is None:
        return views.hand_off(None, None, said)
    walk = walk_at(step.stack, place)
    return views.hand_off(work.library.guide(walk.guide), walk, said)
