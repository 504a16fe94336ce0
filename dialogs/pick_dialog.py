"""The waterfall that offers a list and ends with what was picked, or with the words that picked nothing.

What is offered is saved by id; titles are looked up when the card is made. Kinds: "mean" (did you mean one of these
guides?), "area" (what is it about?), "causes" (other outcomes of the guide below), "change" (earlier answers of the
guide below), "resume" (go on, start over, or something else), "switch" (to another guide, or stay).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botbuilder.dialogs import Dialog, DialogTurnResult, WaterfallStepContext

from dialogs import areas
from dialogs import walk as walking
from dialogs.cards.base import Button, Card
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.guide import Outcome
from dialogs.texts import fill
from dialogs.understand import Choice
from dialogs.views import walk_at
from dialogs.waterfall import Waterfall
from dialogs.work import Work

PAGE = 6  # rows of a long list on one card
MORE = "more"  # the row that leads to the next page
NONE = "none"  # "none of these"
MISSES = 2  # so often is the choice offered again before the words are taken for something new


@dataclass(frozen=True, slots=True)
class Item:
    """Something to pick."""

    value: str
    title: str
    about: str = ""
    means: str = ""
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: a menu, or (`ask`) a plain question. insist: words that pick nothing are asked about again.

    start: the first item shown; more: the title of the row that leads on to the next page.
    """

    title: str
    items: tuple[Item, ...]
    intro: str = ""
    ask: bool = False
    insist: str = ""
    ways: tuple[str, ...] = ("back", "person")
    start: int = 0
    more: str = ""

    @property
    def page(self) -> tuple[Item, ...]:
        """The items that fit a phone's screen, and the way to more."""
        if not self.more or len(self.items) - self.start <= PAGE + 1:
            return self.items[self.start :]
        return (*self.items[self.start : self.start + PAGE], Item(MORE, self.more))


def pick_dialog() -> Waterfall:
    """The dialog "pick". Begin it with `{"kind": …, …}`; it ends with `{"kind", "pick"}` or `{"kind", "text"}`."""
    return Waterfall("pick", [show, choose])


async def show(step: WaterfallStepContext) -> DialogTurnResult:
    """Offer."""
    work = Work.of(step)
    work.show(card(work, offer(work, step.options, step.stack)))
    return Dialog.end_of_turn


async def choose(step: WaterfallStepContext) -> DialogTurnResult:
    """Take what was picked."""
    work, options = Work.of(step), step.options
    offered = offer(work, options, step.stack)
    item = _picked(work, offered)
    if item is not None and item.value == MORE:
        work.advance(closed(work, offered, fill(work.texts.you_chose, answer=item.title)))
        return await step.replace_dialog("pick", {**options, "from": offered.start + PAGE})
    if item is not None:
        work.advance(closed(work, offered, fill(work.texts.you_chose, answer=item.title)))
        return await step.end_dialog({**options, "pick": item.value})
    if not work.text:
        return await step.replace_dialog("pick", options)
    if offered.insist and work.misses < MISSES:
        work.misses += 1
        work.tell(offered.insist)
        return await step.replace_dialog("pick", options)
    work.advance()
    return await step.end_dialog({**options, "text": work.text})


def _picked(work: Work, offered: Offer) -> Item | None:
    """What was picked by a button, a number, or words; words may name what is on another page too."""
    value = work.pressed("pick")
    if value is None and work.text:
        leaning = work.understand.lean(work.text, choices(offered))
        everything = tuple(Choice(i.value, i.title, i.said, i.means) for i in offered.items)
        if not leaning:
            leaning = work.understand.lean(work.text, everything, strict=True)
        value = leaning[0] if len(leaning) == 1 else None if leaning else work.understand.nearest(work.text, everything)
    return next((i for i in (*offered.items, *offered.page) if i.value == value), None)


def choices(offered: Offer) -> tuple[Choice, ...]:
    """What is offered on this page, for understanding."""
    return tuple(Choice(i.value, i.title, i.said, i.means) for i in offered.page)


