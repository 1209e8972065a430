"""
When a medicine that is no longer taken was last taken: said, else the end of its supply, else not known.

The law: an order that is being stopped or replaced now was taken today. One whose end nothing says may have been taken
until today if it was written within the time in which results count as recent; an older one does not count. What is
not sure is never treated as the day itself: the card says so, and such a pair is a warning at most.
"""

from __future__ import annotations

from datetime import date, timedelta

from msgspec import Struct

from .facts import MedicationOrder


class LastTaken(Struct, frozen=True):
    """`day` is the latest it can have been."""

    day: date
    how: str  # "stopped" | "supply" | "unknown"

    @property
    def sure(self) -> bool:
        return self.how != "unknown"

    def within(self, days: int, today: date) -> bool:
        """Whether fewer than so many days have passed: on the last of them the medicine may be started."""
        return today < self.day + timedelta(days=days)


def last_taken(order: MedicationOrder, ending: bool, today: date, recent_days: int) -> LastTaken | None:
    """None for an order too old to count. `ending`: it is being stopped or replaced in this call."""
    if ending:
        return LastTaken(today, "stopped")
    if order.ended is not None:
        return LastTaken(min(order.ended, today), "stopped")
    if order.supply_ends is not None and order.supply_ends <= today:
        return LastTaken(order.supply_ends, "supply")
    written = order.starts or order.authored
    too_old = written is not None and written < today - timedelta(days=recent_days)
    return None if too_old and order.supply_ends is None else LastTaken(today, "unknown")
