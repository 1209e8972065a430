"""
What a knowledge file may say, typed. One class a kind of table in the TOML files; the field names are the keys.

The JSON Schemas in knowledge/schema/ check values, these classes give the checked values their Python shape. Quantities
are strings in the files ("300 mg/d") and exact numbers here. A row's `sources` are ids of the [[source]] tables of its
file; `seen` says whether its figure was read in a source ("page") or stated from knowledge of it ("knowledge").
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

Jurisdiction = Literal["US", "UK", "JP"]
Seen = Literal["page", "knowledge", "mixed"]
Strength = Literal["contraindicated", "avoid", "caution"]
Kind = Literal["ceiling", "usual", "no added benefit", "practice", "trial"]


class _Value:
    """Equal by its parts. No dataclass: msgspec reads those from a table, and ours are strings in the files."""

    __slots__: tuple[str, ...] = ()

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Value) and type(self) is type(other) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._parts()!r}"


class Quantity(_Value):
    """A number with its unit: "300 mg", "3600 mg/d", "20 ug/h", "3 patch/d", "12 wk"."""

    __slots__ = ("unit", "value")

    def __init__(self, value: Fraction, unit: str) -> None:
        self.value = value
        self.unit = unit

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Raises ValueError if `text` is not a number, a space and a unit."""
        number, _, unit = text.partition(" ")
        if not unit or unit != unit.strip():
            raise ValueError(f"not a quantity with a unit, such as '300 mg/d': {text!r}")
        return cls(Fraction(number), unit)

    def __str__(self) -> str:
        return f"{plain(self.value)} {self.unit}"


def plain(value: Fraction) -> str:
    """A number as a clinician writes it: 1800 as 1,800; 12.5; a third as 0.33."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{float(value):,.3f}".rstrip("0").rstrip(".") if value >= 1 else f"{float(value):.3g}"


class Range(_Value):
    """The comparison a label prints: "crcl >= 60", "30 < crcl < 60". Each edge is open or closed on its own."""

    __slots__ = ("high", "high_included", "low", "low_included", "text")

    def __init__(
        self, low: Fraction | None, low_included: bool, high: Fraction | None, high_included: bool, text: str
    ) -> None:
        self.low = low
        self.low_included = low_included
        self.high = high
        self.high_included = high_included
        self.text = text

    _SHAPE = re.compile(r"(?:([\d.]+) (<=?) )?([a-z_]+)(?: (<=?|>=?) ([\d.]+))?")

    @classmethod
    def parse(cls, text: str) -> Range:
        """Raises ValueError unless `text` is a comparison of one name with one or two numbers."""
        found = cls._SHAPE.fullmatch(text)
        if not found or not (found[1] or found[5]) or (found[1] and (found[4] or "").startswith(">")):
            raise ValueError(f"not a comparison such as '30 < crcl <= 60' or 'crcl >= 60': {text!r}")
        low, low_included = (Fraction(found[1]), found[2] == "<=") if found[1] else (None, False)
        high, high_included = (Fraction(found[5]), (found[4] or "").endswith("=")) if found[5] else (None, False)
        if (found[4] or "").startswith(">"):
            low, low_included, high, high_included = high, high_included, None, False
        return cls(low, low_included, high, high_included, text)

    def holds(self, value: Fraction) -> bool:
        above = self.low is None or (value >= self.low if self.low_included else value > self.low)
        below = self.high is None or (value <= self.high if self.high_included else value < self.high)
        return above and below

    def overlaps(self, low: Fraction | None, high: Fraction | None) -> bool:
        """Whether the open interval low..high (None: no bound) shares a value; touching at an edge is not enough."""
        starts_before = self.high is None or low is None or low < self.high
        ends_after = self.low is None or high is None or high > self.low
        return starts_before and ends_after


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of every table: unknown keys are refused."""


class Source(Table, frozen=True, kw_only=True):
    id: str
    title: str
    publisher: str = ""
    version: str = ""  # edition, version or year
    section: str = ""
    url: str = ""
    doi: str = ""
    seen: Seen = "knowledge"
    quality: str = ""  # label_copy, official, journal, monograph, ai_secondary, knowledge ...


class Review(Table, frozen=True, kw_only=True):
    status: Literal["draft", "active", "retired"]
    last_review_date: date
    review_due: date  # after this day the cards say that the review is overdue
    expires: date  # after this day the statement is not used, and that is said
    author: str = ""  # who wrote it, where that is known; never the one who signs it off


