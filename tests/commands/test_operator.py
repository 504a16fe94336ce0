"""The commands that look into the database: cases, forget, desk, outbox."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pwd
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
import structlog

from bot.commands.cases import cases
from bot.commands.desks import desks, read_address
from bot.commands.forget import forget
from bot.commands.outbox import outbox
from bot.envelope import Address, Outgoing, Person
from bot.errors import HelpbotError
from bot.handoff.case import Case, Message
from bot.settings import Settings
from bot.storage.base import Store
from bot.storage.cases import Owed, Step
from bot.storage.registry import make_store
from tests.commands.test_main import run

T = TypeVar("T")
NOW = 1_700_000_000.0
ME = pwd.getpwuid(os.getuid()).pw_name
USER = Address("teams", "t", "a:user", details={"user": "p-ann"})
ANN = Person("p-ann", "Ann", "ann@example.com")
CASE = Case(
    "HD-7K3QP",
    "helpdesk",
    "waiting",
    USER,
    ANN,
    Address("teams", "t", "19:desk@thread", True),
    mail="ann@example.com",
    title="VPN",
    waiting_since=NOW,
    mark=1,
)
HI = Message(CASE.id, 1, NOW, "user", "Ann", "it is broken", state="delivered")
TENANT = "11111111-2222-3333-4444-555555555555"
LINK = f"https://teams.microsoft.com/l/channel/19%3Aab_c%40thread.tacv2/General?groupId=x&tenantId={TENANT.upper()}"


@pytest.fixture
def with_db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., object]]:
    """Runs work on the database of the present folder, where the commands look, too; logs are as before at the end."""
    for name in [name for name in os.environ if name.startswith("HELPBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    before, handlers = structlog.get_config(), logging.getLogger().handlers[:]

    def work(do: Callable[[Store], Awaitable[T]]) -> T:
        async def opened() -> T:
            store = make_store("sqlite:///helpbot.db")
            await store.open()
            try:
                return await do(store)
            finally:
                await store.close()

        return asyncio.run(opened())

    yield work
    structlog.configure(**before)
    logging.getLogger().handlers[:] = handlers
    for name, module in list(sys.modules.items()):
        if name.startswith("bot.") and hasattr(logger := getattr(module, "log", None), "_initial_values"):
            vars(logger).pop("bind", None)  # what was logged first meanwhile has kept this test's stream


@pytest.fixture
def one_case(with_db: Callable[..., object]) -> Callable[..., object]:
    """The same, with a case in the database, one message in it, and one row that is on its way."""

    async def do(store: Store) -> None:
        row = Owed(USER, Outgoing("send", {"text": "hi"}))
        await store.commit_step(Step(USER.key, "e", NOW, CASE, (row,), open_for=(USER.key,), messages=(HI,)), "h", NOW)

    with_db(do)
    return with_db


def test_cases_are_listed(one_case: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """One line a case, with what narrows the list; nothing found is said on standard error."""
    cases("list")
    assert capsys.readouterr().out == "HD-7K3QP  2023-11-14 22:13 UTC  helpdesk  waiting  VPN\n"
    cases("list", state="closed")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "No such cases.\n")
    cases("list", queue="helpdesk", limit=1)
    assert "The first 1" in capsys.readouterr().err


def test_a_case_is_shown(one_case: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """With its transcript; its id may be written in lower case. It is written down nowhere."""
    cases("show", "hd-7k3qp")
    said = capsys.readouterr()
    assert "Ann <ann@example.com>" in said.out
    assert "it is broken" in said.out
    assert said.err == ""


def test_an_export_is_logged_and_noted(one_case: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """Who asked is in the log (on standard error) and, for as long as the case is kept, in its transcript."""
    cases("export", CASE.id, "json")
    said = capsys.readouterr()
    exported = json.loads(said.out)
    assert exported["id"] == CASE.id
    assert [(m["side"], m["author"]) for m in exported["messages"]] == [("user", "Ann"), ("note", ME)]
    logged = json.loads(said.err)
    assert (logged["event"], logged["case"], logged["who"], logged["kind"]) == ("case_exported", CASE.id, ME, "json")
    cases("export", CASE.id, "md")
    assert "Exported as json" in capsys.readouterr().out


def test_a_case_that_is_not_there(one_case: Callable[..., object]) -> None:
    """The error names it and says what lists those that are."""
    with pytest.raises(HelpbotError, match=r"HD-22222: .*helpbot cases"):
        cases("show", "HD-22222")
    with pytest.raises(HelpbotError, match=r"HD-22222: .*helpbot cases"):
        cases("export", "HD-22222")


def test_where_there_is_no_database(with_db: Callable[..., object], tmp_path: Path) -> None:
    """A command in the wrong folder makes none, and says so."""
    with pytest.raises(HelpbotError, match=r"helpbot\.db: there is no database here"):
        cases("list")
    with pytest.raises(HelpbotError, match=r"helpbot\.db: there is no database here"):
        forget("p", sure=True)
    assert list(tmp_path.iterdir()) == []


def test_a_person_is_forgotten_by_id_or_mail(
    one_case: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what it did and what it can't; the log says who, not whom. Nobody is found twice."""
    forget("ANN@example.com", sure=True)
    said = capsys.readouterr()
    assert said.out.startswith("p-ann: erased 1 open cases, 1 messages, 1 conversations, 1 rows.\n")
    assert "Teams or Slack itself" in said.out
    logged = json.loads(said.err)
    assert (logged["event"], logged["who"], logged["count"]) == ("person_forgotten", ME, 4)
    assert "ann" not in said.err.lower()
    forget("p-ann", sure=True)
    assert capsys.readouterr().out.startswith("p-ann: nothing was known.\n")
    with pytest.raises(HelpbotError, match="directory"):
        forget("ann@example.com", sure=True)


