"""
MedicationRequest -> which drug: from every code and every word that came with it.

* The most specific known code says what the product is; the others may add to it, none may contradict it.
* The order's own words are a witness, not a decoration: they confirm a row that rests on one source, fill in what a
  broad code leaves open, and where they name another drug or strength nothing is assumed.
* `ingredient.strength` of a Medication is never used: EHRs put 50 mg over 50 mg there.

`Drug.unread` says that something about the drug is not to be relied on. With a product beside it the ingredients still
hold; its strengths, or its release, do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import orjson
from msgspec import Struct
from msgspec.structs import replace

from cards.facts import Product, Unread
from cards.fhir.codings import Coding, codings, frozen, names, objects, reference_of, string
from cards.product_text import decimal, per_unit
from cards.products import RXNORM, Products, alike, near, system_of

Resolve = Callable[[str], Mapping[str, Any] | None]

UNCLEAR = "unclear"  # a release that no formulation has: "" would be read as not said
_LONGEST_LABEL = 120
_ONE_SOURCE = "one source alone has its code, and no words beside it confirm the strength"
_ELSEWHERE = frozenset({"medicationReference", "medication"})  # members that may name the drug too


class Drug(Struct, frozen=True):
    """What is ordered."""

    product: Product | None  # None: not one of ours, or (with `unread`) not to be told
    label: str  # what to call it on a card
    sure: bool = True  # False: drug or strength rests on one source and the words do not confirm it
    unread: Unread | None = None
    codings: tuple[Coding, ...] = ()


@dataclass(slots=True)
class _Named:
    """All that names the drug, wherever it stood."""

    codings: list[Coding] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    parts: list[object] = field(default_factory=list)  # CodeableConcepts of Medication.ingredient
    missing: str = ""  # a reference nothing answered to

    def add(self, concept: object) -> None:
        self.codings += [coding for coding in codings(concept) if coding not in self.codings]
        self.texts += [text for text in names(concept) if text not in self.texts]


def read_drug(request: Mapping[str, Any], resolve: Resolve, products: Products) -> Drug:
    """Never raises; `resolve` gives the Medication a reference means, or None."""
    concept = request.get("medicationCodeableConcept")
    if isinstance(concept, dict) and not request.keys() & _ELSEWHERE and (key := frozen(concept)):
        drug = _of_concept(products, key)
        return replace(drug, unread=replace(drug.unread, reference=reference_of(request))) if drug.unread else drug
    return _Reader(reference_of(request), _gather(request, resolve), products).read()


@lru_cache(maxsize=20_000)  # a hospital orders a few thousand different things, and each of them again and again
def _of_concept(products: Products, concept: bytes) -> Drug:
    named = _Named()
    named.add(orjson.loads(concept))
    return _Reader("", named, products).read()


# --- gathering ------------------------------------------------------------------------------------------------------


def _gather(request: Mapping[str, Any], resolve: Resolve) -> _Named:
    named = _Named()
    named.add(request.get("medicationCodeableConcept"))
    for reference in objects(request.get("medicationReference")):
        _follow(reference, request, resolve, named)
    for either in objects(request.get("medication")):  # R5: one member for both
        named.add(either.get("concept"))
        for reference in objects(either.get("reference")):
            _follow(reference, request, resolve, named)
    return named


def _follow(reference: Mapping[str, Any], request: Mapping[str, Any], resolve: Resolve, named: _Named) -> None:
    literal = string(reference.get("reference"))
    medication = _contained(literal, request) if literal.startswith("#") else resolve(literal) if literal else None
    if isinstance(medication, Mapping):
        named.add(medication.get("code"))
        named.parts += [_concept_of(part, request) for part in objects(medication.get("ingredient"))]
    elif literal:
        named.missing = literal
    if display := string(reference.get("display")):
        named.texts += [display] if display not in named.texts else []


def _contained(literal: str, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    held = objects(request.get("contained"))
    return next((each for each in held if "#" + string(each.get("id")).lstrip("#") == literal), None)


def _concept_of(part: Mapping[str, Any], request: Mapping[str, Any]) -> object:
    """An ingredient is a concept, or a reference to a contained Medication or Substance that has one."""
    if part.get("itemCodeableConcept"):
        return part["itemCodeableConcept"]
    item = next(objects(part.get("itemReference") or part.get("item")), {})
    held = _contained(string(item.get("reference")), request)
    return (held or {}).get("code") or item.get("concept") or string(item.get("display"))


# --- reading --------------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, reference: str, named: _Named, products: Products) -> None:
        self._reference, self._named, self._products = reference, named, products

    def read(self) -> Drug:
        coded = self._coded()
        if len(coded) == 1 and not self._named.parts and self._only_repeats(coded[0][0]):
            return self._drug(coded[0][1], sure=coded[0][1].verified or bool(self._named.texts))
        said = self._said()
        if not coded and not said:
            return self._of_parts() if self._named.parts else self._unknown()
        told = self._clash([product for _, product in coded], said)
        if isinstance(told, str):
            return self._refused("drug", told)
        return self._joined([product for _, product in coded], said)

    def _coded(self) -> list[tuple[Coding, Product]]:
        """Codes the tables know, the most specific first."""
        found = [(coding, product) for coding in self._named.codings if (product := self._find(coding))]
        return sorted(found, key=lambda each: _detail(each[1]), reverse=True) if len(found) > 1 else found

    def _find(self, coding: Coding) -> Product | None:
        if coding.system:
            return self._products.find(coding.system, coding.code)
        product = self._products.find(RXNORM, coding.code)  # no system: only if the words say the same
        said = {each.ingredients for each in self._said()} if product else set()
        return product if product and said == {product.ingredients} else None

    def _only_repeats(self, coding: Coding) -> bool:
        display = self._products.display(coding.system, coding.code).lower()
        return all(text.lower() == display for text in self._named.texts)

    def _said(self) -> list[Product]:
        """What the words name, the most specific first."""
        found = [product for text in self._named.texts if (product := self._products.named(text))]
        return sorted(found, key=_detail, reverse=True)

    # --- contradictions ---

    def _clash(self, coded: list[Product], said: list[Product]) -> str | None:
        """Why two of the codes or words cannot both be true of the drug; None if all can."""
        for products, what in ((coded, "codes"), (said, "words")):
            widest = max((each.ingredients for each in products), key=len, default=())
            odd = next((each.ingredients for each in products if not _within(each.ingredients, widest)), None)
            if odd and not self._a_combination(set(odd) | set(widest), said):
                return f"its {what} name different drugs: {_and(widest)}, and {_and(odd)}"
        if coded and said and not _may_be(coded[0], said[0]):
            return f"its code names {_and(coded[0].ingredients)}, its words {_and(said[0].ingredients)}"
        parts = {name for part in self._named.parts for name in self._ingredients_of(part)}
        best = (coded or said)[0].ingredients
        if not _within(parts, best) and not set(best) <= parts:
            return f"it is named {_and(best)}, its ingredients {_and(sorted(parts))}"
        return self._other_drug(coded) if coded and not said else None

    def _a_combination(self, ingredients: set[str], said: list[Product]) -> bool:
        """Codes for single ingredients side by side are a combination if the words name just these."""
        return any(set(each.ingredients) == ingredients for each in said)

    def _other_drug(self, coded: list[Product]) -> str | None:
        """The words name nothing we know, yet a strength that is not the code's: they are of another drug."""
        strengths = [s for s in coded[0].strengths if s is not None]
        for text in self._named.texts if strengths else ():
            masses = self._products.masses_said(text)
            if masses and not any(near(mass, strength) for mass in masses for strength in strengths):
                return f"its code names {describe(coded[0])}, its words “{text[:60]}”"
        return None

    # --- putting together ---

    def _joined(self, coded: list[Product], said: list[Product]) -> Drug:
        """The most specific, with what the others add; without what they contradict."""
        every = coded + said
        product = _filled(max(every, key=lambda each: (len(each.ingredients), each in coded)), every)
        strengths = [
            each for each in every if _has_strength(each) and len(each.ingredients) == len(product.ingredients)
        ]
        odd = next((each for each in strengths if not _agree(each, strengths[0])), None)
        if odd:
            why = f"its codes and words give different strengths: {describe(strengths[0])} and {describe(odd)}"
            return self._doubtful(_without_strength(product), "strength", why)
        releases = self._releases(coded)
        if len(releases) > 1:
            why = f"its codes and words name different formulations: {_and(sorted(releases))}"
            return self._doubtful(replace(product, release=UNCLEAR), "formulation", why)
        sure = any(each.verified and _has_strength(each) == _has_strength(product) for each in coded)
        return self._drug(product, sure or (_confirmed(product, coded, said) and not self._miscoded(coded, product)))

    def _miscoded(self, coded: list[Product], product: Product) -> bool:
        """RxNorm has one code for a product; another one beside its full name is a slip, or of another drug."""
        strange = not coded and any(system_of(coding.system) == RXNORM for coding in self._named.codings)
        return strange and _has_strength(product) and bool(self._products.code_of(product))

    def _releases(self, coded: list[Product]) -> set[str]:
        """What codes with a dose form say, and what the words say outright."""
        stated = {each.release for each in coded if each.form and each.release and per_unit(each.form) != "patch"}
        if stated:
            for text in self._named.texts:
                stated |= self._products.release_said(text)
        return stated

    def _of_parts(self) -> Drug:
        """A Medication known only by its ingredients: all of them, and no strength."""
        found = tuple(sorted({name for part in self._named.parts for name in self._ingredients_of(part)}))
        if not found:
            return self._unknown()
        return self._drug(Product(found, tuple(None for _ in found)), sure=False)

    def _ingredients_of(self, part: object) -> tuple[str, ...]:
        for coding in codings(part):
            if found := self._products.ingredients(coding.system, coding.code):
                return found
        named = (self._products.named(text) for text in names(part))
        return next((product.ingredients for product in named if product), ())

    # --- results ---

    def _drug(self, product: Product, sure: bool) -> Drug:
        if not sure and _has_strength(product) and not any(map(_has_strength, self._said())):
            return self._doubtful(_without_strength(product), "strength", _ONE_SOURCE)
        return Drug(product, describe(product), sure, None, tuple(self._named.codings))

    def _doubtful(self, product: Product, what: str, why: str) -> Drug:
        unread = Unread(self._reference, what, why)
        return Drug(product, describe(product), False, unread, tuple(self._named.codings))

    def _refused(self, what: str, why: str) -> Drug:
        unread = Unread(self._reference, what, why)
        return Drug(None, self._own_words(), False, unread, tuple(self._named.codings))

    def _unknown(self) -> Drug:
        """Words that name none of our drugs name another; a code alone could be anything."""
        if self._named.texts:
            return Drug(None, self._own_words(), codings=tuple(self._named.codings))
        if self._named.codings:
            return self._refused("drug", "its code is not in our tables and no name came with it")
        if self._named.missing:
            return self._refused("drug", "the Medication it refers to did not come with the request")
        return self._refused("drug", "no drug is named")

    def _own_words(self) -> str:
        codes = [f"{coding.code}" for coding in self._named.codings]
        return next(iter([*self._named.texts, *codes]), "an unnamed drug")[:_LONGEST_LABEL]


