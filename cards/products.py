"""
What a code or a name says about the thing ordered: Products, over the tables in knowledge/products.

* A code is looked up, never computed; a name is read by product_text, word by word.
* What a name leaves unsaid (release, which kind of patch) is taken from the drug's products only where they leave one
  answer. Once-daily products are never inferred: they are not interchangeable with plain ones.
* The tables for NDC and dm+d are opened when the first such code comes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import permutations
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from .facts import Product
from .product_text import (
    LONGEST,
    Meaning,
    Said,
    Vocabulary,
    is_applied,
    is_part_of,
    per_unit,
    percent,
    same_head,
    strengths,
    words_of,
)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"
DMD = "https://dmd.nhs.uk"

_ALIASES = {
    **{system.lower(): system for system in (RXNORM, NDC, ATC, SNOMED, DMD)},
    "rxnorm": RXNORM,
    "ndc": NDC,
    "atc": ATC,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.69": NDC,
    "2.16.840.1.113883.6.69": NDC,
    "urn:oid:2.16.840.1.113883.6.73": ATC,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.2.1.3.2.4.15": SNOMED,
    "http://dmd.nhs.uk": DMD,
}
_SAID_OF_A_PRODUCT = frozenset({"form", "release", "salt"})  # kinds of words.csv
NEAR = Fraction(1, 20)  # strengths this close are one strength: 12 and 12.5 ug/h name the same patch

Row = list[str]
Masses = tuple[Fraction | None, ...]


class Offered(Struct, frozen=True):
    """A product a suggestion may name: in current RxNorm, seen in two sources, one ingredient."""

    code: str
    display: str
    strength: Fraction | None  # mg in `per`; None where the name gives a percentage
    per: str
    form: str
    release: str
    percent: Fraction | None = None
    system: str = RXNORM


class Products:
    """The tables. Built once by `load`; asking it changes nothing that can be seen."""

    def __init__(self, rows: Callable[[str], list[Row]]) -> None:
        self._rows = rows
        self._read: dict[tuple[str, str], Product] = {}
        self._named = lru_cache(maxsize=4096)(self._read_name)  # orders repeat the same few names
        self._told = lru_cache(maxsize=4096)(self._product_said)  # and many texts say the same
        self._siblings = lru_cache(maxsize=1024)(self._find_siblings)
        self.words_for = lru_cache(maxsize=1024)(self._words_for)

    @classmethod
    def load(cls, folder: Path, *more: Path) -> Products:
        """From the folder that scripts/build_products.py writes, and rows of a deployment's own beside them."""
        return cls(
            lambda name: [row for place in (folder, *more) for row in _table(place / f"{name}.csv", place == folder)]
        )

    # --- codes ---

    def find(self, system: str, code: str) -> Product | None:
        """The product, ingredient or brand a code stands for, if the tables know it."""
        system = system_of(system)
        known = self._read.get((system, code))
        if known is None and (known := self._look_up(system, code.strip())) is not None:
            self._read[system, code] = known  # at most one entry a row
        return known

    def ingredients(self, system: str, code: str) -> tuple[str, ...]:
        found = self.find(system, code)
        return found.ingredients if found else ()

    def display(self, system: str, code: str) -> str:
        """The RxNorm name of a code, as its row has it; "" for other systems, whose names are not shipped."""
        row = self._rxnorm.get(code) if system_of(system) == RXNORM else None
        return row[-1] if row else ""

    def ingredients_known(self) -> frozenset[str]:
        """Every ingredient that a code or a name can mean."""
        named = (row[1] for table in ("names", "other_names") for row in self._rows(table))
        return frozenset(name for row in named for name in row.split("+")) | frozenset(self._codes_of)

    def rxnorm_of(self, ingredient: str) -> str:
        """The RxNorm code of an ingredient; "" if none is verified."""
        return self._codes_of.get(ingredient, "")

    def code_of(self, product: Product) -> str:
        """The current RxNorm code of a product told in full; "" if there is none."""
        for row in self._of.get("+".join(product.ingredients), ()):
            told = (
                self.find(RXNORM, row[0]) if row[10] and row[6] == product.form and row[7] == product.release else None
            )
            if told and told.strengths == product.strengths and told.brand == product.brand:
                return row[0]
        return ""

    def _look_up(self, system: str, code: str) -> Product | None:
        if system == RXNORM:
            return self._from_rxnorm(code)
        if system == NDC:
            return self._from_ndc(code)
        if system == ATC:
            return _ingredient_only(self._atc.get(code.upper()))
        if system in {SNOMED, DMD}:
            row = self._dmd.get(code)
            return _product(row[1:], bool(row[8])) if row else _ingredient_only(self._snomed.get(code))
        return None

    def _from_rxnorm(self, code: str) -> Product | None:
        if row := self._rxnorm.get(code):
            return _product(row[2:], bool(row[9]))
        if row := self._ingredients.get(code):
            return _ingredient_only(row)
        row = self._others.get(code)
        return _product(row[1:], verified=False) if row else None

    def _from_ndc(self, code: str) -> Product | None:
        """Ten digits without hyphens can be cut in three ways; only what all known cuts agree on counts."""
        rows = {tuple(row[1:]) for key in ndc_keys(code) if (row := self._ndc.get(key))}
        return _product(list(rows.pop()), verified=False) if len(rows) == 1 else None

    @cached_property
    def _rxnorm(self) -> dict[str, Row]:
        return {row[0]: row for row in self._rows("rxnorm")}

    @cached_property
    def _of(self) -> dict[str, list[Row]]:
        """Products by their ingredients."""
        found: dict[str, list[Row]] = {}
        for row in self._rxnorm.values():
            if row[1] in {"SCD", "SBD"}:
                found.setdefault(row[2], []).append(row)
        return found

    @cached_property
    def _ingredients(self) -> dict[str, Row]:
        return {row[0]: row for row in self._rows("rxnorm_ingredients")}

    @cached_property
    def _others(self) -> dict[str, Row]:
        """RxNorm products of medicines that are no agents."""
        return {row[0]: row for row in self._rows("rxnorm_others")}

    @cached_property
    def _codes_of(self) -> dict[str, str]:
        return {row[1]: row[0] for row in self._ingredients.values() if row[2]}

    @cached_property
    def _ndc(self) -> dict[str, Row]:
        return {row[0]: row for row in self._rows("ndc")}

    @cached_property
    def _atc(self) -> dict[str, Row]:
        return {row[0]: row for row in self._rows("atc")}

    @cached_property
    def _dmd(self) -> dict[str, Row]:
        return {row[0]: row for row in self._rows("dmd")}

    @cached_property
    def _snomed(self) -> dict[str, Row]:
        return {row[0]: row for row in self._rows("snomed")}

    # --- names ---

    def named(self, text: str) -> Product | None:
        """What a name says, in any capitals; None if it names no drug the tables have."""
        return self._named(text[: LONGEST + 1])

    def _read_name(self, text: str) -> Product | None:
        said = self._vocabulary.read(text)
        return self._told(said) if said else None

    def _words_for(self, ingredients: tuple[str, ...]) -> frozenset[str]:
        """Every word of a name that a medicine with these ingredients may go by, brands and salts, and of what is said
        of its form: what may stand in a sig beside the dose and say nothing more."""
        own = set(ingredients)
        called = (row[0] for row in self._all_names() if own.issuperset(row[1].split("+")))
        words = self._form_words.union(*map(words_of, (*ingredients, *called)))
        return frozenset(word for word in words if word.isalpha() and len(word) > 1)  # "t" may be a tablet

    @cached_property
    def _form_words(self) -> frozenset[str]:
        return frozenset(row[0] for row in self._rows("words") if row[1] in _SAID_OF_A_PRODUCT and " " not in row[0])

    def ingredient_named(self, name: str) -> str:
        """Our name of one ingredient ("paracetamol", "Neurontin"); "" if the tables have none or several."""
        said = self._vocabulary.read(name)
        found = _ingredients_said(said) if said else ()
        return found[0] if len(found) == 1 else ""

    def release_said(self, text: str) -> frozenset[str]:
        """The releases a name states in words, nothing inferred."""
        said = self._vocabulary.read(text[: LONGEST + 1], any_name=True)
        return _releases_said(said, "Oral Tablet") if said else frozenset()

    def masses_said(self, text: str) -> tuple[Fraction, ...]:
        """The amounts in mg a name states, whatever drug it is of."""
        said = self._vocabulary.read(text[: LONGEST + 1], any_name=True)
        return tuple(v for amount in (said.amounts() if said else ()) if amount.unit == "mg" for v in amount.values)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._phrases())

    def _phrases(self) -> Iterator[tuple[str, Meaning]]:
        for name, ingredients, kind, verified, _ in self._all_names():
            brand = name if kind == "brand" else ""
            yield name, Meaning("name", "", tuple(ingredients.split("+")), brand, bool(verified))
        for word, kind, value in self._rows("words"):
            yield word, Meaning(kind, value)
        for form in sorted(self._forms):
            yield form, Meaning("form", form)

    def _all_names(self) -> list[Row]:
        """Names that the sources gave, and those of medicines that only the value sets and interactions name."""
        return [*self._rows("names"), *self._rows("other_names")]

    def _product_said(self, said: Said) -> Product:
        names = list(said.names())
        ingredients = _ingredients_said(said)
        brand = self._brands.get(next((name.brand for name in names if name.brand), ""), "")
        siblings = self._siblings(ingredients)
        share = percent(said, ingredients)
        base = _form(said, siblings)
        masses, per = strengths(said, ingredients, per_unit(base))
        masses = _as_sold(masses, siblings)
        release = self._release(said, base, siblings, masses, share)
        product = Product(
            ingredients=ingredients,
            form=self._with_release(base, release),
            release=release,
            brand=brand,
            percent=share,
            verified=all(name.verified for name in names),
        )
        return _with_strengths(product, masses, per)

    def _find_siblings(self, ingredients: tuple[str, ...]) -> list[Product]:
        """The known products of these ingredients."""
        rows = self._of.get("+".join(ingredients), [])
        return [product for row in rows if (product := self.find(RXNORM, row[0]))]

    def _release(self, said: Said, form: str, siblings: list[Product], masses: Masses, share: Fraction | None) -> str:
        """As said; else what the brand, then the products of that form and strength leave. Unmarked means immediate."""
        if per_unit(form) == "patch":  # all of them release slowly: no word for it tells two apart
            return "immediate"
        if stated := _releases_said(said, form):
            return next(iter(stated)) if len(stated) == 1 else ""
        branded = {self._brand_release.get(name.brand, "") for name in said.names() if name.brand} - {""}
        if len(branded) == 1:
            return branded.pop()
        if not form and share is None and None in masses:
            return ""
        fitting = [p for p in siblings if not form or _without_release(p.form) == form]
        same = [p for p in fitting if _same_strength(p, masses, share)]
        sold, sure = {p.release for p in same}, {p.release for p in same if p.verified}
        if form and ("immediate" in (sure or sold) or {p.release for p in fitting} <= {"immediate"}):
            return "immediate"
        return sold.pop() if len(sold) == 1 and "once-daily" not in sold else ""

    def _with_release(self, form: str, release: str) -> str:
        prefix = {"extended": "Extended Release ", "delayed": "Delayed Release "}.get(release, "")
        marked = (prefix + form, prefix + form.removeprefix("Oral "))
        return next((name for name in marked if name in self._forms), form)

    @cached_property
    def _forms(self) -> frozenset[str]:
        """Every dose form of RxNorm that a product here has."""
        return frozenset(row[6] for row in self._rxnorm.values() if row[6] not in {"", "Pack"})

    @cached_property
    def _brands(self) -> dict[str, str]:
        """Brands as they are written."""
        written = {name.lower(): name for row in self._rxnorm.values() if (name := row[8])}
        return {row[0]: written.get(row[0], row[0].title()) for row in self._all_names() if row[2] == "brand"}

    @cached_property
    def _brand_release(self) -> dict[str, str]:
        """Brands all of whose products have one release."""
        seen: dict[str, set[str]] = {}
        for rows in self._of.values():
            for row in rows:
                seen.setdefault(row[8].lower(), set()).add(row[7])
        return {brand: next(iter(found)) for brand, found in seen.items() if len(found) == 1}

    # --- suggestions ---

    def offered(self, ingredient: str, forms: tuple[str, ...], release: tuple[str, ...] = ()) -> tuple[Offered, ...]:
        """Products with this one ingredient that a suggestion may use, in the order of `forms`, weakest first."""
        found = [
            Offered(row[0], row[-1], (p.strengths or (None,))[0], p.per, p.form, p.release, p.percent)
            for row in self._of.get(ingredient, ())
            if row[1] == "SCD" and row[9] and row[10] and row[6] in forms
            if (p := self.find(RXNORM, row[0])) and (not release or p.release in release)
        ]
        return tuple(sorted(found, key=lambda o: (forms.index(o.form), o.strength or o.percent or 0, o.code)))