def test_an_agent_is_forgotten_by_mail(with_db: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """The address is looked for among those who had a case, too, not only among those whose it is."""
    had = replace(CASE, state="closed", closed_at=NOW, last_agent=Person("p-bo", "Bo", "Bo@example.com"))

    async def put(store: Store) -> None:
        await store.commit_step(Step(USER.key, "e", NOW, had), "h", NOW)

    with_db(put)
    forget("bo@example.com", sure=True)
    assert capsys.readouterr().out.startswith("p-bo: erased 1 mentions as staff.\n")


def test_a_desk_is_bound_listed_and_unbound(
    with_db: Callable[..., object], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the channel's link; the queue must be one of desk.yaml."""
    monkeypatch.setenv("HELPBOT_TEAMS_TENANT_ID", TENANT)
    desks("bind", "helpdesk", LINK)
    capsys.readouterr()
    desks("list")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"helpdesk: teams|{TENANT}|19:ab_c@thread.tacv2, by {ME} on ")
    assert lines[1] == "identity: no desk"
    with pytest.raises(HelpbotError, match=r'no queue "nope".*helpdesk, identity'):
        desks("bind", "nope", LINK)
    desks("unbind", "helpdesk")
    with pytest.raises(HelpbotError, match="bound to no desk"):
        desks("unbind", "helpdesk")


@pytest.mark.parametrize(
    "text",
    [LINK, f"teams|{TENANT}|19:ab_c@thread.tacv2;messageid=1", "19:ab_c@thread.tacv2", f" {LINK}\n"],
)
def test_a_channel_is_read_from_what_people_have(text: str) -> None:
    """A link, a key (also of a thread there), or the conversation of the only tenant."""
    address = read_address(text, Settings(teams_tenant_id=TENANT, teams_app_id=TENANT))
    assert (address.key, address.group) == (f"teams|{TENANT}|19:ab_c@thread.tacv2", True)
    assert address.details["serviceUrl"] == "https://smba.trafficmanager.net/teams/"
    assert address.details["bot"]["id"] == f"28:{TENANT}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no channel"),
        ("General", "names no channel"),
        ("https://example.com/x?tenantId=1", "names no channel"),
        (LINK.replace("5555", "6666"), "not served here"),
        (f"teams|{TENANT[:-1]}9|19:a@thread.tacv2", "not served here"),
    ],
)
def test_what_is_no_channel_is_refused(text: str, told: str) -> None:
    """With what to write, before anything is stored."""
    with pytest.raises(HelpbotError, match=told):
        read_address(text, Settings(teams_tenant_id=TENANT))


