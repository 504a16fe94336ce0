"""Every sentence that the bot itself says, and the words by which it understands, for one language.

A field here is a key in `content/texts/<locale>.yaml`. Fields with places to fill in, `{like_this}`, name them in
`PLACES`; a translation that fills in something else is refused when it is loaded.
"""

from __future__ import annotations

import string
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# A phrase may be a bare yes or no, which YAML 1.1 reads as a boolean.
Phrase = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    BeforeValidator(lambda v: {True: "yes", False: "no"}.get(v, v) if isinstance(v, bool) else v),
]
Phrases = tuple[Phrase, ...]


class Words(BaseModel):
    """The words by which the bot understands a message.

    yes, no, not_sure: generic answers. negations: words that turn what follows into its opposite. inabilities: words by
    which somebody can't do what follows, which says nothing of whether it was done. fillers: words that a message may
    begin or end with and that mean nothing. expand: short forms and what they stand for; a word that begins a new
    thought ("but") stands for ";". numbers: words for 1, 2, 3… in order; ordinal_noise: what may stand around them.
    person_anywhere: phrases that ask for a person wherever they stand; the other commands count only when they are the
    whole message. doubts: words that make a question or a guess of what follows. common: words that say nothing about
    which problem somebody has, so that a search weighs them hardly at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    yes: Phrases
    no: Phrases
    not_sure: Phrases
    doubts: Phrases
    negations: Phrases
    inabilities: Phrases
    fillers: Phrases
    expand: dict[Phrase, str]
    numbers: tuple[Phrases, ...]
    ordinal_noise: Phrases
    both: Phrases
    hello: Phrases
    thanks: Phrases
    help: Phrases
    topics: Phrases
    back: Phrases
    change: Phrases
    restart: Phrases
    cancel: Phrases
    person: Phrases
    person_anywhere: Phrases
    proceed: Phrases
    send: Phrases
    end_chat: Phrases
    causes: Phrases
    solved: Phrases
    not_solved: Phrases
    common: Phrases = ()


PLACES: dict[str, frozenset[str]] = {
    "hello_open": frozenset({"where"}),
    "you_answered": frozenset({"answer"}),
    "you_chose": frozenset({"answer"}),
    "both_ways": frozenset({"answers"}),
    "changed": frozenset({"fact"}),
    "opening": frozenset({"guide"}),
    "was": frozenset({"url"}),
    "contact_intro": frozenset({"contact"}),
    "resume_ask": frozenset({"guide", "question"}),
    "switch_ask": frozenset({"guide"}),
    "change_item": frozenset({"answer"}),
    "summary_words": frozenset({"words"}),
    "summary_guide": frozenset({"guide"}),
    "summary_answer": frozenset({"question", "answer"}),
    "summary_advice": frozenset({"advice"}),
    "hand_off_closed": frozenset({"opens"}),
    "fallback_fact": frozenset({"question", "answer"}),
}


class Texts(BaseModel):
    """The sentences of one language. Frozen; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Words

    # greeting, menu, search
    greeting_title: Sentence
    greeting: Sentence
    hello_open: Sentence
    topics_title: Sentence
    topics_intro: Sentence
    topics_more: Sentence
    mean_title: Sentence
    mean_intro: Sentence
    none_of_these: Sentence
    say_more: Sentence
    unknown: Sentence
    unknown_again: Sentence
    thanks_reply: Sentence
    you_are_welcome: Sentence
    cancelled: Sentence
    cancelled_idle: Sentence
    solved_reply: Sentence
    help: Sentence
    help_idle: Sentence
    opening: Sentence

    # asking
    facts_title: Sentence
    fallback_fact: Sentence
    misunderstood: Sentence
    misunderstood_hint: Sentence
    way_out: Sentence
    both_ways: Sentence
    or_word: Sentence
    changed: Sentence
    at_start: Sentence
    went_back: Sentence
    started_over: Sentence
    you_answered: Sentence
    you_chose: Sentence
    guide_changed: Sentence
    withdrawn: Sentence
    new_words: Sentence

    # outcome
    ask_solved: Sentence
    ask_solved_again: Sentence
    solved_yes: Sentence
    solved_no: Sentence
    solved_causes: Sentence
    documents: Sentence
    check: Sentence
    send_as_text: Sentence
    code_gone: Sentence
    was: Sentence
    mark_article: Sentence
    mark_today: Sentence
    more_items: Sentence
    other_title: Sentence
    other_intro: Sentence
    other_intro_unsolved: Sentence
    no_other: Sentence

    # picks
    change_title: Sentence
    change_intro: Sentence
    change_item: Sentence
    nothing_to_change: Sentence
    resume_ask: Sentence
    resume_again: Sentence
    resume_go: Sentence
    resume_restart: Sentence
    resume_else: Sentence
    switch_ask: Sentence
    switch_again: Sentence
    switch_yes: Sentence
    switch_no: Sentence

    # buttons around a question
    way_back: Sentence
    way_change: Sentence
    way_restart: Sentence
    way_cancel: Sentence
    way_help: Sentence
    way_person: Sentence
    way_topics: Sentence
    way_proceed: Sentence

    # a person
    person_title: Sentence
    contact_intro: Sentence
    no_contact: Sentence
    summary_title: Sentence
    summary_words_title: Sentence
    summary_advice_title: Sentence
    summary_words: Sentence
    summary_guide: Sentence
    summary_answer: Sentence
    summary_advice: Sentence
    summary_empty: Sentence

    # a person, when there is a helpdesk behind the bot
    hand_off_intro: Sentence
    hand_off_closed: Sentence
    hand_off_add: Sentence
    hand_off_add_hint: Sentence
    hand_off_send: Sentence
    hand_off_leave: Sentence
    hand_off_not_now: Sentence
    hand_off_sent: Sentence
    hand_off_again: Sentence
    hand_off_open: Sentence

    # trouble of ours
    apology: Sentence
    too_fast: Sentence
    unavailable: Sentence
    try_again: Sentence
    pressed: Sentence

    @model_validator(mode="after")
    def _places(self) -> Texts:
        for name, value in self:
            if isinstance(value, str):
                _check_places(name, value)
        return self


def _check_places(name: str, value: str) -> None:
    """Raise ValueError when a sentence fills in what the bot does not give."""
    known = PLACES.get(name, frozenset())
    try:
        used = {field for _, field, _, _ in string.Formatter().parse(value) if field is not None}
    except ValueError as error:
        raise ValueError(f'"{name}" has a lone brace: {error}') from error
    if extra := sorted(used - known):
        allowed = ", ".join("{" + k + "}" for k in sorted(known)) or "nothing"
        raise ValueError(f'"{name}" fills in {{{extra[0]}}}, which the bot does not give (it gives {allowed})')


def fill(sentence: str, **values: Any) -> str:
    """The sentence with its places filled in; braces in the values stay as they are."""
    return sentence.format(**values)
