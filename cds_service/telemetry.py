"""
What is told about the service's work: counts for Prometheus, and the log (log.py).

Neither ever holds anything of a patient: a label is from a closed set, or looks like an id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
    values,
)

from .log import Log

ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0)
MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"


class Telemetry:
    """One application's counts and log."""

    content_type: Final = CONTENT_TYPE_LATEST

    def __init__(self, log: bool = False) -> None:
        self.registry = CollectorRegistry()
        self.seconds = self._histogram("cds_request_seconds", "Time to answer a call.", "service")
        self.requests = self._counter("cds_requests", "Calls answered, by status.", "service", "status", "tenant")
        self.cards = self._counter("cds_cards", "Cards issued.", "rule", "indicator", "tenant")
        self.silent = self._counter("cds_silent_cards", "Cards of silent rules, not shown.", "rule", "tenant")
        self.troubles = self._counter("cds_rule_errors", "Rules that raised.", "rule")
        self.parts = self._counter("cds_parts", "Parts of the chart, by what was known of them.", "part", "state")
        self.fetches = self._counter("cds_fetches", "Parts read from FHIR servers.", "part", "outcome")
        self.refused = self._counter("cds_refused_tokens", "Tokens refused.", "reason")
        self.outcomes = self._counter("cds_feedback", "Feedback kept.", "outcome", "tenant")
        self.dropped = self._counter("cds_recorder_dropped", "What could not be written down.", "what")
        for what in ("cards", "audit"):
            self.dropped.labels(what)
        self.log = Log(log)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=SECONDS)

    def lost(self, what: str, many: int) -> None:
        self.dropped.labels(what).inc(many)
        self.log.warning("not written down", reason=what, dropped=many)

    def exposition(self) -> bytes:
        """All counts, of all workers where there are several."""
        if not os.environ.get(MULTIPROCESS):
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        multiprocess.MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)


def count_together(folder: str) -> None:
    """Before any worker starts: all of them count in files here, so that each can tell for all."""
    os.environ[MULTIPROCESS] = folder
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]


def identifier(text: str) -> str:
    """A caller's id as it may be logged and sent back; what does not look like one is not repeated."""
    return text if ID.fullmatch(text) else "(irregular)"


def rules_of(findings: Iterable[Any]) -> list[str]:
    return [finding.rule for finding in findings]
