"""The terminal chat, over the shipped content: in process with lines from a file, and as a command."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count, repeat
from pathlib import Path

import pytest

from bot.commands.chat import chat
from bot.settings import Settings
from dialogs.errors import ContentError

DAY = 24 * 3600.0
WORDS = "my partner can't accept the invitation I sent"


def talk(*lines: str, words: str = "", clock: Iterator[float] | None = None, settings: Settings | None = None) -> str:
    """What the chat writes for these lines of a file."""
    written = io.StringIO()
    ticks = clock or repeat(1.0)
    chat(
        words,
        settings=settings or Settings(),
        stdin=io.StringIO("".join(f"{line}\n" for line in lines)),
        stdout=written,
        clock=lambda: next(ticks),
    )
    return written.getvalue()


def said(written: str) -> list[str]:
    """The bot's part of it, one text for each line of the user's; the greeting first."""
    return re.split(r"^you> .*\n", written, flags=re.MULTILINE)


def test_it_greets_asks_and_advises() -> None:
    """Words lead to the first question, answers to the next ones, then to the steps and the documents."""
    greeting, first, second, third, advice = said(talk(WORDS, "yes", "yes", "not sure"))
    assert "Hello" in greeting
    assert "Did the guest receive the invitation e-mail?\n" in first
    assert "1. Yes\n2. No\n" in first
    assert "error" in second
    assert "AADSTS" in third
    assert "Recommended documents" in advice
    assert "1. Yes, solved" in advice


def test_the_conversation_is_repeated_word_for_word() -> None:
    """Every line said stands in the output, once, behind the prompt; the same lines give the same text, uncoloured."""
    lines = (WORDS, "nope, nothing arrived", "talk to a person")
    written = talk(*lines)
    assert [line[5:] for line in written.splitlines() if line.startswith("you> ")] == list(lines)
    assert written == talk(*lines)
    assert "\x1b" not in written


def test_empty_lines_and_comments_are_not_said() -> None:
    """An empty line and one that begins with # leave no trace."""
    assert talk("# a comment", WORDS, "", "   ", "#2", "no") == talk(WORDS, "no")


@pytest.mark.parametrize("word", ["exit", "Quit"])
def test_leaving(word: str) -> None:
    """What comes after "exit" or "quit" is not said."""
    assert talk(word, WORDS).endswith(f"you> {word}\n")


def test_first_words() -> None:
    """Words of the command line are said first, before the lines of the file."""
    assert talk("no", words=WORDS) == talk(WORDS, "no")


def test_a_number_answers_the_newest_card() -> None:
    """ "2" is the second answer, as its own words are."""
    assert said(talk(WORDS, "2"))[-1] == said(talk(WORDS, "No"))[-1]


def test_an_answered_card_becomes_one_line() -> None:
    """The answered question is not drawn again: a line with the answer stands below what was said."""
    answered = said(talk(WORDS, "no"))[-1]
    assert answered.startswith("✓ You answered: No\n\n")
    assert "Did the guest receive" not in answered


def test_the_title_of_a_way_presses_it() -> None:
    """ "back", "Change an answer": in whatever case, with whatever spaces, it does what the button does."""
    assert "Did the guest receive" in said(talk(WORDS, "yes", "BACK"))[-1]
    assert "Which answer do you want to change?" in said(talk(WORDS, "yes", "change  an\u00a0answer"))[-1]


def test_text_posts_the_code_alone() -> None:
    """`text 1` writes the first code of the steps, whole, with nothing around it; later too, and from older steps."""
    assert 'Send as text: "text 1"' in talk(WORDS, "no")
    assert said(talk(WORDS, "no", "text 1"))[-1] == "\nInvites@microsoft.com\n"
    assert said(talk(WORDS, "no", "not yet", "text 1"))[-1] == "\nInvites@microsoft.com\n"


def test_text_without_such_a_code() -> None:
    """A number that no code has is answered, and is not taken for a word on the problem."""
    *_, answer, summary = said(talk(WORDS, "no", "text 9", "talk to a person"))
    assert answer.strip()
    assert "text 9" not in summary


def test_the_summary_is_copied_by_its_number() -> None:
    """At the summary, "1" is "Send as text": plain lines for the helpdesk, and no answer to the question behind it."""
    *_, summary, copy, back = said(talk(WORDS, "Talk to a person", "1", "Go on"))
    assert "1. Send as text" in summary
    assert f"Said: {WORDS}" in copy
    assert "Did the guest receive" in back


def test_the_contact_of_the_settings_is_named() -> None:
    """Whoever asks for a person reads the contact that is set."""
    assert "desk@example.com" in talk("talk to a person", settings=Settings(contact="desk@example.com"))


