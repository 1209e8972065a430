"""
The knowledge in force on one day in one jurisdiction, and the questions that rules ask of it.

Made by KnowledgeBase.on(day). A question is answered with statements, so that a card can cite what it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import Any, TypeVar

from .facts import KidneyFunction, MedicationOrder, Product
from .finding import Statement, Tablet
from .products import Offered, Products
from .signoff import Signatures
from .statements import (
    Agent,
    Band,
    Combination,
    Condition,
    File,
    Formulation,
    Guideline,
    Interaction,
    Maximum,
    Modifier,
    Pair,
    Quantity,
    Renal,
    Row,
    Scoped,
    Source,
    Threshold,
    ThresholdRow,
    ValueSet,
)
from .value_sets import Codes, ValueSets, medicine_key

WEAK = frozenset({"knowledge", "secondary", "ai_secondary"})  # cited after sources that were read themselves
UNREAD = frozenset({"knowledge", "ai_secondary"})  # on a card only where nothing better is cited
Age = tuple[int, int] | None  # youngest and oldest possible; None: not known
MOST_REMEMBERED = 50_000  # far more than there are questions to the files and pairs of medicines that they name
Answer = TypeVar("Answer")
AnyRow = TypeVar("AnyRow", bound=Scoped)
AnyFile = TypeVar("AnyFile", bound=File)


@dataclass(frozen=True)
class Knowledge:
    day: date
    jurisdiction: str
    version: str
    agents: Mapping[str, Agent]
    conditions: Mapping[str, Condition]
    modifiers: Mapping[str, Modifier]
    combinations: Mapping[str, Combination]
    interactions: Mapping[str, Interaction]
    guidelines: Mapping[str, Guideline]
    thresholds: Mapping[str, Threshold]
    value_sets: ValueSets
    products: Products
    expired: Mapping[str, File]  # path -> file that is no longer in force
    remembered: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)  # see once()
    signed: Signatures = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        files: Mapping[str, Mapping[str, File]],
        products: Products,
        version: str,
        day: date,
        jurisdiction: str,
        guidelines: tuple[str, ...],
        snomed: Codes | None = None,
    ) -> Knowledge:
        """Leave out what has expired or was retired, and guidelines that this deployment did not choose."""

        def folder(name: str, shape: type[AnyFile]) -> dict[str, AnyFile]:
            return {id_: f for id_, f in files[name].items() if isinstance(f, shape) and _in_force(f, day)}

        agents = folder("agents", Agent)
        chosen = folder("guidelines", Guideline)
        return cls(
            day=day,
            jurisdiction=jurisdiction,
            version=version,
            agents=agents,
            conditions=folder("conditions", Condition),
            modifiers=folder("modifiers", Modifier),
            combinations=folder("combinations", Combination),
            interactions=folder("interactions", Interaction),
            guidelines={
                k: g for k, g in chosen.items() if k in guidelines or (not guidelines and g.in_force_by_default)
            },
            thresholds=folder("thresholds", Threshold),
            value_sets=ValueSets(
                folder("value_sets", ValueSet), {name: agent.classes for name, agent in agents.items()}, snomed
            ),
            products=products,
            expired={f.path: f for part in files.values() for f in part.values() if not _in_force(f, day)},
        )

    # --- citing ---------------------------------------------------------------------------------------------------

    def cite(self, file: File, key: str = "", row: Row | None = None) -> Statement:
        """Where a statement stands and what it rests on: cite(agent, "renal", row). No key: the file itself."""
        overdue, signed = file.review.review_due < self.day, self.signed.get(file.path, ())
        reviewed_by = tuple(str(s) for s in signed if s.date <= self.day) if signed else ()
        question = ("cite", id(file), key, id(row), overdue, reviewed_by)
        return self.once(question, lambda: _statement(file, key, row, overdue, reviewed_by), (file, row))

    def cite_all(self, file: File, key: str) -> Statement:
        """The same for a statement that rests on every source of its file."""
        row = self.once(("all", id(file)), lambda: Row(sources=tuple(source.id for source in file.source)), file)
        return self.cite(file, key, row)

    # --- what is remembered ---------------------------------------------------------------------------------------

    def once(self, question: Hashable, answer: Callable[[], Answer], about: object = None) -> Answer:
        """An answer that hangs on the knowledge alone, worked out once. Rows and files are told apart by identity;
        `about` keeps them, so that no other can take their place. Days with the same files share what is remembered."""
        found: tuple[Answer, object] | None = self.remembered.get(question)
        if found is None:
            found = answer(), about
            if len(self.remembered) >= MOST_REMEMBERED:
                self.remembered.clear()
            self.remembered[question] = found
        return found[0]

    # --- figures that belong to no single agent --------------------------------------------------------------------

    def figure(self, meaning: str) -> Quantity | None:
        """The figure that plays a part in the code: "recent result", "supply overlap" ... None where no file does."""
        row = self.figure_row(meaning)
        return row.value if row else None

    def figure_row(self, meaning: str) -> ThresholdRow | None:
        """The row that holds it."""
        found = self._figures(meaning)
        return found[1] if found else None

    def cite_figure(self, meaning: str) -> Statement:
        """Where the figure stands. Raises KeyError where no file has it."""
        found = self._figures(meaning)
        if found is None:
            raise KeyError(meaning)
        return self.cite(found[0], "row", found[1])

    def _figures(self, meaning: str) -> tuple[Threshold, ThresholdRow] | None:
        return next(((file, row) for file, row in self.rows_of(meaning) if row.value), None)

    def rows_of(self, meaning: str) -> tuple[tuple[Threshold, ThresholdRow], ...]:
        """Every row of the files that play a part in the code, with its file."""
        return self.once(("rows", meaning), lambda: tuple(self._rows_of(meaning)))

    def _rows_of(self, meaning: str) -> Iterator[tuple[Threshold, ThresholdRow]]:
        files = (file for file in self.thresholds.values() if file.meaning == meaning)
        return ((file, row) for file in files for row in self.here(file.row))

    @cached_property
    def recent_days(self) -> int:
        """How old a result may be and still count."""
        return self.days("recent result")

    @cached_property
    def supply_days(self) -> int:
        """An active order whose supply ends within so many days is replaced by a new one of its ingredient."""
        return self.days("supply overlap")

    @cached_property
    def critical_multiple(self) -> Fraction | None:
        """So many times a renal limit is critical."""
        found = self.figure("critical multiple of a renal limit")
        return found.value if found else None

    def days(self, meaning: str) -> int:
        """A figure that is so many days; 0 where no file gives it."""
        found = self.figure(meaning)
        return int(found.value) if found else 0

    # --- conditions ------------------------------------------------------------------------------------------------

    def ladders_of(self, value_sets: frozenset[str]) -> tuple[Condition, ...]:
        """The condition files for a condition that belongs to these value sets, the most specific alone."""
        return self.once(("ladders", value_sets), lambda: self._ladders_of(value_sets))

    def _ladders_of(self, value_sets: frozenset[str]) -> tuple[Condition, ...]:
        found = [ladder for ladder in self.conditions.values() if ladder.value_set in value_sets]
        return tuple([ladder for ladder in found if not self.is_generic(ladder)] or found)

    def is_generic(self, ladder: Condition) -> bool:
        """Whether a condition file stands for all neuropathic pain: other condition files' sets have it as a parent."""
        return ladder.value_set in self._above_others

    @cached_property
    def _above_others(self) -> frozenset[str]:
        return frozenset().union(*(self.value_sets.parents(file.value_set) for file in self.conditions.values()))

    @cached_property
    def pains(self) -> frozenset[str]:
        """The value sets of the condition files, and what those belong to."""
        return self.value_sets.with_parents(ladder.value_set for ladder in self.conditions.values())

    # --- medicines -------------------------------------------------------------------------------------------------

    def ids(self, ingredients: Iterable[str]) -> tuple[str, ...]:
        """Ingredients by the id of their agent's file where they have one, else by their generic name."""
        return tuple(key if (key := medicine_key(name)) in self.agents else name for name in ingredients)

    def concerns(self, name: str) -> bool:
        """Whether an ingredient is an agent, or a medicine that some statement may name."""
        return medicine_key(name) in self.agents or bool(self.value_sets.classes_of(name))

    def names_of(self, ingredient: str) -> frozenset[str]:
        """By what a statement may name an ingredient: itself and its classes."""
        return self.once(
            ("names", ingredient), lambda: self.value_sets.classes_of(ingredient) | {medicine_key(ingredient)}
        )

    def name(self, ingredient: str) -> str:
        """The lower-case generic name, for a sentence."""
        agent = self.agents.get(ingredient)
        return agent.title.lower() if agent else ingredient

    def substances(self, system: str, code: str, text: str) -> frozenset[str]:
        """What an allergy is to: ingredients, by code or by name. Their classes are not what was recorded."""
        product = (self.products.find(system, code) if code else None) or self.products.named(text)
        return frozenset(self.ids(product.ingredients)) if product else frozenset()

    @cached_property
    def named_in_pairs(self) -> frozenset[str]:
        """Every medicine and class that a statement about two medicines names."""
        rows = (row for file in self.interactions.values() for row in file.pair)
        files: Iterable[Pair | Combination] = (*rows, *self.combinations.values())
        return frozenset(name for pair in files for name in (*pair.a, *pair.b))

    @cached_property
    def named_in_washouts(self) -> frozenset[str]:
        """Every medicine and class that must not be started too soon after another."""
        rows = [row for file in self.interactions.values() for row in file.pair]
        forward = (name for row in rows if row.washout_days for name in row.a)
        return frozenset(forward) | {name for row in rows if row.washout_days_reverse for name in row.b}

    def former_agent(self, ingredient: str) -> File | None:
        """The file of an agent that is not in force on this day: it expired, or was switched off."""
        return self.expired.get(f"agents/{medicine_key(ingredient)}.toml")

    # --- which statements hold --------------------------------------------------------------------------------------

    def holding(
        self, rows: tuple[AnyRow, ...], formulation: str | None, indications: Iterable[str] = (), age: Age = None
    ) -> list[AnyRow]:
        """The rows that may hold for this order and patient. An unknown age holds for every age limit."""
        found = self.here(rows, formulation)
        if not self.once(("narrowed", id(found)), lambda: any(map(_is_narrowed, found)), found):
            return list(found)
        asked = frozenset(indications)
        return [
            row
            for row in found
            if (not row.indication or not asked.isdisjoint(row.indication)) and age_may_hold(row, age)
        ]

    def here(self, rows: tuple[AnyRow, ...], formulation: str | None = None) -> tuple[AnyRow, ...]:
        """The rows of this jurisdiction and formulation."""
        return self.once(
            (id(rows), formulation), lambda: tuple(row for row in rows if self.is_here(row, formulation)), rows
        )

    def is_here(self, row: Scoped, formulation: str | None = None) -> bool:
        """Whether a row is of this jurisdiction and formulation."""
        return (not row.jurisdiction or self.jurisdiction in row.jurisdiction) and (
            not row.formulation or formulation in row.formulation
        )

    def tablets(self, agent: Agent, formulation: Formulation) -> tuple[Tablet, ...]:
        """The products of a formulation that a suggestion may use, in the file's order of preference."""
        return self.once(
            ("tablets", agent.id, id(formulation)), lambda: tuple(self._tablets(agent, formulation)), formulation
        )

    def _tablets(self, agent: Agent, formulation: Formulation) -> Iterator[Tablet]:
        found = self.products.offered(self.name(agent.id), formulation.offered_as, formulation.release)
        return (_tablet(product, agent.id) for product in found if _counted(product, formulation))

    def approved_for(self, agent: Agent, formulation: str | None, value_set: str) -> bool:
        """Whether the agent is labelled, here, for a condition or for one that it belongs to."""
        wanted = {value_set, *self.value_sets.parents(value_set)}
        return any(wanted.intersection(row.indication) for row in self.here(agent.approved, formulation))

    def formulation(self, agent: Agent, product: Product | None, route: str | None = None) -> Formulation | None:
        """Which of the agent's formulations a product is; None when that cannot be told."""
        fitting = [f for f in agent.formulation if _fits(f, product, route)]
        return fitting[0] if len(fitting) == 1 else None

    def form_of(self, agent: Agent, order: MedicationOrder) -> str | None:
        """The formulation of one agent of an order: of a combination product each agent has its own."""
        first = next((name for name in order.ingredients if name in self.agents), None)
        if first == agent.id or len(order.ingredients) < 2:
            return order.formulation
        found = self.formulation(agent, order.product, order.route)
        return found.id if found else None

    def title_of(self, agent: Agent, order: MedicationOrder) -> str:
        """The agent as a card on a dose calls it: a form with limits of its own, which is not the usual one, by its
        own name, so that it is not taken for the other."""
        form = self.form_of(agent, order)
        own = next((f.short for f in agent.formulation if f.id == form and f.release and not f.assumed_when_unsaid), "")
        return f"{agent.title} {own}".rstrip()

    def maxima(self, agent: Agent, formulation: str | None, indications: Iterable[str], age: Age) -> list[Maximum]:
        """Daily limits and usual doses that hold, trial doses and practice figures left out."""
        rows = self.holding(agent.maximum, formulation, indications, age)
        return [row for row in rows if row.kind in ("ceiling", "usual") and not row.single]

    def renal(self, agent: Agent, formulation: str | None, indications: Iterable[str]) -> Renal | None:
        """The renal table for this indication, else the one for any."""
        tables = self.holding(agent.renal, formulation, indications)
        return max(tables, key=lambda table: bool(table.indication), default=None)


