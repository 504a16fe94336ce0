"""Every sentence that the bot itself says, and the words by which it understands, for one language.

A field here is a key in `content/texts/<locale>.yaml`. Fields with places to fill in, `{like_this}`, name them in
`PLACES`; a translation that fills in something else is refused when it is loaded.
"""

from __future__ import annotations

import string
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

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
    which somebody can't do what follows, which says nothing of whether it was done. corrections: how somebody begins
    who takes back what they said. fillers: words that a message may
    begin or end with and that mean nothing. expand: short forms and what they stand for; a word that begins a new
    thought ("but") stands for ";". numbers: words for 1, 2, 3… in order; ordinal_noise: what may stand around them.
    letters: how a letter is also typed ("ü" as "ue"). endings: endings of words that make no difference, longest
    first; English ones when there are none. person_anywhere: phrases that ask for a person wherever they stand; the
    other commands count only when they are the whole message. doubts: words that make a question or a guess of what
    follows. common: words that say nothing about which problem somebody has, so that a search weighs them hardly at
    all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    yes: Phrases
    no: Phrases
    not_sure: Phrases
    doubts: Phrases
    negations: Phrases
    inabilities: Phrases
    corrections: Phrases
    fillers: Phrases
    expand: dict[Phrase, str]
    letters: dict[Annotated[str, StringConstraints(min_length=1, max_length=1)], str] = Field(default_factory=dict)
    endings: tuple[str, ...] = ()
    numbers: tuple[Phrases, ...]
    ordinal_noise: Phrases
    both: Phrases
    hello: Phrases
    thanks: Phrases
    help: Phrases
    topics: Phrases
    back: Phrases
    change: Phrases
    change_anywhere: Phrases
    meant: Phrases
    of_people: Phrases
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
    "desk.queued": frozenset({"case", "place", "queue"}),
    "desk.expect": frozenset({"minutes"}),
    "desk.queued_closed": frozenset({"case", "opens", "queue"}),
    "desk.answers_then": frozenset({"queue", "opens"}),
    "desk.joined": frozenset({"agent"}),
    "desk.passed_to_agent": frozenset({"agent", "former"}),
    "desk.passed_to_queue": frozenset({"agent", "place", "queue"}),
    "desk.released": frozenset({"agent", "case", "place"}),
    "desk.waiting_handed_on": frozenset({"queue"}),
    "desk.fallback": frozenset({"case", "contact"}),
    "desk.fallback_no_contact": frozenset({"case"}),
    "desk.agent_late": frozenset({"agent"}),
    "desk.given_back": frozenset({"agent"}),
    "desk.left": frozenset({"case"}),
    "desk.closed": frozenset({"agent", "case", "minutes"}),
    "desk.still_there": frozenset({"minutes"}),
    "desk.closed_silent": frozenset({"case"}),
    "desk.reopened": frozenset({"case", "place"}),
    "desk.not_passed_on": frozenset({"reason"}),
    "desk.not_your_case": frozenset({"name"}),
    "desk.desk_unreachable": frozenset({"contact"}),
    "desk.file_refused": frozenset({"name", "reason"}),
    "desk.file_size": frozenset({"limit"}),
    "desk.file_link": frozenset({"days", "hours"}),
    "desk.file_lost": frozenset({"reason"}),
    "desk.guide_begins": frozenset({"agent", "guide"}),
    "desk.guide_ends": frozenset({"agent"}),
    "desk.guide_ends_waiting": frozenset({"case", "queue"}),
    "desk.rating_intro": frozenset({"case"}),
    "desk.card_title": frozenset({"case", "title"}),
    "desk.status_waiting": frozenset({"queue", "time"}),
    "desk.status_claimed": frozenset({"agent", "time"}),
    "desk.status_closed": frozenset({"ending", "time"}),
    "desk.chat_directly": frozenset({"name"}),
    "desk.reply_label": frozenset({"name"}),
    "desk.note_label": frozenset({"name"}),
    "desk.said_user": frozenset({"name"}),
    "desk.said_bot": frozenset({"name"}),
    "desk.said_agent": frozenset({"agent", "name"}),
    "desk.said_note": frozenset({"agent"}),
    "desk.sent": frozenset({"name"}),
    "desk.failed": frozenset({"name", "reason"}),
    "desk.edit_kept": frozenset({"name"}),
    "desk.note_kept": frozenset({"name"}),
    "desk.user_unreachable": frozenset({"name", "reason"}),
    "desk.user_gone": frozenset({"name"}),
    "desk.user_returned": frozenset({"name"}),
    "desk.claimed_by": frozenset({"agent"}),
    "desk.claim_lost": frozenset({"agent"}),
    "desk.not_claimer": frozenset({"agent", "name"}),
    "desk.released_by": frozenset({"agent"}),
    "desk.taken_over_by": frozenset({"agent", "former"}),
    "desk.transferred_agent": frozenset({"agent", "to"}),
    "desk.transferred_queue": frozenset({"agent", "queue"}),
    "desk.transferred_here": frozenset({"agent", "queue"}),
    "desk.closed_by": frozenset({"agent", "ending"}),
    "desk.given_back_by": frozenset({"agent", "name"}),
    "desk.user_left": frozenset({"name"}),
    "desk.user_ended": frozenset({"name"}),
    "desk.user_back": frozenset({"agent", "name"}),
    "desk.user_silent": frozenset({"name"}),
    "desk.user_closed": frozenset({"name"}),
    "desk.remind": frozenset({"minutes", "name"}),
    "desk.handed_on": frozenset({"queue"}),
    "desk.handed_nowhere": frozenset({"name"}),
    "desk.agent_silent": frozenset({"agent", "minutes", "name"}),
    "desk.agent_released": frozenset({"agent"}),
    "desk.rated": frozenset({"comment", "name", "rating", "solved"}),
    "desk.rated_bare": frozenset({"comment", "name", "solved"}),
    "desk.guide_sent": frozenset({"agent", "guide", "name"}),
    "desk.guide_result": frozenset({"result"}),
    "desk.limit_reached": frozenset({"count"}),
    "desk.colleague_full": frozenset({"agent", "count"}),
    "desk.command_or_message": frozenset({"name", "word"}),
    "desk.do_command": frozenset({"command"}),
    "desk.send_message": frozenset({"name"}),
    "desk.queue_title": frozenset({"queue"}),
    "desk.row": frozenset({"case", "name", "time", "title"}),
    "desk.no_such_case": frozenset({"case"}),
    "desk.bound": frozenset({"queue"}),
    "desk.bind_unknown": frozenset({"queues"}),
    "desk.opens_at": frozenset({"time", "weekday", "zone"}),
    "slack.in_chat": frozenset({"link"}),
    "hello_open": frozenset({"where"}),
    "guide_language": frozenset({"language"}),
    "you_answered": frozenset({"answer"}),
    "you_chose": frozenset({"answer"}),
    "both_ways": frozenset({"answers"}),
    "changed": frozenset({"fact"}),
    "known_already": frozenset({"fact"}),
    "opening": frozenset({"guide"}),
    "was": frozenset({"url"}),
    "contact_intro": frozenset({"contact"}),
    "home_contact": frozenset({"contact"}),
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