def _table(path: Path, must_be_there: bool = True) -> list[Row]:
    if not must_be_there and not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    return rows[1:]


def system_of(system: str) -> str:
    """The one URI of a code system that has several names."""
    return _ALIASES.get(system) or _normal(system)


@lru_cache(256)
def _normal(system: str) -> str:
    plain = system.strip().rstrip("/").lower().replace("https://www.nlm", "http://www.nlm", 1)
    return _ALIASES.get(plain, system)


def ndc_keys(code: str) -> tuple[str, ...]:
    """Labeler and product as nine digits, in every way the code can be meant."""
    labeler, *rest = code.split("-")
    if rest:
        product = rest[0]
        fits = labeler.isdigit() and product.isdigit() and len(labeler) in {4, 5} and len(product) in {3, 4}
        return (labeler.zfill(5) + product.zfill(4),) if fits else ()
    if not code.isascii() or not code.isdigit():
        return ()
    if len(code) in {9, 11}:
        return (code[:9],)
    if len(code) == 10:
        return "0" + code[:8], code[:5] + "0" + code[5:8], code[:9]
    return ("0" + code, code[:5] + "0" + code[5:]) if len(code) == 8 else ()


def _product(columns: Row, verified: bool) -> Product:
    ingredients = tuple(columns[0].split("+"))
    masses = tuple(Fraction(value) for value in columns[1].split("+")) if columns[1] else ()
    return Product(
        ingredients,
        masses or tuple(None for _ in ingredients),
        columns[2],
        columns[4],
        columns[5],
        columns[6],
        Fraction(columns[3]) if columns[3] else None,
        verified,
    )