def _statement(file: File, key: str, row: Row | None, overdue: bool, reviewed_by: tuple[str, ...]) -> Statement:
    wanted = set(row.sources) if row else set()
    cited = sorted((s for s in file.source if s.id in wanted), key=lambda s: s.quality in WEAK)
    return Statement(
        address=file.path + (f"#{key}" if key else "") + (f".{row.id}" if row and row.id else ""),
        sources=tuple(_in_words(source) for source in cited),
        best=tuple(_in_words(source) for source in cited if source.quality not in UNREAD),
        url=next((source.url for source in cited if source.url.startswith("https://")), ""),
        overdue_since=file.review.review_due if overdue else None,
        reviewed_by=reviewed_by,
    )


def _in_words(source: Source) -> str:
    version = "" if source.version in source.title else source.version
    return " ".join(part for part in (source.title, version, source.section) if part)


def _counted(product: Offered, formulation: Formulation) -> bool:
    """A product whose dose can be counted: so many mg in one, or one of this percentage."""
    return product.strength is not None or product.percent in formulation.percent


def _tablet(product: Offered, ingredient: str) -> Tablet:
    strength = product.strength if product.strength is not None else Fraction(1)
    return Tablet(product.system, product.code, product.display, ingredient, strength, product.form, product.per)


def left_out(files: Mapping[str, Mapping[str, File]], day: date) -> frozenset[str]:
    """The paths of the files that are not in force on a day."""
    return frozenset(file.path for part in files.values() for file in part.values() if not _in_force(file, day))


