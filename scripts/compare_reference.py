"""
Hold the agents' files against the reference, number by number.

    python scripts/compare_reference.py REFERENCE_FOLDER [--write]

Every figure of the reference's drugs.json is looked for in the file of its ingredient: *in a file*, or *left out* when
scripts/reference_left_out.csv gives the reason, else *missing*: exit 1. `--write` renews the section "Agents" of
docs/left-out.md. The guidelines are held against theirs by compare_guidelines.py.
"""

from __future__ import annotations

import csv
import functools
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KNOWLEDGE = HERE.parent / "cards" / "knowledge" / "agents"
LEFT_OUT = HERE.parent / "docs" / "left-out.md"

Row = Mapping[str, Any]

UNITS = {  # unit of the reference -> unit a day in the files, factor
    "mg": ("mg/d", Fraction(1)),
    "mcg": ("mg/d", Fraction(1, 1000)),
    "mcg/h": ("ug/h", Fraction(1)),
    "patches": ("patch/d", Fraction(1)),
    "applications": ("application/d", Fraction(1)),
    "sprays": ("spray/d", Fraction(1)),
    "units": ("unit/d", Fraction(1)),
    "mg/kg": ("mg/kg/d", Fraction(1)),
}
MAXIMUM_UNITS = {
    "patches/90 d": "patch",
    "units/3 mo": "unit/3mo",
    "mg/kg/infusion": "mg/kg",
    "patches/d": "patch/d",
    "applications/d": "application/d",
    "sprays/d": "spray/d",
    "mcg/h": "ug/h",
    "mg/d": "mg/d",
    "mg/kg/d": "mg/kg/d",
}
INDICATIONS = {
    "any": (),
    "neuropathic_pain": ("neuropathic-pain",),
    "diabetic_neuropathy": ("painful-diabetic-neuropathy",),
    "ventricular_tachycardia": ("ventricular-arrhythmia",),
}
PERIODS = {"pregnancy": "pregnancy", "childbearing": "child-bearing potential", "breastfeeding": "breast-feeding"}
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Figure:
    """One thing the reference says of a drug, and whether the file says it."""

    drug: str
    field: str
    value: str
    found: bool
    reason: str = ""  # why it was left out

    @property
    def verdict(self) -> str:
        return "in a file" if self.found else "left out" if self.reason else "missing"


class File:
    """One agent's file, seen from one formulation."""

    def __init__(self, table: Row, formulation: str) -> None:
        self.table = table
        self.formulation = formulation

    def rows(self, name: str) -> list[Row]:
        """The rows of a table that hold for this formulation."""
        rows = self.table.get(name, [])
        return [r for r in rows if not r.get("formulation") or self.formulation in r["formulation"]]

    @property
    def product(self) -> Row:
        return next(f for f in self.table["formulation"] if f["id"] == self.formulation)

    def says(self, tables: Iterable[str], *numbers: object) -> bool:
        """Whether every number stands somewhere in the words or the figures of these tables."""
        text = json.dumps([self.rows(t) if isinstance(self.table.get(t), list) else self.table.get(t) for t in tables])
        there = {Fraction(n) for n in NUMBER.findall(text)}
        return {Fraction(str(n)) for n in numbers} <= there


def amount(drug: Row, value: object) -> tuple[Fraction, str]:
    unit, factor = UNITS[drug["unit"]]
    return Fraction(str(value)) * factor, unit


def is_dose(text: str, wanted: tuple[Fraction, str]) -> bool:
    number, _, unit = text.partition(" ")
    return Fraction(number) == wanted[0] and unit.removesuffix("/d") == wanted[1].removesuffix("/d")


def plain_value(drug: Row, name: str) -> object:
    """The field with or without the "_mg" that the reference appends when the unit is mg."""
    return drug[name] if not isinstance(drug.get(name, {}), dict) else drug.get(f"{name}_mg")


# --- what the reference says ----------------------------------------------------------------------------------------


