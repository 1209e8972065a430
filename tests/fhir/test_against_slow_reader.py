"""The reader agrees with a second one that takes each dose, minute by minute."""

from fractions import Fraction

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from cards.facts import Product
from cards.fhir.regimen import read_dosage
from tests.fhir.slow_reader import milligrams_each_day

DAYS = 42  # whole weeks, and a multiple of every period below
SLOW = settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # no shrinking

TABLET = Product(("sample",), (Fraction(75, 2),), "tablet", verified=True)
SYRUP = Product(("sample",), (Fraction(50),), "mL", verified=True)
PATCH = Product(("sample",), (Fraction(25, 1000),), "h", verified=True)

VALUES = st.sampled_from([1, 2, 3, 0.5, 1.5, "2", 0.25])
MASSES = st.fixed_dictionaries(
    {"value": st.sampled_from([5, 75, 300, 0.5]), "unit": st.sampled_from(["mg", "ug", "g"])}
)
COUNTS = {
    TABLET: st.fixed_dictionaries({"value": VALUES, "unit": st.sampled_from(["tablet", "TAB", "capsule"])})
    | st.fixed_dictionaries({"value": VALUES, "code": st.just("{pill}")}),
    SYRUP: st.fixed_dictionaries({"value": VALUES, "unit": st.just("mL")}),
    PATCH: st.fixed_dictionaries({"value": st.sampled_from([1, 2]), "unit": st.just("patch")}),
}
PERIODS = st.sampled_from([(1, "d"), (2, "d"), (3, "d"), (1, "wk"), (2, "wk")])
PERIODS |= st.sampled_from([1, 2, 3, 4, 6, 8, 12, 24, 36, 48, 72]).map(lambda hours: (hours, "h"))
TIMES = st.lists(st.sampled_from(["08:00:00", "12:30:00", "18:00", "22:00:00"]), min_size=1, max_size=4, unique=True)
EVENTS = st.lists(st.sampled_from(["MORN", "NOON", "EVE", "HS", "C"]), min_size=1, max_size=3, unique=True)
WEEKDAYS = st.lists(st.sampled_from(["mon", "tue", "wed", "fri", "sun"]), min_size=1, max_size=5, unique=True)


EVERY = st.builds(
    lambda frequency, period: {"frequency": frequency, "period": period[0], "periodUnit": period[1]},
    st.integers(1, 4),
    PERIODS,
)


def repeats():
    ranged = st.builds(lambda one, more: one | {"frequencyMax": one["frequency"] + more}, EVERY, st.integers(0, 2))
    daily = st.integers(1, 4).map(lambda frequency: {"frequency": frequency, "period": 1, "periodUnit": "d"})
    on_days = st.builds(lambda one, days: one | {"dayOfWeek": days}, daily, WEEKDAYS)
    listed = TIMES.map(lambda times: {"timeOfDay": times}) | EVENTS.map(lambda events: {"when": events})
    listed_on_days = st.builds(lambda one, days: one | {"dayOfWeek": days}, listed, WEEKDAYS)
    return EVERY | ranged | on_days | listed | listed_on_days


CODES = st.sampled_from(["BID", "TID", "QID", "QD", "Q4H", "Q6H", "Q8H", "QOD", "AM", "BED", "WK"])
TIMINGS = repeats().map(lambda repeat: {"repeat": repeat}) | CODES.map(lambda code: {"code": {"text": code}})


def doses(amounts):
    single = amounts.map(lambda quantity: {"doseQuantity": quantity})
    ranged = amounts.map(lambda quantity: {"doseRange": {"low": quantity | {"value": 0.125}, "high": quantity}})
    return single | ranged


@st.composite
def orders(draw, products=(TABLET, SYRUP, PATCH)):
    """A product and one to three lines that run side by side."""
    product = draw(st.sampled_from(products))
    amounts = COUNTS[product] if product is PATCH else COUNTS[product] | MASSES
    timings = EVERY.map(lambda repeat: {"repeat": repeat}) if product is PATCH else TIMINGS
    line = st.fixed_dictionaries(
        {"timing": timings, "doseAndRate": doses(amounts).map(lambda dose: [dose])},
        optional={"asNeededBoolean": st.booleans()},
    )
    return product, draw(st.lists(line, min_size=1, max_size=2 if product is PATCH else 3))


def highest(instructions, product):
    return read_dosage(instructions, product).highest.daily.mg


@SLOW
@given(orders())
def test_a_day_on_average(order):
    product, instructions = order
    assert highest(instructions, product) == sum(milligrams_each_day(instructions, product, DAYS)) / DAYS


DAILY = st.builds(
    lambda frequency, amount: {
        "timing": {"repeat": {"frequency": frequency, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": amount}],
    },
    st.integers(1, 6),
    COUNTS[TABLET] | MASSES,
)
CAPS = st.builds(
    lambda value, unit, span: {"numerator": {"value": value, "unit": unit}, "denominator": span},
    st.sampled_from([4, 6, 8]),
    st.sampled_from(["tablet", "g"]),
    st.sampled_from([{"value": 1, "unit": "d"}, {"value": 24, "code": "h"}]),
)


@SLOW
@given(DAILY, CAPS)
def test_a_maximum_a_day_is_kept(instruction, cap):
    capped = instruction | {"maxDosePerPeriod": cap}
    assume(not read_dosage([capped], TABLET).conflict)  # one dose above the maximum contradicts it
    assert highest([capped], TABLET) == max(milligrams_each_day([capped], TABLET, 2))


@SLOW
@given(st.lists(st.tuples(DAILY, st.integers(1, 5)), min_size=2, max_size=4))
def test_steps_that_follow_each_other(steps):
    """Each day the simulation takes what the step of that day says, and the highest day is the highest step."""
    sent, lived, day = [], [], 0
    for number, (line, days) in enumerate(steps, start=1):
        bounds = {"boundsDuration": {"value": days, "unit": "d"}}
        sent.append(line | {"sequence": number, "timing": {"repeat": line["timing"]["repeat"] | bounds}})
        lived.append(line | {"_days": (day, day + days)})
        day += days
    taken = milligrams_each_day(lived, TABLET, day)
    dosage = read_dosage(sent, TABLET)
    assert [step.daily.mg for step in dosage.steps for _ in range(step.days)] == taken
    assert dosage.highest.daily.mg == max(taken)


@SLOW
@given(DAILY, st.integers(1, 30))
def test_a_counted_course_ends(instruction, count):
    counted = instruction | {"timing": {"repeat": instruction["timing"]["repeat"] | {"count": count}}}
    taken = milligrams_each_day([counted], TABLET, 31)
    step = read_dosage([counted], TABLET).highest
    assert (step.daily.mg, step.days) == (max(taken), sum(amount > 0 for amount in taken))
