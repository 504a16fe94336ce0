"""What Slack sends: events, interactions, commands, checked and translated. Pure; the signature was checked before.

A direct message lies in one conversation with its author, whatever thread it is written in; everywhere else a thread
is a conversation of its own: `CHANNEL:THREAD_TS`. Ids hold within a workspace, so every key begins with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.channels import slack_words
from bot.channels.slack_fields import Json, identifier, part, parts, text
from bot.envelope import Address, Envelope, Person, SentFile
from bot.errors import Refused
from dialogs.cards import blocks, slack_inputs
from dialogs.turn import Incoming, Press

CHANNEL = "slack"
SHORTCUT = "helpbot-ask"  # the callback_id of "Ask the help bot about this"
COLLEAGUE = "helpbot_colleague"  # put into a body whose person is of our organization, as Slack said when it was asked
HOME = "home"  # stands for the pressed message where a button of the App Home was pressed
MAX_VALUE = 1024
MAX_FILES = 20
_SAID = ("", "file_share", "thread_broadcast")  # subtypes of messages in which a person says something


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom we answer. guests: people of other organizations, too. bots: our user's id, by workspace. locale: for people
    of whom nothing is known yet."""

    guests: bool = False
    bots: Mapping[str, str] | None = None
    locale: str = "en"


@dataclass(frozen=True, slots=True)
class Word:
    """Somebody is to be told something in passing: `which` names the sentence. reply: where Slack takes an answer."""

    which: Literal["guest", "not_yours"]
    address: Address
    user: str
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Somebody of another workspace: a colleague, where it belongs to our organization. Nothing that Slack sends says
    so for sure; it has to be asked. otherwise: what it comes to from a guest."""

    address: Address
    user: str
    otherwise: Word | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Somebody looks at the App Home."""

    address: Address
    person: Person
    at: float


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opens a form; `trigger` is good for three seconds."""

    envelope: Envelope
    trigger: str
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    """A form came back with required inputs left empty: their block ids."""

    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """The app was taken out of a workspace, or its tokens were revoked."""

    address: Address
    at: float
    tokens: bool = False


Heard = Envelope | Word | Doubtful | Home | Opening | Empty | Gone | None


def hear(body: Json, at: float, rules: Rules) -> Heard:
    """What a verified body means for us; None: nothing for us to do. Raises `Refused` for what is malformed."""
    kind = text(body, "type")
    if kind == "event_callback":
        return _event(body, at, rules)
    if kind == "block_actions":
        return _action(body, at, rules)
    if kind == "view_submission":
        return _submission(body, at, rules)
    if kind == "message_action":
        return _shortcut(body, at, rules)
    if "command" in body and not kind:
        return _command(body, at, rules)
    if not kind:
        raise Refused(400, "no-type", "This is nothing that Slack sends.")
    return None


# -- where and who


@dataclass(frozen=True, slots=True)
class _Place:
    """The installation that a request is for: workspace, organization where the app is installed in all of it, our
    user there."""

    team: str
    enterprise: str
    bot: str

    def address(self, conversation: str, group: bool, **details: str) -> Address:
        more = {"enterprise": self.enterprise} if self.enterprise else {}
        return Address(CHANNEL, self.team, conversation, group, {"team": self.team, **more, **details})

    def direct(self, user: str, channel: str = "") -> Address:
        """The chat with this person."""
        more = {"channel": channel} if channel else {}
        return self.address(user, False, user=f"{self.team}:{user}", **more)

    def person(self, user: str) -> Person:
        return Person(f"{self.team}:{user}")


def _needed(value: str, name: str) -> str:
    if not value:
        raise Refused(400, f"no-{name}", f"This needs a {name}.")
    return value


def _bot(rules: Rules, team: str) -> str:
    return (rules.bots or {}).get(team, "")


def _of_event(body: Json, rules: Rules) -> _Place:
    found = parts(body, "authorizations")
    granted = found[0] if found else {}
    team = _needed(identifier(granted, "team_id") or identifier(body, "team_id"), "team")
    whole = granted.get("is_enterprise_install") is True
    enterprise = (identifier(granted, "enterprise_id") or identifier(body, "enterprise_id")) if whole else ""
    ours = identifier(granted, "user_id") if granted.get("is_bot") is True else ""
    return _Place(team, enterprise, _bot(rules, team) or ours)


def _of_interaction(body: Json, rules: Rules) -> _Place:
    whole = body.get("is_enterprise_install") is True
    # A form that a guest sends names the guest's workspace as its own; where it was opened stands in the view. (That
    # may be an organization, of which no conversation is.)
    opened = identifier(part(body, "view"), "app_installed_team_id")
    team = identifier(part(body, "team"), "id") or identifier(part(body, "user"), "team_id")
    team = opened if opened.startswith("T") and not whole else team
    enterprise = identifier(part(body, "enterprise"), "id") if whole else ""
    return _Place(_needed(team, "team"), enterprise, _bot(rules, team))


def _foreign(place: _Place, team: str, body: Json) -> bool:
    """Whether somebody's workspace is another than the one that is served. The organization that a request names may be
    a guest's own."""
    return bool(team) and team not in (place.team, place.enterprise) and body.get(COLLEAGUE) is not True


