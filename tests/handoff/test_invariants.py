"""Whatever users, agents, timers, faults, redeliveries and restarts do: nobody is left, nothing is lost."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from structlog.testing import capture_logs

from bot.envelope import Envelope, Person
from bot.errors import ConversationBlocked, Undeliverable
from bot.handoff import views
from bot.handoff.case import Case, Message
from dialogs.turn import Incoming
from tests.handoff.inside import ANNA, BEN, EVE, HELPDESK, IDENTITY, MEMORY, House, Post, house, person, plan, where
from tests.postgres import PostgresServer, make_schema

T = TypeVar("T")
USERS = ("ulla", "vera", "wim")
STAFF = (ANNA, BEN)
TWO = {
    "default": "identity",
    "limits": {"agent_cases": 2},
    "queues": {"helpdesk": {"title": "Helpdesk"}, "identity": {"title": "Identity", "next": "helpdesk"}},
}
WORD = re.compile(r"\b[wrs]\d+w\b")  # w: a user's words, r: an agent's answer, s: what must stay among the staff
users, agents, replicas = st.sampled_from(USERS), st.sampled_from((*STAFF, EVE)), st.integers(0, 1)
ACTIONS = (
    "claim",
    "claim",
    "claim",
    "release",
    "take-over",
    "give-back",
    "close",
    "transfer",
    "guide",
    "reply",
    "note",
)
TARGETS = ("queue:helpdesk", "queue:identity", f"agent:{ANNA.id}", f"agent:{BEN.id}", f"agent:{EVE.id}")


class HandOff(RuleBasedStateMachine):
    """Three users, two agents, a stranger, two queues that hand on, two replicas on one database."""

    @staticmethod
    def url() -> str:
        """A fresh database."""
        return MEMORY

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self._logs = capture_logs()
        self.logged = self._logs.__enter__()
        self._context = house(plan(**TWO), replicas=2, url=self.url())
        self.home: House = self._run(self._context.__aenter__())
        self.cases: list[str] = []
        self.events: list[Envelope] = []
        self.owed: dict[str, str] = {}  # a user's words -> the case that they belong to
        self.said: dict[tuple[str, int], str] = {}  # a message of a transcript -> its words when they came in
        self.edited: set[str] = set()  # what answers said in between
        self.number = 0
        self.faults = False

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(call)

    def _word(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}w"

    def _case(self, index: int) -> Case | None:
        return self._run(self.home.store.case(self.cases[index % len(self.cases)])) if self.cases else None

    def _of(self, user: str) -> Case | None:
        return self._run(self.home.store.case_of(where(user).key))

    # -- users

    @initialize()
    def begin(self) -> None:
        """There is a case from the start."""
        self.ask("ulla")

    @rule(user=users)
    def ask(self, user: str) -> None:
        """The user wants a person."""
        case = self._of(user)
        if case is not None and case.open:
            return
        self._run(self.home.say(user, "talk to a person"))
        case = self._of(user)
        if case is None or not case.open:  # else these words brought back the one that was closed
            self._press(user, "send")
        self._known(user)

    def _press(self, user: str, verb: str) -> None:
        try:
            turn, value = self.home.button(user, verb)
        except AssertionError:
            return  # it was never shown: the chat is blocked
        self._run(self.home.press(user, verb, value, turn=turn))

    def _known(self, user: str) -> None:
        case = self._of(user)
        if case is not None and case.id not in self.cases:
            self.cases.append(case.id)

    @rule(user=users, at=replicas)
    def say(self, user: str, at: int) -> None:
        """The user writes: whenever a case is open then, the words belong to it."""
        word = self._word("w")
        event = self.home.envelope(where(user), person(user), Incoming(self.home.clock.now, word))
        self._run(self.home.receive(event, at))
        self.events.append(event)
        self._known(user)
        case = self._of(user)
        if case is not None and case.open and case.added != word:  # words before the summary is sent are sent with it
            self.owed[word] = case.id

    @rule(user=users, words=st.booleans())
    def leave(self, user: str, words: bool) -> None:
        """The user ends the chat: from every state it is over."""
        if words:
            self._run(self.home.say(user, "end chat"))
        else:
            self._press(user, "leave")
        case = self._of(user)
        if words:
            assert case is None or not case.open

    @rule(user=users, verb=st.sampled_from(["rate", "skip-rating", "solved", "send", "not-now", "answer"]))
    def press(self, user: str, verb: str) -> None:
        """The user presses some button that they have seen, however old."""
        self._press(user, verb)
        self._known(user)

    # -- staff

    @rule(
        agent=agents, index=st.integers(0, 9), action=st.sampled_from(ACTIONS), to=st.sampled_from(TARGETS), at=replicas
    )
    def act(self, agent: Person, index: int, action: str, to: str, at: int) -> None:
        """Somebody presses a button of a case card."""
        case = self._case(index)
        if case is None:
            return
        text = self._word("r" if action == "reply" else "s")
        press = self.home.staff(
            agent, action, case.id, at=at, text=text, to=to, guide="guest-cannot-redeem", ending="solved"
        )
        self._run(press)
        after = self._run(self.home.case(case.id))
        if agent == EVE:
            assert (after.state, after.agent, after.mark) == (case.state, case.agent, case.mark)

    @rule(agent=agents, index=st.integers(0, 9), note=st.booleans(), at=replicas)
    def mention(self, agent: Person, index: int, note: bool, at: int) -> None:
        """Somebody mentions the bot in a thread, with an answer or a note."""
        case = self._case(index)
        if case is None:
            return
        text = f"note: {self._word('s')}" if note else self._word("r")
        place = case.thread or case.desk
        event = self.home.envelope(place, agent, Incoming(self.home.clock.now, text))
        self._run(self.home.receive(event, at))
        self.events.append(event)

    @rule(user=users)
    def claim_and_leave(self, user: str) -> None:
        """A claim and a leave at the same moment, at two replicas."""
        case = self._of(user)
        if case is None or not case.open:
            return
        self._run(self._both(user, case.id))
        after = self._of(user)
        assert after is None or not after.open

    async def _both(self, user: str, case: str) -> None:
        home = self.home
        await asyncio.gather(
            home.staff(ANNA, "claim", case, settle=False), home.say(user, "end chat", at=1, settle=False)
        )
        await home.settle()

    @rule(index=st.integers(0, 9))
    def two_claims(self, index: int) -> None:
        """Two agents claim at the same moment, at two replicas: at most one announces it."""
        case = self._case(index)
        if case is not None:
            start = self.home.mark
            self._run(self._race(case.id))
            taken = [p for p in self.home.platform.posts[start:] if "has taken this case" in p.text]
            assert len(taken) <= 1

    async def _race(self, case: str) -> None:
        home = self.home
        await asyncio.gather(
            home.staff(ANNA, "claim", case, settle=False), home.staff(BEN, "claim", case, at=1, settle=False)
        )
        await home.settle()

    @rule(agent=agents, index=st.integers(0, 9))
    def talk(self, agent: Person, index: int) -> None:
        """Somebody says something in a thread without mentioning the bot."""
        case = self._case(index)
        if case is not None:
            event = self.home.envelope(case.thread or case.desk, agent, Incoming(self.home.clock.now, self._word("s")))
            start = self.home.mark
            self._run(self.home.receive(replace(event, mentioned=False)))
            assert self.home.mark == start

    @rule(index=st.integers(0, 99), how=st.sampled_from(["edit", "edit", "delete", "note", "unmentioned"]), at=replicas)
    def change(self, index: int, how: str, at: int) -> None:
        """Somebody edits or deletes what they said: its twin follows, unless it becomes something among the staff."""
        if not self.events:
            return
        event = self.events[index % len(self.events)]
        before = self._run(self.home.store.message_by_source(event.address.key, event.message))
        note = how in ("note", "unmentioned") and event.address.group
        word = self._word("s" if note or "note" in event.incoming.text else event.incoming.text[0])
        text = f"note: {word}" if note and how == "note" else "" if how == "delete" else word
        changed = replace(
            event,
            event_id=f"{event.event_id}:{self.number}",
            incoming=replace(event.incoming, at=self.home.clock.now, text=text),
            change="delete" if how == "delete" else "edit",
            mentioned=not (note and how == "unmentioned"),
        )
        self._run(self.home.receive(changed, at))
        after = self._run(self.home.store.message_by_source(event.address.key, event.message))
        if before is None or after is None or before == after:
            assert before == after
            return
        assert not note
        self.edited.add(after.text)
        self._follow(before, after)

    def _follow(self, before: Message, after: Message) -> None:
        """What has changed is noted; where all can be reached, the other side shows it."""
        where_ = (before.case, before.mark)
        self.said.setdefault(where_, before.text)
        word = self.said[where_]
        if word in self.owed:
            del self.owed[word]
        assert before.changed != "deleted", "what is deleted stays so"
        if self.faults or before.state != "delivered":
            return
        posts = self.home.platform.posts
        (shown,) = {p.id for p in posts if p.kind == "send" and p.text.endswith(f" {word}") and not p.lost}
        last = [p for p in posts if p.id == shown][-1]
        assert last.kind == ("delete" if after.changed == "deleted" else "update")
        assert after.text in last.text

    # -- the world

    @rule(minutes=st.sampled_from([0.01, 1, 5, 10, 15, 60]))
    def later(self, minutes: float) -> None:
        """Time passes; both replicas look for what is due."""
        self._run(self.home.later(minutes))

    @rule(index=st.integers(0, 99), at=replicas)
    def redeliver(self, index: int, at: int) -> None:
        """The platform delivers a message once more: nothing happens."""
        if self.events:
            start = self.home.mark
            self._run(self.home.receive(self.events[index % len(self.events)], at))
            assert self.home.mark == start

    @rule(at=replicas)
    def restart(self, at: int) -> None:
        """A replica goes and another comes, which remembers nothing."""
        self._run(self.home.restart(at))

    @rule(user=users, index=st.integers(0, 9), what=st.sampled_from(["user", "thread", "desk"]))
    def fail(self, user: str, index: int, what: str) -> None:
        """A chat is blocked, a thread or a channel is gone."""
        self.faults, broken, case = True, self.home.platform.broken, self._case(index)
        if what == "user":
            broken[user] = ConversationBlocked("ConversationBlockedByUser")
        elif what == "desk":
            broken[IDENTITY] = Undeliverable("404")
        elif case is not None and case.thread is not None:
            broken[case.thread.conversation] = Undeliverable("404")

    @rule(user=users, index=st.integers(0, 9), what=st.sampled_from(["user", "thread", "desk"]), accepted=st.booleans())
    def cut(self, user: str, index: int, what: str, accepted: bool) -> None:
        """The next delivery there breaks off, before or after it was accepted."""
        case = self._case(index)
        place = user if what == "user" else IDENTITY
        if what == "thread" and case is not None and case.thread is not None:
            place = case.thread.conversation
        doubts = self.home.platform.doubts.setdefault(place, [])
        self.faults = self.faults or bool(doubts)  # twice in a row: it is given up, and its sender is told
        doubts.append(accepted)

    @rule(user=users)
    def go(self, user: str) -> None:
        """The user removes the app: no case is lost by it, and nobody is told twice."""
        event = self.home.envelope(where(user), person(user), Incoming(self.home.clock.now))
        case = self._of(user)
        self._run(self.home.receive(replace(event, gone="here")))
        start = self.home.mark
        self._run(self.home.receive(replace(event, gone="here", event_id=f"{event.event_id}+")))
        assert self.home.mark == start
        after = self._of(user)
        assert (case and case.state) == (after and after.state)

    @rule()
    def mend(self) -> None:
        """All can be reached again."""
        self.home.platform.broken.clear()

    # -- what holds

    @invariant()
    def owners(self) -> None:
        """A claimed case has one owner, of the desk; a waiting one none; an open one has a timer."""
        for case in self._all():
            assert case.state != "claimed" or (case.agent in STAFF and case.due is not None)
            assert case.state != "waiting" or (case.agent is None and case.due is not None and not case.guiding)
            assert case.state != "closed" or (case.due is None and case.ending)

    @invariant()
    def messages(self) -> None:
        """Every message of a transcript stands on the other side once, in order, or its sender was told."""
        posts = self.home.platform.posts
        to_users = [p for p in posts if p.where in USERS]
        in_threads = [p for p in posts if p.where.startswith((HELPDESK, IDENTITY))]
        told = [m for c in self.cases for m in self._run(self.home.store.transcript(c))]
        for side, there, prefix in (("user", in_threads, "w"), ("agent", to_users, "r")):
            mine = [m for m in told if m.side == side]
            assert all(m.state in ("delivered", "failed") for m in mine)
            for case in self.cases:
                said = [m for m in mine if m.case == case and self._words(m)[:1] == prefix]
                self._in_order(said, there)
        answers = {w for m in told if m.side == "agent" for w in (m.text, self._words(m))}
        for post in to_users:
            for word in WORD.findall(post.text):
                assert word[0] != "s", "a note never reaches a user"
                assert word[0] != "r" or word in answers | self.edited
        for word, case_id in self.owed.items():
            assert any(m.text == word and m.case == case_id for m in told), "nothing that was said is lost"

    def _words(self, message: Message) -> str:
        """What a message said when it came in, whatever was changed since."""
        return self.said.get((message.case, message.mark), message.text)

    def _in_order(self, said: list[Message], there: list[Post]) -> None:
        """Once each, in order; a copy only where the connection broke off after the first was accepted."""
        words = [self._words(m) for m in said]
        shown = [p for p in there if p.text.startswith("**") and p.kind == "send"]
        seen = [(p.text.rpartition(" ")[2], p.lost) for p in shown if p.text.rpartition(" ")[2] in words]
        relayed = [self._words(m) for m in said if m.state == "delivered"]
        assert [word for word, lost in seen if not lost] == relayed
        places = [words.index(word) for word, _ in seen]
        assert places == sorted(places)
        copies = Counter(word for word, lost in seen if lost)
        assert all(count <= 2 for count in copies.values()), "sent a third time"

    @invariant()
    def cards(self) -> None:
        """The card at the root of a thread says what the database says."""
        if self.faults:
            return  # what could not be changed there is the operator's to see
        for case in self._all():
            assert case.thread is not None
            status = views.status(case, self.home.script.plan, self.home.script.texts("en").desk)
            opened_ = [p for p in self.home.platform.posts if p.kind == "thread" and case.id in p.text and not p.lost]
            for opened in opened_:
                shown = [p for p in self.home.platform.posts if (p.where, p.id) == (opened.where, opened.id)][-1]
                here = opened.where == case.thread.conversation
                assert (status in shown.text) == here
                assert (f"claim/{case.id}" in shown.text) == (here and case.state == "waiting")

    def _all(self) -> list[Case]:
        return [self._run(self.home.case(case)) for case in self.cases]

    def teardown(self) -> None:
        """From wherever it stands: users can get out, and with time every case comes to an end; who failed was told."""
        try:
            self.mend()
            self.leave("ulla", words=True)
            for _ in range(16):
                self.later(15)
            self.later(60)
            self.later(30)
            for _ in range(2):
                self.later(15)
            assert all(case.state == "closed" for case in self._all())
            for user in USERS:
                self._run(self.home.say(user, "hello"))  # whatever waited behind a block goes out
            self._told()
            self.messages()
            assert [entry for entry in self.logged if entry["log_level"] == "error"] == []
        finally:
            self._run(self._context.__aexit__(None, None, None))
            self._logs.__exit__(None, None, None)
            self.loop.close()

    def _told(self) -> None:
        for user in USERS:
            cases = {c.id for c in self._all() if c.user.conversation == user}
            said = [m for c in cases for m in self._run(self.home.store.transcript(c))]
            failed = sum(m.side == "user" and m.state == "failed" for m in said)
            # A notice whose acceptance was not heard of comes twice, as anything else does.
            posts = [p for p in self.home.platform.posts if p.where == user and not p.lost]
            assert sum("could not be passed on" in p.text for p in posts) == failed


def attempt(machine: type[HandOff], examples: int, steps: int, again: bool = True) -> None:
    """Try so many orders of so many events. again: the same ones each time."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=again,
            database=None,
            phases=[Phase.generate],  # a failure names its steps at once; making them fewer takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


def on_postgres(postgres: PostgresServer, name: str) -> type[HandOff]:
    """The machine on PostgreSQL, each time in a schema of its own."""
    numbers = itertools.count()

    class OnPostgres(HandOff):
        @staticmethod
        def url() -> str:
            return make_schema(postgres, f"{name}_{next(numbers)}")

    return OnPostgres


def test_any_hand_off() -> None:
    """Any order of events keeps the promises of a hand-off; `make soak` tries many more."""
    attempt(HandOff, 25, 25)


def test_any_hand_off_on_postgres(postgres: PostgresServer) -> None:
    """So it does with two replicas on PostgreSQL."""
    attempt(on_postgres(postgres, "hand_off"), 4, 20)
