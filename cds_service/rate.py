"""
How often one tenant may call: a token bucket, in each worker its share. Nothing grows with what callers send.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Bucket:
    """`rate` calls a second on average, `burst` at once. A rate of 0 is no limit."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.burst, self.clock = rate, max(burst, 1.0), clock
        self._left, self._at = self.burst, clock()
        self._lock = threading.Lock()

    def wait(self) -> float:
        """0: this call may go on, and is counted. Else the seconds until one may."""
        if not self.rate:
            return 0.0
        with self._lock:
            now = self.clock()
            self._left = min(self.burst, self._left + (now - self._at) * self.rate)
            self._at = now
            if self._left < 1.0:
                return (1.0 - self._left) / self.rate
            self._left -= 1.0
            return 0.0
