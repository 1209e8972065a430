"""Every must and should of CDS Hooks has a test, and the page that says so is the one generated."""

from __future__ import annotations

from tests.spec_coverage import PAGE, marks, page, rows


def test_every_requirement_has_a_test() -> None:
    proved = {row for row, _ in marks()}
    assert [row["id"] for row in rows() if row["level"] in "MS" and row["id"] not in proved] == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.spec_coverage"
