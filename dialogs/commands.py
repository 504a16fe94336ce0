"""Commands that mean the same at every question: help, back, change, start over, cancel, topics, hello, a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from botbuilder.dialogs import DialogContext

from dialogs import pick_dialog, views
from dialogs import walk as walking
from dialogs.cards.base import Card
from dialogs.cards.question import AnsweredCard
from dialogs.guide import Guide, Question
from dialogs.texts import fill
from dialogs.understand import COMMANDS, Choosable
from dialogs.walk import Walk
from dialogs.work import Work

VERBS = frozenset(COMMANDS) | {"proceed"}


def command_of(dc: DialogContext, work: Work) -> str | None:
    """The command that this message or press is; None when it is something for the dialog at hand.

    The label of an answer at hand is that answer, even where it is also the word for a command.
    """
    press = work.incoming.press
    if press:
        return press.verb if press.verb in VERBS else None
    text = work.text
    if not text or text.lower() in {c.label.lower() for c in _choices(dc, work)}:
        return None
    command = work.understand.command(text)
    if command is None and dc.active_dialog.id in ("root", "guide") and work.understand.word(text, "proceed"):
        return "proceed"
    if command == "thanks" and _at_outcome(dc, work):
        return None if work.understand.tone(text) else command
    return command


async def obey(dc: DialogContext, work: Work, command: str) -> None:
    """Carry out a command on the stack."""
    await _HANDLERS[command](dc, work)


# -- where we are


def _guide_frame(dc: DialogContext) -> int | None:
    """The place of the guide in the stack (0 is the top), or None outside of guides."""
    for place, frame in enumerate(dc.stack):
        if frame.id == "guide":
            return place
    return None


def _guide(dc: DialogContext, work: Work) -> tuple[Guide | None, Walk | None]:
    """The guide at hand and the place in it; (None, …) when there is none or it was withdrawn."""
    place = _guide_frame(dc)
    if place is None:
        return None, None
    walk = views.walk_at(dc.stack, place)
    guide = work.library.guide(walk.guide)
    return (guide, walk) if guide and walk.at in guide.steps else (None, walk)


def _choices(dc: DialogContext, work: Work) -> tuple[Choosable, ...]:
    frame, options = dc.active_dialog.id, views.frame_options(dc.stack, 0)
    if frame == "pick":
        return pick_dialog.choices(pick_dialog.offer(work, options, dc.stack))
    guide, walk = _guide(dc, work)
    step = guide.steps[walk.at] if guide and walk else None
    return step.answers if isinstance(step, Question) else ()


def _at_outcome(dc: DialogContext, work: Work) -> bool:
    guide, walk = _guide(dc, work)
    return bool(guide and walk and not isinstance(guide.steps[walk.at], Question))


def closed_card(dc: DialogContext, work: Work, line: str) -> Card | None:
    """The card at hand with `line` in place of its buttons."""
    frame, options = dc.active_dialog.id, views.frame_options(dc.stack, 0)
    if frame == "pick":
        offered = pick_dialog.offer(work, options, dc.stack)
        return pick_dialog.closed(work, offered, line)
    if frame == "hand-off":
        return AnsweredCard(work.texts.person_title, line)
    guide, walk = _guide(dc, work)
    if guide and walk:
        return views.closed_guide(work, guide, walk, line)
    return AnsweredCard(work.texts.topics_title, line) if frame == "root" and work.incoming.press else None


def _leave_card(dc: DialogContext, work: Work, label: str) -> None:
    work.advance(closed_card(dc, work, fill(work.texts.you_chose, answer=label)))


async def show_again(dc: DialogContext) -> None:
    """Show the card at hand once more."""
    await dc.replace_dialog(dc.active_dialog.id, dc.active_dialog.state["options"])


async def _to_guide(dc: DialogContext, walk: Walk) -> None:
    """End what stands above the guide, and show this place in it."""
    while dc.active_dialog.id != "guide":
        dc.stack.pop(0)
    await dc.replace_dialog("guide", walk)


async def _to_root(dc: DialogContext, options: dict[str, Any]) -> None:
    dc.stack.clear()
    await dc.begin_dialog("root", options)


# -- the commands


async def _help(dc: DialogContext, work: Work) -> None:
    if dc.active_dialog.id == "root":
        work.tell(work.texts.help_idle)
        await _to_root(dc, {**views.frame_options(dc.stack, 0), "ways": ["topics", "person"]})
        return
    work.tell(work.texts.help)
    await brief(dc, work)


async def brief(dc: DialogContext, work: Work) -> None:
    """Show where we are; advice already given is not repeated in full, only whether it helped."""
    guide, walk = _guide(dc, work)
    if dc.active_dialog.id == "guide" and guide and walk and not isinstance(guide.steps[walk.at], Question):
        await dc.replace_dialog("guide", walk.but(brief=True))
    else:
        await show_again(dc)


async def _hello(dc: DialogContext, work: Work) -> None:
    guide, walk = _guide(dc, work)
    if guide and walk:
        work.tell(fill(work.texts.hello_open, where=guide.title))
        await brief(dc, work)
    elif dc.active_dialog.id != "root":
        await show_again(dc)
    else:
        work.greeted = False
        await _to_root(dc, {})


async def _thanks(dc: DialogContext, work: Work) -> None:
    if _guide_frame(dc) is None and dc.active_dialog.id == "root":
        work.tell(work.texts.thanks_reply)
        await _to_root(dc, views.frame_options(dc.stack, 0))
        return
    work.tell(work.texts.you_are_welcome)
    await brief(dc, work)


async def _cancel(dc: DialogContext, work: Work) -> None:
    busy = len(dc.stack) > 1
    if busy:
        _leave_card(dc, work, work.texts.way_cancel)
    await _to_root(dc, {"note": work.texts.cancelled if busy else work.texts.cancelled_idle})


async def _topics(dc: DialogContext, work: Work) -> None:
    _leave_card(dc, work, work.texts.way_topics)
    work.greeted = True
    await _to_root(dc, {})


async def _restart(dc: DialogContext, work: Work) -> None:
    guide, walk = _guide(dc, work)
    _leave_card(dc, work, work.texts.way_restart)
    if guide is None or walk is None:
        await _to_root(dc, {})
        return
    work.tell(work.texts.started_over)
    # What the words said was taken as answered once; who starts over wants to be asked.
    fresh = Walk(guide=guide.id, version=guide.version, at=guide.start, words=walk.words, settled=tuple(guide.steps))
    await _to_guide(dc, fresh)


async def _back(dc: DialogContext, work: Work) -> None:
    guide, walk = _guide(dc, work)
    if guide is None or walk is None:
        if dc.active_dialog.id != "root":
            _leave_card(dc, work, work.texts.way_back)
            await _to_root(dc, {})
        else:
            await show_again(dc)
        return
    if dc.active_dialog.id != "guide":
        _leave_card(dc, work, work.texts.way_back)
        await _to_guide(dc, walk)
        return
    before = walking.back(guide, walk)
    if before is None:
        work.tell(work.texts.at_start)
        await show_again(dc)
        return
    _leave_card(dc, work, work.texts.way_back)
    await _to_guide(dc, before)


async def _change(dc: DialogContext, work: Work) -> None:
    guide, walk = _guide(dc, work)
    if guide is None or walk is None or not walking.answered(guide, walk):
        work.tell(work.texts.nothing_to_change)
        await show_again(dc)
        return
    _leave_card(dc, work, work.texts.way_change)
    while dc.active_dialog.id != "guide":
        dc.stack.pop(0)
    if len(walk.path) == 1:
        await _to_guide(dc, walking.reopen(walk, walk.path[0][0]))
        return
    await dc.begin_dialog("pick", {"kind": "change"})


async def _proceed(dc: DialogContext, work: Work) -> None:
    await show_again(dc)


async def _person(dc: DialogContext, work: Work) -> None:
    guide, walk = _guide(dc, work)
    said = tuple(views.frame_options(dc.stack, len(dc.stack) - 1).get("said", ()))
    if work.incoming.in_case:
        work.tell(work.texts.hand_off_open)
        await brief(dc, work)
    elif work.incoming.staff is None:
        work.handoff = views.hand_off(guide, walk, said)
        work.show(views.person_card(work, work.handoff))
    elif dc.active_dialog.id == "hand-off":
        await show_again(dc)
    else:
        work.advance()
        await dc.begin_dialog("hand-off", {"said": list(said)})


_HANDLERS: dict[str, Callable[[DialogContext, Work], Awaitable[None]]] = {
    "help": _help,
    "hello": _hello,
    "thanks": _thanks,
    "cancel": _cancel,
    "topics": _topics,
    "restart": _restart,
    "back": _back,
    "change": _change,
    "proceed": _proceed,
    "person": _person,
}
