"""The hazard log is whole: every name stands for something, every rule prevents something, the page is fresh."""

from __future__ import annotations

from scripts.hazard_log import PAGE, hazards, page, problems


def test_every_name_of_the_log_stands_for_something() -> None:
    assert problems() == []


def test_the_log_is_long_enough_and_no_hazard_is_named_twice() -> None:
    ids = [hazard["id"] for hazard in hazards()]
    assert len(ids) == len(set(ids)) >= 60
    assert len({hazard["harm"] for hazard in hazards()}) == len(ids)


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
