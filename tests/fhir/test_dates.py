"""Dates as EHRs write them, as intervals of days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.fhir.dates import days_of, first_day, last_day


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        pytest.param("2026-11-22", (2026, 11, 22), (2026, 11, 22), id="a date"),
        pytest.param("2026-11", (2026, 11, 1), (2026, 11, 30), id="a month"),
        pytest.param("2024-02", (2024, 2, 1), (2024, 2, 29), id="a leap month"),
        pytest.param("2026-12", (2026, 12, 1), (2026, 12, 31), id="the last month"),
        pytest.param("2026", (2026, 1, 1), (2026, 12, 31), id="a year"),
        pytest.param("2026-11-22T10:15:00Z", (2026, 11, 22), (2026, 11, 22), id="an instant"),
        pytest.param("2026-11-22T10:15", (2026, 11, 22), (2026, 11, 22), id="no seconds, no zone"),
        pytest.param("2026-11-22T24:00:00", (2026, 11, 22), (2026, 11, 22), id="24 o'clock is that day"),
        pytest.param("2026-11-22T23:30:00-05:00", (2026, 11, 22), (2026, 11, 22), id="the zone does not move the day"),
        pytest.param("2026-11-22 10:15:00", (2026, 11, 22), (2026, 11, 22), id="a space for the T"),
        pytest.param(" 2026-11-22 ", (2026, 11, 22), (2026, 11, 22), id="blanks around it"),
        pytest.param("2026-1-5", (2026, 1, 5), (2026, 1, 5), id="single digits"),
        pytest.param("9999", (9999, 1, 1), (9999, 12, 31), id="the last year there is"),
    ],
)
def test_read(written, first, last):
    assert days_of(written) == (date(*first), date(*last))
    assert (first_day(written), last_day(written)) == (date(*first), date(*last))


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            " ",
            "unknown",
            "2026-13",
            "2026-02-30",
            "0000-01-01",
            "22/11/2026",
            "20261122",
            "2026-11-22x",
            "2026-W47-7",
        ),
        *(None, 2026, 20261122.0, True, [], {}),
    ],
)
def test_not_a_date(written):
    assert days_of(written) is None


@given(st.dates())
def test_every_day_reads_as_itself(day):
    assert days_of(day.isoformat()) == (day, day)


@given(st.text())
def test_any_text_reads_as_an_interval_or_not_at_all(text):
    days = days_of(text)
    assert days is None or days[0] <= days[1]