def test_local_mode_needs_to_know_the_client() -> None:
    """There is no default address to write to; with one, any channel will do."""
    settings = Settings(local=True)
    with pytest.raises(HelpbotError, match="--service"):
        read_address("teams|local|19:x", settings)
    address = read_address("teams|local|19:x", settings, "http://127.0.0.1:4000/")
    assert (address.key, address.details["serviceUrl"]) == ("teams|local|19:x", "http://127.0.0.1:4000/")


def test_what_was_set_aside_is_listed_sent_again_and_dropped(
    one_case: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    """The list names a row as the other two commands take it."""

    async def fail(store: Store) -> None:
        await store.claim("h", 4e9, 4e9 + 30, 10)
        await store.set_aside(USER.key, 1, "413 too big", "h", NOW)

    one_case(fail)
    outbox("list")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("'teams|t|a:user' 1  aside since 2023-11-14 22:13 UTC, send, tried 0 times: 413 too big")
    assert second.startswith("0 on their way")
    outbox("resend", USER.key, 1)
    outbox("list")
    assert "1 on their way" in capsys.readouterr().out
    with pytest.raises(HelpbotError, match="no such row"):
        outbox("drop", USER.key, 1)
    one_case(fail)
    outbox("drop", USER.key, 1)
    outbox("list")
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 on their way")


def test_on_the_command_line(one_case: Callable[..., object], tmp_path: Path) -> None:
    """The commands are there by their names, as processes: the transcript alone on standard output."""
    shown = run(tmp_path, "cases", "export", CASE.id, "--format", "json")
    assert (shown.returncode, json.loads(shown.stdout)["id"]) == (0, CASE.id)
    assert run(tmp_path, "cases").stdout.startswith(CASE.id)
    wrong = run(tmp_path, "cases", "show", "HD-22222")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("HD-22222: there is no such case")
    unsure = run(tmp_path, "forget", "p-ann")
    assert unsure.returncode == 1
    assert "Aborted" in unsure.stderr
    assert run(tmp_path, "cases", "list").stdout.startswith(CASE.id)


def test_a_closed_case_can_be_exported(with_db: Callable[..., object], capsys: pytest.CaptureFixture[str]) -> None:
    """The note in it neither opens it again nor keeps it from the sweep."""
    closed = replace(CASE, state="closed", closed_at=NOW, ending="solved")

    async def put(store: Store) -> None:
        await store.commit_step(Step(USER.key, "e", NOW, closed), "h", NOW)

    with_db(put)
    cases("export", CASE.id)
    assert "closed on 2023-11-14 22:13 UTC, solved" in capsys.readouterr().out
    assert with_db(lambda store: store.sweep_cases(NOW + 1, 10)) == 1


def test_a_channel_of_slack() -> None:
    """A desk may be named by its key in Slack, where that is set up."""
    served = Settings.model_validate({"slack_bot_token": "xoxb-1", "slack_signing_secret": "s"})
    address = read_address("slack|T0TEAM|C0HELP", served)
    assert (address.key, address.group, address.details) == ("slack|T0TEAM|C0HELP", True, {"team": "T0TEAM"})
    with pytest.raises(HelpbotError, match=r"docs/slack\.md"):
        read_address("slack|T0TEAM|C0HELP", Settings())
