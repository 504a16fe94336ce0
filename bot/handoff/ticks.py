"""What happens by itself: the timers of a case, so that nobody is left waiting. Pure."""

from __future__ import annotations

from dataclasses import replace

from bot.handoff import moves, views
from bot.handoff.case import Case
from bot.handoff.change import Change
from bot.handoff.moves import MINUTE, Scene
from bot.handoff.user_side import BY_TIMER
from dialogs.texts import fill


def tick(case: Case, scene: Scene) -> Change | None:
    """The timer of this case is due: what follows. None when it is not (any more)."""
    if case.due is None or case.due > scene.now or case.state == "closed":
        return None
    opening = scene.plan.opening(case.queue, scene.now) if case.timer != "user" else None
    if opening is not None:  # fired late, or the plan was changed: nobody is there to be reminded or asked
        return Change(replace(case, due=opening.timestamp()))
    if case.state == "waiting":
        return _remind(case, scene) if case.nudges == 0 else _hand_on(case, scene)
    if case.timer == "agent":
        return _ask_agent(case, scene) if case.nudges == 0 else _release(case, scene)
    return _ask_user(case, scene) if case.nudges == 0 else _close(case, scene)


def _minutes(case: Case, since: float, scene: Scene) -> int:
    return max(1, round((scene.now - since) / MINUTE))


def _remind(case: Case, scene: Scene) -> Change:
    """Nobody has claimed it: the channel is reminded, the user told. Where the case has no thread, nobody could have:
    the next queue has it at once, if there is one."""
    if case.thread is None and _following(case, scene):
        return _hand_on(case, scene)
    case = moves.timed(replace(case, nudges=1), scene)
    name, minutes = views.who(case, scene.staff.desk), _minutes(case, case.waiting_since, scene)
    question = fill(scene.staff.desk.remind, name=name, minutes=minutes)
    return Change(case, (scene.ask_staff(case, question, scene.user.desk.waiting_reminded),))


def _following(case: Case, scene: Scene) -> str | None:
    """The queue that the case's own hands on to, if it has a desk and was not tried."""
    queue = scene.plan.queues.get(case.queue)
    following = queue.next if queue else None
    return following if following in scene.desks and following not in case.tried else None


def _hand_on(case: Case, scene: Scene, moves_: tuple[str, str] = ("hand on", "no answer")) -> Change:
    """Still nobody: the next queue that was not tried, else the contact, and the case is closed."""
    following = _following(case, scene)
    case = replace(case, tried=(*case.tried, case.queue))
    if following:
        return moves.to_queue(case, None, following, "", scene, moves_[0])
    say = scene.user.desk
    words = say.fallback_no_contact
    if scene.contact:
        words = say.fallback
    words = words.replace("{contact}", scene.contact).replace("{case}", case.id)
    line = fill(scene.staff.desk.handed_nowhere, name=views.who(case, scene.staff.desk))
    change = moves.closed(case, scene, moves_[1], "no_answer", BY_TIMER, line, words, rate=False)
    return replace(change, left=True)


def _ask_agent(case: Case, scene: Scene) -> Change:
    """The agent owes an answer: asked in the thread, the user told."""
    minutes = _minutes(case, case.user_at, scene)
    case = moves.timed(replace(case, nudges=1), scene)
    agent, name = views.holder(case, scene.staff.desk), views.who(case, scene.staff.desk)
    question = fill(scene.staff.desk.agent_silent, agent=agent, name=name, minutes=minutes)
    return Change(case, (scene.ask_staff(case, question, fill(scene.user.desk.agent_late, agent=agent)),))


def desk_lost(case: Case, scene: Scene) -> Change:
    """The case's desk is no more: the next queue, else the contact, whoever held it. Nothing is said in the thread,
    where the bot has no way in any more."""
    change = _hand_on(case, scene, ("desk gone", "no desk"))
    return replace(change, says=tuple(say for say in change.says if say.to == "user" or say.kind == "thread"))


def _release(case: Case, scene: Scene) -> Change:
    """The agent stayed silent: back to the queue."""
    agent = views.holder(case, scene.staff.desk)
    change = moves.released(case, agent, scene, "agent silent")
    line = scene.tell_staff(fill(scene.staff.desk.agent_released, agent=agent))
    return replace(change, says=(*change.says[:-1], line))


def _ask_user(case: Case, scene: Scene) -> Change:
    """The user is silent: asked whether they are still there."""
    case = moves.timed(replace(case, nudges=1), scene)
    minutes = round(scene.plan.limits.user_closed)
    user = scene.tell_user(case, fill(scene.user.desk.still_there, minutes=minutes))
    name = views.who(case, scene.staff.desk)
    return Change(case, (user, scene.tell_staff(fill(scene.staff.desk.user_silent, name=name))))


def _close(case: Case, scene: Scene) -> Change:
    """Still silent: closed kindly; their next word brings it back. No rating is asked for."""
    words = fill(scene.user.desk.closed_silent, case=case.id)
    line = fill(scene.staff.desk.user_closed, name=views.who(case, scene.staff.desk))
    return moves.closed(case, scene, "user silent", "user_left", BY_TIMER, line, words, rate=False)
