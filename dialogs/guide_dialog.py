"""The waterfall that walks any guide: show the step, take the answer, begin again at the next step."""

from __future__ import annotations

import re

from botbuilder.dialogs import Dialog, DialogTurnResult, WaterfallStepContext

from dialogs import views
from dialogs import walk as walking
from dialogs.finder import Sure, verdict
from dialogs.guide import Answer, Guide, Outcome, Question
from dialogs.texts import fill
from dialogs.understand import Choice
from dialogs.walk import Hear, Walk
from dialogs.waterfall import Waterfall
from dialogs.work import Work

_CODE = re.compile(r"\d{3}")  # an error's code, not the number of an answer
BARE = 3  # words of a message that is only an answer
WAY_OUT = 2  # after so many misunderstandings in a row, a way out


def guide_dialog() -> Waterfall:
    """The dialog "guide". Begin it with a walk; it ends with a note for the top, or with new words."""
    return Waterfall("guide", [show, choose, resumed])


def hearing(work: Work) -> Hear:
    """Which answer words give to a question that they were not said to: only one that they clearly name."""

    def hear(question: Question, text: str) -> str | None:
        leaning = work.understand.lean(text, question.answers, strict=True)
        return leaning[0] if len(leaning) == 1 else None

    return hear


# -- the steps of the waterfall


async def show(step: WaterfallStepContext) -> DialogTurnResult:
    """Ask the question, or give the advice."""
    work = Work.of(step)
    guide, walk = _here(work, step.options)
    if guide is None:
        return await _withdrawn(step)
    current = guide.steps[walk.at]
    if isinstance(current, Question):
        again = work.misses > 0
        work.show(views.question_card(work, guide, walk, current, again))
        walk = walk.but(offered=walking.answer_ids(current))
    elif walk.brief:
        work.show(views.brief_card(work, guide, walk))
    else:
        work.show(views.outcome_card(work, guide, walk, current))
        walk = walk.but(offered=(), shown=(*(s for s in walk.shown if s != walk.at), walk.at))
    step.active_dialog.state["options"] = walk
    return Dialog.end_of_turn


async def choose(step: WaterfallStepContext) -> DialogTurnResult:
    """Take the answer."""
    work = Work.of(step)
    known: Walk = step.options
    guide, walk = _here(work, known)
    if guide is None:
        return await _withdrawn(step)
    if walk != known and work.note:
        work.advance()
        return await _again(step, walk)
    current = guide.steps[walk.at]
    if isinstance(current, Question):
        return await _choose_answer(step, guide, walk, current)
    return await _choose_solved(step, guide, walk, current)


async def resumed(step: WaterfallStepContext) -> DialogTurnResult:
    """A dialog above has ended: do what was picked there, and show where we are."""
    work, result = Work.of(step), step.result or {}
    guide, walk = _here(work, step.options)
    if guide is None:
        return await _withdrawn(step)
    picked, kind = result.get("pick"), result.get("kind")
    if kind == "causes" and picked:
        return await _again(step, walk.but(at=picked, picked=True, brief=False))
    if kind == "change" and picked:
        return await _again(step, walking.reopen(walk, picked))
    if kind == "switch" and picked == "yes":
        return await step.end_dialog({"guide": result["to"], "words": result.get("said", "")})
    if kind == "resume" and picked == "restart":
        return await _again(step, _anew(guide))
    if kind == "resume" and picked != "go":
        words = result.get("text") or result.get("said", "")
        return await step.end_dialog({"words": words})
    said = result.get("text") or (result.get("said", "") if kind in ("resume", "switch") else "")
    if not said:
        return await _again(step, walk)
    if late := await _late_words(step, guide, walk, said):
        return late
    if kind in ("causes", "change"):
        _missed(work)
        keep = {k: v for k, v in result.items() if k != "text"}
        return await step.begin_dialog("pick", keep)
    return await _again(step, walk.with_words(said))


# -- answering


async def _choose_answer(step: WaterfallStepContext, guide: Guide, walk: Walk, question: Question) -> DialogTurnResult:
    work = Work.of(step)
    pressed = work.pressed("answer")
    if pressed is not None and question.answer(pressed):
        return await _accept(step, guide, walk, question, pressed)
    if not work.text:
        return await _again(step, walk)
    if asked := await _changing(step, guide, walk, work.text):
        return asked
    offered = question.answers
    named = work.understand.lean(work.text, offered, strict=True)
    # What names this question's answer is one, even if it sounds like an earlier one too; unless it takes that back.
    if (len(named) != 1 or work.understand.corrects(work.text)) and (
        changed := await _corrected(step, guide, walk, work.text)
    ):
        return changed
    if not named and (changed := await _taken_back(step, guide, walk)):
        return changed
    leaning = work.understand.lean(work.text, offered)
    if not leaning and (near := work.understand.nearest(work.text, offered)):
        leaning = (near,)
    if len(leaning) == 1:
        return await _accept(step, guide, _telling(walk, work.text), question, leaning[0])
    if leaning:
        work.tell(_both(work, question, leaning))
        return await _again(step, walk.with_words(work.text))
    return await _not_an_answer(step, guide, walk)