class File(Table, frozen=True, kw_only=True):
    """One file, one reviewed thing. `id` (the file's stem) and `path` come from the loader, not from the file."""

    id: str = ""
    path: str = ""
    title: str
    review: Review
    source: tuple[Source, ...]


class Row(Table, frozen=True, kw_only=True):
    """A statement inside a file. `id` makes its address: agents/x.toml#maximum.label-us"""

    id: str = ""
    sources: tuple[str, ...] = ()
    seen: Seen = "knowledge"
    doubt: str = ""  # what is not certain about it; listed in docs/open-questions.md
    corrected: str = ""  # the row of the second reading that changed it
    note: str = ""


class Scoped(Row, frozen=True, kw_only=True):
    """A statement that holds only here: no entry means everywhere, everyone, every formulation, any indication."""

    jurisdiction: tuple[Jurisdiction, ...] = ()
    formulation: tuple[str, ...] = ()
    indication: tuple[str, ...] = ()  # value set ids; empty: any
    age_from: int | None = None  # 65: sixty-five and older
    age_over: int | None = None  # 75: seventy-six and older
    age_under: int | None = None


# --- agents ---------------------------------------------------------------------------------------------------------


class Formulation(Table, frozen=True, kw_only=True):
    """Products that share limits. The first whose tests all pass is the one; an order that passes none is ambiguous."""

    id: str
    title: str
    short: str = ""  # after the agent's name, where one form of several is meant: "cream", "5 % patch"
    routes: tuple[str, ...]  # "oral", "topical", "transdermal", "buccal", "intravenous", "injection"
    release: tuple[str, ...] = ()  # "immediate", "delayed", "extended", "once-daily"; empty: any
    forms: tuple[str, ...] = ()  # words of the RxNorm dose form, any of them; empty: any
    percent: tuple[Fraction, ...] = ()  # strength of a topical product, when it tells two apart
    strengths: tuple[Quantity, ...] = ()  # that only this formulation has, when nothing else tells
    unit: str = "mg"  # what its doses are counted in: "mg", "ug/h", "patch", "application", "spray", "unit"
    offered_as: tuple[str, ...] = ()  # RxNorm dose forms a suggestion may use, best first
    assumed_when_unsaid: bool = False  # an order that names only the ingredient is read as this one
    interval_hours: int | None = None  # shortest time between doses


class Start(Scoped, frozen=True, kw_only=True):
    dose: Quantity  # "300 mg/d"
    doses_per_day: Fraction = Fraction(1)
    when: str = ""  # "at night"
    with_medicine: tuple[str, ...] = ()  # class or ingredient ids taken beside it
    crcl: Range | None = None  # with an age as well: either is reason enough


class Titration(Scoped, frozen=True, kw_only=True):
    """The fastest climb: no single increase above `step`, none sooner than `interval` after the last."""

    step: Quantity
    interval: Quantity
    boxed: bool = False  # the label boxes it: exceeding is a warning


class Step(Table, frozen=True, kw_only=True):
    dose: Quantity
    doses_per_day: Fraction = Fraction(1)
    days: int | None = None  # None on the last: go on
    note: str = ""


class Schedule(Scoped, frozen=True, kw_only=True):
    """A climb to offer, as one multi-step order. `pace`: "usual" or "slower" (frail, renal)."""

    pace: Literal["label", "usual", "slower"] = "usual"  # a label's own jumps are never offered
    crcl: Range | None = None  # with an age as well: either is reason enough
    steps: tuple[Step, ...]


class Target(Scoped, frozen=True, kw_only=True):
    """The dose at which the agent is judged, and how long at it an adequate trial takes."""

    dose: Quantity
    upper: Quantity | None = None
    trial: Quantity | None = None  # in all, titration included


class Maximum(Scoped, frozen=True, kw_only=True):
    kind: Kind
    dose: Quantity
    with_medicine: tuple[str, ...] = ()  # only beside one of these class or ingredient ids
    single: bool = False  # a limit on one dose, not on the day


class Band(Table, frozen=True, kw_only=True):
    """One row of a renal table. `avoid`: not to be used; no `maximum`: no figure given."""

    crcl: Range
    maximum: Quantity | None = None
    usual: Quantity | None = None  # the usual dose, when the maximum is higher than that
    doses_per_day: Fraction | None = None
    avoid: bool = False
    critical: bool = False
    proportional_to: Fraction | None = None  # the maximum shrinks as CrCl divided by this; never on dialysis
    start_factor: Fraction | None = None  # start with this part of the usual starting dose
    edge: Literal["label", "assumed"] = "assumed"
    note: str = ""


