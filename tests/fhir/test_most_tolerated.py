"""What a note or a sig says of the most that is tolerated."""

from __future__ import annotations

import pytest

from cards.fhir.medications import _most_tolerated


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ({"note": [{"text": "900 mg is the maximum tolerated dose"}]}, True),
        ({"note": [{"text": "Max. tolerated"}]}, True),
        ({"note": [{"text": "at the highest dose tolerated"}]}, True),
        ({"dosageInstruction": [{"text": "300 mg tid, most tolerated"}]}, True),
        ({"dosageInstruction": [{"patientInstruction": "maximal tolerated dose"}]}, True),
        ({"note": [{"text": "well tolerated"}]}, False),
        ({"note": [{"text": "maximum 1,800 mg"}]}, False),
        ({"note": "maximum tolerated", "dosageInstruction": [None, 3]}, False),
        ({}, False),
    ],
)
def test_most_tolerated(resource: dict[str, object], found: bool) -> None:
    assert _most_tolerated(resource) is found