def _telling(walk: Walk, text: str) -> Walk:
    """With the words kept where they say more than a bare answer: for later questions, and for a person to read."""
    return walk.with_words(text) if len(text.split()) > BARE or _CODE.search(text) else walk


async def _accept(
    step: WaterfallStepContext, guide: Guide, walk: Walk, question: Question, answer_id: str
) -> DialogTurnResult:
    """The question is answered; go on."""
    work = Work.of(step)
    chosen = question.answer(answer_id)
    line = fill(work.texts.you_answered, answer=chosen.label if chosen else answer_id)
    work.advance(views.closed_guide(work, guide, walk, line))
    ahead = walking.answer(guide, walk, answer_id, hearing(work))
    work.fresh = tuple(h for h in ahead.heard if h not in walk.heard)
    return await _again(step, ahead)


def _both(work: Work, question: Question, leaning: tuple[str, ...]) -> str:
    """The words lean to several answers: say to which, and ask."""
    labels = [f"“{a.label}”" for a in question.answers if a.id in leaning]
    answers = f"{', '.join(labels[:-1])} {work.texts.or_word} {labels[-1]}"
    return fill(work.texts.both_ways, answers=answers)


async def _corrected(step: WaterfallStepContext, guide: Guide, walk: Walk, text: str) -> DialogTurnResult | None:
    """Words that clearly give an earlier question another answer change it ("sorry, she did get it")."""
    hear = hearing(Work.of(step))
    for step_id, question, old in walking.answered(guide, walk):
        heard = hear(question, text)
        new = question.answer(heard or "")
        if new is not None and new.id != old.id:
            return await _change(step, guide, walk, (step_id, question, new), text)
    return None


async def _change(
    step: WaterfallStepContext, guide: Guide, walk: Walk, new: tuple[str, Question, Answer], text: str
) -> DialogTurnResult:
    """Give an earlier question this answer, and say so."""
    work, (step_id, question, answer) = Work.of(step), new
    told = fill(work.texts.summary_answer, question=question.short, answer=answer.label)
    work.advance(views.closed_guide(work, guide, walk, fill(work.texts.you_chose, answer=told)))
    ahead = walking.change(guide, walk.with_words(text), step_id, answer.id, hearing(work))
    work.fresh = tuple(h for h in ahead.heard if h not in walk.heard)
    work.tell(fill(work.texts.changed, fact=views.fact(work.texts, question, answer)))
    return await _again(step, ahead)


async def _taken_back(step: WaterfallStepContext, guide: Guide, walk: Walk) -> DialogTurnResult | None:
    """A bare yes or no that is for the question before ("sorry, I meant no") changes the answer given there."""
    work, current, path = Work.of(step), guide.steps[walk.at], walking.answered(guide, walk)
    if not path or not work.understand.takes_back(work.text, isinstance(current, Outcome)):
        return None
    if isinstance(current, Question) and walk.words and len(work.understand.lean(walk.words[-1], current.answers)) > 1:
        return None  # this question has just been answered both ways
    step_id, question, old = path[-1]
    leaning = work.understand.lean(work.text, question.answers)
    new = question.answer(leaning[0]) if len(leaning) == 1 else None
    if new is None or new.id == old.id:
        return None
    return await _change(step, guide, walk, (step_id, question, new), work.text)


async def _changing(step: WaterfallStepContext, guide: Guide, walk: Walk, text: str) -> DialogTurnResult | None:
    """Words that want an answer changed ("change my first answer"): the one that they name is asked again, or which."""
    work = Work.of(step)
    path = walking.answered(guide, walk)
    wanted, place = work.understand.changes(text, len(path))
    if not wanted:
        return None
    if changed := await _corrected(step, guide, walk, text):
        return changed
    if not path:
        work.tell(work.texts.nothing_to_change)
        return await _again(step, walk)
    work.advance(views.closed_guide(work, guide, walk, fill(work.texts.you_chose, answer=work.texts.way_change)))
    if place is not None or len(path) == 1:
        return await _again(step, walking.reopen(walk, path[place or 0][0]))
    step.active_dialog.state["options"] = walk
    return await step.begin_dialog("pick", {"kind": "change"})


async def _not_an_answer(step: WaterfallStepContext, guide: Guide, walk: Walk) -> DialogTurnResult:
    """Words that answer nothing: another problem perhaps; else ask again, said differently; then a way out."""
    work, texts = Work.of(step), Work.of(step).texts
    found = verdict(await work.finder.find(work.text, work.incoming.locale))
    if isinstance(found, Sure) and found.guide != guide.id:
        work.advance()
        return await step.begin_dialog("pick", {"kind": "switch", "to": found.guide, "said": work.text})
    hear = hearing(work)
    if known := next((x for x in walking.answered(guide, walk) if hear(x[1], work.text) == x[2].id), None):
        work.tell(fill(texts.known_already, fact=views.fact(texts, known[1], known[2])))
        return await _again(step, walk)
    _missed(work)
    return await _again(step, walk.with_words(work.text))