class DeskTexts(BaseModel):
    """What is said around a hand-off, to the user and to the staff. `words_…` are the staff's commands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # to the user
    queued: Sentence
    expect: Sentence
    expect_short: Sentence
    queued_closed: Sentence
    answers_then: Sentence
    meanwhile: Sentence
    joined: Sentence
    passed_to_agent: Sentence
    passed_to_queue: Sentence
    released: Sentence
    waiting_reminded: Sentence
    waiting_handed_on: Sentence
    fallback: Sentence
    fallback_no_contact: Sentence
    agent_late: Sentence
    given_back: Sentence
    left: Sentence
    closed: Sentence
    still_there: Sentence
    closed_silent: Sentence
    reopened: Sentence
    not_passed_on: Sentence
    not_your_case: Sentence
    desk_unreachable: Sentence
    file_refused: Sentence
    file_kind: Sentence
    file_size: Sentence
    file_many: Sentence
    file_elsewhere: Sentence
    file_gone: Sentence
    file_channel: Sentence
    file_unnamed: Sentence
    file_link: Sentence
    file_no_link: Sentence
    file_over: Sentence
    file_again: Sentence
    file_lost: Sentence
    guide_begins: Sentence
    guide_ends: Sentence
    guide_ends_waiting: Sentence
    edited: Sentence
    deleted: Sentence
    end_chat: Sentence
    somebody: Sentence

    # after it
    rating_title: Sentence
    rating_intro: Sentence
    rating_solved: Sentence
    rating_yes: Sentence
    rating_no: Sentence
    rating_stars: Sentence
    rating_5: Sentence
    rating_4: Sentence
    rating_3: Sentence
    rating_2: Sentence
    rating_1: Sentence
    rating_comment: Sentence
    rating_comment_hint: Sentence
    rating_send: Sentence
    rating_skip: Sentence
    rating_thanks: Sentence
    rating_skipped: Sentence
    needed_choice: Sentence
    needed_text: Sentence

    # the case card
    card_title: Sentence
    no_title: Sentence
    status_waiting: Sentence
    status_claimed: Sentence
    status_closed: Sentence
    ending_solved: Sentence
    ending_not_solved: Sentence
    ending_user_left: Sentence
    ending_no_answer: Sentence
    ending_given_back: Sentence
    ending_forgotten: Sentence
    label_who: Sentence
    label_mail: Sentence
    label_zone: Sentence
    label_language: Sentence
    label_queue: Sentence
    label_since: Sentence
    label_rating: Sentence
    chat_directly: Sentence
    words: Sentence
    path: Sentence
    advice: Sentence
    added: Sentence
    claim: Sentence
    release: Sentence
    take_over: Sentence
    give_back: Sentence
    reply: Sentence
    reply_label: Sentence
    reply_hint: Sentence
    reply_send: Sentence
    note: Sentence
    note_label: Sentence
    note_save: Sentence
    transfer: Sentence
    transfer_to: Sentence
    transfer_note: Sentence
    transfer_send: Sentence
    guide: Sentence
    guide_label: Sentence
    guide_send: Sentence
    close: Sentence
    close_how: Sentence
    close_send: Sentence

    # in the thread
    said_user: Sentence
    said_bot: Sentence
    said_agent: Sentence
    said_note: Sentence
    sent: Sentence
    failed: Sentence
    edit_kept: Sentence
    note_kept: Sentence
    user_unreachable: Sentence
    user_gone: Sentence
    user_returned: Sentence
    claimed_by: Sentence
    claim_lost: Sentence
    not_claimer: Sentence
    already_closed: Sentence
    closed_not_sent: Sentence
    not_claimed: Sentence
    released_by: Sentence
    taken_over_by: Sentence
    transferred_agent: Sentence
    transferred_queue: Sentence
    transferred_here: Sentence
    closed_by: Sentence
    given_back_by: Sentence
    user_left: Sentence
    user_ended: Sentence
    user_back: Sentence
    user_silent: Sentence
    user_closed: Sentence
    remind: Sentence
    handed_on: Sentence
    handed_nowhere: Sentence
    agent_silent: Sentence
    agent_released: Sentence
    rated: Sentence
    rated_bare: Sentence
    rated_solved: Sentence
    rated_not_solved: Sentence
    guide_sent: Sentence
    guide_result: Sentence
    guide_result_solved: Sentence
    guide_result_not_solved: Sentence
    guide_result_stopped: Sentence
    guide_unknown: Sentence
    file_left_behind: Sentence
    files_none: Sentence
    file_in_channel: Sentence
    empty_reply: Sentence
    limit_reached: Sentence
    colleague_full: Sentence
    command_or_message: Sentence
    do_command: Sentence
    send_message: Sentence
    not_staff: Sentence

    # outside of a case's thread
    help: Sentence
    queue_title: Sentence
    queue_empty: Sentence
    mine_title: Sentence
    mine_empty: Sentence
    home_case: Sentence
    home_person: Sentence
    home_theirs: Sentence
    home_thread: Sentence
    row: Sentence
    no_such_case: Sentence
    unknown_command: Sentence
    bound: Sentence
    bind_unknown: Sentence
    bind_admin: Sentence
    bind_channel: Sentence
    unbound: Sentence
    words_claim: Phrases
    words_release: Phrases
    words_close: Phrases
    words_give_back: Phrases
    words_note: Phrases
    words_files: Phrases
    words_help: Phrases
    words_queue: Phrases
    words_mine: Phrases
    words_case: Phrases
    words_bind: Phrases
    words_unbind: Phrases
    weekdays: Annotated[Phrases, Field(min_length=7, max_length=7)]
    opens_at: Sentence

    @field_validator("*")
    @classmethod
    def _places(cls, value: Any, field: ValidationInfo) -> Any:
        return _check_places(f"desk.{field.field_name}", value)


class SlackTexts(BaseModel):
    """What is said in Slack only: in passing, to one person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    guest: Sentence
    not_yours: Sentence
    in_chat: Sentence
    too_late: Sentence

    @field_validator("*")
    @classmethod
    def _places(cls, value: Any, field: ValidationInfo) -> Any:
        return _check_places(f"slack.{field.field_name}", value)


