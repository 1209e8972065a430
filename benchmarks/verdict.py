"""
Whether this commit is slower than another, from the rounds of both.
"""

from __future__ import annotations

from .goals import SLOWER
from .report import Row, Table, middle, spread
from .results import OURS, Series, compared


def verdict(series: list[Series], base: str, more: list[Row]) -> tuple[Table, list[str]]:
    """Judged by processor time a request, of the figures here the one that a busy machine disturbs least, and slower
    only where both say so: the middle of the rounds' ratios, and the best round of each."""
    rows, slower = [], []
    for case in dict.fromkeys(each.case for each in series):
        theirs, ours = (next(s for s in series if (s.server, s.case) == (name, case)) for name in (base, OURS))
        for figure, unit in (("cpu", "CPU ms a request"), ("p50", "p50 ms")):
            ratio, best = compared(ours, theirs, figure), min(ours.of(figure)) / min(theirs.of(figure))
            what = f"{case.body}: {unit}"
            rows.append((what, middle(theirs, figure), middle(ours, figure), spread(ratio), f"{best:.2f}"))
            if figure == "cpu" and min(ratio.middle, best) > SLOWER:
                slower.append(f"{what}: {min(ratio.middle, best):.2f} times that of {base}, tolerance {SLOWER:g}")
    columns = ("", base, "this", "this : that", "best : best")
    return Table(f"This commit beside {base}", columns, [*rows, *more]), slower
