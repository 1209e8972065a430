"""
What counts as what: codes and words of a chart to the ids of knowledge value sets.

Built once for the knowledge in force; every question after the first with the same words is one dictionary lookup.
ICD codes go by prefix: of all the prefixes of a code that a value set names, the longest decides, for or against. In
the system of the international ICD-10 a chart may carry the American modification, so both vocabularies are tried
together there, and the longest prefix again decides. A code belongs to the parents of its sets too.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .condition_names import ConditionNames, Said
from .statements import ValueSet

ICD10CM = frozenset(["http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90"])
ICD10 = frozenset(["http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.3"])
SNOMED = frozenset(["http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"])
LOINC = frozenset(["http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"])

_SNOMED_CODES = Path(__file__).parent / "knowledge" / "value_sets" / "snomed.csv"
_REMEMBERED = 50_000  # answers kept; a replay of years meets more codes than a day does

Codes = Mapping[str, frozenset[str]]
Prefixes = dict[str, dict[str, bool]]  # prefix -> value-set id -> in it, or excluded from it


class ValueSets:
    """`agent_classes`: what each agent's own file says it is. `snomed`: code to ids, beside those in the files."""

    def __init__(
        self,
        sets: Mapping[str, ValueSet],
        agent_classes: Mapping[str, Iterable[str]] | None = None,
        snomed: Codes | None = None,
    ) -> None:
        self._sets = sets
        self._above = _parents(sets)
        self._cm = _prefixes((id_, s.icd10cm, s.icd10cm_exclude) for id_, s in sets.items())
        who = _prefixes((id_, s.icd10who, s.icd10who_exclude) for id_, s in sets.items())
        self._who = _merged(self._cm, who)
        self._snomed = _by_code(sets, seed_snomed() if snomed is None else snomed)
        self._loinc = {code: s for s in sets.values() for code in s.loinc}
        self._medicines = _medicines(sets, agent_classes or {})
        classes = {id_: s for id_, s in sets.items() if s.kind == "medicine"}
        self._names = ConditionNames(_phrases({id_: s for id_, s in sets.items() if id_ not in classes}))
        self._class_names = ConditionNames(_phrases(classes))
        self._meaning = _by_meaning(sets)
        self._implied = {id_: s for id_, s in sets.items() if s.implied_by}
        self._seen: dict[tuple[str, str], frozenset[str]] = {}
        self._meant = _meanings(sets)
        self._in_words = functools.lru_cache(maxsize=20_000)(self._read_words)  # charts repeat the names of illnesses

    # --- conditions -------------------------------------------------------------------------------------------------

    def conditions_of(self, system: str, code: str) -> frozenset[str]:
        """The ids of the condition sets a code is in, parents included; empty for a code or system not known here."""
        found = self._seen.get((system, code))
        if found is None:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            found = self._seen[system, code] = self.with_parents(self._look_up(system, code))
        return found

    def _look_up(self, system: str, code: str) -> Iterable[str]:
        if system in ICD10CM:
            return _by_longest_prefix(self._cm, code)
        if system in ICD10:
            return _by_longest_prefix(self._who, code)
        return self._snomed.get(code.strip(), ()) if system in SNOMED else ()

    def conditions_named(self, text: str) -> frozenset[str]:
        """The ids of the condition sets that a condition's words name; past ones only where history counts."""
        return self._in_words(text)

    def _read_words(self, text: str) -> frozenset[str]:
        return self.with_parents(
            id_ for id_, said in self._names.named(text) if said is Said.PRESENT or self.history(id_)
        )

    def implied(self, ids: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """What sets on one record mean together: each set that is meant, and the sets whose condition then is one."""
        there = frozenset(ids)
        found = {
            id_: frozenset(together[0] for together in s.implied_by if there.issuperset(together))
            for id_, s in self._implied.items()
        }
        return {id_: which for id_, which in found.items() if which}

    def history(self, id_: str) -> bool:
        """Whether resolved conditions of this set count too."""
        return id_ in self._sets and self._sets[id_].history

    # --- results and medicines --------------------------------------------------------------------------------------

    def results_of(self, system: str, code: str) -> ValueSet | None:
        """The result set a LOINC code is in."""
        return self._loinc.get(code.strip()) if system in LOINC else None

    def loinc(self) -> frozenset[str]:
        """Every LOINC code that is read: what to ask a server for."""
        return frozenset(self._loinc)

    def classes_of(self, ingredient: str) -> frozenset[str]:
        """Every class of a medicine, of agents and others, parents included; empty for one not known here."""
        return self._medicines.get(medicine_key(ingredient), frozenset())

    def classes_named(self, text: str) -> frozenset[str]:
        """The classes of medicines that the words of an allergy name, parents included."""
        return self.with_parents(id_ for id_, said in self._class_names.named(text) if said is Said.PRESENT)

    def is_class(self, id_: str) -> bool:
        """Whether a set is of medicines: as the meaning of a chart's code, an allergy to them."""
        return id_ in self._sets and self._sets[id_].kind == "medicine"

    def medicines(self) -> frozenset[str]:
        """Every ingredient that a medicine set names."""
        return frozenset(name for s in self._sets.values() for name in s.ingredients)

    # --- the sets themselves ----------------------------------------------------------------------------------------

    def value_set(self, id_: str) -> ValueSet:
        """Raises KeyError for an id that no file in force has."""
        return self._sets[id_]

    def __contains__(self, id_: object) -> bool:
        return id_ in self._sets

    def title(self, id_: str) -> str:
        """What a card calls it; the id in words where no file in force has it."""
        return self._sets[id_].title if id_ in self._sets else id_.replace("-", " ")

    def test(self, id_: str) -> str:
        """What is ordered to get a result: "ECG"."""
        return (self._sets[id_].test if id_ in self._sets else "") or self.title(id_)

    def with_meaning(self, meaning: str) -> frozenset[str]:
        """The ids of the sets that play a part the code asks for: see the table in knowledge/README.md."""
        return self._meaning.get(meaning, frozenset())

    def parents(self, id_: str) -> frozenset[str]:
        """The sets that everything in this one belongs to as well, however far up; itself not among them."""
        return self._above.get(id_, frozenset())

    def with_parents(self, ids: Iterable[str]) -> frozenset[str]:
        """The sets and their parents."""
        found = frozenset(ids)
        return found.union(*(self.parents(id_) for id_ in found))

    def narrowest(self, ids: Iterable[str]) -> frozenset[str]:
        """The sets without those that another of them belongs to."""
        found = frozenset(ids)
        return found - frozenset().union(*(self.parents(id_) for id_ in found))


def medicine_key(name: str) -> str:
    """One spelling for an ingredient's name and an agent's id: "gabapentin enacarbil" and "gabapentin-enacarbil"."""
    return name.lower().replace(" ", "-")


def read_snomed(path: Path) -> Codes:
    """SNOMED CT codes of a table with the columns code, value_set and display."""
    codes: dict[str, set[str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            codes.setdefault(row[0], set()).add(row[1])
    codes.pop("code", None)
    return {code: frozenset(ids) for code, ids in codes.items()}


def snomed_of(*paths: Path) -> Codes:
    """The codes of several tables together."""
    found: dict[str, frozenset[str]] = {}
    for path in paths:
        for code, ids in (read_snomed(path) if path.exists() else {}).items():
            found[code] = found.get(code, frozenset()) | ids
    return found


@functools.cache
def seed_snomed() -> Codes:
    """The table that comes with the package."""
    return read_snomed(_SNOMED_CODES)


# --- building -------------------------------------------------------------------------------------------------------


def _by_meaning(sets: Mapping[str, ValueSet]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for id_, value_set in sets.items():
        if value_set.meaning:
            found.setdefault(value_set.meaning, set()).add(id_)
    return {meaning: frozenset(ids) for meaning, ids in found.items()}


def _parents(sets: Mapping[str, ValueSet]) -> dict[str, frozenset[str]]:
    direct = {id_: set(s.parents) for id_, s in sets.items()}
    for id_, s in sets.items():
        for member in s.classes:
            direct.setdefault(member, set()).add(id_)
    return {id_: frozenset(_climb(id_, direct)) for id_ in direct}


def _climb(id_: str, direct: Mapping[str, set[str]]) -> set[str]:
    """Everything above; a circle of parents ends where it began."""
    found: set[str] = set()
    waiting = [id_]
    while waiting:
        for parent in direct.get(waiting.pop(), set()) - found:
            found.add(parent)
            waiting.append(parent)
    return found - {id_}


def _prefixes(rows: Iterable[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> Prefixes:
    table: Prefixes = {}
    for id_, within, without in rows:
        for codes, is_in in ((within, True), (without, False)):
            for code in codes:
                table.setdefault(_icd(code), {})[id_] = is_in
    return table


def _merged(one: Prefixes, other: Prefixes) -> Prefixes:
    return {prefix: {**one.get(prefix, {}), **other.get(prefix, {})} for prefix in one.keys() | other.keys()}


def _meanings(sets: Mapping[str, ValueSet]) -> dict[str, frozenset[str]]:
    meant: dict[str, set[str]] = {}
    for id_, s in sets.items():
        meant.setdefault(s.meaning, set()).add(id_)
    return {meaning: frozenset(ids) for meaning, ids in meant.items()}


def _icd(code: str) -> str:
    return code.replace(".", "").strip().upper()


def _by_longest_prefix(table: Prefixes, code: str) -> Iterator[str]:
    plain = _icd(code)
    decided: dict[str, bool] = {}
    for length in range(len(plain), 0, -1):
        for id_, is_in in table.get(plain[:length], {}).items():
            decided.setdefault(id_, is_in)
    return (id_ for id_, is_in in decided.items() if is_in)


def _by_code(sets: Mapping[str, ValueSet], table: Codes) -> dict[str, frozenset[str]]:
    codes = {code: ids & sets.keys() for code, ids in table.items()}
    for id_, s in sets.items():
        for code in s.snomed:
            codes[code] = codes.get(code, frozenset()) | {id_}
    return codes


def _phrases(sets: Mapping[str, ValueSet]) -> dict[str, frozenset[str]]:
    phrases: dict[str, frozenset[str]] = {}
    for id_, s in sets.items():
        for phrase in s.text:
            phrases[phrase] = phrases.get(phrase, frozenset()) | {id_}
        for phrase in s.text_exclude:
            phrases.setdefault(phrase, frozenset())
    return phrases


def _medicines(sets: Mapping[str, ValueSet], agents: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    direct: dict[str, set[str]] = {medicine_key(name): set(classes) for name, classes in agents.items()}
    for id_, s in sets.items():
        for name in s.ingredients:
            direct.setdefault(medicine_key(name), set()).add(id_)
    above = _parents(sets)
    return {name: frozenset(ids).union(*(above.get(id_, frozenset()) for id_ in ids)) for name, ids in direct.items()}
