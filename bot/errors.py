"""Errors of the building, and what each means to its caller."""

from __future__ import annotations


class HelpbotError(Exception):
    """Something that the operator can mend: its text says what happened, where, and what to do."""


class SettingsError(HelpbotError):
    """Wrong or missing settings; the text lists all of them, each with its fix."""


class StoreUnavailable(HelpbotError):
    """The database can't be reached or can't write now; nothing was acknowledged."""


class DatabaseTooNew(HelpbotError):
    """The database was migrated by a newer version of the bot."""


class Refused(Exception):
    """A request that no turn answers. status: the HTTP status. reason: a short word for logs and metrics."""

    def __init__(self, status: int, reason: str, text: str = "") -> None:
        """`text` is what the sender may read; it never repeats what was sent."""
        super().__init__(text or reason)
        self.status = status
        self.reason = reason
        self.text = text or reason


class DeliveryError(Exception):
    """A row was not delivered. reason: a short text for logs and for the operator, without a user's words."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class DeliverLater(DeliveryError):
    """Try again. after: seconds to wait as the platform asked (None: our own backoff).

    ambiguous: the platform may have delivered it; such a row is tried once more and then set aside.
    """

    def __init__(self, reason: str, after: float | None = None, ambiguous: bool = False) -> None:
        """Keep what the retry needs."""
        super().__init__(reason)
        self.after = after
        self.ambiguous = ambiguous


class Undeliverable(DeliveryError):
    """This row will never be delivered; the next one may."""


class ConversationBlocked(DeliveryError):
    """Nothing can be delivered to this conversation until its user lets us in again."""
