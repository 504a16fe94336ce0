"""What is counted, for Prometheus. One registry for each app, so that two apps in one process do not mix."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.storage.base import Counts

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class Metrics:
    """Counters and gauges, and their text form."""

    def __init__(self) -> None:
        """Everything at zero."""
        self.registry = CollectorRegistry()
        turns = Counter(
            "helpbot_turns_total", "Activities by how they ended", ["result"], registry=self.registry
        )  # children are kept at hand: labels() costs more than the count
        self.done = turns.labels("done")
        self.duplicate = turns.labels("duplicate")
        self.failed = turns.labels("failed")
        self.limited = turns.labels("limited")
        self.ignored = turns.labels("ignored")
        self.unavailable = turns.labels("unavailable")
        self.conflicts = Counter(
            "helpbot_conflicts_total", "Turns that were run again, as the state had moved on", registry=self.registry
        )
        self.seconds = Histogram(
            "helpbot_turn_seconds", "From the request to the answer", buckets=_BUCKETS, registry=self.registry
        )
        self.rejects = Counter(
            "helpbot_rejects_total", "Requests refused at the door", ["reason"], registry=self.registry
        )
        self._waiting = Gauge("helpbot_outbox_rows", "Messages waiting to be sent", registry=self.registry)
        self._oldest = Gauge("helpbot_outbox_age_seconds", "How long the oldest has waited", registry=self.registry)
        self._aside = Gauge("helpbot_outbox_aside", "Messages set aside: helpbot outbox", registry=self.registry)
        self._parked = Gauge("helpbot_outbox_parked", "Conversations that let nothing in", registry=self.registry)
        self._ready = Gauge(
            "helpbot_platform_ready",
            "Whether a platform can be served, as /readyz says",
            ["name"],
            registry=self.registry,
        )
        self._outbox = Gauge(
            "helpbot_outbox_events", "What became of deliveries since the start", ["event"], registry=self.registry
        )

    def text(self, counts: Counts, events: Mapping[str, int], ready: Mapping[str, bool] | None = None) -> bytes:
        """All of them, in Prometheus' text format; `counts` and `events` are store's and outbox's, of this moment, and
        so is whether each platform is `ready`."""
        for name, is_ready in (ready or {}).items():
            self._ready.labels(name).set(is_ready)
        for event, count in events.items():
            self._outbox.labels(event).set(count)
        self._waiting.set(counts.waiting)
        self._oldest.set(counts.oldest)
        self._aside.set(counts.aside)
        self._parked.set(counts.parked)
        return generate_latest(self.registry)
