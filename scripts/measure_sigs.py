"""
How many of a folder of real sigs are read right, refused, and read wrong.

    python scripts/measure_sigs.py FOLDER [--every 5] [--show wrong|refused|read]

FOLDER holds files of one JSON object a line, each with "text" and what another reader made of it; the expected values
are that reader's, in its own terms, and are put into ours here. A sig is judged if the other reader has a dose and a
frequency for it. `--every 5` judges each fifth line only (the part held out while the grammar was written),
`--but-every 5` the others; `--unseen` leaves out texts that stand in both parts, and repeats.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from cards.fhir.lines import Amount, Line, SigReading
from cards.fhir.sig import read_sig

Row = Mapping[str, Any]
_MASS = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000)}


@dataclass
class Tally:
    """What became of one file."""

    judged: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    read_alone: list[str] = field(default_factory=list)  # read here, refused there

    def judge(self, text: str, reading: SigReading, agrees: bool, expected: object) -> None:
        self.judged += 1
        if reading.refused:
            self.reasons[_sort(reading.refused)] += 1
            self.refused.append(f"{text!r}: {reading.refused}")
        elif agrees:
            self.right += 1
        else:
            self.wrong.append(f"{text!r}: read {said(reading)}, expected {expected}")

    def skip(self, text: str, reading: SigReading, why: str) -> None:
        outcome = "refused here too" if reading.refused else "read here"
        self.unjudged[f"{why}; {outcome}"] += 1
        if not reading.refused:
            self.read_alone.append(f"{text!r}: read {said(reading)}")


def _sort(reason: str) -> str:
    return reason.split(":")[0]


def said(reading: SigReading) -> str:
    return "; ".join(_said(line) for line in reading.lines)


def _said(line: Line) -> str:
    assert line.amount is not None  # noqa: S101 - a line that was read has both
    assert line.times is not None  # noqa: S101
    tail = "".join(
        (
            f" for {line.days} d" if line.days else "",
            " prn" if line.as_needed else "",
            f" max {line.most_per_day.high} {line.most_per_day.unit}" if line.most_per_day else "",
        )
    )
    amount, times = line.amount, line.times
    return f"{line.link} {amount.low}-{amount.high} {amount.unit} x {times.low}-{times.high}{tail}"


def most_on_one_day(lines: Iterable[Line]) -> Fraction:
    """The most of the product on any one day: side-by-side lines add up, steps do not, a weekly dose is one dose."""
    steps: list[Fraction] = []
    for line in lines:
        daily = _on_one_day(line)
        if line.link == "and":
            steps[-1] += daily
        else:
            steps.append(daily)
    return max(steps)


def _on_one_day(line: Line) -> Fraction:
    assert line.amount is not None  # noqa: S101 - a line that was read has both
    assert line.times is not None  # noqa: S101
    times = max(Fraction(1), line.times.high)
    if line.most_times_per_day is not None:
        times = min(times, line.most_times_per_day)
    daily = line.amount.high * times
    most = line.most_per_day
    return min(daily, most.high) if most is not None and most.unit == line.amount.unit else daily


# --- what each file's own reader says, in our terms -------------------------------------------------------------------

_THEIR_UNITS = {"ml": "mL", "iu": "unit", "pill": "", "piece": "", "dose": "", "troche": "lozenge", "": ""}


def largest_daily_dose(rows: list[Row], tally: Tally) -> None:
    """Files with the largest dose on one day, in the sig's own unit; the other reader refuses the rest."""
    for row in rows:
        reading = read_sig(row["text"])
        if row["status"] != "PASS":
            tally.skip(row["text"], reading, "refused there")
            continue
        value, unit = Fraction(str(row["max_daily_value"])), _their_unit(row["max_daily_unit"])
        if unit == "teaspoon":
            value, unit = value * 5, "mL"
        agrees = not reading.refused and _same_day(reading.lines, value, unit)
        tally.judge(row["text"], reading, agrees, f"{value} {unit}")


def _their_unit(unit: str) -> str:
    singular = unit[:-3] + "y" if unit.endswith("ies") else unit.removesuffix("s")
    return _THEIR_UNITS.get(singular, singular)


def _same_day(lines: tuple[Line, ...], value: Fraction, unit: str) -> bool:
    units = {line.amount.unit for line in lines if line.amount}
    return most_on_one_day(lines) == value and units <= {unit}