class Renal(Scoped, frozen=True, kw_only=True):
    bands: tuple[Band, ...]
    kind: Literal["label", "practice"] = "label"


class Dialysis(Scoped, frozen=True, kw_only=True):
    advice: str
    avoid: bool = False
    maximum: Quantity | None = None
    supplement: str = ""


class Hepatic(Scoped, frozen=True, kw_only=True):
    child_pugh: Literal["A", "B", "C"]
    avoid: bool = False
    maximum: Quantity | None = None
    factor: Fraction | None = None
    advice: str = ""


class Contraindication(Scoped, frozen=True, kw_only=True):
    value_set: str = ""  # empty: for the age alone
    strength: Strength
    why: str = ""
    recent_days: int | None = None  # counts in full only if dated within; older or undated is caution
    crcl: Range | None = None  # a measured kidney function that means the same, and outranks the code
    caution_elsewhere: bool = False  # in the other jurisdictions: caution
    unless_value_sets: tuple[str, ...] = ()  # with one of these on record caution is enough: a pacemaker


class Taper(Scoped, frozen=True, kw_only=True):
    required: bool
    days: int | None = None  # at least; None: no day count is safe to give
    exposure_days: int | None = None  # shorter use needs none
    percent_per_week: Fraction | None = None
    percent_per_month_after_a_year: Fraction | None = None
    why: str = ""  # withdrawal, seizures
    advice: str = ""


class Monitoring(Scoped, frozen=True, kw_only=True):
    what: str  # in words
    value_set: str = ""  # the result or condition that answers it
    before_start: bool = False
    order_meanwhile: bool = False  # an order may be offered before the result: taken at the visit, or safe without it
    within_days: int | None = None
    only_with: tuple[str, ...] = ()  # class ids: sodium only with a diuretic
    only_value_sets: tuple[str, ...] = ()  # only in a patient with one of these
    bedside: bool = False  # measured at the visit: named beside other tests, no card of its own


class Pregnancy(Scoped, frozen=True, kw_only=True):
    period: Literal["pregnancy", "child-bearing potential", "breast-feeding"]
    strength: Strength
    advice: str

    @property
    def key(self) -> str:
        """Where it stands in its file, for an address."""
        return "pregnancy"

    @property
    def meaning(self) -> str:
        """The part of the value set that says the period is on."""
        parts = {"pregnancy": "pregnant", "child-bearing potential": "may-become-pregnant"}
        return parts.get(self.period, "breast-feeding-now")


class Beers(Scoped, frozen=True, kw_only=True):
    strength: Strength
    advice: str
    value_sets: tuple[str, ...] = ()  # only with one of these; empty: for age alone
    classes: tuple[str, ...] = ()  # only beside one of these
    crcl: Range | None = None
    dose_above: Quantity | None = None


class Pharmacogenetics(Scoped, frozen=True, kw_only=True):
    value_set: str  # a result value set
    text: tuple[str, ...]  # the answers it holds for, lower case: "positive", "poor metabolizer"
    carrier: str = ""  # the condition value set that says the same
    strength: Strength
    advice: str
    tolerated_after_days: int | None = None  # taken for so long without harm, it is only a caution


class Approved(Scoped, frozen=True, kw_only=True):
    """An approved indication; `indication` names the value sets, `title` the label's words."""

    title: str


class Opioid(Row, frozen=True, kw_only=True):
    mme_factor: Fraction | None = None  # per mg; per ug/h where `per` says so. None: CDC gives none
    per: Literal["mg", "ug/h"] = "mg"
    tolerant_from: Quantity | None = None  # a day, for a week: counts as opioid-tolerant
    tolerant_only: bool = False
    for_use_disorder: bool = False  # may be given for opioid use disorder, where the factors do not apply


class Effect(Row, frozen=True, kw_only=True):
    """What it can and cannot do for neuropathic pain, in a sentence; `works = False`: not effective."""

    works: bool | None = None  # None: evidence inconclusive
    says: str = ""