def _ingredient_only(row: Row | None) -> Product | None:
    if row is None:
        return None
    ingredients = tuple(row[1].split("+"))
    return Product(ingredients, tuple(None for _ in ingredients), verified=bool(row[2]))


# --- what a name leaves unsaid --------------------------------------------------------------------------------------


def _ingredients_said(said: Said) -> tuple[str, ...]:
    """All that is named, once each; "gabapentin" beside "gabapentin enacarbil" is the same drug said shorter."""
    named = {ingredient for name in said.names() for ingredient in name.ingredients}
    return tuple(sorted(name for name in named if not any(is_part_of(name, other) for other in named)))


def near(left: Fraction, right: Fraction) -> bool:
    return left == right or abs(left - right) <= NEAR * max(left, right)


def alike(left: Masses, right: Masses) -> bool:
    """Whether two products have the same strengths; an unknown one is like nothing."""
    return len(left) == len(right) and all(
        a is not None and b is not None and near(a, b) for a, b in zip(left, right, strict=True)
    )


def _as_sold(masses: Masses, siblings: list[Product]) -> Masses:
    """Strengths of a combination in the order its products have: "Percocet 5-325" and "325-5" are one tablet."""
    known = [product.strengths for product in siblings if None not in product.strengths]
    if not 2 <= len(masses) <= 4 or None in masses or not known:
        return masses
    if any(alike(masses, strengths) for strengths in known):
        return masses
    turned = {order for order in permutations(masses) if any(alike(order, strengths) for strengths in known)}
    return turned.pop() if len(turned) == 1 else masses