def morphine_equivalents(rows: list[Row], tally: Tally) -> None:
    """Files with morphine equivalents a day: within one product they are in proportion to what is taken a day. The
    proportion that most of a product's sigs show is taken for true, and the others are held against it."""
    read = [(row, read_sig(row["text"])) for row in rows]
    shares: dict[tuple[str, str], Counter[Fraction]] = defaultdict(Counter)
    for row, reading in read:
        if not reading.refused:
            shares[row["rxcui"], _unit(reading)][_share(row, reading)] += 1
    for row, reading in read:
        known = shares[row["rxcui"], _unit(reading)] if not reading.refused else Counter[Fraction]()
        if not reading.refused and sum(known.values()) < 2:
            tally.skip(row["text"], reading, "the only sig of its product")
            continue
        agrees = not reading.refused and _close(_share(row, reading), known.most_common(1)[0][0])
        tally.judge(row["text"], reading, agrees, f"{row['expected_mme_per_day']} MME of {row['med']}")


def _unit(reading: SigReading) -> str:
    """Counted units are one: a product is dosed in itself."""
    units = {line.amount.unit for line in reading.lines if line.amount}
    unit = next(iter(units), "")
    return unit if unit in ("mL", *_MASS) else ""


def _share(row: Row, reading: SigReading) -> Fraction:
    return Fraction(row["expected_mme_per_day"]) / most_on_one_day(reading.lines)


def _close(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) <= other / 100


def fhir_dosages(rows: list[Row], tally: Tally) -> None:
    """Files with FHIR Dosages, one a clause."""
    for row in rows:
        reading = read_sig(row["text"])
        expected = [_fhir_line(dosage) for dosage in row["fhir"]]
        stated = [line for line in expected if line is not None]
        if len(stated) < len(expected):
            tally.skip(row["text"], reading, "no dose or no frequency there")
            continue
        ours = [_comparable(line) for line in reading.lines]
        tally.judge(row["text"], reading, ours == stated, [tuple(map(str, line)) for line in stated])


_FHIR_UNITS = {"tab": ("tablet", 1), "tsp": ("mL", 5), "tbsp": ("mL", 15), "u": ("unit", 1), "cap": ("capsule", 1)}
_DAYS = {"min": Fraction(1, 1440), "h": Fraction(1, 24), "d": Fraction(1), "wk": Fraction(7), "mo": Fraction(30)}
Comparable = tuple[Fraction, Fraction, str, Fraction, Fraction]


def _comparable(line: Line) -> Comparable:
    assert line.amount is not None  # noqa: S101 - a line that was read has both
    assert line.times is not None  # noqa: S101
    amount, times = line.amount, line.times
    return amount.low, amount.high, amount.unit, times.low, times.high


def _fhir_line(dosage: Row) -> Comparable | None:
    amount, times = _fhir_amount(dosage), _fhir_times(dosage)
    return None if amount is None or times is None else (amount.low, amount.high, amount.unit, *times)


def _fhir_amount(dosage: Row) -> Amount | None:
    for dose in dosage.get("doseAndRate") or ():
        low = dose.get("doseQuantity") or dose.get("doseRange", {}).get("low")
        high = dose.get("doseQuantity") or dose.get("doseRange", {}).get("high")
        if low and high:
            unit, factor = _FHIR_UNITS.get(str(low.get("unit", "")).lower(), (low.get("unit", ""), 1))
            return Amount(Fraction(str(low["value"])) * factor, Fraction(str(high["value"])) * factor, unit)
    return None


def _fhir_times(dosage: Row) -> tuple[Fraction, Fraction] | None:
    repeat = (dosage.get("timing") or {}).get("repeat") or {}
    moments = len(repeat.get("timeOfDay", ())) + sum(
        3 if when in ("C", "AC", "PC") else 1 for when in repeat.get("when", ())
    )
    if "period" in repeat:
        shortest = Fraction(str(repeat["period"])) * _DAYS[repeat["periodUnit"]]
        longest = Fraction(str(repeat.get("periodMax", repeat["period"]))) * _DAYS[repeat["periodUnit"]]
        count = max(repeat.get("frequency", 1), len(repeat.get("timeOfDay", ())))
        return count / longest, repeat.get("frequencyMax", count) / shortest
    if "count" in repeat:
        return Fraction(repeat["count"]), Fraction(repeat["count"])
    return (Fraction(moments), Fraction(moments)) if moments else None


def scottish_fields(rows: list[Row], tally: Tally) -> None:
    """Files with dosageMin, dosageMax, frequencyMin, frequencyMax, frequencyType; other rows test other things."""
    for row in rows:
        reading, expected = read_sig(row["text"]), row["expected"]
        if not isinstance(expected, dict) or not expected.get("frequencyType") or not expected.get("dosageMax"):
            tally.skip(row["text"], reading, "a part of a sig")
            continue
        days = _type_days(expected["frequencyType"])
        stated = [Fraction(str(expected[key])) for key in ("dosageMin", "dosageMax", "frequencyMin", "frequencyMax")]
        stated[2:] = [value / days for value in stated[2:]]
        ours = [[*_comparable(line)[:2], *_comparable(line)[3:]] for line in reading.lines]
        tally.judge(row["text"], reading, ours == [stated], expected)


