"""The agents: every file is whole, no agent's schedule trips its own limits, every band has both its sides."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import pytest

from cards.facts import Product
from cards.products import Products
from cards.statements import Agent, Formulation, Maximum, Renal, Row, Schedule, Scoped, Start, Step
from tests.knowledge.knowledge_files import KNOWLEDGE, refused, tables, typed

AGENTS: dict[str, Agent] = typed("agents", Agent)
PRODUCTS = Products.load(KNOWLEDGE / "products")
MOST_UNITS = 3  # of one product a dose

CLASSES = frozenset(
    {
        "tca",
        "snri",
        "gabapentinoid",
        "sodium-channel-anticonvulsant",
        "anticonvulsant-other",
        "class-1b-antiarrhythmic",
        "class-1c-antiarrhythmic",
        "local-anaesthetic-topical",
        "capsaicinoid",
        "alpha-2-agonist-topical",
        "botulinum-toxin",
        "opioid",
        "nsaid",
        "paracetamol-class",
        "gaba-b-agonist",
        "nmda-antagonist",
        "cannabinoid",
        "supplement",
        "serotonergic",
        "sedating",
        "cns-active",
        "qt-prolonging",
        "anticholinergic",
        "enzyme-inducer",
        "weak-enzyme-inducer",
        "cyp2d6-inhibitor",
        "cyp2d6-substrate",
        "cyp3a4-substrate",
        "sodium-channel-blocker",
        "hyponatraemia-risk",
        "seizure-threshold-lowering",
        "bleeding-risk",
        "hormonal-contraceptive-failure",
    }
)
OTHER_MEDICINES = frozenset({"benzodiazepine", "diuretic"})  # named by a Beers or a monitoring row
ALLERGY_GROUPS = frozenset(
    {
        "amide-local-anaesthetics",
        "aromatic-anticonvulsants",
        "gabapentin-and-enacarbil",
        "nsaids",
        "opioid",
        "sulfonamides",
        "tca",
        "venlafaxine-and-desvenlafaxine",
    }
)


def rows(agent: Agent) -> Iterator[tuple[str, Row]]:
    for name in agent.__struct_fields__:
        value = getattr(agent, name)
        for row in value if isinstance(value, tuple) else (value,):
            if isinstance(row, Row):
                yield name, row


def here(found: Iterable[Any], formulation: str) -> list[Any]:
    return [row for row in found if not row.formulation or formulation in row.formulation]


def formulations() -> Iterator[Any]:
    for name, agent in AGENTS.items():
        for formulation in agent.formulation:
            yield pytest.param(agent, formulation, id=f"{name}-{formulation.id}")


# --- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AGENTS)
def test_a_file_keeps_to_the_schema(name: str) -> None:
    assert refused("agents", tables("agents")[name]) == []


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        pytest.param("maximum", "dose", "3600", id="a dose without a unit"),
        pytest.param("maximum", "dose", "3600 mg", id="a dose a day without its day"),
        pytest.param("maximum", "dose", "3600 milligrams/d", id="a unit nobody knows"),
        pytest.param("maximum", "kind", "limit", id="a kind that does not exist"),
        pytest.param("start", "dose", "300 mg", id="a start without its day"),
        pytest.param("start", "crcl", "crcl under 60", id="a comparison in words"),
        pytest.param("titration", "interval", "soon", id="an interval without a number"),
        pytest.param("contraindication", "strength", "forbidden", id="a strength that does not exist"),
        pytest.param("contraindication", "colour", "red", id="a key nobody reads"),
        pytest.param("taper", "why", "", id="an empty line"),
    ],
)
def test_the_schema_refuses(table: str, key: str, value: str) -> None:
    file = tables("agents")["gabapentin"]
    file[table][0][key] = value
    assert refused("agents", file)


@pytest.mark.parametrize("name", AGENTS)
def test_every_row_has_an_address_of_its_own(name: str) -> None:
    seen = Counter((table, row.id) for table, row in rows(AGENTS[name]) if table not in ("effect", "opioid"))
    assert [address for address, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("name", AGENTS)
def test_every_row_rests_on_a_source_of_the_file_and_every_source_is_used(name: str) -> None:
    agent = AGENTS[name]
    used = {source for _, row in rows(agent) for source in row.sources}
    assert used == {source.id for source in agent.source}
    assert all(row.sources for _, row in rows(agent))


@pytest.mark.parametrize("name", AGENTS)
def test_nobody_has_reviewed_a_file_and_it_says_so(name: str) -> None:
    review = AGENTS[name].review
    assert review.status == "draft"
    assert review.last_review_date < review.review_due < review.expires


@pytest.mark.parametrize("name", AGENTS)
def test_the_ingredient_is_the_one_of_the_products(name: str) -> None:
    code = PRODUCTS.rxnorm_of(AGENTS[name].title.lower())
    assert code in ("", AGENTS[name].rxnorm)


@pytest.mark.parametrize(
    ("sold", "read"),
    [
        pytest.param("lidocaine 5% patch", {"patch-5-percent"}, id="lidocaine 5 %"),
        pytest.param("lidocaine 4% patch", set(), id="an over-the-counter lidocaine patch is no formulation of ours"),
        pytest.param("capsaicin 8% patch", {"patch-8-percent"}, id="capsaicin 8 %"),
        pytest.param("capsaicin 0.025% patch", set(), id="an over-the-counter capsaicin patch is no 8 % patch"),
        pytest.param("gabapentin ER 600 mg", set(), id="gabapentin ER is ambiguous"),
        pytest.param("gabapentin 300 mg capsule", {"plain"}, id="gabapentin capsule"),
        pytest.param("tramadol ER 100 mg", {"extended"}, id="tramadol ER"),
        pytest.param("buprenorphine 8 mg sublingual tablet", set(), id="buprenorphine for opioid use disorder"),
    ],
)
def test_which_formulation_a_product_is(sold: str, read: set[str]) -> None:
    product = PRODUCTS.named(sold)
    assert product is not None
    agent = AGENTS[product.ingredients[0]]
    assert {f.id for f in agent.formulation if fits(f, product)} == read


def fits(formulation: Formulation, product: Product) -> bool:
    return (
        (not formulation.release or (product.release or "immediate") in formulation.release)
        and (not formulation.forms or any(word in product.form for word in formulation.forms))
        and (not formulation.percent or product.percent in formulation.percent)
    )


@pytest.mark.parametrize("name", AGENTS)
def test_classes_and_formulations_named_exist(name: str) -> None:
    agent = AGENTS[name]
    known = {formulation.id for formulation in agent.formulation}
    for _, row in rows(agent):
        assert set(row.formulation if isinstance(row, Scoped) else ()) <= known
        named = {*getattr(row, "classes", ()), *getattr(row, "only_with", ()), *getattr(row, "with_medicine", ())}
        assert named <= CLASSES | OTHER_MEDICINES | AGENTS.keys()
    assert set(agent.classes) <= CLASSES
    assert set(agent.allergy_groups) <= ALLERGY_GROUPS


@pytest.mark.parametrize("name", AGENTS)
def test_value_sets_named_exist(name: str) -> None:
    known = tables("value_sets").keys()
    for table, row in rows(AGENTS[name]):
        named = {*getattr(row, "value_sets", ()), *getattr(row, "only_value_sets", ()), *getattr(row, "indication", ())}
        named |= {getattr(row, "value_set", "")} - {""}
        assert named <= known, f"{table}.{row.id}"


def test_the_open_questions_are_those_of_the_files() -> None:
    script = KNOWLEDGE.parent.parent / "scripts" / "open_questions.py"
    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0  # noqa: S603


# --- an agent's schedule never trips its own start or climb limit ---------------------------------------------------

PATIENTS = list(itertools.product((40, 65, 80), (None, 90, 60, 45, 30, 22)))


def asked_for(row: Start | Schedule, age: int, crcl: int | None) -> bool:
    """A row for an age or a kidney function holds where either is so; a row for neither holds for everyone."""
    by_age = row.age_from is not None and age >= row.age_from
    by_kidneys = row.crcl is not None and crcl is not None and row.crcl.holds(Fraction(crcl))
    return by_age or by_kidneys or (row.age_from is None and row.crcl is None)


def offered(agent: Agent, formulation: str, age: int, crcl: int | None) -> Schedule | None:
    found = [s for s in here(agent.schedule, formulation) if s.pace != "label" and asked_for(s, age, crcl)]
    return max(found, key=lambda s: (s.pace == "slower", -s.steps[0].dose.value, s.age_from is None), default=None)


def lowest_start(agent: Agent, formulation: str, age: int, crcl: int | None) -> Fraction | None:
    found = [s for s in here(agent.start, formulation) if not s.with_medicine and asked_for(s, age, crcl)]
    return min((s.dose.value for s in found), default=None)


@pytest.mark.parametrize(("agent", "formulation"), list(formulations()))
def test_the_schedule_offered_starts_no_higher_than_the_start(agent: Agent, formulation: Formulation) -> None:
    for age, crcl in PATIENTS:
        schedule, start = offered(agent, formulation.id, age, crcl), lowest_start(agent, formulation.id, age, crcl)
        if schedule and start is not None:
            assert schedule.steps[0].dose.value <= start, (age, crcl, schedule.id)


@pytest.mark.parametrize(("agent", "formulation"), list(formulations()))
def test_the_schedule_offered_climbs_no_faster_than_the_titration(agent: Agent, formulation: Formulation) -> None:
    for schedule in here(agent.schedule, formulation.id):
        if schedule.pace == "label":
            continue
        for before, after in itertools.pairwise(schedule.steps):
            assert before.days is not None
            for limit in here(agent.titration, formulation.id):
                assert after.dose.value - before.dose.value <= limit.step.value, schedule.id
                if not limit.age_from or schedule.age_from:
                    assert before.days * 24 >= in_hours(str(limit.interval)), schedule.id
        assert schedule.steps[-1].days is None


@pytest.mark.parametrize(("agent", "formulation"), list(formulations()))
@pytest.mark.parametrize("crcl", [10, 22, 45])
def test_the_schedule_offered_is_taken_no_more_often_than_the_kidney_table_says(
    agent: Agent, formulation: Formulation, crcl: int
) -> None:
    tables = [table for table in here(agent.renal, formulation.id) if table.kind == "label"]
    bands = [band for table in tables for band in table.bands if band.crcl.holds(Fraction(crcl)) and band.doses_per_day]
    schedule = offered(agent, formulation.id, 70, crcl)
    for band, step in itertools.product(bands, schedule.steps if schedule and not agent.never_suggested else ()):
        if not band.maximum or step.dose.value <= band.maximum.value:
            assert step.doses_per_day <= (band.doses_per_day or 0), (crcl, str(step.dose))


def in_hours(interval: str) -> int:
    number, unit = interval.split()
    return int(number) * {"h": 1, "d": 24, "wk": 168}[unit]


@pytest.mark.parametrize(("agent", "formulation"), list(formulations()))
def test_the_schedule_offered_stays_at_or_below_every_limit(agent: Agent, formulation: Formulation) -> None:
    for schedule in here(agent.schedule, formulation.id):
        highest = max(step.dose.value for step in schedule.steps)
        for row in here(agent.maximum, formulation.id):
            same = row.dose.unit == schedule.steps[0].dose.unit
            if row.kind == "ceiling" and same and not row.with_medicine and schedule.pace != "label":
                assert highest <= row.dose.value, (schedule.id, row.id)


@pytest.mark.parametrize(("agent", "formulation"), list(formulations()))
def test_doses_are_no_closer_together_than_the_product_allows(agent: Agent, formulation: Formulation) -> None:
    for schedule in here(agent.schedule, formulation.id):
        for step in schedule.steps:
            if formulation.interval_hours and schedule.pace != "label":
                assert step.doses_per_day * formulation.interval_hours <= 24, (schedule.id, str(step.dose))


@pytest.mark.parametrize(
    ("agent", "formulation"),
    [
        p
        for p in formulations()
        if p.values[1].offered_as and not p.values[0].never_suggested and p.values[1].unit == "mg"
    ],
)
def test_the_schedule_offered_is_made_of_tablets_that_exist(agent: Agent, formulation: Formulation) -> None:
    sold = PRODUCTS.offered(agent.id.replace("-", " "), formulation.offered_as, formulation.release)
    strengths = {product.strength for product in sold if product.strength}
    steps: list[Start | Step] = [
        step for s in here(agent.schedule, formulation.id) if s.pace != "label" for step in s.steps
    ]
    for step in [*steps, *here(agent.start, formulation.id)]:
        single = step.dose.value / step.doses_per_day
        fitting = [s for s in strengths if (single / s).denominator == 1 and single / s <= MOST_UNITS]
        assert fitting, f"{step.dose} in {step.doses_per_day}"


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agent", "formulation"), list(formulations()))
def test_a_target_lies_within_the_limits(agent: Agent, formulation: Formulation) -> None:
    ceilings = [m for m in here(agent.maximum, formulation.id) if m.kind == "ceiling" and not m.single]
    for target in here(agent.target, formulation.id):
        assert target.upper is None or target.dose.value <= target.upper.value
        for ceiling in ceilings:
            assert target.dose.value <= ceiling.dose.value or ceiling.dose.unit != target.dose.unit, ceiling.id


def test_trial_doses_and_practice_figures_are_never_a_label_maximum() -> None:
    """A14, A27: highest trial doses of opioids, and what practice gives without a label."""
    assert {m.kind for m in AGENTS["morphine"].maximum if not m.single} == {"trial"}
    assert {m.kind for m in AGENTS["oxycodone"].maximum if not m.single} == {"trial"}
    assert kinds("baclofen", "40 mg/d") == {"practice"}
    assert kinds("acetaminophen", "3,000 mg/d") == {"practice"}
    assert {r.kind for r in AGENTS["baclofen"].renal for b in r.bands if b.maximum and b.maximum.value < 80} == {
        "practice"
    }


def kinds(name: str, dose: str) -> set[str]:
    return {row.kind for row in AGENTS[name].maximum if str(row.dose) == dose}


def renal_tables() -> Iterator[Any]:
    for name, agent in AGENTS.items():
        for table in agent.renal:
            yield pytest.param(table, id=f"{name}-{table.id}")


@pytest.mark.parametrize("table", list(renal_tables()))
def test_bands_leave_no_gap_and_do_not_overlap(table: Renal) -> None:
    """Both sides of every edge, and the edge itself, fall in one band: the one the file says."""
    edges = {edge for band in table.bands for edge in (band.crcl.low, band.crcl.high) if edge is not None}
    outermost = {max(edges), min(edges)} if len(table.bands) < 2 or not whole(table) else set()
    for edge in edges - outermost:
        for value in (edge - Fraction(1, 100), edge, edge + Fraction(1, 100)):
            holding = [band for band in table.bands if band.crcl.holds(value)]
            assert len(holding) == (0 if value < 0 else 1), f"{table.id} at {float(value)}"


def whole(table: Renal) -> bool:
    """Whether the table covers every kidney function; some speak of a part, and another table of the rest."""
    return any(band.crcl.high is None for band in table.bands) and any(
        band.crcl.low is None or band.crcl.low == 0 for band in table.bands
    )


@pytest.mark.parametrize("table", list(renal_tables()))
def test_worse_kidneys_never_allow_more(table: Renal) -> None:
    limits = [Fraction(0) if band.avoid else band.maximum.value for band in table.bands if band.avoid or band.maximum]
    assert limits == sorted(limits, reverse=True)


@pytest.mark.parametrize(
    ("name", "table", "crcl", "most"),
    [
        pytest.param("gabapentin", "us", "60", 3600, id="gabapentin at 60: not below it"),
        pytest.param("gabapentin", "us", "59.99", 1400, id="gabapentin just below 60"),
        pytest.param("gabapentin", "us", "30.01", 1400, id="gabapentin just above 30"),
        pytest.param("gabapentin", "us", "30", 700, id="gabapentin at 30: the lower dose"),
        pytest.param("gabapentin", "us", "15", 300, id="gabapentin at 15: the lowest row"),
        pytest.param("pregabalin", "us", "60", 300, id="pregabalin at 60: the lower dose"),
        pytest.param("pregabalin", "us", "30", 150, id="pregabalin at 30: the lower dose"),
        pytest.param(
            "pregabalin", "us-painful-diabetic-neuropathy-plain", "61", 300, id="pregabalin in diabetic neuropathy"
        ),
        pytest.param("duloxetine", "us", "30", 120, id="duloxetine at 30: not below it"),
        pytest.param("duloxetine", "us", "29.99", 0, id="duloxetine just below 30"),
        pytest.param("tramadol", "us-extended", "30", 300, id="extended tramadol at 30: not below it"),
        pytest.param("tramadol", "us-extended", "29.99", 0, id="extended tramadol just below 30"),
        pytest.param("tapentadol", "all-extended", "30", 500, id="tapentadol at 30: not below it"),
        pytest.param("gabapentin", "all", "30", 1800, id="once-daily gabapentin at 30: not below it"),
    ],
)
def test_edges_are_the_labels_own(name: str, table: str, crcl: str, most: int) -> None:
    """A2: each edge as the label prints it."""
    renal = next(row for row in AGENTS[name].renal if row.id == table)
    [band] = [band for band in renal.bands if band.crcl.holds(Fraction(crcl))]
    assert (0 if band.avoid else band.maximum and band.maximum.value) == most


def test_a_proportional_limit_is_never_for_dialysis() -> None:
    """A3: on dialysis the row of 100 to 300 mg and a supplement, never the formula at a clearance of zero."""
    [band] = [band for agent in AGENTS.values() for row in agent.renal for band in row.bands if band.proportional_to]
    assert str(band.crcl.text) == "crcl <= 15"
    plain = [row for row in AGENTS["gabapentin"].dialysis if "plain" in row.formulation]
    assert {str(row.maximum) for row in plain} == {"300 mg/d"}
    assert all(row.supplement for row in plain)


# --- the corrections ------------------------------------------------------------------------------------------------

ELSEWHERE = {"A7", "A8", "A17", "A26", "A23"}  # in the interactions, and the value set of pregnancy


def corrections() -> set[str]:
    return {one for agent in AGENTS.values() for _, row in rows(agent) for one in row.corrected.split("/") if one}


def test_every_correction_is_taken() -> None:
    assert {f"A{number}" for number in range(1, 28)} - ELSEWHERE <= corrections()
    assert {"B", "C4", "C5", "C6", "C9", "C10", "C11", "C12", "C13", "C14"} <= corrections()


def maximum(name: str, row: str) -> Maximum:
    return next(found for found in AGENTS[name].maximum if found.id == row)


def test_gabapentin_1800_is_no_limit() -> None:
    """A1"""
    assert maximum("gabapentin", "ceiling-us-plain").dose.value == 3600
    assert maximum("gabapentin", "no-benefit-above-postherpetic-neuralgia-us").kind == "no added benefit"


def test_duloxetine_120_is_within_the_label_of_depression() -> None:
    """A19"""
    ceilings = [m for m in AGENTS["duloxetine"].maximum if m.kind == "ceiling" and not m.indication]
    assert [m.dose.value for m in ceilings] == [120]
    assert maximum("duloxetine", "usual-painful-diabetic-neuropathy-us").dose.value == 60


def test_the_age_beside_an_elderly_figure() -> None:
    """A12: tramadol from seventy-six on, tricyclics from sixty-five."""
    assert maximum("tramadol", "ceiling-us-over-75").age_over == 75
    assert maximum("amitriptyline", "usual-neuropathic-pain-us-65").age_from == 65


def test_beers_statements_have_their_age() -> None:
    """A21: a forty-year-old who fell is not on the Beers list."""
    assert all(row.age_from == 65 for agent in AGENTS.values() for row in agent.beers)
    beers_only = {"falls", "dementia"}
    assert not [c for agent in AGENTS.values() for c in agent.contraindication if c.value_set in beers_only]


def test_a_measured_kidney_function_outranks_the_stage() -> None:
    """A22"""
    rows_of_stage = [c for agent in AGENTS.values() for c in agent.contraindication if c.value_set == "severe-renal"]
    assert rows_of_stage
    assert all(c.crcl is not None and str(c.crcl.text) == "crcl < 30" for c in rows_of_stage)


def test_venlafaxine_in_mild_impairment_is_for_information() -> None:
    """A25: 60 to 89 a usual dose, below 60 a limit."""
    renal = next(row for row in AGENTS["venlafaxine"].renal if row.id == "us")
    [mild] = [band for band in renal.bands if band.crcl.holds(Fraction(75))]
    [moderate] = [band for band in renal.bands if band.crcl.holds(Fraction(59))]
    assert (str(mild.usual), str(mild.maximum)) == ("168.75 mg/d", "225 mg/d")
    assert (moderate.usual, str(moderate.maximum)) == (None, "168.75 mg/d")


def test_opioids_have_no_day_count_for_a_taper() -> None:
    """A11"""
    tapers = [taper for agent in AGENTS.values() if "opioid" in agent.classes for taper in agent.taper]
    assert tapers
    assert all(taper.days is None and taper.percent_per_month_after_a_year == 10 for taper in tapers)


def test_lamotrigine_is_boxed_for_its_climb() -> None:
    """A13"""
    assert [row.boxed for row in AGENTS["lamotrigine"].titration] == [True]
    starts = {row.with_medicine: row.dose.value for row in AGENTS["lamotrigine"].start}
    assert starts == {(): 25, ("valproate",): Fraction("12.5"), ("enzyme-inducer",): 50}


@pytest.mark.parametrize(
    ("name", "period", "jurisdiction"),
    [
        pytest.param("topiramate", "pregnancy", "US", id="A4 topiramate in pregnancy, US"),
        pytest.param("topiramate", "child-bearing potential", "US", id="A4 topiramate, child-bearing, US"),
        pytest.param("valproate", "child-bearing potential", "US", id="A5 valproate, child-bearing, US"),
        pytest.param("pregabalin", "pregnancy", "US", id="A6 pregabalin"),
        pytest.param("gabapentin", "pregnancy", "US", id="A6 gabapentin"),
        pytest.param("duloxetine", "pregnancy", "UK", id="A6 duloxetine"),
        pytest.param("nortriptyline", "pregnancy", "US", id="A6 nortriptyline"),
        pytest.param("codeine", "breast-feeding", "US", id="C14 codeine in milk, US"),
    ],
)
def test_pregnancy_has_an_entry(name: str, period: str, jurisdiction: str) -> None:
    found = [p for p in AGENTS[name].pregnancy if p.period == period]
    assert any(not p.jurisdiction or jurisdiction in p.jurisdiction for p in found)


def strength(name: str, value_set: str, jurisdiction: str) -> str:
    for row in AGENTS[name].contraindication:
        if row.value_set == value_set:
            if not row.jurisdiction or jurisdiction in row.jurisdiction:
                return row.strength
            if row.caution_elsewhere:
                return "caution"
    return ""


@pytest.mark.parametrize(
    ("name", "value_set", "jurisdiction", "wanted"),
    [
        pytest.param("morphine", "asthma-any", "US", "caution", id="A9 stable asthma"),
        pytest.param("morphine", "asthma-severe", "US", "contraindicated", id="A9 severe asthma"),
        pytest.param("duloxetine", "any-liver", "US", "contraindicated", id="A10 cirrhosis"),
        pytest.param("duloxetine", "fatty-liver", "US", "caution", id="A10 fatty liver"),
        pytest.param("duloxetine", "chronic-liver", "US", "avoid", id="A10 chronic hepatitis"),
        pytest.param("amitriptyline", "av-block-2-3", "US", "contraindicated", id="A15 complete block, US"),
        pytest.param("amitriptyline", "atrial-fibrillation", "US", "caution", id="A15 atrial fibrillation, US"),
        pytest.param("amitriptyline", "arrhythmia-any", "UK", "contraindicated", id="A15 any arrhythmia, UK"),
        pytest.param("venlafaxine", "atrial-fibrillation", "UK", "", id="A15 venlafaxine and atrial fibrillation"),
        pytest.param("nortriptyline", "ischaemic-heart", "US", "avoid", id="A16 old infarction"),
        pytest.param("nortriptyline", "heart-failure", "US", "avoid", id="A16 heart failure"),
        pytest.param("lamotrigine", "valvular-congenital-heart", "US", "avoid", id="A18 valve disease"),
        pytest.param("mexiletine", "structural-heart", "US", "contraindicated", id="A20 structural disease, US"),
        pytest.param("topiramate", "kidney-stone-history", "US", "avoid", id="C10 stones"),
        pytest.param("lacosamide", "atrial-fibrillation", "US", "caution", id="C11 lacosamide"),
        pytest.param("tramadol", "hypoglycaemia", "US", "caution", id="C11 tramadol"),
        pytest.param("gabapentin", "heart-failure", "US", "caution", id="C12 oedema"),
        pytest.param("amitriptyline", "severe-hepatic", "US", "caution", id="C13 a UK contraindication in the US"),
    ],
)
def test_contraindications(name: str, value_set: str, jurisdiction: str, wanted: str) -> None:
    assert strength(name, value_set, jurisdiction) == wanted


# --- never ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AGENTS)
def test_what_no_card_may_offer_says_why(name: str) -> None:
    agent = AGENTS[name]
    never = {"opioid", "cannabinoid", "nsaid", "paracetamol-class", "nmda-antagonist", "class-1b-antiarrhythmic"}
    named = {"levetiracetam", "valproate", "lacosamide", "topiramate", "lamotrigine", "flecainide", "botulinum-toxin-a"}
    if never & set(agent.classes) or name in named:
        assert agent.never_suggested
        assert not agent.target


@pytest.mark.parametrize("name", ["ibuprofen", "naproxen", "diclofenac", "celecoxib", "acetaminophen"])
def test_what_does_not_work_is_said(name: str) -> None:
    effect = AGENTS[name].effect
    assert effect is not None
    assert effect.works is False
    assert effect.says.startswith("Not effective")


def test_factors_to_morphine() -> None:
    factors = {name: a.opioid.mme_factor for name, a in AGENTS.items() if a.opioid and a.opioid.mme_factor}
    assert factors == {
        "codeine": Fraction("0.15"),
        "fentanyl": Fraction("2.4"),
        "hydrocodone": 1,
        "hydromorphone": 5,
        "methadone": Fraction("4.7"),
        "morphine": 1,
        "oxycodone": Fraction("1.5"),
        "tapentadol": Fraction("0.4"),
        "tramadol": Fraction("0.2"),
    }
    assert AGENTS["fentanyl"].opioid is not None
    assert AGENTS["fentanyl"].opioid.per == "ug/h"
    assert AGENTS["fentanyl"].opioid.tolerant_only
