"""
The published formulae behind kidney function, exact. Names of units are in the names of what they take.

Sources: Cockcroft and Gault, Nephron 1976;16:31, as labels print it. Devine, Drug Intell Clin Pharm 1974;8:650.
Winter et al., Pharmacotherapy 2012;32:604. Mosteller, N Engl J Med 1987;317:1098.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt

from .statements import plain

ADULT = 18  # Cockcroft and Gault measured men of 18 to 92
OLDEST = 139  # at 140 their line reaches zero
UMOL_PER_MG = Fraction(442, 5)  # 88.4 umol/L of creatinine are 1 mg/dL
BSA_OF_EGFR = Fraction(173, 100)  # an eGFR is per 1.73 m2


def cockcroft_gault(age: int, weight_kg: Fraction, creatinine_mg_dl: Fraction, sex: str) -> Fraction:
    """Creatinine clearance in mL/min."""
    clearance = (140 - age) * weight_kg / (72 * creatinine_mg_dl)
    return clearance * Fraction(85, 100) if sex == "female" else clearance


def weights(actual: Fraction, height_cm: Fraction | None, sex: str) -> Iterator[tuple[Fraction, str]]:
    """The weights that may stand in the formula, each with how to say it; the lowest clearance counts.

    Labels print the formula with the actual weight. Practice takes the actual weight below ideal, the ideal one up to
    120 % of it, and above that the ideal plus 40 % of the excess (Winter).
    """
    yield actual, "with actual body weight" if height_cm else "with actual body weight: no height is recorded"
    ideal = ideal_weight(height_cm, sex) if height_cm else None
    if ideal is None or ideal <= 0 or actual <= ideal:
        return
    if actual < ideal * Fraction(6, 5):
        yield ideal, f"with ideal body weight {round(ideal)} kg, the lower of the two: actual is {plain(actual)} kg"
    else:
        adjusted = ideal + Fraction(2, 5) * (actual - ideal)
        yield adjusted, f"with adjusted body weight {round(adjusted)} kg, the lower: actual is {plain(actual)} kg"


def ideal_weight(height_cm: Fraction, sex: str) -> Fraction:
    """Devine's, in kg; below five feet the line is continued downwards, which errs to the lower clearance."""
    over_five_feet = height_cm / Fraction(254, 100) - 60
    return (50 if sex == "male" else Fraction(91, 2)) + Fraction(23, 10) * over_five_feet


def body_surface(height_cm: Fraction, weight_kg: Fraction) -> Fraction:
    """Mosteller's, in m2: the square root of cm x kg / 3600, to ten places, rounded down."""
    square = height_cm * weight_kg / 3600
    return Fraction(isqrt(square.numerator * 10**20 // square.denominator), 10**10)
