"""The form behind a button of the case card, for a platform where forms open in a window of their own."""

from __future__ import annotations

from bot.envelope import Envelope
from bot.handoff import views
from bot.handoff.desk import Desk
from bot.script import Script
from dialogs.cards.fields import Form
from dialogs.texts import fill


async def form_of(desk: Desk, envelope: Envelope, script: Script) -> Form | str:
    """The form that this press opens, as the case is now; or what the presser is told instead.

    The press carries what the form's own button carries. Who may open it is who may press it: a member of the desk.
    """
    press, say = envelope.incoming.press, script.texts(script.staff_locale).desk
    case_id = press.value.partition("/")[2] if press and press.verb == "case" else ""
    case = await desk.store.case(case_id) if case_id else None
    if press is None or case is None:
        return fill(say.no_such_case, case=case_id)
    at_desk = envelope.address.group and desk.parent(envelope.address).key == case.desk.key
    if not at_desk and envelope.address.group:
        return say.not_staff
    if await desk.member(case.desk, envelope.sender) is None:
        return say.not_staff
    staff = script.texts(script.staff_locale)
    known, desks = desk.known_members(case.desk), await desk.desks()
    card = views.case_card(case, script.plan, staff, script.guides.values(), known, desks=desks)
    return next((form for form in card.forms if form.send.value == press.value), say.already_closed)