# -- events


def _event(body: Json, at: float, rules: Rules) -> Heard:
    event = part(body, "event")
    kind = text(event, "type")
    if kind in ("app_uninstalled", "tokens_revoked"):
        return _gone(body, event, at, rules)
    place = _of_event(body, rules)
    if kind == "app_home_opened":
        return _home(event, place, at)
    if kind in ("message", "app_mention"):
        return _message(body, event, place, at, rules)
    if kind in ("channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted", "group_deleted"):
        channel = identifier(event, "channel")
        who = place.person(place.bot or "bot")
        name = _needed(identifier(body, "event_id"), "event_id")
        address = place.address(_needed(channel, "channel"), True)
        return Envelope(name, address, who, Incoming(at, locale=rules.locale), gone="here")
    return None


def _gone(body: Json, event: Json, at: float, rules: Rules) -> Gone | None:
    """tokens_revoked names the users whose tokens are gone; only the bot's concerns us."""
    revoked = text(event, "type") == "tokens_revoked"
    tokens = part(event, "tokens").get("bot")
    if revoked and not tokens:
        return None
    team, enterprise = identifier(body, "team_id"), identifier(body, "enterprise_id")
    place = _Place(team or enterprise, enterprise, _bot(rules, team))
    return Gone(place.address(_needed(place.team, "team"), True), at, revoked)


def _home(event: Json, place: _Place, at: float) -> Home | None:
    user = _needed(identifier(event, "user"), "user")
    if text(event, "tab") not in ("", "home"):
        return None
    return Home(place.direct(user, identifier(event, "channel")), place.person(user), at)


def _message(body: Json, event: Json, place: _Place, at: float, rules: Rules) -> Heard:
    subtype = text(event, "subtype")
    if subtype in ("message_changed", "message_deleted"):
        return _change(body, event, place, at, rules)
    if subtype not in _SAID or not _of_a_person(event, place):
        return None
    user = identifier(event, "user")
    channel = _needed(identifier(event, "channel"), "channel")
    stamp = _needed(identifier(event, "ts"), "ts")
    direct = text(event, "channel_type") == "im" or (channel.startswith("D") and text(event, "type") == "message")
    words, mentioned = slack_words.spoken(text(event, "text"), place.bot)
    mentioned = mentioned or direct or text(event, "type") == "app_mention"
    thread = identifier(event, "thread_ts")
    if not mentioned and not thread:
        return None  # people talk with each other
    address = place.direct(user, channel) if direct else place.address(f"{channel}:{thread or stamp}", True)
    if _foreign(place, _home_of(event), body) and not rules.guests:
        return Doubtful(address, user, Word("guest", address, user) if mentioned else None)
    # Under two names, so that one who is heard first without a mention does not hide the mention.
    name = stamp if mentioned else f"{stamp}:overheard"
    return Envelope(
        name,
        address,
        place.person(user),
        Incoming(at, text=words, locale=rules.locale),
        message=stamp,
        files=_files(event),
        said=slack_words.said(event.get("blocks"), place.bot),
        mentioned=mentioned,
    )


def _home_of(event: Json) -> str:
    """The workspace of whoever wrote. `team` is theirs, too, but only where it is not said otherwise."""
    return identifier(event, "user_team") or identifier(event, "source_team") or identifier(event, "team")


def _of_a_person(message: Json, place: _Place) -> bool:
    """Not ours nor another bot's: answering would never end."""
    user = identifier(message, "user")
    return bool(user) and user not in (place.bot, "USLACKBOT") and not message.get("bot_id")