def test_the_clock_is_the_callers() -> None:
    """A day later by the clock that was passed, it asks whether to go on."""
    assert "Welcome back" in said(talk(WORDS, "hello again", clock=count(0.0, 1.1 * DAY)))[-1]
    assert "Welcome back" not in said(talk(WORDS, "hello again", clock=count(0.0, 60.0)))[-1]


def test_mistakes_in_the_content(tmp_path: Path) -> None:
    """Content that can't be used ends the command before it greets, with every mistake."""
    with pytest.raises(ContentError, match=r"en\.yaml"):
        talk(WORDS, settings=Settings(content_dir=tmp_path))


# -- as a command


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment for a command with a home folder of its own and no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPBOT_")}
    return {**kept, "HOME": str(home), "TERM": "xterm-256color", **more}


def test_piped(tmp_path: Path) -> None:
    """`helpbot chat < lines.txt` prints the conversation, and exits with 0; bytes that are no text do no harm."""
    lines = f"{WORDS}\nno\ntext 1\n".encode() + b"caf\xe9\nexit\n"
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat"], input=lines, capture_output=True, env=environment(tmp_path), timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    written = done.stdout.decode()
    for line in (f"you> {WORDS}", "✓ You answered: No", "Recommended documents", "Invites@microsoft.com", "you> exit"):
        assert f"\n{line}\n" in written
    assert not list(tmp_path.iterdir())  # nothing is remembered of a file


def test_mistakes_are_told_without_a_traceback(tmp_path: Path) -> None:
    """Content with mistakes: they are listed on stderr, and the exit code is 2."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat"],
        input="",
        text=True,
        capture_output=True,
        env=environment(tmp_path, HELPBOT_CONTENT_DIR=str(tmp_path)),
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "en.yaml" in done.stderr
    assert "Traceback" not in done.stderr


class Typist:
    """Somebody at a terminal in which the chat runs; `with` ends what is left of it."""

    def __init__(self, home: Path, *arguments: str, **more: str) -> None:
        """Start it."""
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "bot", "chat", *arguments]
        env = environment(home, COLUMNS="60", LINES="20", **more)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env)
        os.close(slave)
        self.written = b""
        self.place = 0

    def __enter__(self) -> Typist:
        """The same."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process if it lives, and close the terminal."""
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    @property
    def seen(self) -> str:
        """All that was read."""
        return self.written.decode(errors="replace")

    def wait_for(self, words: str) -> None:
        """Read until these words come, after those that were waited for before."""
        end = time.monotonic() + 60
        while (found := self.seen.find(words, self.place)) < 0:
            ready, _, _ = select.select([self.master], [], [], max(end - time.monotonic(), 0))
            assert ready, f"no {words!r} in {self.seen[self.place :]!r}"
            self.written += os.read(self.master, 65536)
        self.place = found + len(words)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.master, keys.encode())

    def interrupt(self) -> int:
        """Ctrl-C, and once more if nothing happens: Python's readline misses one that comes while it draws a letter."""
        for _ in range(6):
            self.process.send_signal(signal.SIGINT)
            try:
                return self.process.wait(timeout=5)  # a second one while it ends would be the end of it
            except subprocess.TimeoutExpired:
                continue
        return self.end()

    def end(self) -> int:
        """The exit code."""
        return self.process.wait(timeout=30)


def test_at_a_terminal(tmp_path: Path) -> None:
    """Panels, a prompt, line editing; Ctrl-D leaves with 0, and what was typed is kept for its owner only."""
    with Typist(tmp_path, WORDS) as typist:
        typist.wait_for("Did the guest receive")
        typist.wait_for("you> ")
        typist.type("no\r")
        typist.wait_for("Did this solve it?")
        typist.wait_for("you> ")
        typist.type("\x1b[A\x04\x15\x04")  # up, then an empty line again, and the end
        assert typist.end() == 0
    assert "╭" in typist.seen
    history = tmp_path / ".local" / "state" / "helpbot" / "history"
    assert history.read_text().split() == ["no"]
    assert history.stat().st_mode & 0o777 == 0o600


def test_ctrl_c_leaves(tmp_path: Path) -> None:
    """Ctrl-C in the middle of a line ends it quietly with 0; a history that can't be written is no trouble."""
    (tmp_path / ".local").write_text("in the way")
    with Typist(tmp_path, NO_COLOR="1") as typist:
        typist.wait_for("you> ")
        typist.type("my gue")
        typist.wait_for("my gue")
        assert typist.interrupt() == 0
    assert "Traceback" not in typist.seen
    assert not re.search(r"\x1b\[[0-9;]*3[0-7][;m]", typist.seen)
