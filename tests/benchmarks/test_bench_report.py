"""Tables, goals, charts and the page, from made-up results."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from msgspec import structs

from benchmarks import page
from benchmarks.bodies import LARGE, QUIET, SMALL
from benchmarks.figures import Spread
from benchmarks.goals import Goal, goals
from benchmarks.report import figure, goal_table, spread, tables
from benchmarks.results import (
    ALONE,
    FIRST_START,
    GRANIAN,
    GUNICORN,
    LOADED,
    OURS,
    THREADED,
    Case,
    Kept,
    Machine,
    Memory,
    Phase,
    Results,
    Series,
    Size,
)
from benchmarks.verdict import verdict

COST = {OURS: 2.0, GUNICORN: 4.0, THREADED: 2.0, GRANIAN: 0.5}  # ms a request


def series(server: str, case: Case, cost: float) -> Series:
    return Series(server, case, [Phase(100, 1000 / ms, ms, ms * 2, ms) for ms in (cost, cost * 1.1)])


def made_up() -> Results:
    cases = [Case(body.name, 1, many) for body in (SMALL, LARGE, QUIET) for many in (ALONE, LOADED)]
    cases.append(Case(SMALL.name, 2, LOADED))
    return Results(
        Machine(2, "x", "3.11", {"flask": "3"}, 1.9),
        2,
        [series(server, case, cost) for case in cases for server, cost in COST.items()],
        {OURS: [0.8, 1.4, 0.9], FIRST_START: [3.0]},
        [Memory(OURS, 1, 80, 95, 120)],
        [Size(n, n * 1500, [n / 100] * 2, [n / 100] * 2, [n / 200] * 2) for n in (30, 100, 300, 1000, 3000)],
        {SMALL.name: [9.0, 10.0], LARGE.name: [400, 420]},
        Kept(10, 20, 0, 10, 20),
        "| replay |",
    )


def test_goals_are_judged_by_the_middle_of_the_rounds() -> None:
    found = {goal.what: goal for goal in goals(made_up())}
    assert found[f"processor time a request, times that of {GUNICORN}"].found.middle == pytest.approx(0.5)
    assert found[f"processor time a request, times that of {GRANIAN}"].found.middle == pytest.approx(4)
    missed = [what for what, goal in found.items() if not goal.is_reached]
    assert missed == [
        f"processor time a request, times that of {GRANIAN}",
        "MB a worker, after 16 calls of 1.5 MB at once",
    ]


@pytest.mark.parametrize(
    ("at_most", "found", "reached"),
    [(True, 1.0, "yes"), (True, 1.01, "**no**"), (False, 1.0, "yes"), (False, 0.99, "**no**")],
)
def test_the_limit_itself_is_reached(at_most: bool, found: float, reached: str) -> None:
    table = goal_table([Goal("it", 1.0, at_most, Spread.of([found]))])
    assert table.rows[0][-1] == reached


def test_every_server_has_its_row_and_ours_no_ratio_to_itself() -> None:
    table = next(table for table in tables(made_up()) if "18 kB" in table.title)
    assert [row[0] for row in table.rows] == list(COST)
    assert table.rows[0][2] == ""
    assert table.rows[1][2] == "2.00"


def test_markdown_has_as_many_cells_in_every_line() -> None:
    for table in tables(made_up()):
        lines = table.in_markdown().splitlines()[2:]
        assert {line.count("|") for line in lines} == {len(table.columns) + 1}


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (99.94, "99.9"), (1.234, "1.23"), (0.0123, "0.012"), (0.000456, "0.00046")]
)
def test_a_figure_has_as_many_places_as_it_is_worth(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_spread_that_is_none_is_one_figure() -> None:
    assert spread(Spread(2, 2, 2)) == "2.00"
    assert spread(Spread(2, 1, 3)) == "2.00 (1.00–3.00)"


def test_a_busy_machine_is_said() -> None:
    busy = structs.replace(made_up(), machine=structs.replace(made_up().machine, load=9.5))
    marks = page.PAGE.read_text(encoding="utf-8")
    assert "load average 9.5" in page.files(busy, marks)[page.PAGE]
    assert "the machine was quiet" in page.files(made_up(), marks)[page.PAGE]


def test_the_page_is_renewed_between_its_marks_only() -> None:
    hand = "above\n{}\noutdated\n{}\nbetween\n{}\n{}\nbelow".format(
        page.MARK.format("service"), page.END.format("service"), page.MARK.format("replay"), page.END.format("replay")
    )
    once = page.files(made_up(), hand)[page.PAGE]
    assert page.files(made_up(), once)[page.PAGE] == once
    assert once.startswith("above\n")
    assert once.endswith("below")
    assert "\nbetween\n" in once
    assert "| replay |" in once
    assert "outdated" not in once


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="service"):
        page.files(made_up(), "nothing")


def test_the_page_in_the_repository_has_its_marks() -> None:
    assert page.files(made_up(), page.PAGE.read_text(encoding="utf-8"))


def test_charts_are_well_formed_and_show_every_server() -> None:
    charts = [
        content for file, content in page.files(made_up(), page.PAGE.read_text()).items() if file.suffix == ".svg"
    ]
    found = [ElementTree.fromstring(chart) for chart in charts]  # noqa: S314 - made here
    assert len(found) == 2
    assert all(server in charts[0] for server in COST)


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    page.write(made_up(), tmp_path / "results.json")
    assert page.read(tmp_path / "results.json") == made_up()


@pytest.mark.parametrize(("ours", "slower"), [(1.0, 0), (1.09, 0), (1.2, 1)])
def test_a_commit_is_slower_beyond_the_tolerance(ours: float, slower: int) -> None:
    case = Case(SMALL.name, 1, ALONE)
    table, told = verdict([series(OURS, case, ours), series("abc", case, 1.0)], "abc", [])
    assert len(told) == slower
    assert [row[0] for row in table.rows] == [f"{SMALL.name}: CPU ms a request", f"{SMALL.name}: p50 ms"]


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param([1.0, 1.3, 1.3], id="the best round is as good as the other's"),
        pytest.param([1.2, 1.0, 1.0, 2.0, 1.0], id="most rounds are as good as the other's"),
    ],
)
def test_a_disturbed_round_is_no_slowdown(rounds: list[float]) -> None:
    case = Case(SMALL.name, 1, ALONE)
    ours = Series(OURS, case, [Phase(1, 1, ms, ms, ms) for ms in rounds])
    theirs = Series("abc", case, [Phase(1, 1, 1.0, 1.0, 1.0) for _ in rounds])
    assert verdict([ours, theirs], "abc", [])[1] == []


def test_the_page_in_the_repository_says_what_the_results_say() -> None:
    for file, content in page.files(page.read(), page.PAGE.read_text(encoding="utf-8")).items():
        assert file.read_text(encoding="utf-8") == content, "renew it: python -m benchmarks page"
