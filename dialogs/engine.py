"""A turn, whole: (state, incoming) -> outcome. No I/O but the finder; the same values give the same outcome."""

from __future__ import annotations

from botbuilder.dialogs import DialogContext, DialogSet, DialogState

from dialogs import commands, views
from dialogs.adapter import TurnAdapter
from dialogs.cards.base import Card
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard
from dialogs.cards.question import AnsweredCard
from dialogs.finder import Finder
from dialogs.guide import Outcome as Advice
from dialogs.guide_dialog import guide_dialog
from dialogs.hand_off_dialog import hand_off_dialog
from dialogs.library import Library, same_language, tags
from dialogs.pick_dialog import pick_dialog
from dialogs.root_dialog import root_dialog
from dialogs.state import fresh_root, restore, save
from dialogs.turn import HandOff, Incoming, Outcome, Press, Replaced, Reply, State
from dialogs.understand import Understanding
from dialogs.walk import Walk
from dialogs.waterfall import Dialogs
from dialogs.work import Work

ALWAYS = frozenset({"help", "person"})  # buttons that are as good on an old card: they change nothing that was
STOPPED_AFTER = 24 * 3600.0  # seconds; whoever writes later than this is asked whether to go on


class Engine:
    """Runs turns over a library of guides. Holds nothing of any conversation."""

    def __init__(self, library: Library, finder: Finder, contact: str = "", desk_locale: str = "en") -> None:
        """contact: how to reach the helpdesk (an address, a number, a link); empty when there is none.

        desk_locale: BCP 47; the language in which a problem is told to the staff.
        """
        self.library = library
        self.finder = finder
        self.contact = contact
        self.desk_locale = desk_locale
        self._readers = {id(texts): Understanding(texts.words) for texts in library.texts.values()}
        self._adapter = TurnAdapter()
        self._dialogs = DialogSet(_NoAccessor())
        for dialog in (root_dialog(), guide_dialog(), pick_dialog(), hand_off_dialog()):
            self._dialogs.add(dialog)

    async def run(self, state: State | None, incoming: Incoming) -> Outcome:
        """The new state and the replies. `state` is None for a new conversation, and is never changed."""
        state = state or {}
        texts = self.library.say(incoming.locale)
        work = Work(state, incoming, texts, self._readers[id(texts)], self)
        press = incoming.press
        if press and press.verb == "text":
            return self._send_text(state, work, press)
        stack = restore(state)
        if press and stack.dialog_stack and press.turn != work.number and press.verb not in ALWAYS:
            return await self._stale(state, work, stack, press)
        if incoming.arrived and (work.greeted or stack.dialog_stack):
            return Outcome(state)
        await self._converse(state, work, stack)
        saved = self._saved(state, work, stack)
        replies = (*self._foreign(state, saved, work), *work.replies)
        return Outcome(saved, replies, work.replaced, handoff=work.handoff, unanswered=work.unanswered)

    @staticmethod
    def _foreign(state: State, saved: State, work: Work) -> tuple[Reply, ...]:
        """Said once to somebody whose language we don't speak: in which one we go on."""
        locale = work.incoming.locale
        if not locale or same_language(locale, work.language):
            return ()
        saved["foreign"] = "".join(tags(locale)[-1:])
        told = state.get("foreign") == saved["foreign"]
        return () if told or not work.replies else (Reply(NoticeCard(body=work.texts.language_fallback)),)

    def _context(self, work: Work, stack: DialogState) -> DialogContext:
        return Dialogs(self._dialogs, self._adapter.context(work), stack.dialog_stack)

    async def _converse(self, state: State, work: Work, stack: DialogState) -> None:
        dc = self._context(work, stack)
        if not stack.dialog_stack:
            stack.dialog_stack.insert(0, fresh_root())
            if work.incoming.arrived or not work.text:
                await commands.show_again(dc)
                return
        command = commands.command_of(dc, work)
        if command in (None, "hello") and _stopped(state, dc, work):
            work.advance()
            while dc.active_dialog.id != "guide":  # a list that stood open above it is forgotten by now
                dc.stack.pop(0)
            await dc.begin_dialog("pick", {"kind": "resume", "said": "" if command else work.text})
        elif command is not None:
            await commands.obey(dc, work, command)
        else:
            await dc.continue_dialog()

    @staticmethod
    def _saved(state: State, work: Work, stack: DialogState) -> State:
        saved: State = {
            "turn": work.number,
            "at": work.incoming.at,
            "greeted": True,
            "stack": save(stack),
        }
        if work.misses:
            saved["misses"] = work.misses
        press = work.incoming.press
        if press and work.replaced:
            saved["last"] = {"turn": press.turn, "verb": press.verb, "value": press.value, **_form(work.replaced.card)}
        return saved

    # -- presses that take no part in the dialog

    async def _stale(self, state: State, work: Work, stack: DialogState, press: Press) -> Outcome:
        """A button of an earlier turn: nothing changes; show where we are."""
        last = state.get("last", {})
        if (last.get("turn"), last.get("verb"), last.get("value")) == (press.turn, press.verb, press.value):
            form = self._last_form(work, last)
            return Outcome(state, (), Replaced(press.turn, form) if form else None, stale=True)
        await commands.show_again(self._context(work, stack))
        kept = self._advice_of(work, press)
        return Outcome(state, tuple(work.replies), Replaced(press.turn, kept) if kept else None, stale=True)

    def _last_form(self, work: Work, last: dict[str, str]) -> Card | None:
        """The answered form of the card that was pressed last."""
        if "ask" in last:
            return AnsweredCard(last["ask"], last["answer"])
        return self._advice(work, last.get("advice", ""), last.get("answer", ""))

    def _advice_of(self, work: Work, press: Press) -> Card | None:
        """The advice whose button this is, so that its steps stay readable in their place."""
        return self._advice(work, press.value.rpartition("/")[0], "") if press.verb == "solved" else None

    def _advice(self, work: Work, path: str, answered: str) -> Card | None:
        guide_id, _, step_id = path.partition("/")
        guide = work.library.guide(guide_id)
        step = guide.steps.get(step_id) if guide else None
        if guide is None or not isinstance(step, Advice):
            return None
        return views.bare_outcome(work, guide, step_id, step, answered)

    def _send_text(self, state: State, work: Work, press: Press) -> Outcome:
        """Post a text alone, to be copied by one long press; allowed from old cards too, for it changes nothing."""
        text = self._summary(state, work) if press.value == "summary" else self._code(work, press.value)
        return Outcome(state, (Reply(NoticeCard(body=text or work.texts.code_gone, plain=True)),))

    def _code(self, work: Work, value: str) -> str:
        path, _, number = value.rpartition("/")
        guide_id, _, step_id = path.partition("/")
        guide = work.library.guide(guide_id)
        step = guide.steps.get(step_id) if guide else None
        if guide is None or not isinstance(step, Advice):
            return ""
        return views.bare_outcome(work, guide, step_id, step).sent(number)

    def _summary(self, state: State, work: Work) -> str:
        return views.summary_text(work.texts, _hand_off(work.library, state)) or work.texts.summary_empty

    def word(self, locale: str, text: str, *names: str) -> str | None:
        """Which of the named word lists ("end_chat", "thanks", …) of this language the whole text stands in."""
        return self._readers[id(self.library.say(locale))].word(text, *names)

    def busy(self, state: State) -> bool:
        """Whether the conversation is within a guide or a choice."""
        return len(state.get("stack", ())) > 1

    async def resume(self, state: State, at: float, locale: str, done: bool = False) -> Outcome:
        """Show once more where the conversation stands, as after a talk with a person; nothing outside of guides.

        done: the problem is solved, so what was open is left instead.
        """
        if done or not self.busy(state):
            top = save(restore({"stack": [{"dialog": "root"}]}))
            return Outcome({**state, "turn": state.get("turn", int(at)) + 1, "stack": top} if done else state)
        texts = self.library.say(locale)
        work = Work(state, Incoming(at, locale=locale), texts, self._readers[id(texts)], self)
        work.tell(texts.back_here)
        stack = restore(state)
        dc = self._context(work, stack)
        while dc.active_dialog.id == "hand-off":
            dc.stack.pop(0)
        await commands.brief(dc, work)
        return Outcome(self._saved(state, work, stack), tuple(work.replies))

    async def send_guide(self, state: State, guide_id: str, at: float, locale: str, step: str = "") -> Outcome:
        """Begin a guide that somebody else chose for the user, whatever they were in before; KeyError if unknown.

        step: begin at this step of it.
        """
        texts = self.library.say(locale)
        work = Work(state, Incoming(at, locale=locale), texts, self._readers[id(texts)], self)
        guide = work.library.guides[guide_id]
        work.advance()
        work.tell_language(guide)
        stack = restore({"stack": [{"dialog": "root"}]})
        dc = self._context(work, stack)
        fresh = Walk(guide=guide.id, version=guide.version, at=step if step in guide.steps else guide.start)
        await dc.begin_dialog("guide", fresh)
        return Outcome(self._saved(state, work, stack), tuple(work.replies))

    def title(self, guide_id: str, locale: str) -> str:
        """What this guide is called in this language, where it is translated; KeyError if unknown."""
        return self.library.spoken(locale).guides[guide_id].title

    def hand_off(self, state: State) -> HandOff:
        """All that a conversation's state tells of the problem at hand, for the staff, in their language."""
        return _hand_off(self.library.spoken(self.desk_locale), state)


