"""Who is let in to a turn: within the limits one turn, beyond them one notice in a minute, then silence."""

from __future__ import annotations

import structlog

from bot.channels.base import Channel
from bot.envelope import Envelope, Payload
from bot.limits import RateLimit, Verdict
from bot.log import conversation_tag
from bot.metrics import Metrics
from bot.reception import Reception
from dialogs.turn import Outcome

log = structlog.get_logger()


class Admission:
    """Stands before reception, the same for every door."""

    def __init__(self, reception: Reception, limits: RateLimit, metrics: Metrics) -> None:
        """Lets events through to `reception` within `limits`."""
        self.reception = reception
        self._limits = limits
        self._metrics = metrics

    async def take(self, channel: Channel, envelope: Envelope) -> Payload | None:
        """One turn, or what is said instead; gives the answer to an invoke.

        The silence is no error. An error would show "something went wrong" to the user or be delivered again, which
        makes more of what is too much already.
        """
        if not envelope.mentioned or envelope.gone:
            return await self.reception.receive(envelope)
        verdict = self._limits.check(envelope.address.tenant, envelope.sender.id, envelope.incoming.at)
        if verdict is Verdict.TAKE:
            return await self.reception.receive(envelope)
        self._metrics.limited.inc()
        if verdict is Verdict.TELL:
            log.warning("rate_limited", conversation=conversation_tag(envelope.address.key))
            return await self.reception.tell_off(envelope)
        return channel.render(envelope, Outcome({})).answer
