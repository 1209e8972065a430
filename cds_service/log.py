"""
One JSON object a line on standard output: what happened, never to whom.

A line has the members listed in ALLOWED and no others, and of the text that callers choose only what looks like an id.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

ALLOWED: Final = frozenset(
    {
        *("event", "level", "timestamp", "hook", "hookInstance", "service", "tenant", "status", "ms", "cards"),
        *("rules", "silent", "parts", "fetched", "notes", "rule", "error", "reason", "items", "unusable", "dropped"),
        *("workers", "database", "auth", "where"),
    }
)


class Log:
    """`enabled`: False writes nothing."""

    def __init__(self, enabled: bool = False) -> None:
        self.enabled = enabled

    def info(self, event: str, **members: Any) -> None:
        self._line("info", event, members)

    def warning(self, event: str, **members: Any) -> None:
        self._line("warning", event, members)

    def error(self, event: str, **members: Any) -> None:
        self._line("error", event, members)

    def _line(self, level: str, event: str, members: dict[str, Any]) -> None:
        """What is not declared does not pass. One write a line, so that those of two threads never mix."""
        if self.enabled:
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            line = {"event": event, "level": level, "timestamp": now, **members}
            kept = {name: value for name, value in line.items() if name in ALLOWED}
            sys.stdout.write(orjson.dumps(kept, default=str).decode() + "\n")
            sys.stdout.flush()
