"""The moves of a case: pure functions from a case to a Change. Who may make them is decided before (see `desk`).

Every timer is set here, in one place (`timed`), from the state alone; so no state is without one until it is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.envelope import Address, Person
from bot.handoff import views
from bot.handoff.carried import Carried
from bot.handoff.case import Case, Ending, Message, Side, but, lane_of
from bot.handoff.change import AFTER_ROOT, ROOT, Change, Say
from bot.handoff.plan import DeskPlan
from bot.handoff.states import after
from dialogs.cards.base import Card
from dialogs.cards.notice import FixedNotice
from dialogs.cards.relay import RelayCard
from dialogs.cards.rich import literal
from dialogs.guide import Guide
from dialogs.texts import DeskTexts, Texts, fill

MINUTE = 60.0
Source = tuple[str, str]  # the conversation's key and the platform's message id


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a move may look at beside the case: the time, the plan, the sentences of both sides, and figures.

    place: the case's place in its queue. expected: seconds that others waited lately (None: nothing is known).
    contact: how to reach the helpdesk otherwise. desks: queue -> where its staff sit, as bound now.
    """

    now: float
    plan: DeskPlan
    user: Texts
    staff: Texts
    desks: dict[str, Address]
    contact: str = ""
    guides: Mapping[str, Guide] = field(default_factory=dict)
    colleagues: tuple[Person, ...] = ()
    place: int = 1
    expected: float | None = None

    def card(self, case: Case, notice: str = "") -> Card:
        """The case card."""
        return views.case_card(case, self.plan, self.staff, self.guides.values(), self.colleagues, notice, self.desks)

    def root(self, case: Case, notice: str = "") -> Say:
        """The thread's root card, made true again."""
        return Say("thread", self.card(case, notice), "update", ROOT)

    def tell_staff(self, text: str) -> Say:
        """A line in the case's thread."""
        return Say("thread", views.notice(text))

    def tell_user(self, case: Case, text: str, leave: bool = True) -> Say:
        """A notice to the user, with "End chat" below while there is a chat to end; then the staff read, too, when
        the user can't be reached."""
        if not leave:
            return Say("user", views.notice(text))
        say = self.staff.desk
        failed = views.notice(say.user_unreachable.replace("{name}", views.who(case, say)))
        return Say("user", views.notice(text, views.leave_button(case, self.user.desk)), failed=failed)

    def ask_staff(self, case: Case, question: str, told: str) -> Say:
        """A line in the case's thread, of which the user is told once it stands there; or that it can't be reached."""
        then = views.notice(told, views.leave_button(case, self.user.desk))
        return Say(
            "thread", views.notice(question), after_to="user", after=then, failed=views.notice(unreachable(self))
        )


# -- timers


def timed(case: Case, scene: Scene, keep: bool = False) -> Case:
    """The case with the timer that its state calls for. keep: the timer that runs is left to run (`nudges` counts).

    The staff's clocks count the minutes in which the queue is open, the user's all.
    While a guide that the agent sent is running, it is the user's turn, whose clock runs from what they do.
    """
    limits = scene.plan.limits
    if case.state == "closed":
        return replace(case, timer="", due=None, nudges=0)
    if case.state == "waiting":
        if keep and case.timer == "waiting" and case.due is not None:
            return case
        minutes = limits.remind if case.nudges == 0 else limits.hand_on
        return replace(case, timer="waiting", due=scene.plan.later(case.queue, scene.now, minutes))
    if case.user_at > case.agent_at and not case.guiding:  # the agent owes an answer
        if keep and case.timer == "agent" and case.due is not None:
            return case
        nudges = case.nudges if case.timer == "agent" else 0
        minutes = limits.agent_asked if nudges == 0 else limits.agent_released
        return but(case, timer="agent", due=scene.plan.later(case.queue, scene.now, minutes), nudges=nudges)
    if keep and case.timer == "user" and case.due is not None and not case.guiding:
        return case
    nudges = case.nudges if case.timer == "user" else 0
    minutes = limits.user_asked if nudges == 0 else limits.user_closed
    return but(case, timer="user", due=scene.now + minutes * MINUTE, nudges=nudges)


# -- the transcript