class Agent(File, frozen=True, kw_only=True):
    classes: tuple[str, ...]
    rxnorm: str = ""  # ingredient
    allergy_groups: tuple[str, ...] = ()  # value sets of cross-reacting substances
    formulation: tuple[Formulation, ...]
    effect: Effect | None = None
    start: tuple[Start, ...] = ()
    titration: tuple[Titration, ...] = ()
    schedule: tuple[Schedule, ...] = ()
    target: tuple[Target, ...] = ()
    maximum: tuple[Maximum, ...] = ()
    renal: tuple[Renal, ...] = ()
    dialysis: tuple[Dialysis, ...] = ()
    hepatic: tuple[Hepatic, ...] = ()
    contraindication: tuple[Contraindication, ...] = ()
    taper: tuple[Taper, ...] = ()
    monitoring: tuple[Monitoring, ...] = ()
    pregnancy: tuple[Pregnancy, ...] = ()
    beers: tuple[Beers, ...] = ()
    pharmacogenetics: tuple[Pharmacogenetics, ...] = ()
    approved: tuple[Approved, ...] = ()
    opioid: Opioid | None = None
    boxed: tuple[str, ...] = ()
    counsel: tuple[str, ...] = ()
    never_suggested: str = ""  # why no card ever offers it; empty: may be offered


# --- conditions and modifiers ---------------------------------------------------------------------------------------


class Offer(Scoped, frozen=True, kw_only=True):
    """Agents offered side by side; rows with a lower `group` come first, equals share a group."""

    group: int
    agents: tuple[str, ...]
    use: str = ""  # the formulation id, where only one is meant
    says: str = ""
    needs_value_set: tuple[str, ...] = ()  # only offered where one of these is on record


class Against(Scoped, frozen=True, kw_only=True):
    """What is not offered here and how strongly. A row that names the agent stands above a row that names its class.

    "against" and "not before others" disapprove of an order, "caution" only warns; "not offered" and "specialist"
    say nothing against an order: it gets the safety checks alone.
    """

    agents: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    strength: Literal["against", "not before others", "caution", "not offered", "specialist"]
    why: str
    unless_value_set: tuple[str, ...] = ()
    when: When | None = None  # only in such a patient: carbamazepine only beside an anticoagulant


class ConditionTarget(Scoped, frozen=True, kw_only=True):
    agents: tuple[str, ...]
    dose: Quantity | None = None
    upper: Quantity | None = None  # the highest that a card proposes here, where that is above `dose`
    trial: Quantity | None = None


class Say(Scoped, frozen=True, kw_only=True):
    text: str
    red_flag: bool = False
    when: When | None = None  # said only to such a patient
    agents: tuple[str, ...] = ()  # said only where one of them is offered


class Condition(File, frozen=True, kw_only=True):
    value_set: str
    nature: Literal["peripheral", "central", "mixed"]
    offer: tuple[Offer, ...] = ()
    against: tuple[Against, ...] = ()
    target: tuple[ConditionTarget, ...] = ()
    say: tuple[Say, ...] = ()
    effect: tuple[Move, ...] = ()  # modifiers that matter only here
    manner: tuple[Manner, ...] = ()
    combination: Literal["may be considered", "not by default", "never"] = "may be considered"
    if_nothing_left: str = ""  # the step without drugs and the referral


class When(Table, frozen=True, kw_only=True):
    """All that is given must hold; inside one list, any."""

    age_from: int | None = None
    age_under: int | None = None
    value_sets: tuple[str, ...] = ()
    unless_value_sets: tuple[str, ...] = ()
    crcl: Range | None = None
    medicines: tuple[str, ...] = ()  # class or ingredient ids, active or drafted
    unless_medicines: tuple[str, ...] = ()
    result: str = ""  # a result value set ...
    is_: Range | None = msgspec.field(name="is", default=None)  # ... within this
    answers: tuple[str, ...] = ()  # ... or answered so
    sex: Literal["female", "male", ""] = ""


class Move(Scoped, frozen=True, kw_only=True):
    """What a modifier does to offers: out beats last beats first."""

    move: Literal["first", "last", "out"]
    agents: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    why: str
    when: When | None = None  # an effect inside a condition's file brings its own


class Manner(Scoped, frozen=True, kw_only=True):
    """How an offer is made, wherever it stands in the order. "slower": the slower schedule, from the lowest start.
    "in words": named in the list, never as an order to accept."""

    how: Literal["slower", "in words"]
    agents: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    why: str
    when: When | None = None


class Modifier(File, frozen=True, kw_only=True):
    when: tuple[When, ...]  # any of them
    effect: tuple[Move, ...] = ()
    manner: tuple[Manner, ...] = ()
    say: tuple[Say, ...] = ()


# --- pairs ----------------------------------------------------------------------------------------------------------