def _hand_off(library: Library, state: State) -> HandOff:
    frames = state.get("stack", ())
    said = tuple(frames[-1]["with"].get("said", ())) if frames else ()
    frame = next((f for f in frames if f["dialog"] == "guide"), None)
    walk = Walk.from_json(frame["with"]) if frame else None
    guide = library.guide(walk.guide) if walk else None
    return views.hand_off(guide, walk, said)


def _stopped(state: State, dc: DialogContext, work: Work) -> bool:
    """Whether words come a day after a question that was left open."""
    if not work.text or work.incoming.at - state.get("at", work.incoming.at) <= STOPPED_AFTER:
        return False
    place = next((i for i, frame in enumerate(dc.stack) if frame.id == "guide"), None)
    if place is None:
        return False
    walk = views.walk_at(dc.stack, place)
    guide = work.library.guide(walk.guide)
    return guide is not None and not isinstance(guide.steps.get(walk.at), Advice)


def _form(card: Card) -> dict[str, str]:
    """What is kept of an answered card, to show it again when the same press comes twice."""
    if isinstance(card, AnsweredCard):
        return {"ask": card.ask, "answer": card.answer}
    if isinstance(card, OutcomeCard):
        return {"advice": card.text_value, "answer": card.answered}
    return {}


class _NoAccessor:
    """Stands where a DialogSet wants its state accessor: the stack comes with each turn instead."""
