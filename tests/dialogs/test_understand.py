"""Reading messages: answers, commands, and above all never a yes for a no."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.resources import content_dir
from dialogs.texts import Texts
from dialogs.understand import COMMANDS, Choice, Understanding

TEXTS = Texts.model_validate(yaml.safe_load(Path(content_dir(), "texts", "en.yaml").read_text("utf-8")))
READ = Understanding(TEXTS.words)
MAIL = (
    Choice("yes", "Yes", ("got it", "got the mail", "received it", "did get it", "arrived", "opened the mail"), "yes"),
    Choice("no", "No", ("never got", "not received", "nothing arrived", "no email"), "no"),
    Choice("not-sure", "Not sure", (), "not_sure"),
)
ERROR = (
    Choice("yes", "Yes", ("gets an error", "error message", "an error", "aadsts"), "yes"),
    Choice("no", "No", ("no error", "just spins"), "no"),
    Choice("not-sure", "Not sure", (), "not_sure"),
)


@pytest.mark.parametrize(
    ("said", "leaning"),
    [
        ("yes", "yes"),
        ("Yeah!", "yes"),
        ("yep", "yes"),
        ("I think so", "yes"),
        ("ok", "yes"),
        ("Yes, she did.", "yes"),
        ("she got it", "yes"),
        ("it arrived yesterday", "yes"),
        ("recieved it", "yes"),
        ("i guess yes", "yes"),
        ("1", "yes"),
        ("no", "no"),
        ("nope, nothing arrived", "no"),
        ("she never got the mail", "no"),
        ("of course not", "no"),
        ("he hasn't received any e-mail", "no"),
        ("they didn't get the mail", "no"),
        ("2", "no"),
        ("the second one", "no"),
        ("I don't think so", "no"),
        ("it hasn't arrived", "no"),
        ("no email arrived", "no"),
        ("It wasn't received", "no"),
        ("nothing has arrived yet", "no"),
        ("she did not", "no"),
        ("not really", "no"),
        ("option 2", "no"),
        ("not sure", "not-sure"),
        ("no idea", "not-sure"),
        ("not sure if she got it", "not-sure"),
        ("maybe", "not-sure"),
        ("I don't know whether it arrived", "not-sure"),
        ("how should I know?", "not-sure"),
        ("3", "not-sure"),
        ("no, she got it", "yes no"),
        ("yes he didn't receive it", "yes no"),
        ("yes no", "yes no"),
        ("yes and no", "yes no"),
        ("no but she did get it", "yes no"),
        ("it depends", "yes no"),
        ("did she get the mail? no", "no"),
        ("ok so what?", ""),
        ("ok, and now?", ""),
        ("ok what does that mean?", ""),
        ("sure, why do you ask?", ""),
        ("sure", "yes"),
        ("ok?", "yes"),
        ("yes, is that bad?", "yes"),
        ("no she does not", "no"),
        ("did she get the mail?", ""),
        ("the printer is on fire", ""),
        ("", ""),
        ("she can't accept it", ""),
        ("4", ""),
        ("there is no way in", ""),
    ],
)
def test_leaning(said: str, leaning: str) -> None:
    """A message leans to exactly these answers; two mean that the bot will ask."""
    assert READ.lean(said, MAIL) == tuple(leaning.split())


@pytest.mark.parametrize(
    ("said", "leaning"),
    [
        ("my guest sees AADSTS when accepting", "yes"),
        ("no error at all, it just spins", "no"),
        ("there was no error", "no"),
        ("she does not get an error", "no"),
        ("yes", ""),
        ("no", ""),
        ("1", ""),
        ("not sure", ""),
        ("I wonder if there is an error", ""),
        ("they get an error message", "yes"),
    ],
)
def test_strict(said: str, leaning: str) -> None:
    """Words said before the question was asked answer it only where they name the matter."""
    assert READ.lean(said, ERROR, strict=True) == tuple(leaning.split())


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("go back", "back"),
        ("Back please", "back"),
        ("change an answer", "change"),
        ("start over", "restart"),
        ("Cancel.", "cancel"),
        ("never mind", "cancel"),
        ("help", "help"),
        ("?", "help"),
        ("hi!", "hello"),
        ("Hello there", "hello"),
        ("talk to a person", "person"),
        ("agent", "person"),
        ("human", "person"),
        ("a real person please", "person"),
        ("can I talk to someone?", "person"),
        ("Contact a human", "person"),
        ("can I chat with an agent", "person"),
        ("I can't reach the person that I invited", None),
        ("topics", "topics"),
        ("thanks!", "thanks"),
        ("human resources can't log in", None),
        ("I want to cancel the invitation", None),
        ("help me with guests", None),
        ("hi there, my guest can't redeem", None),
        ("she came back to me", None),
        ("the agent says no", None),
        ("yes", None),
    ],
)
def test_commands(said: str, command: str | None) -> None:
    """A command is the whole message, politeness aside; only asking for a person counts in passing."""
    assert READ.command(said) == command


@pytest.mark.parametrize(
    ("said", "tone"),
    [
        ("thanks, that worked", "solved"),
        ("it works now", "solved"),
        ("yes", "solved"),
        ("no, still the same", "not_solved"),
        ("it didn't work", "not_solved"),
        ("still not working", "not_solved"),
        ("yes but it still does not work", "both"),
        ("what?", None),
    ],
)
def test_tone(said: str, tone: str | None) -> None:
    """After advice, words tell whether it helped."""
    assert READ.tone(said) == tone


NEUTRAL = st.lists(st.sampled_from(["well", "um", "you see", "honestly", "the colleague says"]), max_size=2)


@given(st.sampled_from(["yes", "yeah", "yep"]), NEUTRAL, st.sampled_from(["she never got it", "nothing arrived"]))
def test_yes_and_no_together_ask(yes: str, between: list[str], no: str) -> None:
    """A yes beside a no is never taken for either."""
    assert READ.lean(", ".join([yes, *between, no]), MAIL) == ("yes", "no")


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Any text at all can be read."""
    assert set(READ.lean(text, MAIL)) <= {"yes", "no", "not-sure"}
    assert READ.command(text) in (None, *COMMANDS)
    assert READ.tone(text) in ("solved", "not_solved", "both", None)


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("change my first answer", (True, 0)),
        ("sorry, can I change the 2nd answer please", (True, 1)),
        ("change the fifth answer", (True, None)),
        ("I want to change an answer that I gave", (True, None)),
        ("change it to yes", (True, None)),
        ("their admin changed it to private", (False, None)),
        ("she can't change the answer", (False, None)),
        ("", (False, None)),
    ],
)
def test_changes(said: str, changes: tuple[bool, int | None]) -> None:
    """The wish to change an answer counts where a message begins with it, and names the answer by its number."""
    assert READ.changes(said, 3) == changes