def card(work: Work, offered: Offer) -> Card:
    """The offer as a card."""
    note = work.take_note()
    ways = work.ways(*offered.ways)
    if offered.ask:
        answers = tuple(Button(i.title, "pick", i.value) for i in offered.page)
        return QuestionCard(turn=work.number, note=note, ask=offered.title, answers=answers, ways=ways)
    rows = tuple(MenuItem(Button(i.title, "pick", i.value), i.about) for i in offered.page)
    intro = f"{note}\n\n{offered.intro}" if note else offered.intro
    return MenuCard(turn=work.number, title=offered.title, intro=intro, items=rows, ways=ways)


def closed(work: Work, offered: Offer, line: str) -> Card:
    """The offer once answered."""
    return AnsweredCard(offered.title, line)


def offer(work: Work, options: dict[str, Any], stack: list[Any]) -> Offer:
    """The offer that these options make. `stack`: with this dialog on top; some kinds are about the guide below it."""
    return _KINDS[options["kind"]](work, options, stack)


def _mean(work: Work, options: dict[str, Any], stack: list[Any]) -> Offer:
    guides = areas.told_apart([g for g in (work.library.guide(i) for i in options["guides"]) if g is not None])
    items = tuple(Item(g.id, title, g.summary, "yes" if len(guides) == 1 else "") for g, title in guides)
    none = Item(NONE, work.texts.none_of_these, means="no")
    return Offer(work.texts.mean_title, (*items, none), work.texts.mean_intro, ways=("person",))


def _area(work: Work, options: dict[str, Any], below: list[Any]) -> Offer:
    items = tuple(Item(area, areas.title(area)) for area in options["areas"])
    none = Item(NONE, work.texts.none_of_these, means="no")
    return Offer(work.texts.area_title, (*items, none), work.texts.area_intro, ways=("person",))


def _causes(work: Work, options: dict[str, Any], stack: list[Any]) -> Offer:
    walk = walk_at(stack, 1)
    guide = work.library.guide(walk.guide)
    others = walking.others(guide, walk) if guide and walk.at in guide.steps else []
    items = tuple(Item(step_id, o.cause, said=(o.outcome,)) for step_id, o in others)
    intro = work.texts.other_intro_unsolved if options.get("unsolved") else work.texts.other_intro
    start = options.get("from", 0)
    return Offer(work.texts.other_title, items, intro, start=start, more=work.texts.more_items)


def _change(work: Work, options: dict[str, Any], stack: list[Any]) -> Offer:
    walk = walk_at(stack, 1)
    guide = work.library.guide(walk.guide)
    path = walking.answered(guide, walk) if guide else []
    items = tuple(
        Item(step_id, q.short, fill(work.texts.change_item, answer=a.label), said=(q.ask,)) for step_id, q, a in path
    )
    start = options.get("from", 0)
    return Offer(work.texts.change_title, items, work.texts.change_intro, start=start, more=work.texts.more_items)


def _resume(work: Work, options: dict[str, Any], stack: list[Any]) -> Offer:
    texts, walk = work.texts, walk_at(stack, 1)
    guide = work.library.guide(walk.guide)
    step = guide.steps.get(walk.at) if guide else None
    question = "" if step is None or isinstance(step, Outcome) else step.ask
    title = fill(texts.resume_ask, guide=guide.title if guide else walk.guide, question=question)
    items = (
        Item("go", texts.resume_go, means="yes", said=texts.words.proceed),
        Item("restart", texts.resume_restart, said=texts.words.restart),
        Item("else", texts.resume_else, means="no"),
    )
    return Offer(title, items, ask=True, insist=texts.resume_again, ways=("person",))


def _switch(work: Work, options: dict[str, Any], stack: list[Any]) -> Offer:
    texts, guide = work.texts, work.library.guide(options["to"])
    title = fill(texts.switch_ask, guide=guide.title if guide else options["to"])
    items = (Item("yes", texts.switch_yes, means="yes"), Item("no", texts.switch_no, means="no"))
    return Offer(title, items, ask=True, insist=texts.switch_again, ways=("person",))


_KINDS: dict[str, Callable[[Work, dict[str, Any], list[Any]], Offer]] = {
    "mean": _mean,
    "area": _area,
    "causes": _causes,
    "change": _change,
    "resume": _resume,
    "switch": _switch,
}
