"""
How far a long run is: a bar with rate and time left in a terminal, a line now and then anywhere else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from rich.console import Console

EVERY: Final = 10.0  # seconds between two lines where there is no terminal
FIRST: Final = 2.0  # a run shorter than this needs none


def reporter(console: Console) -> Callable[[int, int, int], None]:
    """Called after every partition with the bytes done and in all, and the orders so far."""
    started = last = time.monotonic()

    def report(done: int, whole: int, orders: int) -> None:
        nonlocal last
        now = time.monotonic()
        due = 0.5 if console.is_terminal else EVERY
        if now - started < FIRST or (now - last < due and done < whole):
            return
        last = now
        text = in_words(done, whole, orders, now - started)
        console.print(text, end="\r" if console.is_terminal and done < whole else "\n", highlight=False, soft_wrap=True)

    return report


def in_words(done: int, whole: int, orders: int, seconds: float) -> str:
    """ "41 % | 12 300 orders | 1 930 a second | 2 min 10 s left". Before there are orders, patients are sorted out."""
    share = done / whole if whole else 1.0
    left = seconds * (1 - share) / share if share else 0.0
    counted = f" | {orders:,} orders | {orders / seconds:,.0f} a second".replace(",", " ") if orders and seconds else ""
    return f"{share:4.0%}{counted or ' | bringing patients together'} | {duration(left)} left   "


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
