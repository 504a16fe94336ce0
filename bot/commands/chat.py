"""`helpbot chat`: a conversation in the terminal, with the engine that the channels use, in this process.

The state of the conversation lives in memory only: it is gone when the command ends, and nothing is stored but the
lines typed (in the history file, for the arrow keys). Nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import TextIO

from rich.console import Console

from bot.search.opening import content_at_hand
from bot.settings import Settings, environment, from_environment
from bot.terminal import Terminal, hyperlinks
from dialogs.cards.base import Button, Card
from dialogs.cards.outcome import OutcomeCard
from dialogs.engine import Engine
from dialogs.turn import Incoming, Press, State

try:
    import readline
except ImportError:  # Windows has none: lines are edited as the console edits them
    HAS_READLINE = False
else:
    HAS_READLINE = True

PROMPT = "you> "
HINT = 'Answer with a number, with a title such as "Back", or in your own words. "exit" or Ctrl-D leaves.'
LEAVE = ("exit", "quit")
HISTORY = Path(".local", "state", "helpbot", "history")  # below the home folder
HISTORY_LINES = 1000
_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


def chat(
    words: str = "",
    *,
    locale: str = "",
    settings: Settings | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
    clock: Callable[[], float] = time.time,
    history: Path | None = None,
) -> None:
    """Talk to the bot until the end of input, "exit" or Ctrl-C. Raises `SettingsError` or `ContentError` before.

    words: said at once, after the greeting. locale: BCP 47; else that of the settings. settings: None for those of the
    environment. In a terminal it asks line by line, with history (`history`: its file); else it reads `stdin` to its
    end, skips empty lines and comments (lines that begin with "#"), and writes plain text, each line said repeated in
    it. clock: Unix seconds.
    """
    stdin, stdout = stdin or sys.stdin, stdout or sys.stdout
    for stream in (stdin, stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    settings = settings or from_environment()
    content = content_at_hand(settings.content_dir, settings.index_file, settings.default_locale)
    live = stdin.isatty() and stdout.isatty()
    terminal = Terminal(_console(stdout, live), flat=not live, links=live and hyperlinks(environment()))
    engine = Engine(content.library, content.finder, settings.contact)
    conversation = Conversation(engine, terminal, clock, locale or settings.default_locale)
    try:
        with _history(history or Path.home() / HISTORY) if live else nullcontext():
            _talk(conversation, terminal, words, _typed() if live else _piped(stdin))
    except KeyboardInterrupt:
        terminal.console.print()


def _talk(conversation: Conversation, terminal: Terminal, words: str, lines: Iterator[str]) -> None:
    with asyncio.Runner() as runner:
        if not terminal.flat:
            terminal.note(HINT)
        runner.run(conversation.turn(conversation.begin()))
        first = words.strip()
        for line in chain([first] if first else [], lines):
            if terminal.flat or line is first:
                terminal.echo(PROMPT, line)
            if line.lower() in LEAVE:
                return
            runner.run(conversation.turn(conversation.read(line)))


def _console(stdout: TextIO, live: bool) -> Console:
    """NO_COLOR and TERM are obeyed by rich itself."""
    if live:
        return Console(file=stdout, highlight=False, markup=False, emoji=False)
    return Console(file=stdout, force_terminal=False, color_system=None, highlight=False, markup=False, emoji=False)


def _typed() -> Iterator[str]:
    """Lines from the terminal until Ctrl-D; empty ones are not said."""
    while True:
        sys.stdout.write("\n")
        try:
            line = input(PROMPT).strip()
        except EOFError:
            sys.stdout.write("\n")
            return
        if line:
            yield line


def _piped(stdin: TextIO) -> Iterator[str]:
    """Lines of a file until its end, without empty ones and comments."""
    for line in stdin:
        words = line.removeprefix("\ufeff").strip()
        if words and not words.startswith("#"):
            yield words


@contextmanager
def _history(path: Path) -> Iterator[None]:
    """The lines of earlier conversations for the arrow keys; without them where they can't be read or written."""
    if not HAS_READLINE:
        yield
        return
    readline.set_history_length(HISTORY_LINES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        readline.read_history_file(path)
    except OSError:
        pass
    try:
        yield
    finally:
        try:
            readline.write_history_file(path)
            path.chmod(0o600)
        except OSError:
            pass


class Conversation:
    """One conversation: what was shown last, and where we are."""

    def __init__(self, engine: Engine, terminal: Terminal, clock: Callable[[], float], locale: str) -> None:
        """clock: Unix seconds. locale: BCP 47."""
        self._engine = engine
        self._terminal = terminal
        self._clock = clock
        self._locale = locale
        self._state: State | None = None
        self._turn = 0
        self._card: Card | None = None  # the newest that waits for an answer, sent at `_turn`
        self._advice: OutcomeCard | None = None  # the newest with code

    def begin(self) -> Incoming:
        """What comes in when somebody arrives."""
        return Incoming(self._clock(), arrived=True, locale=self._locale)

    def read(self, line: str) -> Incoming:
        """What a line means: the press of a button that it names, else the words as they are."""
        press = self._code(line) or self._button(line)
        return Incoming(self._clock(), "" if press else line, press, locale=self._locale)

    def _code(self, line: str) -> Press | None:
        """`text 2`: the button "Send as text" of the second code in the newest advice that has any."""
        name, _, number = line.partition(" ")
        card = self._advice
        if card is None or name.lower() != "text" or not _NUMBER.fullmatch(number):
            return None
        return Press("text", card.turn, f"{card.text_value}/{int(number) - 1}")

    def _button(self, line: str) -> Press | None:
        """A way by its title, or an option that answers nothing; answers are words, which the engine understands."""
        if self._card is None:
            return None
        options = self._card.options()
        named = _named(line, options)
        if named is None and _NUMBER.fullmatch(line) and int(line) <= len(options):
            named = options[int(line) - 1]
        if named is None:
            named = _named(line, getattr(self._card, "ways", ()))
        elif not named.stays:
            return None
        return Press(named.verb, self._turn, named.value) if named else None

    async def turn(self, incoming: Incoming) -> None:
        """Run a turn and show what it comes to. The state passes through JSON, as in every store."""
        outcome = await self._engine.run(self._state, incoming)
        self._state = json.loads(json.dumps(outcome.state))
        if outcome.replaced is not None:
            self._terminal.answered(outcome.replaced.card)
        for reply in outcome.replies:
            self._terminal.show(reply.card)
            if reply.turn is not None:
                self._card, self._turn = reply.card, reply.turn
            if isinstance(reply.card, OutcomeCard) and reply.card.codes():
                self._advice = reply.card


def _named(line: str, buttons: tuple[Button, ...]) -> Button | None:
    words = " ".join(line.split()).casefold()
    return next((button for button in buttons if button.title.casefold() == words), None)
