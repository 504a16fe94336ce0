"""YAML text -> plain data that knows its lines.

Every plain value is read as the text that stands there: `yes`, `2` and `2026-01-31` stay what the author typed, and the
models say what they are. Only nothing, `~` and `null` are "no value". PyYAML's C parser composes the nodes (ten times
as fast as the pure one, which serves where the C extension is missing).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from dialogs.errors import Problem
from dialogs.yaml_mistakes import explain

Place = tuple[str | int, ...]  # where a value stands: ("steps", "mail", "answers", 0, "label")

MAX_VALUES = 200_000  # in one file, aliases written out
MAX_DEPTH = 60
_TEXT, _NOTHING, _LIST, _MAPPING = "text", "nothing", "list", "mapping"
_TAGS: dict[type[yaml.Node], str] = {yaml.SequenceNode: _LIST, yaml.MappingNode: _MAPPING}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# Enough brackets, dashes or indentation to be nested deeper than the C parser's stack bears. Two patterns: as one, they
# would take six times as long, a third of the time in which a guide is read.
_DASHES = re.compile(r"[-?:][ \t]+(?:[-?:][ \t]+){29}")
_INDENT = " " * 300
_BOMS = (
    (codecs.BOM_UTF8, "UTF-8 with a byte order mark"),
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class _Tags:
    """What both loaders share: it says of every value which kind it is, without looking at what it says."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag of a value that has none of its own."""
        if kind is yaml.ScalarNode:
            return _NOTHING if implicit[0] and value in _NULLS else _TEXT
        return _TAGS[kind]

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Nothing to do: tags do not depend on where a value stands."""

    def ascend_resolver(self) -> None:
        """Nothing to do."""


class PureLoader(_Tags, Reader, Scanner, Parser, Composer):
    """The loader without the C extension."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def dispose(self) -> None:
        """As the C parser has it."""


try:
    from yaml._yaml import CParser

    class FastLoader(_Tags, CParser):
        """The loader over libyaml."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)

    Loader: Any = FastLoader
except ImportError:  # PyYAML was built without libyaml
    Loader = PureLoader


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its name as it is to be printed, its data (dicts, lists, str, None), and the nodes that know lines."""

    file: str
    data: Any
    root: yaml.Node

    def line(self, place: Place) -> int:
        """The line on which the value at `place` begins (its key's, in a mapping); the nearest known one above it."""
        node, line = self.root, 1
        for part in place:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line

    def problem(self, place: Place, what: str, fix: str = "") -> Problem:
        """A problem at the line of `place`."""
        return Problem(self.file, self.line(place), what, fix)


def parse(raw: bytes, file: str, *, a_list: bool = False, loader: Any = None) -> tuple[Document | None, list[Problem]]:
    """The file as a mapping (or as a list, where that is wanted); or None where it can't be read, and its mistakes.

    A key that stands there twice is told and read as it stands first, so that the rest of the file is checked too.
    """
    try:
        text = _decode(raw)
        node = _compose(text, loader or Loader)
        wanted = yaml.SequenceNode if a_list else yaml.MappingNode
        if not isinstance(node, wanted):
            raise _Unreadable(node.start_mark.line + 1 if node else 1, *_SHAPES["empty" if node is None else a_list])
        builder = _Builder(file)
        data = builder.build(node, 0)
    except _Unreadable as error:
        return None, [Problem(file, error.line, error.what, error.fix)]
    return Document(file, data, node), builder.problems


class _Unreadable(Exception):
    """The first mistake that makes the rest of a file unreadable."""

    def __init__(self, line: int, what: str, fix: str) -> None:
        super().__init__(what)
        self.line, self.what, self.fix = line, what, fix


_SHAPES: dict[object, tuple[str, str]] = {
    "empty": ("the file is empty", "fill it, or delete it"),
    False: ("the file does not consist of keys and values", 'begin with lines like "title: …"'),
    True: ("the file is not a list", 'begin each entry with "- "'),
}


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    """Line and node of a part of a mapping or a list."""
    if isinstance(node, yaml.MappingNode) and isinstance(part, str):
        return next(((k.start_mark.line + 1, v) for k, v in node.value if k.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    return None


def _decode(raw: bytes) -> str:
    """UTF-8, and nothing else: a file in another encoding would show strange letters to users."""
    for bom, name in _BOMS:
        if raw.startswith(bom):
            raise _Unreadable(1, f"the file is saved as {name}", 'save it as plain "UTF-8" (without BOM)')
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _Unreadable(
            line, f"not UTF-8 text (byte 0x{raw[error.start]:02X})", 'save the file with the encoding "UTF-8"'
        ) from error


def _compose(text: str, loader: Any) -> Any:
    """The root node, or None for a file without content."""
    if _may_be_deep(text) and (line := _too_deep(text, loader)):
        raise _Unreadable(line, f"nested more than {MAX_DEPTH} levels deep", "take the inner levels out")
    try:
        parser = loader(text)
        try:
            return parser.get_single_node()
        finally:
            parser.dispose()
    except yaml.YAMLError as error:
        raise _Unreadable(*explain(error, text)) from error


def _may_be_deep(text: str) -> bool:
    return text.count("[") + text.count("{") > 500 or _INDENT in text or _DASHES.search(text) is not None


def _too_deep(text: str, loader: Any) -> int:
    """The line where nesting goes too deep, or 0. Events come from a state machine, not from a recursion in C."""
    depth = 0
    try:
        parser = loader(text)
        while (event := parser.get_event()) is not None:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return int(event.start_mark.line) + 1
    except yaml.YAMLError:
        pass  # composing meets it again, and explains it
    return 0


class _Builder:
    """Turns nodes into data and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def build(self, node: yaml.Node, depth: int) -> Any:
        """The data of a node and all below it."""
        tag = node.tag
        if tag is _TEXT:
            return node.value
        if tag is _NOTHING:
            return None
        if tag is not _LIST and tag is not _MAPPING:
            self._say(
                node, f'"{_shown_tag(tag)}" is a YAML tag, which is not used here', "remove it, or put it in quotes"
            )
            if isinstance(node, yaml.ScalarNode):
                return node.value
        self.count += len(node.value)
        if depth > MAX_DEPTH or self.count > MAX_VALUES:  # aliases that hold themselves, or each other many times
            raise _Unreadable(
                node.start_mark.line + 1, "too much, or nested too deep", "write it out without * aliases"
            )
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, depth + 1) for child in node.value]
        return self._mapping(node.value, depth + 1)

    def _mapping(self, pairs: list[tuple[yaml.Node, yaml.Node]], depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in pairs:
            name = key.value
            if key.tag is not _TEXT:
                self._say(key, "this key is not a plain word", 'write it as "key: value", in quotes if it is odd')
            elif name in data:
                first = next(k for k, _ in pairs if k.value == name).start_mark.line + 1
                self._say(key, f'the key "{name}" stands here twice (first in line {first})', "remove or rename one")
            else:
                data[name] = self.build(value, depth)
        return data

    def _say(self, node: yaml.Node, what: str, fix: str) -> None:
        self.problems.append(Problem(self.file, node.start_mark.line + 1, what, fix))


def _shown_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")