def turn_to_user(scene: Scene, mark: int) -> int:
    """By which a message in the user's chat can be updated: below 0, where the bot's own turns are not, and one for
    each message, however many are said at one moment."""
    return -int(scene.now * 1000) * 1000 - mark % 1000


def write(
    case: Case,
    scene: Scene,
    side: Side,
    author: str,
    text: str,
    source: tuple[str, str] = ("", ""),
    twin: str = "",
    by: str = "",
    **changes: Any,
) -> tuple[Case, Message]:
    """One more message of the case. `turn` is by which its twin can be updated on the other side.

    source: where it came in (conversation, message id). twin: where it goes; without, it stays internal. by: the id of
    the agent who wrote it. changes: what else of the case changes with it.
    """
    mark = case.mark + 1
    turn = AFTER_ROOT + mark if side in ("user", "bot") else turn_to_user(scene, mark)
    state: Literal["pending", "internal"] = "pending" if twin else "internal"
    message = Message(
        case.id, mark, scene.now, side, author, text, source[0], source[1], twin, turn, state, author_id=by
    )
    return but(case, mark=mark, **changes), message


# -- opening and waiting


def queue_words(case: Case, scene: Scene) -> str:
    """Where the user stands in the queue, and how long that may take, honestly."""
    say, queue = scene.user.desk, views.queue_title(scene.plan, case.queue)
    opening = scene.plan.opening(case.queue, scene.now)
    if opening is not None:
        return fill(say.queued_closed, queue=queue, case=case.id, opens=views.opens(say, opening))
    words = fill(say.queued, place=scene.place, queue=queue, case=case.id)
    if scene.expected is None:
        return words
    minutes = round(scene.expected / MINUTE)
    return f"{words} {fill(say.expect, minutes=minutes) if minutes >= 2 else say.expect_short}"


def when_open(words: str, case: Case, scene: Scene) -> str:
    """The words, and outside of its hours when the case's queue opens: a place in the queue alone would say little."""
    opening = scene.plan.opening(case.queue, scene.now)
    if opening is None:
        return words
    say, queue = scene.user.desk, views.queue_title(scene.plan, case.queue)
    return f"{words} {fill(say.answers_then, queue=queue, opens=views.opens(say, opening))}"


def opened(case: Case, scene: Scene) -> Change:
    """A new case: its thread at the desk, and where the user stands."""
    case = timed(replace(case, waiting_since=scene.now, opened_at=scene.now, user_at=scene.now), scene)
    failed = views.notice(unreachable(scene))
    return Change(
        case,
        (
            scene.tell_user(case, f"{queue_words(case, scene)}\n\n{scene.user.desk.meanwhile}"),
            Say("thread", scene.card(case), "thread", ROOT, after_to="user", failed=failed),
        ),
    )


def unreachable(scene: Scene) -> str:
    """What the user is told when the desk's channel can't be written to."""
    say = scene.user.desk
    return fill(say.desk_unreachable, contact=scene.contact) if scene.contact else scene.user.no_contact


def reopened(case: Case, scene: Scene) -> Change:
    """The user came back within the time: the same thread, the same agent asked first. Where the queue's desk has moved
    meanwhile, a thread there."""
    old, desk = case.desk, scene.desks.get(case.queue, case.desk)
    case = case if desk.key == old.key else replace(case, desk=desk, thread=None)
    case = replace(
        case, state=after("reopen", case.state), agent=None, ending="", closed_by="", closed_at=0.0, nudges=0, timer=""
    )
    case = timed(replace(case, waiting_since=scene.now, user_at=scene.now), scene)
    back = fill(scene.staff.desk.user_back, name=views.who(case, scene.staff.desk), agent=_former(case, scene))
    words = fill(scene.user.desk.reopened, case=case.id, place=scene.place)
    user = scene.tell_user(case, when_open(words, case, scene))
    if desk.key == old.key:
        return Change(case, (user, scene.root(case), scene.tell_staff(back)))
    card = replace(scene, colleagues=()).card(case)  # those whom the scene knows sit at the old desk
    root = Say("thread", card, "thread", ROOT, after_to="user", failed=views.notice(unreachable(scene)))
    return Change(case, (user, root, scene.tell_staff(back)))


