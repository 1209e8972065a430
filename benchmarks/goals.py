"""
What is to be reached, each with its reason, and whether a run reached it. Every number that a benchmark or a test holds
the product to stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from .bodies import LARGE, SMALL
from .figures import Line, Spread, ratios
from .results import GRANIAN, GUNICORN, LOADED, OURS, THREADED, Case, Results, compared

# ---- what `make bench` reports; a clinician's click waits for it -----------------------------------------------------

RATE: Final = 1.0  # of the yardstick's requests a second, at least: the rules cost no more than a better server saves
CPU_GUNICORN: Final = 1.0  # of the yardstick's processor time a request, at most
CPU_GRANIAN: Final = 2.0  # under the same server: all rules for the price of one more empty request
LOADS: Final = 2.5  # of one orjson.loads of the body, at most: the chart is read once, and only what rules need
START: Final = 1.0  # seconds: a rolling restart that nobody notices
MEMORY: Final = 90.0  # MB a worker: a small container holds one a core
STRAIGHT: Final = 0.99  # R2 of time against size, at least: nothing in the path is worse than linear

# ---- what `make test` counts (tests/test_cost.py) --------------------------------------------------------------------

# Calls of functions, Python's and C's, for one request: the same on every machine and in every run, so that CI can hold
# the line where time is noise. Each stands a good tenth above what is needed now: more is a choice, made in its diff.
CALLS_SMALL: Final = 17_000  # 30 resources, the dearest of the six drafts
CALLS_QUIET: Final = 1_350  # an order that is none of ours
CALLS_A_RESOURCE: Final = 108  # each further one of a longer chart
UNEVEN: Final = 0.02  # how much more or less a resource may cost in a chart twice as long: nothing worse than linear

# ---- what `make bench BASE=...` fails at -----------------------------------------------------------------------------

# With the same commit on both sides the ratio is within a few hundredths of 1 on a quiet machine.
SLOWER: Final = 1.10  # times the processor time a request of the other commit


class Goal(msgspec.Struct, frozen=True):
    what: str
    limit: float
    at_most: bool
    found: Spread

    @property
    def is_reached(self) -> bool:
        return self.found.middle <= self.limit if self.at_most else self.found.middle >= self.limit


def goals(found: Results) -> Iterator[Goal]:
    yield from _beside_the_yardsticks(found)
    yield from _by_itself(found)


def _beside_the_yardsticks(found: Results) -> Iterator[Goal]:
    case = Case(SMALL.name, 1, LOADED)
    ours = found.find(OURS, case)
    for server in (GUNICORN, THREADED, GRANIAN):
        theirs = found.find(server, case)
        if server != GRANIAN:
            yield Goal(f"requests a second, times those of {server}", RATE, False, compared(ours, theirs, "rate"))
        limit = CPU_GRANIAN if server == GRANIAN else CPU_GUNICORN
        yield Goal(f"processor time a request, times that of {server}", limit, True, compared(ours, theirs, "cpu"))


def _by_itself(found: Results) -> Iterator[Goal]:
    large = next(size for size in found.sizes if size.resources == LARGE.resources)
    yield Goal("1,000 resources: time, times one orjson.loads", LOADS, True, ratios(large.times, large.loads))
    yield Goal("seconds from the command to the first card", START, True, Spread.of(found.starts[OURS]))
    memory = next(each for each in found.memory if each.server == OURS and each.workers == 1)
    yield Goal("MB a worker, calls of 30 resources", MEMORY, True, Spread.of([memory.small]))
    yield Goal("MB a worker, after 16 calls of 1.5 MB at once", MEMORY, True, Spread.of([memory.after]))
    yield Goal("R² of time against size", STRAIGHT, False, Spread.of([line_of(found).r2]))


def line_of(found: Results) -> Line:
    """Milliseconds against resources, through the middle of the rounds at each size."""
    return Line.through([(size.resources, Spread.of(size.times).middle) for size in found.sizes])