def starts(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    for name, older in (("start_per_day", False), ("start_per_day_elderly", True)):
        value = plain_value(drug, name)
        if value is not None and not isinstance(value, dict):
            rows = [r for r in file.rows("start") if not r.get("with_medicine")]
            found = any(is_dose(r["dose"], amount(drug, value)) and older >= ("age_from" in r) for r in rows)
            yield name, value, found
    if "start_label_per_day_mg" in drug:
        value = drug["start_label_per_day_mg"]
        yield "start_label_per_day", value, file.says(("start", "schedule"), value)
    for value in drug.get("start_single_range_mg", ()):
        yield "start_single_range", value, file.says(("start",), value)
    for row in drug.get("start_by_comedication", ()):
        found = any(
            r.get("with_medicine") and is_dose(r["dose"], amount(drug, row["start_per_day_mg"]))
            for r in file.rows("start")
        )
        yield "start_by_comedication", f"{row['partner']} {row['start_per_day_mg']}", found


def climbs(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    climb = drug["titration"]
    if climb.get("step_max"):
        wanted = (amount(drug, climb["step_max"])[0], UNITS[drug["unit"]][0])
        rows = file.rows("titration")
        yield "titration.step_max", climb["step_max"], any(is_dose(r["step"], wanted) for r in rows)
        yield (
            "titration.min_interval_days",
            climb["min_interval_days"],
            any(r["interval"] == f"{climb['min_interval_days']} d" for r in rows),
        )
    elif climb.get("min_interval_days"):
        hours = climb["min_interval_days"] * 24
        yield "titration.min_interval_days", climb["min_interval_days"], file.product.get("interval_hours") == hours
    for name, paces in (("label_steps", ("label",)), ("slow_steps", ("usual",)), ("slow_steps_elderly", ("slower",))):
        steps = [s for r in file.rows("schedule") if r["pace"] in paces for s in r["steps"]]
        for step in climb.get(name, ()):
            value = step.get("daily_mg", step.get("daily"))
            yield f"titration.{name}", value, any(_same_step(drug, step, value, there) for there in steps)


def _same_step(drug: Row, step: Row, value: object, there: Row) -> bool:
    days = step["to_day"] - step["from_day"] + 1 if step.get("to_day") else None
    same_days = there.get("days") == days or there.get("days") is None
    return is_dose(there["dose"], amount(drug, value)) and same_days


def targets(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    target = drug.get("target_mg_per_day") or drug.get("target_per_day") or {}
    for edge, key in (("min", "dose"), ("max", "upper")):
        if target.get(edge) is not None:
            wanted = amount(drug, target[edge])
            found = any(is_dose(r.get(key, r["dose"]), wanted) for r in file.rows("target"))
            yield f"target.{edge}", target[edge], found


def maxima(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    rows = file.rows("maximum")
    for row in drug["maxima"]:
        if row.get("formulation") in NAMED_FORMULATIONS and not NAMED_FORMULATIONS[row["formulation"]](file):
            continue
        words = [str(row[k]) for k in ("value", "unit", "kind", "indication", "jurisdiction")]
        words += [f"{k} {row[k]}" for k in ("age_from", "age_over", "comedication") if k in row]
        yield "maxima", " ".join(words), any(_same_maximum(row, there) for there in rows)
    for name in ("max_single", "max_single_uk"):
        value = plain_value(drug, name)
        if value is not None and not isinstance(value, dict):
            single = [r for r in rows if r.get("single")]
            yield name, value, any(is_dose(r["dose"], amount(drug, value)) for r in single)
    for name in ("max_daily_label_us", "max_daily_label_uk", "max_daily_np", "max_daily_elderly"):
        value = plain_value(drug, name)
        if value is not None and not isinstance(value, dict):
            doses = [r["dose"] for r in rows] + [r["upper"] for r in file.rows("target") if "upper" in r]
            yield name, value, any(is_dose(dose.replace("/3mo", "/d"), amount(drug, value)) for dose in doses)


NAMED_FORMULATIONS = {
    "IR": lambda file: file.formulation == "plain",
    "XR": lambda file: file.formulation == "extended",
    **{
        name: (lambda file, name=name: file.table["title"].lower() == name)
        for name in ("ibuprofen", "naproxen", "diclofenac", "celecoxib")
    },
}


def _same_maximum(row: Row, there: Row) -> bool:
    value, unit = Fraction(str(row["value"])), row["unit"]
    if unit == "mcg/d":
        value, unit = value / 1000, "mg/d"
    indication = INDICATIONS.get(row["indication"], (row["indication"].replace("_", "-"),))
    return (
        is_dose(there["dose"], (value, MAXIMUM_UNITS[unit]))
        and there["kind"] == row["kind"]
        and tuple(there.get("indication", ())) == indication
        and jurisdictions(row["jurisdiction"]) == set(there.get("jurisdiction", ()))
        and all(there.get(k) == row.get(k) for k in ("age_from", "age_over"))
        and bool(there.get("with_medicine")) == ("comedication" in row)
    )


def jurisdictions(words: str) -> set[str]:
    """Both, an expert's word and the American Beers list hold everywhere."""
    return {words} if words in ("US", "UK", "JP") else set()


def kidneys(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    uk = bool(drug["renal_bands_uk"])
    for name, where in (("renal_bands", {"US"} if uk else set()), ("renal_bands_uk", {"UK"})):
        there = [
            b
            for r in file.rows("renal")
            if not r.get("indication") and set(r.get("jurisdiction", ())) == where
            for b in r["bands"]
        ]
        yield from _bands(drug, name, drug[name], there)
    for name, bands in (drug.get("renal_extra") or {}).get("by_indication_cap", {}).items():
        indication = {"DPN_US": "painful-diabetic-neuropathy", "FM_US": "fibromyalgia"}[name]
        there = [b for r in file.rows("renal") if indication in r.get("indication", ()) for b in r["bands"]]
        yield from _bands(drug, f"renal.{name}", bands, there)


def _bands(drug: Row, name: str, bands: Iterable[Row], there: list[Row]) -> Iterator[tuple[str, object, bool]]:
    for band in bands:
        edges = band_edges(band)
        fits = [b for b in there if b["crcl"] == edges]
        most = band.get("max_daily", band.get("max_daily_mg"))
        yield f"{name} edges", edges, bool(fits)
        if band.get("avoid") or most == 0:
            yield f"{name} avoid", edges, any(b.get("avoid") for b in fits)
        elif most is not None:
            wanted = amount(drug, most)
            yield (
                f"{name} maximum",
                f"{edges}: {most}",
                any(is_dose(b[k], wanted) for b in fits for k in ("maximum", "usual") if k in b),
            )
        if band.get("dose_factor"):
            factor = Fraction(str(band["dose_factor"]))
            yield (
                f"{name} factor",
                f"{edges}: {band['dose_factor']}",
                any(Fraction(str(b.get("start_factor", 0))) == factor for b in fits),
            )
        if band.get("formula"):
            yield f"{name} formula", band["formula"], any(b.get("proportional_to") == 15 for b in fits)
        hours = band.get("min_interval_h")
        if hours and hours != drug["min_interval_h"] and 24 % hours == 0 and not band.get("avoid"):
            yield f"{name} interval", f"{edges}: {hours} h", any(b.get("doses_per_day") == 24 // hours for b in fits)


def band_edges(band: Row) -> str:
    low, low_sign = (band["crcl_gt"], "<") if "crcl_gt" in band else (band.get("crcl_ge"), "<=")
    high, high_sign = (band["crcl_le"], "<=") if "crcl_le" in band else (band.get("crcl_lt"), "<")
    if high is None:
        return f"crcl {'>' if low_sign == '<' else '>='} {low}"
    return f"crcl {high_sign} {high}" if low == 0 else f"{low} {low_sign} crcl {high_sign} {high}"


def dialysis(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    entry, rows = drug["dialysis_entry"], file.rows("dialysis")
    if entry.get("could_not_be_checked"):
        yield "dialysis: none known", "no row", not rows
        return
    if entry.get("no_rule"):
        yield "dialysis: no rule", "a row without a figure", bool(rows) and not any("maximum" in r for r in rows)
        return
    yield "dialysis avoid", entry["avoid"], bool(rows) and any(r.get("avoid", False) == entry["avoid"] for r in rows)
    most = entry.get("max_daily", entry.get("max_daily_mg"))
    if most and not entry["avoid"]:
        wanted = amount(drug, most)
        found = any(is_dose(r["maximum"], wanted) for r in rows if "maximum" in r)
        yield "dialysis maximum", most, found or (entry.get("kind") == "practice" and file.says(("dialysis",), most))
    numbers = NUMBER.findall(
        json.dumps(
            {k: v for k, v in entry.items() if k.startswith(("supplement_after", "uk", "by_", "after", "maintenance"))}
        )
    )
    for number in sorted({n for n in numbers if n != "0"}, key=float):
        yield "dialysis supplement or dose", number, file.says(("dialysis",), number)


def liver(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    ceilings = {row["value"] for row in drug["maxima"]}
    for child_pugh, entry in drug["hepatic_child_pugh"].items():
        rows = [r for r in file.rows("hepatic") if r["child_pugh"] == child_pugh]
        most = entry.get("max_daily", entry.get("max_daily_mg"))
        if entry["avoid"]:
            yield f"hepatic {child_pugh} avoid", "", any(r.get("avoid") for r in rows)
        elif most is not None and most not in ceilings:
            yield (
                f"hepatic {child_pugh} maximum",
                most,
                any(is_dose(r["maximum"], amount(drug, most)) for r in rows if "maximum" in r),
            )
        if entry.get("dose_factor"):
            factor = Fraction(str(entry["dose_factor"]))
            yield (
                f"hepatic {child_pugh} factor",
                entry["dose_factor"],
                any(Fraction(str(r.get("factor", 0))) == factor for r in rows),
            )


def contraindications(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    for row in drug["contraindications"]:
        words = f"{row['condition']} {row['strength']} {row['jurisdiction']}"
        yield "contraindication", words, _contraindicated(row, file)


def _contraindicated(row: Row, file: File) -> bool:
    condition, name = row["condition"], row["condition"].replace("_", "-")
    if condition == "hypersensitivity":
        return True  # an allergy to the ingredient itself speaks without a row
    if condition == "opioid_naive":
        return bool(file.table.get("opioid", {}).get("tolerant_only"))
    if condition in PERIODS:
        rows = [r for r in file.rows("pregnancy") if r["period"] == PERIODS[condition]]
        own = any(r["strength"] == row["strength"] and _here(row, r) for r in rows)
        return own and (not row.get("caution_elsewhere") or len(rows) > 1)
    if row["jurisdiction"] == "Beers":
        rows = [r for r in file.rows("beers") if name in r.get("value_sets", ())]
        return any(r["strength"] == row["strength"] and r["age_from"] == row["age_from"] for r in rows)
    if condition in ("hlab1502", "hlaa3101"):
        return any(r["value_set"] == name and r["strength"] == row["strength"] for r in file.rows("pharmacogenetics"))
    if condition == "age_lt_12":
        return any(r.get("age_under") == 12 for r in file.rows("contraindication"))
    return any(_same_contraindication(row, name, r) for r in file.rows("contraindication"))


def _here(row: Row, there: Row) -> bool:
    return not there.get("jurisdiction") or jurisdictions(row["jurisdiction"]) == set(there["jurisdiction"])


def _same_contraindication(row: Row, name: str, there: Row) -> bool:
    return (
        there.get("value_set") == name
        and there["strength"] == row["strength"]
        and jurisdictions(row["jurisdiction"]) == set(there.get("jurisdiction", ()))
        and ("crcl_lt" not in row or there.get("crcl") == f"crcl < {row['crcl_lt']}")
        and bool(row.get("caution_elsewhere")) == there.get("caution_elsewhere", False)
    )


def tapers(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    taper, rows = drug["taper"], file.rows("taper")
    yield "taper required", taper["required"], bool(rows) == taper["required"]
    fields = {
        "min_days": "days",
        "min_exposure_days": "exposure_days",
        "max_step_percent_per_week_if_weeks_to_months": "percent_per_week",
        "max_step_percent_per_month_if_over_1_year": "percent_per_month_after_a_year",
    }
    for theirs, ours in fields.items():
        if taper.get(theirs):
            yield f"taper {ours}", taper[theirs], any(r.get(ours) == taper[theirs] for r in rows)


def the_rest(drug: Row, file: File) -> Iterator[tuple[str, object, bool]]:
    if drug["min_interval_h"]:
        yield "min_interval_h", drug["min_interval_h"], file.product.get("interval_hours") == drug["min_interval_h"]
    if drug["mme_factor"] is not None:
        factor = Fraction(file.table.get("opioid", {}).get("mme_factor", "0"))
        yield "mme_factor", drug["mme_factor"], factor == Fraction(str(drug["mme_factor"]))
    for text in drug["boxed_warnings_us"]:
        yield "boxed warning", text, len(file.table.get("boxed", ())) >= len(drug["boxed_warnings_us"])
    for text in drug["monitoring"]:
        yield "monitoring", text, _watched(text, file)
    for text in drug["pharmacogenomics"]:
        if not re.match(r"none|as |CYP2D6/CYP1A2 substrate|CYP2D6: no action|CYP2B6: no", text):
            yield "pharmacogenomics", text, _same_gene(text, file)
    if drug["beers_2023"] and not re.match(r"not |none", drug["beers_2023"]):
        yield "beers_2023", drug["beers_2023"], bool(file.rows("beers"))
    for kind in ("fda_np_indications", "uk_np_indications"):
        for text in drug[kind]:
            yield kind, text, bool(file.rows("approved"))
    if drug.get("max_days"):
        yield "max_days", drug["max_days"], False


def _same_gene(text: str, file: File) -> bool:
    genes = {
        g.lower().replace("-", "").replace("*", "").replace(":", "")
        for g in re.findall(r"CYP2\w+|HLA-[AB]\*\d\d:\d\d", text)
    }
    return genes <= {r["value_set"] for r in file.rows("pharmacogenetics")} and bool(genes)


@functools.cache
def watching() -> list[dict[str, str]]:
    """A word of the reference's monitoring and the words of ours that mean it."""
    return table("reference_watching.csv")


def _watched(text: str, file: File) -> bool:
    ours = " ".join([r["what"].lower() for r in file.rows("monitoring")] + list(file.table.get("counsel", ()))).lower()
    asked = [row["ours"].split("|") for row in watching() if row["theirs"] in text.lower()]
    return bool(asked) and all(any(word in ours for word in words) for words in asked)


PARTS = (starts, climbs, targets, maxima, kidneys, dialysis, liver, contraindications, tapers, the_rest)


# --- the comparison -------------------------------------------------------------------------------------------------


def table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def compare(reference: Path) -> list[Figure]:
    content = json.loads((reference / "drugs.json").read_text(encoding="utf-8"))
    drugs = {drug["id"]: drug for drug in content["drugs"]}
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in KNOWLEDGE.glob("*.toml")}
    reasons = table("reference_left_out.csv")
    said = table("reference_agents.csv")
    figures = [
        _with_reason(Figure(row["drug"], field, str(value), found), _names(row), reasons)
        for row in said
        for part in PARTS
        for field, value, found in part(drugs[row["drug"]], File(files[row["file"]], row["formulation"]))
    ]
    figures += [_with_reason(figure, (figure.drug,), reasons) for figure in tolerances(content["reference"], files)]
    absent = drugs.keys() - {row["drug"] for row in said}
    return figures + [Figure(drug, "drug", drug, found=False) for drug in sorted(absent)]


def tolerances(reference: Row, files: Mapping[str, Row]) -> Iterator[Figure]:
    """The daily doses from which someone counts as opioid-tolerant, and the factors to morphine."""
    for row in reference["opioid_tolerance"]["any_one_of"]:
        value = row.get("mg_per_day_ge", row.get("mcg_per_h_ge"))
        there = files.get(row["agent"], {}).get("opioid", {}).get("tolerant_from", "")
        yield Figure(row["agent"], "tolerant_from", str(value), there.partition(" ")[0] == str(value))
    for name, factor in reference["mme_2022"]["factors"].items():
        there = files.get(name.partition("_")[0], {}).get("opioid", {}).get("mme_factor", "0")
        yield Figure(name, "mme_factor", str(factor), Fraction(there) == Fraction(str(factor)))


def _names(row: Row) -> tuple[str, ...]:
    """What a reason may call the drug: itself, or one file or one formulation of it."""
    return row["drug"], f"{row['drug']}:{row['file']}", f"{row['drug']}:{row['formulation']}"


def _with_reason(figure: Figure, names: tuple[str, ...], reasons: Iterable[Row]) -> Figure:
    if figure.found:
        return figure
    return replace(figure, reason=next((r["reason"] for r in reasons if _fits(r, figure, names)), ""))


def _fits(reason: Row, figure: Figure, names: tuple[str, ...]) -> bool:
    return (
        any(fnmatchcase(name, pattern) for pattern in reason["drug"].split() for name in names)
        and fnmatchcase(figure.field, reason["field"])
        and fnmatchcase(figure.value, reason["value"])
    )


def left_out_section(figures: list[Figure]) -> str:
    """The section of docs/left-out.md: what was left out for the same reason shares a line."""
    counts = Counter(figure.verdict for figure in figures)
    grouped: dict[str, dict[tuple[str, str], list[str]]] = {}
    for figure in figures:
        if figure.verdict == "left out":
            drugs = grouped.setdefault(figure.reason, {}).setdefault((figure.field, figure.value), [])
            if figure.drug not in drugs:
                drugs.append(figure.drug)
    rows = (f"| {_what(said)} | {reason} |" for reason, said in sorted(grouped.items()))
    return "\n".join(
        (
            "## Agents",
            "",
            f"{len(figures)} figures and statements of the reference: {counts['in a file']} are in",
            f"`cards/knowledge/agents/`, {counts['left out']} are left out. A step of a schedule counts as kept where",
            "its dose and its days are; the doses a day may differ, so that whole tablets make it.",
            "",
            "| what | why |",
            "|---|---|",
            *rows,
            "",
        )
    )


def _what(said: Mapping[tuple[str, str], list[str]]) -> str:
    """Field, values and drugs: by field, each set of drugs once."""
    fields: dict[tuple[str, str], list[str]] = {}
    for (field, value), drugs in said.items():
        fields.setdefault((field, ", ".join(drugs)), []).append(value)
    return "; ".join(f"{field} {', '.join(values)} ({drugs})" for (field, drugs), values in fields.items())


def write_section(figures: list[Figure]) -> None:
    text = LEFT_OUT.read_text(encoding="utf-8") if LEFT_OUT.exists() else "# What was left out\n"
    before, _, rest = text.partition("## Agents\n")
    _, heading, after = rest.partition("\n## ")
    LEFT_OUT.write_text(before.rstrip() + "\n\n" + left_out_section(figures) + (heading + after), encoding="utf-8")


def main() -> int:
    arguments = [a for a in sys.argv[1:] if a != "--write"]
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    figures = compare(Path(arguments[0]))
    counts = ", ".join(f"{n} {what}" for what, n in Counter(figure.verdict for figure in figures).items())
    sys.stdout.write(f"agents: {len(figures)} figures and statements: {counts}\n")
    missing = [figure for figure in figures if figure.verdict == "missing"]
    for figure in missing:
        sys.stdout.write(f"missing: {figure.drug} | {figure.field} | {figure.value}\n")
    if "--write" in sys.argv:
        write_section(figures)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