def _same_strength(product: Product, masses: Masses, share: Fraction | None) -> bool:
    if share is not None and product.percent is not None:
        return near(share, product.percent)
    return None in masses or alike(product.strengths, masses)


def _form(said: Said, siblings: list[Product]) -> str:
    """The RxNorm dose form the words mean for this drug, without its release; "" if they contradict each other."""
    plain = [tuple(_without_release(form) for form in options) for options in said.forms]
    options = [form for form in (plain[-1] if plain else ()) if all(form in others for others in plain)]
    if plain and not options:
        all_named = [max(options, key=len) for options in plain]
        options = [max(all_named, key=len)] if same_head(all_named) else []
    if any(amount.per == "h" for amount in said.amounts()) and "Transdermal System" in options:
        return "Transdermal System"
    routed = [form for form in options if any(route in form for route in said.routes)] or options
    sold = {_without_release(product.form) for product in siblings}
    return next((form for form in routed if form in sold), routed[0] if routed else "")


def _without_release(form: str) -> str:
    return form.partition(" Release ")[2] or form


def _releases_said(said: Said, form: str) -> frozenset[str]:
    stated = said.releases | {_stated(name) for options in said.forms for name in options} - {""}
    if stated or form not in {"Oral Tablet", "Oral Capsule", ""}:
        return stated
    lasting = form and any(amount.lasting for amount in said.amounts())
    return frozenset({"extended"} if lasting or said.hours & {8, 12, 24} else ())


def _stated(form: str) -> str:
    return {"Extended": "extended", "Delayed": "delayed"}.get(form.partition(" Release ")[0], "")


def _with_strengths(product: Product, masses: Masses, per: str) -> Product:
    """A mass is a strength only if the form says what it is in: a bare "160 mg" of a solution is a dose."""
    unit = per_unit(product.form)
    if per == "g" and len(masses) > 1 and unit not in {"patch", "pad"}:
        return replace(product, strengths=masses, per=per)
    if per == "g" or (product.percent is not None and None in masses):
        return _with_percent(product, unit)
    if per == "h" and unit not in {"patch", ""}:
        masses, per = tuple(None for _ in masses), unit
    elif not per and unit == "mL":
        masses, per = tuple(None for _ in masses), "mL"
    if per == "mL" and len(masses) == 1 and masses[0] is not None and is_applied(product.form):
        product = replace(product, percent=masses[0] / 10)
    return replace(product, strengths=masses, per=per or unit)


def _with_percent(product: Product, unit: str) -> Product:
    if product.percent is None or unit in {"patch", "pad"} or not product.form:
        return replace(product, strengths=tuple(None for _ in product.ingredients), per=unit)
    return replace(product, strengths=(product.percent * 10,), per=unit or "g")
