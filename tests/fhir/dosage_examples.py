"""
Worked examples of a dose a day, each checked by hand. `python -m tests.fhir.dosage_examples` writes
docs/dosage-examples.md from them; a test fails when that page is stale.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cards.facts import Product
from cards.fhir.regimen import read_dosage
from cards.in_words import dose_said
from cards.totals import arithmetic

PAGE = Path(__file__).parents[2] / "docs" / "dosage-examples.md"


def product(strength, per, **more):
    return Product(("sample",), (Fraction(str(strength)),), per, verified=True, **more)


PRODUCTS = {
    "300 mg capsule": product(300, "capsule"),
    "600 mg tablet": product(600, "tablet"),
    "37.5 mg tablet": product("37.5", "tablet"),
    "solution 50 mg/mL": product(50, "mL"),
    "patch 25 ug/h": product("0.025", "h"),
    "patch 12.5 ug/h": product("0.0125", "h"),
    "patch 5 %": Product(("sample",), (None,), "patch", percent=Fraction(5), verified=True),
    "patch 179 mg": product(179, "patch"),
    "gel 5 %": product(50, "g", percent=Fraction(5)),
    "opioid 5 mg with 325 mg, tablet": Product(
        ("opioid", "other"), (Fraction(5), Fraction(325)), "tablet", verified=True
    ),
    "tablet, strength not known": Product(("sample",), (), "tablet"),
    "not known": None,
}
(CAPSULE, TABLET, HALF, SYRUP, WORN, WEAK, TOPICAL, HIGH, GEL, PAIR, BLANK, NONE) = PRODUCTS


@dataclass(frozen=True)
class Example:
    sent: str
    product: str
    instructions: object
    a_day: str  # by hand; steps joined by ", then "
    said: str = ""  # part of what the card says beside it


def q(value, unit=None, code=None):
    return {key: part for key, part in (("value", value), ("unit", unit), ("code", code)) if part is not None}


def dose(value, unit=None, code=None):
    return {"doseAndRate": [{"doseQuantity": q(value, unit, code)}]}


def dose_range(low, high, unit):
    return {"doseAndRate": [{"doseRange": {"low": q(low, unit), "high": q(high, unit)}}]}


def rate(value, unit, **more):
    return {"doseAndRate": [{"rateQuantity": q(value, unit)}]} | more


def typed(*doses):
    return {
        "doseAndRate": [{"type": {"coding": [{"code": kind}]}, "doseQuantity": q(*amount)} for kind, *amount in doses]
    }


def every(frequency, period=1, unit="d", **more):
    return repeat(frequency=frequency, period=period, periodUnit=unit, **more)


def repeat(**members):
    return {"timing": {"repeat": members}}


def code(text):
    return {"timing": {"code": {"text": text}}}


def coded(value):
    return {"timing": {"code": {"coding": [{"code": value}]}}}


def most(value, unit, period=1, period_unit="d"):
    return {"maxDosePerPeriod": {"numerator": q(value, unit), "denominator": q(period, period_unit)}}


def text(words):
    return {"text": words}


def lasting(days):
    return {"boundsDuration": q(days, "d")}


NEEDED = {"asNeededBoolean": True}
STU3 = {"doseQuantity": q(300, "mg")}
EPIC = "https://open.epic.com/fhir/extensions/"


def extension(name, value, unit):
    return {"url": EPIC + name, "valueQuantity": q(value, unit)}


def then(*lines):
    return [line | {"sequence": number} for number, line in enumerate(lines, start=1)]


CLIMB = then(
    dose(300, "mg") | every(1, **lasting(3)),
    dose(300, "mg") | every(2, **lasting(3)),
    dose(300, "mg") | every(3),
)

SECTIONS = {
    "A dose so many times a day": [
        Example("600 mg, 3 times a day", CAPSULE, dose(600, "mg") | every(3), "1,800 mg"),
        Example("600 mg, twice in 24 hours", CAPSULE, dose(600, "mg") | every(2, 24, "h"), "1,200 mg"),
        Example("600 mg every 8 hours", CAPSULE, dose(600, "mg") | every(1, 8, "h"), "1,800 mg"),
        Example("600 mg every 6 hours", CAPSULE, dose(600, "mg") | every(1, 6, "h"), "2,400 mg"),
        Example("300 mg every 12 hours", CAPSULE, dose(300, "mg") | every(1, 12, "h"), "600 mg"),
        Example("300 mg every 90 minutes", CAPSULE, dose(300, "mg") | every(1, 90, "min"), "4,800 mg"),
        Example("300 mg every 2 days", CAPSULE, dose(300, "mg") | every(1, 2), "150 mg"),
        Example("300 mg every 36 hours", CAPSULE, dose(300, "mg") | every(1, 36, "h"), "200 mg"),
        Example("700 mg once a week", CAPSULE, dose(700, "mg") | every(1, 1, "wk"), "100 mg"),
        Example("140 mg 3 times a week", CAPSULE, dose(140, "mg") | every(3, 1, "wk"), "60 mg"),
        Example("300 mg once a month (30 days)", CAPSULE, dose(300, "mg") | every(1, 1, "mo"), "10 mg"),
        Example(
            "period alone: once in 12 hours", CAPSULE, dose(300, "mg") | repeat(period=12, periodUnit="h"), "600 mg"
        ),
        Example(
            "the older member periodUnits", CAPSULE, STU3 | repeat(frequency=2, period=1, periodUnits="d"), "600 mg"
        ),
    ],
    "Units": [
        Example("1 capsule a day", CAPSULE, dose(1, "capsule") | every(1), "300 mg"),
        Example("2 {pill} a day, no unit", CAPSULE, dose(2, code="{pill}") | every(1), "600 mg"),
        Example("2 without any unit", CAPSULE, dose(2) | every(1), "600 mg"),
        Example("1 TAB, three times a day", TABLET, dose(1, "TAB") | every(3), "1,800 mg"),
        Example("1 tablet(s), of a capsule", CAPSULE, dose(1, "Tablet(s)") | every(2), "600 mg"),
        Example("half a tablet twice a day", TABLET, dose(0.5, "tablet") | every(2), "600 mg"),
        Example("1.5 tablets of 37.5 mg twice", HALF, dose(1.5, "tablet") | every(2), "112.5 mg"),
        Example("0.6 g three times a day", CAPSULE, dose(0.6, "g") | every(3), "1,800 mg"),
        Example("1200 mcg a day", CAPSULE, dose(1200, "mcg") | every(1), "1.2 mg"),
        Example("1200 µg a day", CAPSULE, dose(1200, "µg") | every(1), "1.2 mg"),
        Example('value as a string, "300.00"', CAPSULE, dose("300.00", "MG") | every(1), "300 mg"),
        Example("10 mL twice a day", SYRUP, dose(10, "mL") | every(2), "1,000 mg"),
        Example("1 teaspoon (5 mL) twice a day", SYRUP, dose(1, "teaspoon") | every(2), "500 mg"),
        Example("250 mg of the solution", SYRUP, dose(250, "mg") | every(2), "500 mg"),
    ],
    "Frequencies as codes and words": [
        Example("BID", CAPSULE, dose(300, "mg") | coded("BID"), "600 mg"),
        Example("TID", CAPSULE, dose(300, "mg") | coded("TID"), "900 mg"),
        Example("QID", CAPSULE, dose(300, "mg") | coded("QID"), "1,200 mg"),
        Example("Q4H", CAPSULE, dose(300, "mg") | coded("Q4H"), "1,800 mg"),
        Example("QOD", CAPSULE, dose(300, "mg") | coded("QOD"), "150 mg"),
        Example("BED", CAPSULE, dose(300, "mg") | coded("BED"), "300 mg"),
        Example("WK", CAPSULE, dose(700, "mg") | coded("WK"), "100 mg"),
        Example('"Twice a day"', CAPSULE, dose(300, "mg") | code("Twice a day"), "600 mg"),
        Example('"Every 6 hours as needed"', CAPSULE, dose(300, "mg") | code("Every 6 hours as needed"), "1,200 mg"),
        Example('"every 4-6 hours": the more often', CAPSULE, dose(300, "mg") | code("every 4-6 hours"), "1,800 mg"),
        Example('"0900 & 1800"', CAPSULE, dose(300, "mg") | code("0900 & 1800"), "600 mg"),
    ],
    "Times of day and days of the week": [
        Example("at 08:00 and 20:00", CAPSULE, dose(300, "mg") | repeat(timeOfDay=["08:00", "20:00"]), "600 mg"),
        Example("once a day, morning and evening", CAPSULE, dose(300, "mg") | every(1, when=["MORN", "EVE"]), "600 mg"),
        Example("with meals (C)", CAPSULE, dose(300, "mg") | repeat(when=["C"]), "900 mg"),
        Example("on Mon, Wed and Fri", CAPSULE, dose(700, "mg") | repeat(dayOfWeek=["mon", "wed", "fri"]), "300 mg"),
        Example("twice, on Mon only", CAPSULE, dose(350, "mg") | every(2, dayOfWeek=["mon"]), "100 mg"),
        Example(
            "3 times a day, but only two times listed",
            CAPSULE,
            dose(300, "mg") | every(3, timeOfDay=["08:00", "20:00"]),
            "900 mg",
            "the times listed 2 times a day",
        ),
        Example("once (count 1)", CAPSULE, dose(300, "mg") | repeat(count=1), "300 mg for 1 day"),
        Example("21 doses, 3 a day", CAPSULE, dose(300, "mg") | every(3, count=21), "900 mg for 7 days"),
    ],
    "Ranges and as needed": [
        Example("1 to 2 capsules, 3 times a day", CAPSULE, dose_range(1, 2, "capsule") | every(3), "1,800 mg"),
        Example("300 mg 1 to 3 times a day", CAPSULE, dose(300, "mg") | every(1, frequencyMax=3), "900 mg"),
        Example("300 mg every 4 to 6 hours", CAPSULE, dose(300, "mg") | every(1, 4, "h", periodMax=6), "1,800 mg"),
        Example(
            "1 to 2 capsules every 4 to 6 hours as needed",
            CAPSULE,
            dose_range(1, 2, "capsule") | every(1, 4, "h", periodMax=6) | NEEDED,
            "3,600 mg",
        ),
    ],
    "Maxima that the order states": [
        Example(
            "300 mg every 4 h, at most 1.2 g a day", CAPSULE, dose(300, "mg") | every(6) | most(1.2, "g"), "1,200 mg"
        ),
        Example(
            "2 every 4 h, at most 8 a day", CAPSULE, dose(2, "capsule") | every(6) | most(8, "capsule"), "2,400 mg"
        ),
        Example("at most 4 g in 24 hours", TABLET, dose(2, "tab") | every(6) | most(4, "g", 24, "h"), "4,000 mg"),
        Example("the maximum is not reached", CAPSULE, dose(300, "mg") | every(2) | most(4, "g"), "600 mg"),
        Example(
            "as needed, only the maximum says how often", CAPSULE, dose(300, "mg") | NEEDED | most(900, "mg"), "900 mg"
        ),
        Example("at most 3 doses a day (no unit)", CAPSULE, dose(300, "mg") | every(6) | most(3, None), "900 mg"),
        Example(
            "one dose above the maximum: it does not count",
            CAPSULE,
            dose(5, "capsule") | every(1) | most(2, "capsule"),
            "1,500 mg",
            "at most 600 mg a day may be taken",
        ),
        Example(
            "additional instruction: max 4 capsules per day",
            CAPSULE,
            dose(2, "capsule") | every(6) | {"additionalInstruction": [{"text": "Max 4 capsules per day"}]},
            "1,200 mg",
        ),
        Example(
            "at most 1 capsule at once",
            CAPSULE,
            dose(2, "capsule") | every(2) | {"maxDosePerAdministration": q(1, "capsule")},
            "600 mg",
        ),
    ],
    "Patches and rates": [
        Example("1 patch every 72 hours: 25 x 24 ug", WORN, dose(1, "patch") | every(1, 72, "h"), "25 ug/h"),
        Example("changed every 48 hours: the same", WORN, dose(1, "patch") | every(1, 48, "h"), "25 ug/h"),
        Example("1 patch every 3 days", WORN, dose(1, "{patch}") | every(1, 3), "25 ug/h"),
        Example("2 patches at once", WORN, dose(2, "patch") | every(1, 72, "h"), "50 ug/h"),
        Example("the dose said as the rate", WORN, dose(25, "ug/h") | every(1, 72, "h"), "25 ug/h"),
        Example("the dose said as 50 mcg: two patches", WORN, dose(50, "mcg") | every(1, 72, "h"), "50 ug/h"),
        Example("12.5 ug/h", WEAK, dose(1, "patch") | every(1, 72, "h"), "12.5 ug/h"),
        Example("a weekly patch", WEAK, dose(1, "patch") | every(1, 1, "wk"), "12.5 ug/h"),
        Example("a rate of 5 mg/h, all day", NONE, rate(5, "mg/h"), "5,000 ug/h"),
        Example(
            "2 mg/h for 3 hours, twice a day",
            NONE,
            rate(2, "mg/h", **every(2, duration=3, durationUnit="h")),
            "12 mg",
        ),
        Example("1 mL/h of a solution, all day", SYRUP, rate(1, "mL/h"), "1,200 mg"),
        Example(
            "2 mL/h for 3 hours, twice a day",
            SYRUP,
            rate(2, "mL/h", **every(2, duration=3, durationUnit="h")),
            "600 mg",
        ),
        Example("1 patch of 5 % a day: counted", TOPICAL, dose(1, "patch") | every(1), "1 patch"),
        Example("3 patches of 5 % a day", TOPICAL, dose(3, "patch") | every(1), "3 patches"),
        Example("4 patches of 179 mg every 90 days", HIGH, dose(4, "patch") | every(1, 90), "7.956 mg"),
        Example("2 g of gel 4 times a day: grams of gel", GEL, dose(2, "g") | every(4), "8 g"),
    ],
    "One dose said several ways is never summed": [
        Example(
            "calculated 600 mg, 2 capsules, ordered 600 mg",
            CAPSULE,
            typed(("calculated", 600, "mg"), ("admin-amount", 2, "capsule"), ("ordered", 600, "mg")) | every(3),
            "1,800 mg",
        ),
        Example(
            "ordered by weight, calculated 450 mg",
            CAPSULE,
            typed(("ordered", 5, "mg/kg"), ("calculated", 450, "mg")) | every(2),
            "900 mg",
        ),
        Example(
            "ordered 300 mg, calculated 600 mg",
            CAPSULE,
            typed(("ordered", 300, "mg"), ("calculated", 600, "mg")) | every(1),
            "600 mg",
            "given as 300 mg and as 600 mg",
        ),
        Example(
            "1 tablet with 300 mg, of a 600 mg tablet",
            TABLET,
            typed(("admin-amount", 1, "tablet"), ("ordered", 300, "mg")) | every(1),
            "600 mg",
            "300 mg is written",
        ),
        Example(
            "as extensions on the dosage",
            CAPSULE,
            every(2) | {"extension": [extension("ordered-dose", 300, "mg"), extension("admin-amount", 1, "capsule")]},
            "600 mg",
        ),
        Example("the dose on the dosage itself (STU3)", CAPSULE, STU3 | every(3), "900 mg"),
    ],
    "Several lines": [
        Example(
            "300 mg in the morning, 600 mg at night",
            CAPSULE,
            [dose(300, "mg") | repeat(when=["MORN"]), dose(600, "mg") | repeat(when=["HS"])],
            "900 mg",
        ),
        Example(
            "the same, both numbered 1",
            CAPSULE,
            [dose(300, "mg") | every(1) | {"sequence": 1}, dose(600, "mg") | every(1) | {"sequence": 1}],
            "900 mg",
        ),
        Example(
            "the same, numbered 1 and 2 without bounds",
            CAPSULE,
            then(dose(300, "mg") | every(1), dose(600, "mg") | every(1)),
            "900 mg",
            "one after the other at most 600 mg",
        ),
        Example(
            "a climb in three steps",
            CAPSULE,
            CLIMB,
            "300 mg for 3 days, then 600 mg for 3 days, then 900 mg",
        ),
        Example(
            "steps by date",
            CAPSULE,
            [
                dose(300, "mg") | every(1, boundsPeriod={"start": "2026-11-01", "end": "2026-11-07"}),
                dose(300, "mg") | every(2, boundsPeriod={"start": "2026-11-08"}),
            ],
            "300 mg for 7 days, then 600 mg",
        ),
        Example(
            "numbered, 7 days each, morning and night",
            CAPSULE,
            then(
                dose(300, "mg") | repeat(when=["MORN"], **lasting(7)),
                dose(600, "mg") | repeat(when=["HS"], **lasting(7)),
            ),
            "900 mg for 7 days",
            "one after the other at most 600 mg",
        ),
        Example(
            "two steps of two lines each",
            CAPSULE,
            [
                dose(300, "mg") | every(1, **lasting(7)) | {"sequence": 1},
                dose(600, "mg") | every(1, **lasting(7)) | {"sequence": 1},
                dose(600, "mg") | every(2) | {"sequence": 2},
            ],
            "900 mg for 7 days, then 1,200 mg",
        ),
    ],
    "Text": [
        Example("300 mg po tid", CAPSULE, text("300 mg po tid"), "900 mg"),
        Example(
            "Take 1-2 capsules by mouth every 4 to 6 hours as needed, max 8/day",
            CAPSULE,
            text("Take 1-2 capsules by mouth every 4 to 6 hours as needed, max 8/day"),
            "2,400 mg",
        ),
        Example(
            "1 tab qhs x7d then 1 tab bid",
            TABLET,
            text("1 tab qhs x7d then 1 tab bid"),
            "600 mg for 7 days, then 1,200 mg",
        ),
        Example(
            "half a tablet in the morning and one at bedtime",
            TABLET,
            text("half a tablet in the morning and one at bedtime"),
            "900 mg",
        ),
        Example(
            "structure and text agree",
            CAPSULE,
            dose(2, "capsule") | every(3) | text("600 mg three times a day"),
            "1,800 mg",
        ),
        Example(
            "structure says 8 g, text says 4 g",
            TABLET,
            dose(2000, "mg") | every(4) | text("1000 mg four times a day"),
            "8,000 mg",
            "structure says 8,000 mg a day, text says 4,000 mg a day",
        ),
        Example(
            "structure says 300 mg, text says 900 mg",
            CAPSULE,
            dose(300, "mg") | every(1) | text("300 mg three times a day"),
            "900 mg",
            "text says 900 mg a day",
        ),
        Example("no timing: the text has it", CAPSULE, dose(300, "mg") | text("300 mg twice daily"), "600 mg"),
        Example("no dose: the text has it", CAPSULE, every(2) | text("Take 2 capsules"), "1,200 mg"),
        Example(
            "the text has the maximum",
            CAPSULE,
            dose(2, "capsule") | every(6) | text("2 capsules every 4 hours, max 8 capsules per day"),
            "2,400 mg",
        ),
        Example(
            "the structure has the first step, the text all",
            CAPSULE,
            dose(300, "mg") | every(1) | text("300 mg daily for 7 days then 300 mg twice daily"),
            "300 mg for 7 days, then 600 mg",
        ),
        Example(
            "text that is JSON, frequency as words",
            CAPSULE,
            dose(1, "Capsule(s)") | code("Twice a day") | text('{"instructions": "After meals"}'),
            "600 mg",
        ),
        Example(
            "a climb in the text that cannot be read",
            CAPSULE,
            dose(300, "mg") | every(3) | text("300 mg tid, may increase every few days as tolerated"),
            "900 mg",
            "the text was not read",
        ),
    ],
    "Combinations": [
        Example("2 tablets 4 times a day, of the opioid", PAIR, dose(2, "tablet") | every(4), "40 mg"),
        Example("10 mg: two tablets, as to the opioid", PAIR, dose(10, "mg") | every(4), "40 mg"),
        Example("650 mg: two tablets, as to the other", PAIR, dose(650, "mg") | every(4), "40 mg"),
        Example("17 mg: of which?", PAIR, dose(17, "mg") | every(4), "", "of which of opioid and other is 17 mg"),
    ],
    "Not read, and why": [
        Example("nothing", CAPSULE, [], "", "no dosage"),
        Example("as directed", CAPSULE, text("as directed"), "", "no dose; the text was not read: as directed"),
        Example("a dose alone", CAPSULE, dose(300, "mg"), "", "no frequency"),
        Example("as needed, nothing says how often", CAPSULE, dose(300, "mg") | NEEDED, "", "no frequency"),
        Example("a frequency alone", CAPSULE, every(3), "", "no dose"),
        Example("a frequency without a period", CAPSULE, dose(300, "mg") | repeat(frequency=3), "", "without a period"),
        Example("a dose of 0", CAPSULE, dose(0, "mg") | every(3), "", "no positive number"),
        Example("a dose that is no number", CAPSULE, dose("1,5", "mg") | every(3), "", "no positive number"),
        Example("an unknown unit", CAPSULE, dose(3, "smidgen") | every(1), "", "'smidgen' is not understood"),
        Example("unit mg, code g", CAPSULE, dose(3, "mg", "g") | every(1), "", "the unit is 'mg' but its code is 'g'"),
        Example("by weight", CAPSULE, dose(5, "mg/kg") | every(1), "", "per body weight"),
        Example(
            "mL of a capsule", CAPSULE, dose(5, "mL") | every(1), "", "the dose is in mL, the product is per capsule"
        ),
        Example("2 (of what?) of a solution", SYRUP, dose(2) | every(1), "", "the product is per mL"),
        Example("strength not known: counted only", BLANK, dose(2, "tablet") | every(2), "4 tablets", "strength"),
        Example("product not known: counted only", NONE, dose(2, "tablet") | every(2), "4 tablets", "the product"),
        Example(
            "of two lines one is read",
            CAPSULE,
            [dose(300, "mg") | every(1), dose(3, "smidgen") | every(1)],
            "300 mg",
            "'smidgen' is not understood",
        ),
    ],
}


def read(example):
    return read_dosage(example.instructions, PRODUCTS[example.product])


def a_day(dosage):
    return ", then ".join(dose_said(step.daily) + _days(step.days) for step in dosage.steps)


def _days(days):
    return "" if days is None else f" for {days} day{'s' if days > 1 else ''}"


def said(dosage):
    return "; ".join(filter(None, (dosage.conflict, dosage.unread, "no dosage" if dosage.absent else "")))


def page():
    lines = [
        "# Worked examples of a dose a day",
        "",
        "Generated by `python -m tests.fhir.dosage_examples`; the doses a day are written by hand in that file, and a",
        "test compares them with what the reader makes of each. A range counts at its high end, as-needed as if always",
        "taken. *Said* is what a card would name beside the dose.",
    ]
    number = 0
    for title, examples in SECTIONS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| # | sent | product | reckoned | a day | said |",
            "|---|---|---|---|---|---|",
        ]
        for example in examples:
            number += 1
            dosage = read(example)
            reckoned = "; then ".join(arithmetic(step) for step in dosage.steps)
            cells = (str(number), example.sent, example.product, reckoned, example.a_day, said(dosage))
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
