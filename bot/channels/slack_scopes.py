"""What the Slack app may do, and what Slack tells it: used for the manifest, the sign-in, and by the doctor."""

from __future__ import annotations

from collections.abc import Mapping

# Scope -> what it is for. A scope that nothing here uses is not asked for.
SCOPES: Mapping[str, str] = {
    "app_mentions:read": "mentions in channels",
    "channels:history": "edits in threads, and all that is said there with relay: all",
    "channels:read": "who is in a desk's channel",
    "chat:write": "answers",
    "commands": "the command and the message shortcut",
    "files:read": "files that people send",
    "files:write": "files that are passed on",
    "groups:history": "the same in private channels",
    "groups:read": "who is in a desk's private channel",
    "im:history": "direct messages",
    "im:write": "the chat with somebody who has not written yet",
    "reactions:write": "the quiet mark on a message that was passed on",
    "users:read": "names, languages and time zones",
    "users:read.email": "mail addresses in cases",
}
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_left",
    "group_archive",
    "group_deleted",
    "group_left",
    "message.channels",
    "message.groups",
    "message.im",
    "tokens_revoked",
)