class Pair(Scoped, frozen=True, kw_only=True):
    """One class or ingredient against another; both directions unless `one_way` (`a` is the one being ordered)."""

    a: tuple[str, ...]
    b: tuple[str, ...]
    severity: Literal["contraindicated", "major", "moderate", "minor"]
    why: str
    action: str
    washout_days: int | None = None  # b stopped less than this ago still counts when a is ordered
    washout_days_reverse: int | None = None  # a stopped less than this ago still counts when b is ordered
    when: When | None = None
    one_way: bool = False
    from_dose: Quantity | None = None  # only from this dose of `a` a day


class Interaction(File, frozen=True, kw_only=True):
    mechanism: str
    kind: Literal["effects", "metabolism", "twice"] = "effects"  # where two medicines of ours meet: who speaks
    pair: tuple[Pair, ...]


class Combination(File, frozen=True, kw_only=True):
    a: tuple[str, ...]
    b: tuple[str, ...]
    verdict: Literal["supported", "neutral", "avoid"]
    severity: Literal["warning", "critical", "info"] = "info"  # of an unsafe pair
    why: str
    evidence: str
    risk: str = ""
    conditions: tuple[str, ...] = ()  # only for these; empty: any that offers both
    not_for: tuple[When, ...] = ()  # a patient for whom it is not offered
    doubt: str = ""


# --- guidelines, value sets, thresholds -----------------------------------------------------------------------------


class Recommendation(Row, frozen=True, kw_only=True):
    condition: str
    agents: tuple[str, ...]  # agent or class ids; what is no medicine goes by a name of its own
    use: str = ""  # the formulation id, where only one is meant
    line: str
    strength: str = ""
    says: str = ""
    nnt: str = ""
    nnh: str = ""
    route: Literal["", "oral", "topical", "procedure", "infusion", "not a drug"] = ""
    setting: Literal["", "specialist", "non-specialist"] = ""
    superseded: bool = False  # overtaken by `superseded_by`: quoted as history, never as current
    superseded_by: str = ""


class Guideline(File, frozen=True, kw_only=True):
    publisher: str
    year: int
    jurisdiction: tuple[str, ...]
    superseded: bool = False
    superseded_by: str = ""
    in_force_by_default: bool = True
    recommendation: tuple[Recommendation, ...]


class ValueSet(File, frozen=True, kw_only=True, eq=False):
    """What counts as ...: conditions, medicines that are not agents, or results. Each is itself alone, so that what a
    value comes to in it can be remembered."""

    kind: Literal["condition", "medicine", "result"]
    meaning: str = ""  # the part it plays in the code, where Python must find it: see knowledge_base.Meaning
    parents: tuple[str, ...] = ()  # value sets that everything in this one belongs to as well
    doubt: str = ""  # what is not certain about it; listed in docs/open-questions.md
    corrected: str = ""  # the row of the second reading that changed it
    # conditions
    icd10cm: tuple[str, ...] = ()  # prefixes, without the dot or with
    icd10cm_exclude: tuple[str, ...] = ()
    icd10who: tuple[str, ...] = ()
    icd10who_exclude: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()
    text: tuple[str, ...] = ()  # lower-case phrases, matched whole where a condition has no code that is known
    text_exclude: tuple[str, ...] = ()  # longer phrases that are something else: "diabetes insipidus"
    history: bool = False  # resolved ones count too
    implied_by: tuple[tuple[str, ...], ...] = ()  # sets that together on one record mean this: the first is the pain
    # medicines
    ingredients: tuple[str, ...] = ()
    name_only: tuple[str, ...] = ()  # ingredients with no verified code here: recognised by name alone
    classes: tuple[str, ...] = ()  # medicine sets and agents' classes whose members belong here
    # results
    loinc: tuple[str, ...] = ()
    unit: str = ""
    units: dict[str, Fraction] = {}  # other units and the factor that turns them into `unit`
    plausible: Range | None = None  # outside it a value is a slip, not a result
    test: str = ""  # what is ordered to get it: an ECG for the QTc


class Threshold(File, frozen=True, kw_only=True):
    """Numbers a rule compares with that belong to no single agent: see the table in knowledge/README.md."""

    meaning: str = ""  # the part its figure plays in the code
    row: tuple[ThresholdRow, ...]


class ThresholdRow(Scoped, frozen=True, kw_only=True):
    value_set: str = ""  # the result compared
    classes: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    caution: Range | None = None
    stop: Range | None = None
    stop_is: Literal["contraindicated", "avoid"] = "avoid"  # how strongly `stop` speaks
    value: Quantity | None = None
    sex: Literal["female", "male", ""] = ""
    says: str = ""