def _change(body: Json, event: Json, place: _Place, at: float, rules: Rules) -> Heard:
    """A person edited or deleted a message, or one of its files. Ours come back this way too, and links that Slack
    unfolds."""
    now, before = part(event, "message"), part(event, "previous_message")
    gone = text(event, "subtype") == "message_deleted" or text(now, "subtype") == "tombstone"
    message = before if gone else now
    if not _of_a_person(message, place):
        return None
    same = text(now, "text") == text(before, "text")
    file = 0 if gone else _file_gone(now, before)
    if not gone and not file and (same or not part(now, "edited")):
        return None
    gone = gone or file > 0
    channel, user = _needed(identifier(event, "channel"), "channel"), identifier(message, "user")
    stamp = _needed(identifier(message, "ts") or identifier(event, "deleted_ts"), "ts")
    thread = identifier(message, "thread_ts") or stamp
    direct = text(event, "channel_type") == "im" or channel.startswith("D")
    address = place.direct(user, channel) if direct else place.address(f"{channel}:{thread}", True)
    if _foreign(place, _home_of(message), body) and not rules.guests:
        return Doubtful(address, user)
    words, mentioned = ("", True) if gone else slack_words.spoken(text(now, "text"), place.bot)
    when = identifier(event, "event_ts") or identifier(body, "event_id")
    stamp = f"{stamp}#{file}" if file else stamp  # as a message's files are numbered where they are passed on
    return Envelope(
        f"{stamp}:{'deleted' if gone else 'edited'}:{_needed(when, 'event_ts')}",
        address,
        place.person(user),
        Incoming(at, text=words, locale=rules.locale),
        message=stamp,
        change="delete" if gone else "edit",
        mentioned=mentioned or direct,
        said="" if gone else slack_words.said(now.get("blocks"), place.bot),
    )


def _file_gone(now: Json, before: Json) -> int:
    """The number, from 1, of a file that was taken out of a message; 0 when none was."""
    there = {identifier(each, "id") for each in parts(now, "files") if text(each, "mode") != "tombstone"}
    for number, each in enumerate(parts(before, "files")[:MAX_FILES], 1):
        if text(each, "mode") != "tombstone" and identifier(each, "id") not in there:
            return number
    return 0


def _files(message: Json) -> tuple[SentFile, ...]:
    """What came with a message. problem "elsewhere": it lies there, where we can't fetch it."""
    found = []
    for each in parts(message, "files")[:MAX_FILES]:
        name = text(each, "name") or text(each, "title")
        url = text(each, "url_private_download") or text(each, "url_private")
        kind = text(each, "mimetype") or "application/octet-stream"
        size = each.get("size")
        there = text(each, "mode") not in ("external", "tombstone", "hidden_by_limit") and url.isprintable()
        problem = "" if there and url else "elsewhere"
        size = size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**50 else 0
        found.append(SentFile(name, "" if problem else url, kind, problem, size))
    return tuple(found)


# -- interactions


def _action(body: Json, at: float, rules: Rules) -> Heard:
    """A button or a select. Anyone in a channel may press anyone's: the card says whose it is."""
    place = _of_interaction(body, rules)
    presser, found = part(body, "user"), parts(body, "actions")
    user = _needed(identifier(presser, "id"), "user")
    action = found[0] if found else {}
    carried = blocks.pressed(action)
    if carried is None:
        return None  # a link's button, an input, another's card
    address, pressed = _pressed_at(body, place, user)
    reply = text(body, "response_url")
    if _foreign(place, identifier(presser, "team_id"), body) and not rules.guests:
        return Doubtful(address, user, Word("guest", address, user, reply))
    asker = asker_of(identifier(action, "block_id"))
    if address.group and asker and asker != user:
        return Word("not_yours", address, user, reply)
    press = _press(*carried, slack_inputs.typed(part(body, "state")))
    trigger = identifier(body, "trigger_id")
    name = f"press:{user}:{_needed(identifier(action, 'action_ts') or trigger, 'action_ts')}"
    incoming = Incoming(at, press=press, locale=rules.locale)
    envelope = Envelope(name, address, place.person(user), incoming, invoke=True, pressed=pressed)
    if text(action, "action_id").startswith(blocks.FORM):
        return Opening(envelope, _needed(trigger, "trigger_id"), reply)
    return envelope


def _pressed_at(body: Json, place: _Place, user: str) -> tuple[Address, str]:
    """(conversation, the pressed message's ts); in the App Home there is neither a channel nor a message."""
    container = part(body, "container")
    channel = identifier(part(body, "channel"), "id") or identifier(container, "channel_id")
    stamp = identifier(container, "message_ts") or identifier(part(body, "message"), "ts")
    if text(container, "type") == "view":
        return place.direct(user), HOME
    if not channel or channel.startswith("D"):
        return place.direct(user, channel), stamp
    thread = identifier(container, "thread_ts") or identifier(part(body, "message"), "thread_ts")
    return place.address(f"{channel}:{_needed(thread or stamp, 'message_ts')}", True), stamp


