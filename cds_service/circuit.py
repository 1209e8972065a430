"""
A circuit breaker: a server that keeps failing is left alone for a moment, so that calls do not queue up behind it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Circuit:
    failures: int  # in a row, until it opens
    pause: float  # seconds it stays open; then one call may try
    _failed: int = 0
    _open_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._open_until

    def record(self, *, ok: bool) -> None:
        with self._lock:
            self._failed = 0 if ok else self._failed + 1
            if self._failed >= self.failures:
                self._open_until = time.monotonic() + self.pause