def _former(case: Case, scene: Scene) -> str:
    return (case.last_agent.name if case.last_agent else "") or scene.staff.desk.somebody


# -- claiming and letting go


def claimed(case: Case, agent: Person, scene: Scene) -> Change:
    """An agent takes a waiting case."""
    case = replace(case, state=after("claim", case.state), agent=agent, last_agent=agent, claimed_at=scene.now)
    case = replace(case, nudges=0, timer="")
    case = timed(replace(case, agent_at=0.0), scene)  # the user waits for a word of this agent
    staff = scene.tell_staff(fill(scene.staff.desk.claimed_by, agent=agent.name))
    user = scene.tell_user(case, fill(scene.user.desk.joined, agent=agent.name))
    return Change(case, (user, scene.root(case), staff), answer=scene.card(case))


def taken_over(case: Case, agent: Person, scene: Scene) -> Change:
    """A colleague takes it from the one who holds it, who is told in the thread."""
    former = views.holder(case, scene.staff.desk)
    state = after("take over", case.state)
    case = replace(case, state=state, agent=agent, last_agent=agent, claimed_at=scene.now, agent_at=0.0)
    case = replace(case, nudges=0, timer="")
    case = timed(case, scene)
    staff = scene.tell_staff(fill(scene.staff.desk.taken_over_by, agent=agent.name, former=former))
    user = scene.tell_user(case, fill(scene.user.desk.passed_to_agent, agent=agent.name, former=former))
    return Change(case, (user, scene.root(case), staff), answer=scene.card(case))


def waits_again(case: Case, scene: Scene, move: str) -> Case:
    """The case without an agent, in the queue from now on. A guide that is running goes on: its result is for whoever
    has the case then."""
    state = after(move, case.state)
    return timed(replace(case, state=state, agent=None, waiting_since=scene.now, nudges=0, timer=""), scene)


def released(case: Case, agent_name: str, scene: Scene, move: str = "release") -> Change:
    """The agent gives it back to the queue, or it is taken from one who stays silent."""
    case = waits_again(case, scene, move)
    staff = scene.tell_staff(fill(scene.staff.desk.released_by, agent=agent_name))
    words = fill(scene.user.desk.released, agent=agent_name, place=scene.place, case=case.id)
    user = scene.tell_user(case, when_open(words, case, scene))
    return Change(case, (user, scene.root(case), staff), answer=scene.card(case))


def to_colleague(case: Case, by: Person, to: Person, note: str, scene: Scene) -> Change:
    """Transferred to a colleague of the same desk, who holds it from now on."""
    case, messages = _noted(case, by, note, scene)
    state = after("to colleague", case.state)
    case = timed(
        replace(case, state=state, agent=to, last_agent=to, claimed_at=scene.now, agent_at=0.0, nudges=0, timer=""),
        scene,
    )
    line = fill(scene.staff.desk.transferred_agent, agent=by.name, to=to.name)
    user = scene.tell_user(case, fill(scene.user.desk.passed_to_agent, agent=to.name, former=by.name))
    says = (user, scene.root(case), scene.tell_staff(_with_note(line, note)))
    return Change(case, says, messages, answer=scene.card(case))


def to_queue(case: Case, by: Person | None, queue: str, note: str, scene: Scene, move: str = "to queue") -> Change:
    """Transferred to another queue (by: None, by the timer). A desk elsewhere gets a thread of its own.

    The old thread keeps a card that says where the case went.
    """
    say, title = scene.staff.desk, views.queue_title(scene.plan, queue)
    if by is None:
        line, user_line = fill(say.handed_on, queue=title), fill(scene.user.desk.waiting_handed_on, queue=title)
    else:
        line = fill(say.transferred_queue, agent=by.name, queue=title)
        user_line = fill(scene.user.desk.passed_to_queue, agent=by.name, queue=title, place=scene.place)
    messages: tuple[Message, ...] = ()
    if by is not None:
        case, messages = _noted(case, by, note, scene)
    old, desk = case, scene.desks[queue]
    case = waits_again(replace(case, queue=queue, desk=desk), scene, move)
    user = scene.tell_user(case, when_open(user_line, case, scene))
    line = _with_note(line, note)
    if desk.key == old.desk.key:
        return Change(case, (user, scene.root(case), scene.tell_staff(line)), messages, answer=scene.card(case))
    moved = replace(case, thread=None)
    tomb = views.notice(line, title=fill(say.card_title, case=case.id, title=case.title or say.no_title))
    here = _with_note(
        fill(say.transferred_here, queue=views.queue_title(scene.plan, old.queue), agent=_by(by, say)), note
    )
    failed = views.notice(unreachable(scene))
    there = replace(scene, colleagues=())  # those whom the scene knows sit at the old desk
    says = (
        Say(old, tomb, "update", ROOT),
        user,
        Say("thread", there.card(moved, here), "thread", ROOT, after_to="user", failed=failed),
    )
    return Change(moved, says, messages, answer=tomb)