def _in_force(file: File, day: date) -> bool:
    return file.review.status != "retired" and day <= file.review.expires


def _is_narrowed(row: Scoped) -> bool:
    """Whether a row is for some uses or ages only."""
    return bool(row.indication) or (row.age_from, row.age_over, row.age_under) != (None, None, None)


def age_may_hold(row: Scoped, age: Age) -> bool:
    youngest, oldest = age or (0, 200)
    return (
        (row.age_from is None or oldest >= row.age_from)
        and (row.age_over is None or oldest > row.age_over)
        and (row.age_under is None or youngest < row.age_under)
    )


def _fits(formulation: Formulation, product: Product | None, route: str | None) -> bool:
    if route is not None and route not in formulation.routes:
        return False
    if product is None or not (product.form or product.release or product.percent):
        return formulation.assumed_when_unsaid
    return (
        (not formulation.release or (product.release or "immediate") in formulation.release)
        and (not formulation.forms or any(word in product.form for word in formulation.forms))
        and (not formulation.percent or product.percent in formulation.percent)
    )


def band_for(table: Renal, kidneys: KidneyFunction) -> tuple[Band, ...]:
    """The band a measured value falls in, or every band that an interval overlaps."""
    if kidneys.value is not None:
        return tuple(band for band in table.bands if band.crcl.holds(kidneys.value))
    return tuple(band for band in table.bands if band.crcl.overlaps(kidneys.low, kidneys.high))


def band_maximum(band: Band, kidneys: KidneyFunction) -> Fraction | None:
    """The most a day in a band, mg; 0 where it says avoid; None where it gives no figure. What is in proportion is
    held to whole milligrams, downwards: no tablet is finer, and a card says the figure."""
    if band.avoid:
        return Fraction(0)
    if band.maximum is None:
        return None
    if band.proportional_to and kidneys.value is not None:
        return Fraction(floor(band.maximum.value * kidneys.value / band.proportional_to))
    return band.maximum.value