def _missed(work: Work) -> None:
    """Say that the words were not understood, the second time in a row with a way out."""
    work.misses += 1
    texts = work.texts
    work.tell(texts.way_out if work.misses >= WAY_OUT else f"{texts.misunderstood} {texts.misunderstood_hint}")


async def _late_words(step: WaterfallStepContext, guide: Guide, walk: Walk, text: str) -> DialogTurnResult | None:
    """Words said to a dialog above that belong here: taken where they clearly say something, else None."""
    work = Work.of(step)
    if changed := await _changing(step, guide, walk, text) or await _corrected(step, guide, walk, text):
        return changed
    ahead = walking.run_on(guide, walk.with_words(text), hearing(work))
    if ahead.at == walk.at:
        return None
    work.fresh = tuple(h for h in ahead.heard if h not in walk.heard)
    return await _again(step, ahead)


# -- after the advice


async def _choose_solved(step: WaterfallStepContext, guide: Guide, walk: Walk, outcome: Outcome) -> DialogTurnResult:
    work, texts = Work.of(step), Work.of(step).texts
    what, brief = _solved_press(work), work.pressed("solved-brief") is not None
    if what is None and (asked := await _changing(step, guide, walk, work.text)):
        return asked
    if what is None and work.text:
        brief = walk.brief
        what = _solved_words(work, guide, walk)
        # "no, the mail never came" is another answer to an earlier question, not only a no to this one.
        bare = what is None or not work.understand.tells_of_solution(work.text)
        if bare and (changed := await _corrected(step, guide, walk, work.text) or await _taken_back(step, guide, walk)):
            return changed
    labels = {"yes": texts.solved_yes, "no": texts.solved_no, "causes": texts.solved_causes}
    if what in labels:
        line = fill(texts.you_answered, answer=labels[what])
        work.advance(views.closed_guide(work, guide, walk, line, brief))
    if what == "yes":
        return await step.end_dialog({"note": texts.solved_reply})
    if what in ("no", "causes"):
        return await _other_causes(step, guide, walk, unsolved=what == "no")
    if not work.text:
        return await _again(step, walk)
    found = verdict(await work.finder.find(work.text, work.incoming.locale))
    if isinstance(found, Sure) and found.guide != guide.id:
        work.advance()
        return await step.begin_dialog("pick", {"kind": "switch", "to": found.guide, "said": work.text})
    _missed(work)
    return await _again(step, walk.with_words(work.text).but(brief=True))


def _solved_press(work: Work) -> str | None:
    """yes, no or causes, when such a button was pressed."""
    value = work.pressed("solved") or work.pressed("solved-brief")
    return value.rpartition("/")[2] if value else None


def _solved_words(work: Work, guide: Guide, walk: Walk) -> str | None:
    """yes, no or causes, when the words say so."""
    buttons = views.solved_buttons(work, guide, walk, "")
    choices = tuple(Choice(b.value.rpartition("/")[2], b.title) for b in buttons)
    leaning = work.understand.lean(work.text, choices)
    if len(leaning) == 1:
        return leaning[0]
    if work.understand.word(work.text, "causes"):
        return "causes"
    return {"solved": "yes", "not_solved": "no"}.get(work.understand.tone(work.text) or "")


async def _other_causes(step: WaterfallStepContext, guide: Guide, walk: Walk, unsolved: bool) -> DialogTurnResult:
    if walking.others(guide, walk):
        step.active_dialog.state["options"] = walk
        return await step.begin_dialog("pick", {"kind": "causes", "unsolved": unsolved})
    return await step.end_dialog({"note": Work.of(step).texts.no_other, "ways": ["person", "topics"]})


# -- common


def _here(work: Work, walk: Walk) -> tuple[Guide | None, Walk]:
    """The guide as it is now, and where we are in it; a note when the user must be told of a change."""
    guide = work.library.guide(walk.guide)
    if guide is None:
        return None, walk
    walk, told = walking.revised(guide, walk, hearing(work))
    if told:
        work.tell(work.texts.guide_changed)
    return guide, walk


def _anew(guide: Guide) -> Walk:
    """The guide from its first question, nothing taken as answered."""
    return Walk(guide=guide.id, version=guide.version, at=guide.start, settled=tuple(guide.steps))


async def _again(step: WaterfallStepContext, walk: Walk) -> DialogTurnResult:
    return await step.replace_dialog("guide", walk)


async def _withdrawn(step: WaterfallStepContext) -> DialogTurnResult:
    work = Work.of(step)
    work.advance()
    return await step.end_dialog({"note": work.texts.withdrawn})
