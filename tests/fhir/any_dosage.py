"""JSON that looks like a dosageInstruction in the members a reader looks at, with anything in place of each."""

from hypothesis import strategies as st

from tests.fhir.anything import ANY

NUMBERS = st.sampled_from([0, 1, 2, 0.5, 300, "300", "1,5", -1, 1e300, 10**40, True, None])
UNITS = st.sampled_from(
    ["mg", "tablet", "{pill}", "patch", "ug/h", "mL", "mL/h", "mg/kg", "%", "d", "h", "wk", "", "x"]
)


def _some(**members):
    return st.fixed_dictionaries({}, optional={key: value | ANY for key, value in members.items()})


QUANTITY = _some(value=NUMBERS, unit=UNITS, code=UNITS, comparator=st.sampled_from(["<", ">"]))
RANGE = _some(low=QUANTITY, high=QUANTITY)
RATIO = _some(numerator=QUANTITY, denominator=QUANTITY)
DATE = st.sampled_from(["2026-01-01", "2026-02-30", "2026-01-31T00:00:00Z", "2025", ""])
TEXT = st.sampled_from(["300 mg tid", "then 1 tablet daily", "max 8 per day", '{"a": "1 tablet"}', "{", "BID", "QOD"])
CONCEPT = _some(text=TEXT, coding=st.lists(_some(code=TEXT, display=TEXT, system=TEXT), max_size=2))
REPEAT = _some(
    frequency=NUMBERS,
    frequencyMax=NUMBERS,
    period=NUMBERS,
    periodMax=NUMBERS,
    periodUnit=UNITS,
    count=NUMBERS,
    countMax=NUMBERS,
    duration=NUMBERS,
    durationUnit=UNITS,
    dayOfWeek=st.lists(st.sampled_from(["mon", "TUE", "x"]) | ANY, max_size=3),
    timeOfDay=st.lists(st.sampled_from(["08:00:00", "20:00"]) | ANY, max_size=3),
    when=st.lists(st.sampled_from(["MORN", "HS", "C"]) | ANY, max_size=3),
    boundsPeriod=_some(start=DATE, end=DATE),
    boundsDuration=QUANTITY,
    boundsRange=RANGE,
)
RATE = {"doseQuantity": QUANTITY, "doseRange": RANGE, "rateQuantity": QUANTITY, "rateRange": RANGE, "rateRatio": RATIO}
DOSAGE = _some(
    timing=_some(repeat=REPEAT, code=CONCEPT, event=st.lists(DATE | ANY, max_size=3)),
    doseAndRate=st.lists(_some(type=CONCEPT, **RATE) | ANY, max_size=3),
    text=TEXT,
    patientInstruction=TEXT,
    additionalInstruction=st.lists(CONCEPT, max_size=2),
    sequence=NUMBERS,
    asNeededBoolean=st.booleans(),
    asNeededCodeableConcept=CONCEPT,
    maxDosePerPeriod=RATIO | st.lists(RATIO, max_size=2),
    maxDosePerAdministration=QUANTITY,
    extension=st.lists(
        _some(url=st.just("https://open.epic.com/fhir/extensions/ordered-dose"), valueQuantity=QUANTITY)
    ),
    **RATE,
)
INSTRUCTIONS = st.lists(DOSAGE | ANY, max_size=3) | DOSAGE | ANY
