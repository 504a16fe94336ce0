"""The waterfall at the top: greeting, search by words, menu of guides; everything else is begun from here."""

from __future__ import annotations

from typing import Any

from botbuilder.dialogs import Dialog, DialogTurnResult, WaterfallStepContext

from dialogs import areas, views
from dialogs import walk as walking
from dialogs.cards.question import AnsweredCard
from dialogs.finder import Sure, Unsure, verdict
from dialogs.guide_dialog import hearing
from dialogs.pick_dialog import NONE
from dialogs.texts import fill
from dialogs.waterfall import Waterfall
from dialogs.work import Work

MAX_SAID = 3  # messages that found no guide are kept for a person to read


def root_dialog() -> Waterfall:
    """The dialog "root"; it never ends. Options: words to look up now, a note to show, what was said in vain."""
    return Waterfall("root", [show, choose, resumed])


async def show(step: WaterfallStepContext) -> DialogTurnResult:
    """Look up words that are waiting; else say the note, or offer the topics."""
    work, options = Work.of(step), step.options or {}
    said = tuple(options.get("said", ()))
    if words := options.get("words"):
        return await _look_up(step, words, said)
    if guide := options.get("guide"):
        return await _open(step, guide, options.get("for", ""))
    if guides := options.get("mean"):
        return await _ask(step, said, {"kind": "mean", "guides": list(guides), "said": options.get("for", "")})
    if options.get("note") or work.note:
        work.note = "\n\n".join(n for n in (options.get("note"), work.note) if n)
        work.show(views.notice(work, *options.get("ways", ("topics", "person"))))
        return _wait(step, said)
    work.show(views.home_card(work))
    return _wait(step, said, listed=True)


async def choose(step: WaterfallStepContext) -> DialogTurnResult:
    """Take a topic or words."""
    work = Work.of(step)
    said = tuple((step.options or {}).get("said", ()))
    if guide_id := work.pressed("guide"):
        guide = work.library.guide(guide_id)
        title = guide.title if guide else guide_id
        work.advance(AnsweredCard(work.texts.topics_title, fill(work.texts.you_chose, answer=title)))
        return await _open(step, guide_id, "")
    if not work.text:
        return await step.replace_dialog("root", {"said": said})
    guides = views.first_guides(work)
    # A number means a topic where the newest card lists them, and nothing below a mere sentence.
    listed = bool((step.options or {}).get("listed"))
    place = work.understand.place(work.text, len(guides)) if listed else None
    if place is not None:
        return await _open(step, guides[place].id, "")
    if named := next((g for g in guides if g.title.lower() == work.text.lower()), None):
        return await _open(step, named.id, "")
    return await _look_up(step, work.text, said)


async def resumed(step: WaterfallStepContext) -> DialogTurnResult:
    """A guide or a choice has ended: go on with what it ended with."""
    result = step.result or {}
    said = tuple((step.options or {}).get("said", ()))
    if result.get("kind") in ("mean", "area"):
        return await _meant(step, result, said)
    keep = ("note", "ways", "words", "guide")
    options = {k: v for k, v in result.items() if k in keep and v}
    if "guide" in options:
        options["for"] = options.pop("words", "")
    return await step.replace_dialog("root", options)


async def _look_up(step: WaterfallStepContext, words: str, said: tuple[str, ...]) -> DialogTurnResult:
    """Find the guide for these words: open it, ask which is meant, or say honestly that there is none."""
    work = Work.of(step)
    ranked = await work.finder.find(words, work.incoming.locale)
    found = verdict(ranked)
    said = (*said, " ".join(words.split())[: walking.MAX_WORD_CHARS])[-MAX_SAID:]
    if isinstance(found, Sure):
        return await _open(step, found.guide, words)
    if isinstance(found, Unsure):
        return await _ask(step, said, {"kind": "mean", "guides": list(found.guides), "said": words})
    work.unanswered = words
    work.misses += 1
    work.tell(work.texts.unknown if work.misses == 1 else work.texts.unknown_again)
    choice = areas.areas(work.library, [f.guide for f in ranked]) if _many(work) and work.misses == 1 else ()
    if choice:
        return await _ask(step, said, {"kind": "area", "areas": list(choice), "said": words}, misses=work.misses)
    work.show(views.notice(work, "topics", "person"))
    return _wait(step, said)


def _many(work: Work) -> bool:
    """Whether there are more guides than the topics show: then somebody whose words find none is asked for the area."""
    return len(work.library.guides) > views.HOME_GUIDES


async def _ask(
    step: WaterfallStepContext, said: tuple[str, ...], offered: dict[str, Any], misses: int = 0
) -> DialogTurnResult:
    """Offer a choice, and remember what was said."""
    work = Work.of(step)
    work.advance()
    work.misses = misses
    step.active_dialog.state["options"] = {"said": said}
    return await step.begin_dialog("pick", offered)


async def _open(step: WaterfallStepContext, guide_id: str, words: str) -> DialogTurnResult:
    """Begin a guide with the words that led to it."""
    work = Work.of(step)
    guide = work.library.guide(guide_id)
    if guide is None:
        return await step.replace_dialog("root", {"note": work.texts.withdrawn})
    work.advance()
    walk = walking.start(guide, words, hearing(work))
    work.fresh = walk.heard
    if words:
        work.tell(fill(work.texts.opening, guide=guide.title))
    work.tell_language(guide)
    step.active_dialog.state["options"] = {}
    return await step.begin_dialog("guide", walk)


async def _meant(step: WaterfallStepContext, result: dict[str, str], said: tuple[str, ...]) -> DialogTurnResult:
    """What came of "did you mean one of these?", and of "which of these is it about?"."""
    work = Work.of(step)
    picked, words = result.get("pick"), result.get("said", "")
    if picked == NONE:
        if result["kind"] == "mean":
            work.unanswered = words
        return await step.replace_dialog("root", {"note": work.texts.say_more, "said": said})
    if picked and result["kind"] == "area":
        near = await work.finder.find(f"{words} {areas.title(picked)}", work.incoming.locale)
        guides = areas.within(work.library, picked, [f.guide for f in near])
        return await step.replace_dialog("root", {"mean": guides, "for": words, "said": said})
    if picked:
        return await step.replace_dialog("root", {"guide": picked, "for": words})
    if result["kind"] == "area":
        work.misses = 1  # nobody is asked for the area twice
    text = result.get("text", "")
    if not isinstance(verdict(await work.finder.find(text, work.incoming.locale)), Sure):
        text = f"{words} {text}"  # more of the same rather than something new
    return await step.replace_dialog("root", {"words": text, "said": said[:-1]})


def _wait(step: WaterfallStepContext, said: tuple[str, ...], listed: bool = False) -> DialogTurnResult:
    """Wait for the next message, remembering only what it needs. listed: the card shows the topics."""
    options: dict[str, Any] = {"said": list(said)} if said else {}
    step.active_dialog.state["options"] = {**options, "listed": True} if listed else options
    return Dialog.end_of_turn
