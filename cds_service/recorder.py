"""
Writes down what was done, behind the answer's back: a bounded queue and one thread.

An answer never waits and never fails for it. What cannot be written is dropped and counted.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

from .store import CardRow

MOST_WAITING: Final = 10_000
BATCH: Final = 500
PAUSE: Final = 0.25  # seconds that a first row waits for others: a transaction costs more than the rows in it
BASIS: Final = "org.neuropathic-pain-cds.basis"


Row = TypeVar("Row")


class Recorder(Generic[Row]):
    """`write` is called in the thread, with rows in their order; what it opens costs no start and no answer."""

    def __init__(
        self, write: Callable[[list[Row]], object], dropped: Callable[[int], None], most: int = MOST_WAITING
    ) -> None:
        self._write_rows = write
        self._dropped = dropped
        self._waiting: queue.Queue[Row] = queue.Queue(most)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._hurry = threading.Event()

    def record(self, rows: Iterable[Row]) -> None:
        """Returns at once, whatever happens."""
        for row in rows:
            try:
                self._waiting.put_nowait(row)
            except queue.Full:
                self._dropped(1)
        self._start()

    def close(self, patience: float = 5.0) -> None:
        """Writes what is waiting, then ends."""
        self._over.set()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join(patience)

    def flush(self) -> None:
        """Waits until everything recorded so far is written or dropped (tests)."""
        self._hurry.set()
        self._waiting.join()
        self._hurry.clear()

    def _start(self) -> None:
        if self._thread is None and not self._waiting.empty():
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while not (self._over.is_set() and self._waiting.empty()):
            rows = list(self._next())
            if rows:
                self._write(rows)

    def _next(self) -> Iterator[Row]:
        try:
            yield self._waiting.get(timeout=0.2)
            self._hurry.wait(PAUSE)
            for _ in range(BATCH - 1):
                yield self._waiting.get_nowait()
        except queue.Empty:
            return

    def _write(self, rows: list[Row]) -> None:
        try:
            self._write_rows(rows)
        except Exception:  # noqa: BLE001 - a store that is down must not end the thread; the loss is counted
            self._dropped(len(rows))
        finally:
            for _ in rows:
                self._waiting.task_done()


def card_rows(cards: Iterable[Mapping[str, Any]], tenant: str, service: str) -> Iterator[CardRow]:
    """What is kept of the cards of one answer."""
    for card in cards:
        basis = card["extension"][BASIS]
        yield CardRow(
            uuid=card["uuid"],
            tenant=tenant,
            service=service,
            rule=basis["rule"],
            also_rules=",".join(basis.get("alsoRules", ())),
            agents=",".join(agent["display"] for agent in basis.get("agents", ())),
            indicator=card["indicator"],
            knowledge=basis["knowledge"]["version"],
            day=basis["knowledge"]["day"],
        )