_TYPE_DAYS = {"hour": Fraction(1, 24), "day": Fraction(1), "week": Fraction(7), "month": Fraction(30)}


def _type_days(frequency_type: str) -> Fraction:
    *count, unit = frequency_type.lower().split()
    return Fraction(count[0] if count else 1) * _TYPE_DAYS[unit]


def interval_fields(rows: list[Row], tally: Tally) -> None:
    """Files with singleDosageAmount, interval, times, frequencyType."""
    for row in rows:
        reading, expected = read_sig(row["text"]), row["expected"]
        if not expected.get("singleDosageAmount") or not expected.get("frequencyType"):
            tally.skip(row["text"], reading, "no dose or no frequency there")
            continue
        days = _TYPE_DAYS[expected["frequencyType"].lower()] * Fraction(expected["interval"] or 1)
        stated = [Fraction(str(expected["singleDosageAmount"])), Fraction(expected["times"] or 1) / days]
        ours = [[_comparable(line)[1], _comparable(line)[4]] for line in reading.lines]
        tally.judge(row["text"], reading, ours == [stated], expected)


def buckets(rows: list[Row], tally: Tally) -> None:
    """Files with a sentence in parts ("take | 1.5 tablets | once every 2 days"), which we read as text again; rows with
    none must be refused or be plain to a reader."""
    for row in rows:
        reading, expected = read_sig(row["text"]), row["expected_buckets"]
        if not expected:
            tally.skip(row["text"], reading, "refused there")
            continue
        again = read_sig(re.sub(r"\|", " ", expected))
        if again.refused in ("no dose", "no frequency", "no dose and no frequency"):
            tally.skip(row["text"], reading, "no dose or no frequency there")
            continue
        ours, stated = [[_comparable(line) for line in one.lines] for one in (reading, again)]
        tally.judge(row["text"], reading, ours == stated and bool(stated), expected)


_JUDGES = {
    "practicefusion_sigs": largest_daily_dose,
    "practicefusion_rx_sig_mme": morphine_equivalents,
    "ezmedicationinput": fhir_dosages,
    "phs_dose_instruction_parser": scottish_fields,
    "parsigs": interval_fields,
    "nhsengland_dosage_instructions": buckets,
}


def rows_of(path: Path, every: int, others: bool) -> Iterator[Row]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not every or (number % every == 0) is not others:
            yield json.loads(line)


def unseen(rows: list[Row], others: Iterable[Row]) -> list[Row]:
    """Each new text once: what capitals and spaces alone tell apart is not new."""
    known = {_plain(row["text"]) for row in others}
    return [row for row in {_plain(row["text"]): row for row in rows}.values() if _plain(row["text"]) not in known]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def report(name: str, tally: Tally, show: str) -> None:
    judged = tally.judged or 1
    print(f"\n{name}: {tally.judged} judged")
    print(f"  right   {tally.right:5} ({100 * tally.right / judged:.2f} %)")
    print(f"  refused {len(tally.refused):5} ({100 * len(tally.refused) / judged:.2f} %)")
    for reason, count in tally.reasons.most_common():
        print(f"          {count:5} {reason}")
    print(f"  wrong   {len(tally.wrong):5} ({100 * len(tally.wrong) / judged:.2f} %)")
    for reason, count in tally.unjudged.most_common():
        print(f"  not judged: {reason}: {count}")
    listed = {"wrong": tally.wrong, "refused": tally.refused, "read": tally.read_alone}.get(show, [])
    print("".join(f"    {entry}\n" for entry, _ in Counter(listed).most_common()), end="")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=0, help="judge each so-many-th line only")
    parser.add_argument("--but-every", type=int, default=0, help="judge all but those")
    parser.add_argument("--unseen", action="store_true", help="with --every: only texts of no other line, once each")
    parser.add_argument("--show", choices=("wrong", "refused", "read"), default="wrong")
    arguments = parser.parse_args()
    total = Tally()
    for path in sorted(arguments.folder.glob("*.ndjson")):
        tally = Tally()
        rows = list(rows_of(path, arguments.every or arguments.but_every, bool(arguments.but_every)))
        if arguments.unseen:
            rows = unseen(rows, rows_of(path, arguments.every, others=True))
        _JUDGES[path.stem](rows, tally)
        report(path.stem, tally, arguments.show)
        total.judged, total.right = total.judged + tally.judged, total.right + tally.right
        total.wrong, total.refused = total.wrong + tally.wrong, total.refused + tally.refused
        total.reasons += tally.reasons
    report("all", total, "")


if __name__ == "__main__":
    main()
