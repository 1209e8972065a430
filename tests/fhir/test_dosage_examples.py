"""The worked examples in docs/dosage-examples.md hold, and the page is not stale."""

import pytest

from tests.fhir.dosage_examples import PAGE, SECTIONS, a_day, page, read, said

EXAMPLES = [
    pytest.param(example, id=f"{title}: {example.sent}") for title, examples in SECTIONS.items() for example in examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_worked_example(example):
    dosage = read(example)
    assert a_day(dosage) == example.a_day
    assert example.said in said(dosage)
    assert bool(said(dosage)) == bool(example.said)  # nothing is said where nothing is to be said


def test_the_page_is_not_stale():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.fhir.dosage_examples"