def _by(person: Person | None, say: DeskTexts) -> str:
    return person.name if person else say.somebody


def _noted(case: Case, by: Person, note: str, scene: Scene) -> tuple[Case, tuple[Message, ...]]:
    if not note:
        return case, ()
    case, message = write(case, scene, "note", by.name, note, by=by.id)
    return case, (message,)


def _with_note(line: str, note: str) -> str:
    return f"{line}\n\n{note}" if note else line


# -- messages


def user_said(case: Case, scene: Scene, body: str, source: Source, files: tuple[Carried, ...] = ()) -> Change:
    """The user's message goes to the thread; what could not be passed on is said to the user."""
    now: dict[str, Any] = {"user_at": scene.now, "nudges": 0 if case.timer == "user" else case.nudges}
    name, failed = views.who(case, scene.staff.desk), FixedNotice(scene.user.desk.not_passed_on)
    says: tuple[Say, ...] = ()
    messages: tuple[Message, ...] = ()
    if body.strip():
        case, message = write(case, scene, "user", name, body, source, lane_of(case), **now)
        card = RelayCard(fill(scene.staff.desk.said_user, name=name), body)
        say = Say("thread", card, turn=message.turn, mark=message.mark, after_to="user", failed=failed)
        says, messages = (say,), (message,)
    else:
        case = but(case, **now)
    # The agent's clock runs from the first message that was not answered, not from the last; the user's from the last.
    change = Change(timed(case, scene, keep=True), says, messages)
    return _carrying(change, scene, files, source, failed)


def user_pressed(case: Case, scene: Scene) -> Case:
    """A button of the bot's: the user is not silent; what the agent owes stays owed."""
    if case.timer != "user":
        return case
    return timed(but(case, user_at=scene.now if case.guiding else case.user_at, nudges=0), scene)


def guide_ended(case: Case, scene: Scene, solved: bool) -> Change:
    """The guide that the agent sent is done: the user is told who is there now. It is the agent's turn then, unless
    the problem is solved."""
    case = but(case, guiding=False, user_at=scene.now, agent_at=scene.now if solved else 0.0)
    say = scene.user.desk
    if case.state == "waiting":
        queue = views.queue_title(scene.plan, case.queue)
        case, words = timed(case, scene, keep=True), fill(say.guide_ends_waiting, case=case.id, queue=queue)
    else:
        case, words = timed(but(case, timer="", nudges=0), scene), fill(say.guide_ends, agent=views.holder(case, say))
    return Change(case, (scene.tell_user(case, words),))


def _carrying(
    change: Change, scene: Scene, files: tuple[Carried, ...], source: Source, failed: Card, by: str = ""
) -> Change:
    """The files that came with a message, each a message of its own, behind its words. failed: for their sender; by:
    their id, if they are an agent."""
    for number, file in enumerate(files, 1):
        case, of, to_thread = change.case, file_source(source, number), file.side == "user"
        author = views.who(case, scene.staff.desk) if to_thread else file.author
        twin = lane_of(case) if to_thread else case.user.key
        case, message = write(case, scene, file.side, author, "", of, twin, by)
        facts = {"id": file.id, "name": file.file.name, "kind": file.file.kind}
        say = Say(
            "thread" if to_thread else "user",
            None,
            "file",
            message.turn,
            message.mark,
            after_to="user" if to_thread else "thread",
            failed=failed,
            file=replace(file, mark=message.mark),
        )
        message = replace(message, files=(facts,))
        change = replace(change, case=case, messages=(*change.messages, message)).plus(say)
    return change