class Texts(BaseModel):
    """The sentences of one language. Frozen; an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Words
    desk: DeskTexts
    slack: SlackTexts

    # greeting, menu, search
    greeting_title: Sentence
    greeting: Sentence
    hello_open: Sentence
    back_here: Sentence
    topics_title: Sentence
    topics_intro: Sentence
    topics_more: Sentence
    mean_title: Sentence
    mean_intro: Sentence
    none_of_these: Sentence
    area_title: Sentence
    area_intro: Sentence
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

    # languages: their names by their tags; what is said once to somebody whose language, or whose guide's, is missing
    languages: dict[str, Sentence]
    language_fallback: Sentence
    guide_language: Sentence

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
    started_over: Sentence
    you_answered: Sentence
    you_chose: Sentence
    guide_changed: Sentence
    withdrawn: Sentence
    known_already: Sentence

    # outcome
    ask_solved: Sentence
    ask_solved_again: Sentence
    solved_yes: Sentence
    solved_no: Sentence
    solved_causes: Sentence
    documents: Sentence
    check: Sentence
    send_as_text: Sentence
    shortened: Sentence
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
    home_contact: Sentence
    home_no_contact: Sentence
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
    files_unread: Sentence
    files_later: Sentence
    too_fast: Sentence
    unavailable: Sentence
    try_again: Sentence
    pressed: Sentence

    @field_validator("*")
    @classmethod
    def _places(cls, value: Any, field: ValidationInfo) -> Any:
        return _check_places(str(field.field_name), value)


def _check_places(name: str, value: Any) -> Any:
    """The value as it is; ValueError when it is a sentence that fills in what the bot does not give."""
    if not isinstance(value, str):
        return value
    known = PLACES.get(name, frozenset())
    try:
        used = {field for _, field, _, _ in string.Formatter().parse(value) if field is not None}
    except ValueError as error:
        raise ValueError(f'"{name}" has a lone brace: {error}') from error
    if extra := sorted(used - known):
        allowed = ", ".join("{" + k + "}" for k in sorted(known)) or "nothing"
        raise ValueError(f'"{name}" fills in {{{extra[0]}}}, which the bot does not give (it gives {allowed})')
    return value


def fill(sentence: str, **values: Any) -> str:
    """The sentence with its places filled in; braces in the values stay as they are."""
    return sentence.format(**values)
