"""Codes and names of products: what they are said to be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import cards
from cards.products import Products

FOLDER = Path(cards.__file__).parent / "knowledge" / "products"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


@pytest.fixture(scope="module")
def products() -> Products:
    return Products.load(FOLDER)


@pytest.mark.parametrize(
    ("text", "ingredients", "strengths", "form", "release"),
    [
        ("GABAPENTIN 300 MG PO CAPS", "gabapentin", [300], "Oral Capsule", "immediate"),
        ("Lyrica 75 mg capsule", "pregabalin", [75], "Oral Capsule", "immediate"),
        ("gabapentin (NEURONTIN) tablet 800 mg", "gabapentin", [800], "Oral Tablet", "immediate"),
        ("CODEINE SULFATE 15 MG PO TABS", "codeine", [15], "Oral Tablet", "immediate"),
        ("Percocet 5/325", "acetaminophen+oxycodone", [325, 5], "", "immediate"),
        ("duloxetine 60mg EC caps", "duloxetine", [60], "Delayed Release Oral Capsule", "delayed"),
        ("gabapentin 600 mg ER", "gabapentin", [600], "", "extended"),
    ],
)
def test_a_name_is_read(
    products: Products, text: str, ingredients: str, strengths: list[int], form: str, release: str
) -> None:
    product = products.named(text)
    assert product is not None
    assert "+".join(product.ingredients) == ingredients
    assert list(product.strengths) == [Fraction(s) for s in strengths]
    assert (product.form, product.release) == (form, release)