def file_source(source: Source, number: int) -> Source:
    """Where a file came in: the message's own id is that of its words, its files are numbered from 1."""
    return source[0], f"{source[1]}#{number}" if source[1] else ""


def bot_said(case: Case, scene: Scene, text: str) -> Change:
    """What the bot said to the user meanwhile, for the staff to read along."""
    name = views.who(case, scene.staff.desk)
    case, message = write(case, scene, "bot", fill(scene.staff.desk.said_bot, name=name), literal(text))
    return Change(case, (Say("thread", RelayCard(message.author, message.text), turn=message.turn),), (message,))


def agent_said(
    case: Case,
    agent: Person,
    scene: Scene,
    body: str,
    source: Source,
    echo: bool,
    files: tuple[Carried, ...] = (),
) -> Change:
    """The agent's message goes to the user; the thread shows what became of it.

    echo: it was written into the card's box, so the thread shows its words too.
    """
    say, name = scene.staff.desk, views.who(case, scene.staff.desk)
    case = but(case, agent_at=scene.now, nudges=0, timer="" if case.timer == "agent" else case.timer)
    case = timed(case, scene)
    sent, failed = fill(say.sent, name=name), views.notice(say.failed.replace("{name}", name))
    change = Change(case)
    if body.strip():
        case, message = write(case, scene, "agent", agent.name, body, source, case.user.key, agent.id)
        then: Card = views.notice(sent)
        if echo:
            then = RelayCard(fill(say.said_agent, agent=agent.name, name=name), f"{body}\n\n{literal(sent)}")
        card = RelayCard(agent.name, body)
        about = "" if echo else source[1]
        to_user = Say("user", card, turn=message.turn, mark=message.mark, after=then, failed=failed, about=about)
        change = Change(case, (to_user,), (message,))
    change = _carrying(change, scene, files, source, failed, agent.id)
    return replace(change, answer=scene.card(change.case)) if echo else change


def noted(case: Case, agent: Person, scene: Scene, text: str, echo: bool) -> Change:
    """A note stays among the staff."""
    case, message = write(case, scene, "note", agent.name, text, by=agent.id)
    line = fill(scene.staff.desk.said_note, agent=agent.name)
    says = (Say("thread", RelayCard(line, text)),) if echo else ()
    return Change(case, says, (message,), answer=scene.card(case))


# -- the end


def closed(
    case: Case, scene: Scene, move: str, how: Ending, by: str, staff_line: str, user_line: str, rate: bool
) -> Change:
    """The end. by: the id of who ended it. rate: the user is asked how it was."""
    state = after(move, case.state)
    case = timed(replace(case, state=state, ending=how, closed_by=by, closed_at=scene.now, guiding=False), scene)
    says = [scene.tell_user(case, user_line, leave=False)]
    if rate:
        rated = replace(case, mark=case.mark + 1, rated_agent=case.last_agent.id if case.last_agent else "")
        case = rated
        says.append(Say("user", views.rating_card(case, scene.user.desk), turn=turn_to_user(scene, case.mark)))
    says += [scene.root(case), scene.tell_staff(staff_line)]
    return Change(case, tuple(says), answer=scene.card(case))


def rated(case: Case, scene: Scene, solved: bool, stars: int, comment: str) -> Change:
    """The user's rating, credited to the agent who held the case."""
    ending: Ending = "solved" if solved else "not_solved"
    if case.state != "closed" or case.ending not in ("solved", "not_solved", "user_left"):
        ending = case.ending
    case = replace(case, rating=stars, comment=comment, ending=ending, rated_at=scene.now)
    say = scene.staff.desk
    words = str(getattr(say, f"rating_{stars}")) if stars else ""
    line = fill(
        say.rated if stars else say.rated_bare,
        name=views.who(case, say),
        solved=say.rated_solved if solved else say.rated_not_solved,
        rating=words,
        comment=comment,
    ).strip()
    answered = views.rating_card(case, scene.user.desk, scene.user.desk.rating_thanks)
    return Change(case, (scene.root(case), scene.tell_staff(line)), answer=answered)