def _press(verb: str, turn: int, value: str, fields: tuple[tuple[str, str], ...]) -> Press:
    if not (0 <= turn < 2**31 and 0 < len(verb) <= MAX_VALUE and verb.isprintable()):
        raise Refused(400, "bad-press", "This button carries nothing that our cards carry.")
    if len(value) > MAX_VALUE or not value.isprintable():
        raise Refused(400, "bad-press", "This button carries nothing that our cards carry.")
    return Press(verb, turn, value, tuple((name, text({"": typed}, "")) for name, typed in fields[:40]))


def _submission(body: Json, at: float, rules: Rules) -> Heard:
    """A form that comes back. It has no channel: the place is in what the form carries."""
    view = part(body, "view")
    found = slack_inputs.submitted(view)
    if found is None:
        return None
    verb, turn, value, where = found
    if empty := _empty(view):
        return Empty(empty)
    place = _of_interaction(body, rules)
    user = _needed(identifier(part(body, "user"), "id"), "user")
    conversation, _, pressed = where.partition(" ")
    group = ":" in conversation
    address = place.address(conversation, True) if group else place.direct(user)
    if _foreign(place, identifier(part(body, "user"), "team_id"), body) and not rules.guests:
        return Doubtful(address, user)
    press = _press(verb, turn, value, slack_inputs.typed(part(view, "state")))
    name = f"form:{_needed(identifier(view, 'id'), 'id')}:{identifier(view, 'hash')}"
    incoming = Incoming(at, press=press, locale=rules.locale)
    return Envelope(name, address, place.person(user), incoming, invoke=True, pressed=pressed)


def _empty(view: Json) -> tuple[str, ...]:
    """Inputs that must not be left empty but hold blanks only: Slack takes those for something."""
    held = part(part(view, "state"), "values")
    found = []
    for block in parts(view, "blocks"):
        if text(block, "type") != "input" or block.get("optional") is True:
            continue
        name = identifier(block, "block_id")
        inside = part(held, name) if name else {}
        value: Any = next(iter(inside.values()), None)
        typed = value.get("value") if isinstance(value, dict) and "selected_option" not in value else "chosen"
        if not isinstance(typed, str) or not typed.strip():
            found.append(name)
    return tuple(found)


def _shortcut(body: Json, at: float, rules: Rules) -> Heard:
    """ "Ask the help bot about this" at a message: its words are asked in the chat with whoever chose it."""
    if text(body, "callback_id") != SHORTCUT:
        return None
    place = _of_interaction(body, rules)
    user = _needed(identifier(part(body, "user"), "id"), "user")
    message = part(body, "message")
    words, _ = slack_words.spoken(text(message, "text"), place.bot)
    said = slack_words.said(message.get("blocks"), place.bot)
    asked = _asked(body, place, user, words, at, rules)
    return replace(asked, said=said) if isinstance(asked, Envelope) else asked


def _command(body: Json, at: float, rules: Rules) -> Heard:
    """The bot's command, with words or without; answered in the chat with whoever typed it."""
    team = _needed(identifier(body, "team_id"), "team")
    whole = body.get("is_enterprise_install") in (True, "true")
    place = _Place(team, identifier(body, "enterprise_id") if whole else "", _bot(rules, team))
    user = _needed(identifier(body, "user_id"), "user")
    words, _ = slack_words.spoken(text(body, "text"), place.bot)
    return _asked(body, place, user, words, at, rules)


def _asked(body: Json, place: _Place, user: str, words: str, at: float, rules: Rules) -> Heard:
    address = place.direct(user)
    if _foreign(place, identifier(part(body, "user"), "team_id") if "user" in body else "", body) and not rules.guests:
        return Doubtful(address, user, Word("guest", address, user, text(body, "response_url")))
    trigger = _needed(identifier(body, "trigger_id"), "trigger_id")
    return Envelope(f"asked:{trigger}", address, place.person(user), Incoming(at, text=words, locale=rules.locale))


# -- whose a card is


def owned(block_id: str, user: str) -> str:
    """A block id that says for whom its buttons are."""
    return f"{block_id}@{user}"


def asker_of(block_id: str) -> str:
    """For whom the buttons of this block are; "" for anybody."""
    return block_id.rpartition("@")[2] if "@" in block_id else ""
