"""The arithmetic of the benchmarks."""

from __future__ import annotations

import pytest

from benchmarks.figures import Line, Spread, percentile, ratios


def test_a_spread_is_the_median_with_the_least_and_the_most() -> None:
    assert Spread.of([3, 1, 10]) == Spread(3, 1, 10)


def test_ratios_are_taken_within_a_round() -> None:
    """Both were slow in the second round: that is the machine, not the product."""
    assert ratios([2, 20, 2], [1, 10, 1]) == Spread(2, 2, 2)


def test_ratios_need_as_many_rounds_of_both() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        ratios([1, 2], [1])


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        pytest.param(0.5, 50, id="median"),
        pytest.param(0.99, 99, id="99 in 100 are no greater"),
        pytest.param(1, 100, id="all"),
        pytest.param(0, 1, id="the first"),
    ],
)
def test_percentile(share: float, expected: float) -> None:
    assert percentile([*range(100, 0, -1)], share) == expected


def test_percentile_of_one_value() -> None:
    assert percentile([7], 0.99) == 7


def test_a_line_is_found_again() -> None:
    line = Line.through([(x, 2 + 0.5 * x) for x in (30, 100, 3000)])
    assert (line.base, line.slope, line.r2) == pytest.approx((2, 0.5, 1))
    assert line.at(10) == pytest.approx(7)


def test_a_curve_is_no_line() -> None:
    assert Line.through([(x, x**2) for x in (30, 100, 300, 1000, 3000)]).r2 < 0.97


def test_a_level_line_explains_all_there_is() -> None:
    assert Line.through([(1, 5), (2, 5)]).r2 == 1
