"""How often: repeat, code and event."""

from fractions import Fraction

import pytest

from cards.fhir.lines import Times
from cards.fhir.timing import read_frequency, read_timing


def often(timing):
    times = read_timing(timing).times
    return None if times is None else (times.low, times.high)


def repeat(**members):
    return {"repeat": members}


@pytest.mark.parametrize(
    ("timing", "low", "high"),
    [
        (repeat(frequency=3, period=1, periodUnit="d"), 3, 3),
        (repeat(frequency=1, frequencyMax=2, period=4, periodMax=6, periodUnit="h"), 4, 12),
        (repeat(period=8, periodUnit="h"), 3, 3),
        (repeat(frequency="2", period="1.0", periodUnit="day"), 2, 2),
        (repeat(frequency=1, period=1, periodUnit="a"), Fraction(1, 365), Fraction(1, 365)),
        (repeat(frequency=1, period=1, periodUnit="d", dayOfWeek=["mon", "MON"]), Fraction(1, 7), Fraction(1, 7)),
        (repeat(frequency=2, period=1, periodUnit="wk", dayOfWeek=["mon", "thu"]), Fraction(2, 7), Fraction(2, 7)),
        (repeat(timeOfDay=["08:00:00", "08:00:00", "20:00:00"]), 2, 2),
        (repeat(when=["C", "HS"]), 4, 4),
        (repeat(count=10, boundsDuration={"value": 5, "unit": "d"}), 2, 2),
        ({"repeat": [{"frequency": 3, "period": 1, "periodUnit": "d"}]}, 3, 3),
        ({"code": {"coding": [{"system": "x", "code": "local"}, {"code": "BID"}]}}, 2, 2),
        ({"code": {"coding": [{"code": "225756002", "display": "Every four hours (qualifier value)"}]}}, 6, 6),
        ({"code": {"text": "three times a day at institution-specified times"}}, 3, 3),
        ({"event": ["2026-11-22T08:00:00Z", "2026-11-22T20:00:00Z"]}, 2, 2),
    ],
)  # fmt: skip
def test_doses_a_day(timing, low, high):
    assert often(timing) == (low, high)


@pytest.mark.parametrize(
    "timing",
    [
        None,
        "BID",
        {},
        {"repeat": None},
        repeat(frequency=3),
        repeat(frequency=3, period=1),
        repeat(frequency=3, period=1, periodUnit="mg"),
        repeat(frequency=0, period=1, periodUnit="d"),
        repeat(frequency=True, period=1, periodUnit="d"),
        repeat(frequency=-3, period=1, periodUnit="d"),
        repeat(frequency=3, period=0, periodUnit="d"),
        repeat(frequency=10**6, period=1, periodUnit="s"),
        repeat(count=10),
        {"code": {"text": "as directed"}},
        {"code": {"text": "3 days"}},
        {"code": {"text": "x" * 10**6}},
        {"event": ["soon"]},
    ],
)
def test_what_is_not_read(timing):
    assert often(timing) is None


@pytest.mark.parametrize(
    ("timing", "days"),
    [
        (repeat(boundsDuration={"value": 2, "unit": "wk"}), 14),
        (repeat(boundsDuration={"value": 36, "code": "h"}), 2),
        (repeat(boundsRange={"low": {"value": 5, "unit": "d"}, "high": {"value": 7, "unit": "d"}}), 7),
        (repeat(boundsPeriod={"start": "2026-11-01", "end": "2026-11-07"}), 7),
        (repeat(boundsPeriod={"start": "2026-11-01"}), None),
        (repeat(boundsPeriod={"start": "2026-11-09", "end": "2026-11-01"}), None),
        (repeat(duration=7, durationUnit="d"), 7),
        (repeat(frequency=1, period=1, periodUnit="d", duration=12, durationUnit="h"), None),
        (repeat(frequency=3, period=1, periodUnit="wk", duration=12, durationUnit="wk"), 84),
        (repeat(frequency=3, period=1, periodUnit="d", count=20), 7),
        (repeat(frequency=3, period=1, periodUnit="d", count=10, countMax=21), 7),
    ],
)
def test_how_long(timing, days):
    assert read_timing(timing).days == days


def test_two_frequencies_that_differ_are_named_and_the_higher_counts():
    timing = read_timing(repeat(frequency=2, period=1, periodUnit="d") | {"code": {"text": "TID"}})
    assert timing.times == Times(Fraction(3), Fraction(3))
    assert timing.notes == ("the timing says 2 times a day, its code 3 times a day",)


def test_two_frequencies_that_agree_are_not_named():
    timing = read_timing(repeat(frequency=1, period=8, periodUnit="h") | {"code": {"text": "Q8H"}})
    assert (timing.times, timing.notes) == (Times(Fraction(3), Fraction(3)), ())


@pytest.mark.parametrize(
    ("words", "high", "as_needed"),
    [
        ("Q4H PRN", 6, True),
        ("every 72 hours", Fraction(1, 3), False),
        ("2x Daily", 2, False),
        ("1000 every 24h scheduled", 1, False),
        ("every 4-6 hours as needed", 6, True),
        ("2 to 3 times per week", Fraction(3, 7), False),
        ("Every other day", Fraction(1, 2), False),
        ("q 6 h", 4, False),
        ("b.i.d.", 2, False),
        ("4 times/day", 4, False),
    ],
)
def test_frequencies_in_words(words, high, as_needed):
    times, needed = read_frequency(words)
    assert (times.high, needed) == (high, as_needed)


@pytest.mark.parametrize(
    ("words", "high", "as_needed"),
    [
        ("3 times daily before meals", 3, False),
        ("4 times daily with meals and nightly", 4, False),
        ("Every Monday, Wednesday, and Friday", Fraction(3, 7), False),
        ("twice a day, morning and night, if needed", 2, True),
    ],
)
def test_a_frequency_that_a_sig_could_say_is_read_as_one(words, high, as_needed):
    timing = read_timing({"code": {"text": words}})
    assert (timing.times.high, timing.as_needed) == (high, as_needed)


@pytest.mark.parametrize(
    "words", ["2 tablets daily", "300 mg daily", "daily, max 4 a day", "bid then tid", "continuous"]
)
def test_a_frequency_that_says_more_is_none(words):
    assert read_timing({"code": {"text": words}}).times is None


@pytest.mark.parametrize("words", ["", "P", "once upon a time", "0 times a day", "every 0 hours", "three hours"])
def test_words_that_are_no_frequency(words):
    assert read_frequency(words)[0] is None
