"""App Home tabs as the bot makes them, for a user and for an agent, with little and with much in them."""

from __future__ import annotations

from dataclasses import replace

from bot.handoff import home
from dialogs.cards.home import Home
from tests.cards.hand_off import CLAIMED, GUIDES, ODD, PLAN, TEXTS, WAITING


def _agent(waiting: int, held: int) -> Home:
    cases = [replace(WAITING, id=f"HD-{n:05}") for n in range(waiting)]
    mine = [replace(CLAIMED, id=f"HD-M{n:04}", user_at=float(n % 2)) for n in range(held)]
    theirs = [replace(case, agent_at=9.0) for case in mine[: held // 2]]
    rows = [("identity", [*cases, *([ODD] if waiting else [])]), ("helpdesk", [])]
    return Home(
        home.for_agent(
            TEXTS.desk, PLAN, rows, [*mine[held // 2 :], *theirs], lambda case: f"https://x.example/{case.id}"
        )
    )


HOMES: dict[str, Home] = {
    "user": Home(home.for_user(TEXTS, PLAN, GUIDES, None, True, ""), 7),
    "user-case": Home(home.for_user(TEXTS, PLAN, GUIDES, WAITING, True, ""), 7),
    "user-alone": Home(home.for_user(TEXTS, PLAN, GUIDES * 20, None, False, "help*desk*@example.com")),
    "user-lost": Home(home.for_user(TEXTS, PLAN, (), None, False, "")),
    "agent": _agent(2, 4),
    "agent-idle": _agent(0, 0),
    "agent-busy": _agent(300, 9),
}
