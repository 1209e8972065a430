"""
What a chart says in words of its own, which may name somebody: left out where people look who must not see the chart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from cards import Dosage, Facts, Knowledge

Resource = Mapping[str, Any]

CHART: Final = "(as the chart says)"
CODED: Final = frozenset({"resourceType", "system", "url", "code", "status", "unit", "gender", "use", "type", "div"})
SHORTEST: Final = 3  # letters: initials and numbers below it stand everywhere


def own_words(facts: Facts, patient: Resource | None, knowledge: Knowledge) -> dict[str, str]:
    """What to call each. A word that is one of our names gives nobody away, and stays."""
    said = dict.fromkeys(_texts(patient), CHART)
    said |= {allergy.label: "(substance)" for allergy in facts.allergies}
    for condition in facts.conditions:
        titles = sorted(knowledge.value_sets.title(id_) for id_ in condition.value_sets)
        said[condition.label] = titles[0] if titles else "(condition)"
    for order in facts.orders:
        said[order.label] = ", ".join(knowledge.name(name) for name in order.ingredients) or "(medicine)"
        said |= dict.fromkeys(_sigs(order.dosage), "(as the order says)")
    ours = {knowledge.name(name).lower() for order in facts.orders for name in order.ingredients}
    ours |= {knowledge.name(name).lower() for allergy in facts.allergies for name in allergy.substances}
    return {words: name for words, name in said.items() if words and words.lower() not in ours}


def _sigs(dosage: Dosage) -> Iterator[str]:
    """The sig, and the sentences that quote it."""
    yield from filter(None, (dosage.text, dosage.unread, dosage.conflict))


def words_of_call(raw: bytes) -> dict[str, str]:
    """Every text of a call: of a service elsewhere it is not known which it quotes."""
    try:
        return dict.fromkeys(_texts(orjson.loads(raw)), CHART)
    except orjson.JSONDecodeError:
        return {}


def _texts(value: Any) -> Iterator[str]:
    """Each text, and each word of it: a name is quoted without its title."""
    if isinstance(value, str) and len(value) >= SHORTEST:
        yield value
        yield from (word for word in value.split() if len(word) >= SHORTEST and word[0].isupper())
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in CODED or not isinstance(inner, str):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
