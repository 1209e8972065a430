"""
Units as they are sent, and numbers as they are sent.

The law: a closed table. A spelling that is not in it is not understood, never guessed; a factor is exact. Each row says
a kind, the canonical unit of that kind, the factor that turns a value into it, and the spellings: UCUM codes first,
then what EHRs write. Case counts first (UCUM's rule), then it does not (an EHR's "MG" is a milligram).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct


class Unit(Struct, frozen=True):
    """What a spelling means: `value * factor` is in the unit `name`. Units of one kind and name convert."""

    name: str
    factor: Fraction
    kind: str  # "mass", "count", "volume", "mass rate" ...


_TABLE = (
    # kind, canonical, factor, spellings
    ("mass", "mg", "1", "mg | milligram | milligrams | mgs | mgm | milligramme | milligrammes"),
    ("mass", "mg", "1000", "g | gm | gram | grams | gms | gramme | grammes"),
    ("mass", "mg", "1/1000", "ug | mcg | µg | μg | microgram | micrograms | mcgs | microgramme | micrograms"),
    ("mass", "mg", "1/1000000", "ng | nanogram | nanograms"),
    ("mass", "mg", "1000000", "kg | kilogram | kilograms | kgs | kilo"),
    ("mass", "mg", "45359237/100", "[lb_av] | lb | lbs | pound | pounds"),
    ("mass", "mg", "317514659/50", "[stone_av] | stone | stones"),
    ("mass", "mg", "45359237/1600", "[oz_av] | oz | ounce | ounces"),
    ("volume", "mL", "1", "mL | ml | cc | cm3 | milliliter | milliliters | millilitre | millilitres"),
    ("volume", "mL", "1000", "L | l | liter | liters | litre | litres"),
    ("volume", "mL", "1/1000", "uL | mcL | microliter | microliters"),
    ("volume", "mL", "5", "[tsp_m] | tsp | teaspoon | teaspoons | teaspoonful | teaspoonfuls"),
    ("volume", "mL", "15", "[tbs_m] | tbsp | tablespoon | tablespoons | tablespoonful | tablespoonfuls"),
    ("count", "tablet", "1", "{tbl} | {tablet} | {tablets} | {tab} | tbl | tab | tabs | tablet | tablets"),
    ("count", "tablet", "1", "oral tablet | ortab | ertab | ertab24 | ectab | chewtab | sltab | caplet | caplets"),
    ("count", "capsule", "1", "{capsule} | {capsules} | {cap} | {caps} | cap | caps | capsule | capsules"),
    ("count", "capsule", "1", "oral capsule | orcap | ercap | ercap24 | eccap | softgel | softgels"),
    ("count", "patch", "1", "{patch} | {patches} | patch | patches | tpatch | tpath24 | tpath72"),
    ("count", "patch", "1", "transdermal system | system | plaster | plasters | {plaster}"),
    ("count", "spray", "1", "{spray} | {sprays} | spray | sprays | spry | {actuat} | actuation | actuations"),
    ("count", "puff", "1", "{puff} | {puffs} | puff | puffs | {inhalation} | inhalation | inhalations"),
    ("count", "drop", "1", "{drop} | {drops} | [drp] | drop | drops | gtt | opdrop"),
    ("count", "film", "1", "{film} | film | films | strip | strips"),
    ("count", "lozenge", "1", "{lozenge} | lozenge | lozenges | troche | troches | ortroche"),
    ("count", "suppository", "1", "{suppository} | suppository | suppositories | supp"),
    ("count", "application", "1", "{application} | {applicatorful} | application | applications | appl"),
    ("count", "", "1", "{pill} | {pills} | pill | pills | {dose} | {doses} | dose | doses | {each} | each | ea | 1"),
    ("count", "", "1", "{unit_dose} | {packet} | packet | packets | sachet | sachets | {vial} | vial | vials"),
    ("activity", "unit", "1", "[iU] | [IU] | IU | iu | units | unit | international unit | international units"),
    ("activity", "unit", "1", "U | unt | [USP'U] | {unit}"),
    ("mass rate", "mg/h", "1", "mg/h | mg/hr | mg/hour"),
    ("mass rate", "mg/h", "1/1000", "ug/h | ug/hr | mcg/h | mcg/hr | mcg/hour | µg/h | μg/h | µg/hr | μg/hr"),
    ("mass rate", "mg/h", "1/1000", "micrograms/hour | microgram/hour"),
    ("mass rate", "mg/h", "1000", "g/h | g/hr"),
    ("mass rate", "mg/h", "60", "mg/min"),
    ("mass rate", "mg/h", "3/50", "ug/min | mcg/min"),
    ("mass rate", "mg/h", "1/24", "mg/d | mg/day | mg/(24.h) | mg/24h | mg/24 h | mg/24hr | mg/24 hr"),
    ("mass rate", "mg/h", "1/24000", "ug/d | mcg/d | mcg/day | ug/(24.h) | ug/24h | mcg/24h | mcg/24 hr"),
    ("mass rate", "mg/h", "125/3", "g/d | g/day | g/(24.h)"),
    ("flow", "mL/min", "1", "mL/min | mL/minute | ml per min"),
    ("flow", "mL/min", "1/60", "mL/h | mL/hr | mL/hour"),
    ("flow", "mL/min", "1/1440", "mL/d | mL/day | mL/(24.h)"),
    ("flow", "mL/min", "60", "mL/s | mL/sec"),
    ("indexed flow", "mL/min/{1.73_m2}", "1", "mL/min/{1.73_m2} | mL/min/{1.73m2} | mL/min/1.73.m2 | mL/min/1.73m2"),
    ("indexed flow", "mL/min/{1.73_m2}", "1", "mL/min/1.73_m2 | mL/min/1.73 m2 | mL/min/1.73 m^2 | mL/min/1.73m^2"),
    ("indexed flow", "mL/min/{1.73_m2}", "1", "mL/min/1.73 sq m | mL/min/1.73sq m | mL/min/1.73sqm | mL/min/[1.73_m2]"),
    ("indexed flow", "mL/min/{1.73_m2}", "1", "mL/min/1.73*m2 | mL/(min.1.73.m2) | mL/min/{BSA} | mL/min per 1.73 m2"),
    ("indexed flow", "mL/min/{1.73_m2}", "60", "mL/s/{1.73_m2} | mL/s/1.73 m2 | mL/s/1.73m2"),
    ("indexed flow", "mL/min/{1.73_m2}", "173/100", "mL/min/m2 | mL/min/m^2"),
    ("concentration", "mg/mL", "1", "mg/mL | g/L | mg/cc"),
    ("concentration", "mg/mL", "1/100", "mg/dL | mg%"),
    ("concentration", "mg/mL", "1/1000", "mg/L | ug/mL | mcg/mL"),
    ("concentration", "mg/mL", "1/1000000", "ng/mL | ug/L | mcg/L"),
    ("concentration", "mg/mL", "10", "g/dL"),
    ("concentration", "mg/mL", "1/5", "mg/(5.mL) | mg/5mL | mg/5 mL"),
    ("molar", "umol/L", "1", "umol/L | µmol/L | μmol/L | umol/l | mcmol/L | micromol/L | mmol/m3"),
    ("molar", "umol/L", "1000", "mmol/L | mol/m3"),
    ("equivalents", "meq/L", "1", "meq/L | mEq/L | meq/l"),
    ("mass per weight", "mg/kg", "1", "mg/kg | mg/kg/dose | mg/kg/{dose}"),
    ("mass per weight", "mg/kg", "1/1000", "ug/kg | mcg/kg | µg/kg"),
    ("mass per weight a day", "mg/kg/d", "1", "mg/kg/d | mg/kg/day | mg/kg/(24.h) | mg/(kg.d)"),
    ("mass rate per weight", "mg/kg/h", "1", "mg/kg/h | mg/kg/hr"),
    ("mass rate per weight", "mg/kg/h", "1/1000", "ug/kg/h | mcg/kg/hr | mcg/kg/h"),
    ("mass rate per weight", "mg/kg/h", "3/50", "ug/kg/min | mcg/kg/min"),
    ("mass per area", "mg/m2", "1", "mg/m2 | mg/m² | mg/m^2"),
    ("fraction", "%", "1", "% | percent | pct"),
    ("fraction", "%", "100", "mg/mg | g/g"),
    ("length", "cm", "1", "cm | centimeter | centimeters | centimetre | centimetres | cms"),
    ("length", "cm", "1/10", "mm | millimeter | millimeters"),
    ("length", "cm", "100", "m | meter | meters | metre | metres"),
    ("length", "cm", "127/50", "[in_i] | in | in. | inch | inches"),
    ("length", "cm", "762/25", "[ft_i] | ft | foot | feet"),
    ("time", "d", "1/86400000", "ms | msec | millisecond | milliseconds"),
    ("time", "d", "1/86400", "s | sec | second | seconds"),
    ("time", "d", "1/1440", "min | mins | minute | minutes"),
    ("time", "d", "1/24", "h | hr | hrs | hour | hours"),
    ("time", "d", "1", "d | day | days"),
    ("time", "d", "7", "wk | week | weeks | wks"),
    ("time", "d", "487/16", "mo | month | months | mos"),
    ("time", "d", "1461/4", "a | year | years | yr | yrs"),
    ("catalytic", "U/L", "1", "U/L | [iU]/L | IU/L | units/L"),
    ("per volume", "10*9/L", "1", "10*9/L | 10*3/uL | K/uL | x10E3/uL | 10^3/uL | 10^9/L | thou/uL"),
    ("pressure", "mm[Hg]", "1", "mm[Hg] | mmHg | mm Hg"),
    ("body mass index", "kg/m2", "1", "kg/m2 | kg/m^2 | kg/m²"),
    ("frequency", "/min", "1", "/min | {beats}/min | beats/min | bpm"),
)  # fmt: skip


def _read_table() -> dict[str, Unit]:
    exact = {}
    for kind, name, factor, spellings in _TABLE:
        unit = Unit(name, Fraction(factor), kind)
        exact.update(dict.fromkeys(spellings.split(" | "), unit))
    return exact


UNITS = _read_table()


def _plain(spelling: str) -> str:
    """Case, braces, a plural mark, the many micro and square signs and spaces left aside."""
    lower = " ".join(spelling.lower().split()).replace("µ", "u").replace("μ", "u").replace("²", "2")
    lower = lower.partition(" - unit of product usage")[0]  # SNOMED CT's "Capsule - unit of product usage (...)"
    return lower.replace("(s)", "").replace("(es)", "").replace(" / ", "/").removesuffix(".").strip("{} ")


# First come, first kept: a lower-case spelling of its own ("g") stands before a capital made lower ("G").
_PLAIN = {_plain(spelling): unit for spelling, unit in reversed(UNITS.items())} | {
    spelling: unit for spelling, unit in UNITS.items() if _plain(spelling) == spelling
}


def read_unit(spelling: object) -> Unit | None:
    """The unit that a code or a text means; None if it is not understood."""
    if not isinstance(spelling, str):
        return None
    return UNITS.get(spelling) or _read_loosely(spelling)


@lru_cache(maxsize=1024)
def _read_loosely(spelling: str) -> Unit | None:
    return _PLAIN.get(_plain(spelling)) if spelling.strip() else None


def convert(value: Fraction, given: str, wanted: str) -> Fraction | None:
    """`value` of the unit `given` in the unit `wanted`; None where one is not understood or they do not convert."""
    source, target = read_unit(given), read_unit(wanted)
    if source is None or target is None or (source.kind, source.name) != (target.kind, target.name):
        return None
    return value * source.factor / target.factor


MOST = 10**9  # above this a number is a slip of a keyboard or an attack, whatever it counts
_LEAST = Fraction(1, 10**9)
_DECIMAL = re.compile(r"(?:\d{1,12}(?:\.\d{1,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)


def number(value: object) -> Fraction | None:
    """A JSON number, or a string that holds one, exactly; None for what is no number, is negative or not plausible."""
    kind = type(value)
    if kind is int:
        return _of_int(value)  # type: ignore[arg-type]  # bool, a kind of int, is not meant
    if isinstance(value, float):
        return _of_float(value)
    if isinstance(value, str | Decimal):
        return _of_text(str(value).strip()) if len(str(value)) < 64 else None
    return None


def _of_int(value: int) -> Fraction | None:
    return Fraction(value) if 0 <= value <= MOST else None


def _of_float(value: float) -> Fraction | None:
    if not math.isfinite(value) or not 0 <= value <= MOST:
        return None
    return Fraction(int(value)) if value.is_integer() else _of_text(repr(value))


@lru_cache(maxsize=4096)
def _of_text(text: str) -> Fraction | None:
    if not _DECIMAL.fullmatch(text):
        return None
    value = Fraction(text)
    return value if value == 0 or _LEAST <= value <= MOST else None
