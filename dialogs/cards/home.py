"""The App Home tab in Slack: what somebody finds there. No card: nothing is answered in it, it is published anew."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.cards import blocks, markdown
from dialogs.cards.base import Button
from dialogs.cards.menu import MenuItem
from dialogs.cards.slack_form import identified
from dialogs.cards.slack_text import Json, clean, escape, visible

_BLOCKS_MOST = 100
_SECTION_MOST = 3000


@dataclass(frozen=True, slots=True)
class HomeRow:
    """A row of a list, for example a case. title, about: words as they are. button: what can be done with it;
    link: (title, address) of a button that leads there, in its place."""

    title: str
    about: str = ""
    button: Button | None = None
    link: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class HomePart:
    """A part of the tab below its title. text: an author's text. rows: a list; choice: buttons, or a select of many,
    with what each is about; ways: quiet buttons."""

    title: str
    text: str = ""
    rows: tuple[HomeRow, ...] = ()
    choice: tuple[MenuItem, ...] = ()
    ways: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """The whole tab. turn: the number that its buttons carry."""

    parts: tuple[HomePart, ...]
    turn: int = 0

    def view(self) -> Json:
        """The view that `views.publish` takes. Raises ValueError when there is nothing in it, or too much to list."""
        made = self._drawn(blocks_each=True)
        if len(made) > _BLOCKS_MOST:
            made = self._drawn(blocks_each=False)
        if not 0 < len(made) <= _BLOCKS_MOST:
            raise ValueError(f"A Home tab of {len(made)} blocks; Slack takes 1 to {_BLOCKS_MOST}.")
        return {"type": "home", "blocks": identified(made)}

    def _drawn(self, blocks_each: bool) -> list[Json]:
        made: list[Json] = []
        for part in self.parts:
            made += [blocks.DIVIDER] if made else []
            made += [*blocks.heading(part.title), *blocks.paragraphs(part.text)]
            made += [block for row in part.rows for block in self._row(row)] if blocks_each else self._listed(part.rows)
            items = part.choice
            made += blocks.answers([item.button for item in items], self.turn, [item.about for item in items])
            made += blocks.actions([blocks.button(way, self.turn) for way in part.ways])
        return made

    def _row(self, row: HomeRow) -> list[Json]:
        """A row as a section with its button beside it; a very long one as text with its button below."""
        button = self._button(row)
        lines = [" ".join(clean(line).split()) for line in (row.title, row.about) if visible(line)]
        text = escape("\n".join(lines)) or "…"
        if len(text) > _SECTION_MOST:
            return [*blocks.literal("\n".join(lines)), *blocks.actions([button] if button else [])]
        section: Json = {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}
        return [section | {"accessory": button} if button else section]

    def _button(self, row: HomeRow) -> Json | None:
        if row.link:
            return blocks.link_button(*row.link)
        return blocks.button(row.button, self.turn) if row.button else None

    def _listed(self, rows: tuple[HomeRow, ...]) -> list[Json]:
        """So many rows that each can't have blocks of its own: a list, and a select of what can be done."""
        if not rows:
            return []
        made = blocks.listing([row.title for row in rows], [markdown.escape(row.about) for row in rows])
        named = [Button(row.title, row.button.verb, row.button.value) for row in rows if row.button]
        return made + blocks.actions(blocks.selects(named, self.turn) if named else [])