def _detail(product: Product) -> tuple[bool, bool, bool, bool, int]:
    strength = _has_strength(product)
    return strength and bool(product.form), strength, bool(product.form), product.verified, len(product.ingredients)


def _has_strength(product: Product) -> bool:
    return product.percent is not None or (bool(product.strengths) and None not in product.strengths)


def _may_be(coded: Product, said: Product) -> bool:
    """A code for an ingredient and nothing else may be one of a combination that the words name in full."""
    broad = not _has_strength(coded) and not coded.form
    return _within(coded.ingredients, said.ingredients) if broad else _same(coded.ingredients, said.ingredients)


def _same(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    return left == right or (_within(left, right) and _within(right, left))


def _within(names_: Iterable[str], whole: Iterable[str]) -> bool:
    """Each is one of them, or the beginning of one ("gabapentin" of a prodrug) or the other way round."""
    return all(any(n == w or w.startswith(n + " ") or n.startswith(w + " ") for w in whole) for n in names_)


def _agree(left: Product, right: Product) -> bool:
    """Whether two strengths can be of one product; what they are per is compared only where both say it."""
    if left.percent is not None and right.percent is not None:
        return near(left.percent, right.percent)
    if {left.per, right.per} == {"mL", "g"} or None in left.strengths + right.strengths:
        return True
    return (not left.per or not right.per or left.per == right.per) and alike(left.strengths, right.strengths)


def _filled(best: Product, every: list[Product]) -> Product:
    """What the best leaves open, from the next that says it of the same ingredients."""
    for each in every:
        if each.ingredients != best.ingredients:
            continue
        if not _has_strength(best) and _has_strength(each):
            best = replace(best, strengths=each.strengths, per=each.per, percent=each.percent)
        if not best.form and each.form:
            best = replace(best, form=each.form, release=each.release, per=best.per or each.per)
        best = replace(best, release=best.release or each.release, brand=best.brand or each.brand)
    return best


def _without_strength(product: Product) -> Product:
    return replace(product, strengths=tuple(None for _ in product.ingredients), percent=None)


def _confirmed(product: Product, coded: list[Product], said: list[Product]) -> bool:
    """The words name the same ingredients, and the strength where there is one."""
    matching = [each for each in said if _same(each.ingredients, product.ingredients)]
    if not coded:
        return any(each.verified for each in matching)
    return any(_has_strength(each) or not _has_strength(product) for each in matching)


# --- words for a card -----------------------------------------------------------------------------------------------

_SHORT = {
    "Oral Tablet": "tablet",
    "Oral Capsule": "capsule",
    "Transdermal System": "patch",
    "Medicated Patch": "patch",
    "Disintegrating Oral Tablet": "orally disintegrating tablet",
}


def describe(product: Product) -> str:
    """ "gabapentin 300 mg capsule", "acetaminophen 325 mg / oxycodone 5 mg tablet", "fentanyl 25 ug/h patch"."""
    strengths = product.strengths or tuple(None for _ in product.ingredients)
    parts = [
        f"{name} {_amount(mass, product.per)}" if mass is not None and product.percent is None else name
        for name, mass in zip(product.ingredients, strengths, strict=True)
    ]
    percent = f" {decimal(product.percent)} %" if product.percent is not None else ""
    brand = f" ({product.brand})" if product.brand else ""
    return f"{' / '.join(parts)}{percent}{_form(product)}{brand}"


def _amount(mass: Fraction, per: str) -> str:
    if per == "h":
        return f"{_rounded(mass * 1000)} ug/h"
    return f"{_rounded(mass)} mg{'/' + per if per in {'mL', 'spray', 'g'} else ''}"


def _rounded(value: Fraction) -> str:
    return f"{float(value):.4g}" if value < 1000 else decimal(value)


def _form(product: Product) -> str:
    release, _, base = product.form.rpartition(" Release ")
    words = _SHORT.get(base, base.lower())
    if product.release == "once-daily":
        words = f"once-daily {words}".strip()
    elif release or (not base and product.release in {"extended", "delayed"}):
        words = f"{(release or product.release).lower()}-release {words}".strip()
    return f" {words}" if words else ""


def _and(words: Iterable[str]) -> str:
    return " and ".join(words)
