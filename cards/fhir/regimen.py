"""
From a dosageInstruction and the product ordered to what is taken a day.

The law: structure and text are both read. What the structure lacks the text completes; where the two differ by more
than rounding the higher counts and both are named. What could not be read is said, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import orjson
from msgspec.structs import replace

from cards.facts import Dosage, Dose, Product
from cards.in_words import dose_said, often

from .arithmetic import Ordered, worth
from .codings import frozen
from .dosage import Instruction, near, read_instructions, said
from .lines import Line, SigReading
from .sig import read_sig
from .steps import Regimen, compose

_ABSENT = Dosage(absent=True)
_Sigs = Mapping[str, SigReading]  # where a text stood, and what it was read to say
Names = frozenset[str]
_NO_NAMES: Names = frozenset()


def read_dosage(
    dosage_instructions: object, product: Product | None, names: Names = _NO_NAMES, *, ingredient_index: int = 0
) -> Dosage:
    """Never raises. `names` are words that may stand for the medicine in a sig; `ingredient_index` says of which
    ingredient of a combination the mass is wanted."""
    key = frozen(dosage_instructions) if dosage_instructions else None
    if key is None or _NOTHING in key:
        return _read(dosage_instructions, product, names, ingredient_index)
    return _of_frozen(key, product, names, ingredient_index)


_NOTHING = b"null"  # may have been a number that JSON has no word for


@lru_cache(maxsize=8192)  # most orders are for one of a few doses, in the words of a few templates
def _of_frozen(instructions: bytes, product: Product | None, names: Names, ingredient_index: int) -> Dosage:
    return _read(orjson.loads(instructions), product, names, ingredient_index)


def _read(dosage_instructions: object, product: Product | None, names: Names, ingredient_index: int) -> Dosage:
    instructions = read_instructions(dosage_instructions) if dosage_instructions else ()
    if not instructions:
        return _ABSENT
    ordered = Ordered(product, ingredient_index)
    if len(instructions) == 1 and not instructions[0].texts:
        return _of_structure(instructions[0], ordered)
    return _of_structure_and_text(instructions, ordered, names)


def _of_structure(instruction: Instruction, ordered: Ordered) -> Dosage:
    """The common order: one line, no text."""
    line = instruction.line
    found = worth(line, ordered, instruction.most_at_once)
    unread = found.unread
    if found.step is None and not (line.amount and line.times):
        unread = instruction.unread or unread
    notes = (*instruction.notes, found.note) if found.note else instruction.notes
    steps = () if found.step is None else (found.step,)
    return Dosage(steps, say(line), "structure" if steps else "", "; ".join(notes) or None, unread)


def say(line: Line) -> str:
    """A line in words: "600 mg 3 times a day as needed for 7 days"."""
    parts = [said(line.amount)] if line.amount else []
    parts += [f"({said(line.mass)})"] if line.mass else []
    parts += [often(line.times.high)] if line.times else []
    parts += ["as needed"] if line.as_needed else []
    parts += [f"for {line.days} days"] if line.days else []
    return " ".join(parts)


# --- structure and text ---------------------------------------------------------------------------------------------


def _of_structure_and_text(instructions: Sequence[Instruction], ordered: Ordered, names: Names) -> Dosage:
    sigs = [{where: _read_sig(text, names) for where, text in instruction.texts} for instruction in instructions]
    completed = [_completed(instruction.line, found) for instruction, found in zip(instructions, sigs, strict=True)]
    structure = compose(instructions, [(line,) for line in completed], ordered)
    texts = [
        (where, regimen)
        for where in ("text", "patient instruction")
        if (regimen := _of_texts(where, instructions, completed, sigs, ordered)) is not None
    ]
    text = _words(instructions)
    if _complete(structure, instructions):
        return _judged([("structure", structure), *texts], text, () if texts else _refused(sigs, _CLIMB))
    texts = [(where, regimen) for where, regimen in texts if regimen.steps]
    if texts:
        return _judged(texts, text, _contrary(structure, instructions))
    why = (*structure.unread, *_refused(sigs, _ANY))
    return Dosage(structure.steps, text, "structure" if structure.steps else "", _joined(structure.notes), _joined(why))


def _contrary(structure: Regimen, instructions: Sequence[Instruction]) -> tuple[str, ...]:
    """Why a structure that says how much and how often came to nothing: a text beside it does not mend that."""
    whole = all(instruction.line.amount and instruction.line.times for instruction in instructions)
    return structure.unread if whole else ()


_MEALS = re.compile(r"\W*(?:take |to be taken )?(?:before|after|with|between) (?:meals?|food)\W*", re.IGNORECASE)


@lru_cache(maxsize=2048)
def _read_sig(text: str, names: Names) -> SigReading:
    """The text as a sig; of a text that lacks the dose or the frequency, the line without it."""
    sig = read_sig(text[5:] if text[:5].lower() == "then " else text, names)
    if _MEALS.fullmatch(text):  # when, beside a frequency, and not how often
        return sig
    for refused, told, lacking in (
        ("no dose", f"1 tablet {text}", {"amount": None, "mass": None}),
        ("no frequency", f"{text} once a day", {"times": None}),
    ):
        if sig.refused == refused and len((whole := read_sig(told, names)).lines) == 1:
            return SigReading((replace(whole.lines[0], **lacking),), text=text)
    return sig


def _complete(structure: Regimen, instructions: Sequence[Instruction]) -> bool:
    """Every line says how much and how often, of itself or with the text's help; at least one of them of itself."""
    told = any(instruction.line.amount or instruction.line.times for instruction in instructions)
    return bool(structure.steps) and told and not structure.partial and _ONLY_MAXIMUM not in structure.unread


_ONLY_MAXIMUM = "no dose, only a maximum a day"


def _completed(line: Line, sigs: _Sigs) -> Line:
    """The structure's line, with what only a one-line text says."""
    for sig in sigs.values():
        line = _filled(line, sig.lines[0]) if len(sig.lines) == 1 else line
    return line


def _filled(line: Line, other: Line) -> Line:
    """A line with the gaps filled from another; the dose, as count and mass, is one thing."""
    doseless = line.amount is None and line.mass is None
    return replace(
        line,
        amount=other.amount if doseless else line.amount,
        mass=other.mass if doseless else line.mass,
        times=line.times or other.times,
        days=line.days or other.days,
        as_needed=line.as_needed or other.as_needed,
        most_per_day=line.most_per_day or other.most_per_day,
        most_times_per_day=line.most_times_per_day or other.most_times_per_day,
    )


def _of_texts(
    where: str,
    instructions: Sequence[Instruction],
    completed: Sequence[Line],
    sigs: Sequence[_Sigs],
    ordered: Ordered,
) -> Regimen | None:
    """What the texts of one kind say. A text repeated on every line is the text of the whole order."""
    texts = [found.get(where) for found in sigs]
    if not any(sig and sig.lines for sig in texts):
        return None
    if all(sig == texts[0] for sig in texts):
        instructions, completed, texts = instructions[:1], completed[:1], texts[:1]
    lines = [_lines(sig, line) for sig, line in zip(texts, completed, strict=True)]
    return compose([replace(i, notes=()) for i in instructions], lines, ordered)


def _lines(sig: SigReading | None, completed: Line) -> tuple[Line, ...]:
    if sig is None or not sig.lines:
        return (completed,)
    return (_filled(sig.lines[0], completed),) if len(sig.lines) == 1 else sig.lines


def _judged(readings: Sequence[tuple[str, Regimen]], text: str, aside: Sequence[str]) -> Dosage:
    """The highest of the readings; of those that agree, the richest. `aside` was not read, and is said with it."""
    name, best = readings[0]
    notes = list(best.notes)
    for where, other in readings[1:]:
        if _agree(best, other):
            if best.otherwise and not _near(best, other):  # the text says which of two arrangements is meant
                notes = [note for note in notes if note not in best.notes]
            best = other if len(other.steps) > len(best.steps) or best.otherwise else best
            notes += other.notes
        elif (both := _sizes(best.highest, other.highest)) is not None:
            notes.append(f"{name} says {_a_day(best)}, {where} says {_a_day(other)}")
            name, best = (where, other) if both[1] > both[0] else (name, best)
    unread = _joined((*best.unread, *aside))
    return Dosage(best.steps, text, _read_from([where for where, _ in readings]), _joined(notes), unread)


def _read_from(names: Sequence[str]) -> str:
    if names[0] != "structure":
        return "text"
    return "structure and text" if len(names) > 1 else "structure"


def _joined(parts: Sequence[str]) -> str | None:
    return "; ".join(dict.fromkeys(parts)) or None


def _agree(left: Regimen, right: Regimen) -> bool:
    """The same a day at most; or one has more steps, and one of those is the other's."""
    if _near(left, right):
        return True
    for steps in (left.steps, left.otherwise):
        if len(steps) != len(right.steps) or steps is left.otherwise:
            pairs = [_sizes(one.daily, other.daily) for one in steps for other in right.steps]
            if any(pair is not None and near(*pair) for pair in pairs):
                return True
    return False


def _near(left: Regimen, right: Regimen) -> bool:
    both = _sizes(left.highest, right.highest)
    return both is not None and near(*both)


def _sizes(first: Dose | None, second: Dose | None) -> tuple[Fraction, Fraction] | None:
    """Two doses in a unit that both can be said in."""
    if first is None or second is None:
        return None
    if first.mg is not None and second.mg is not None:
        return first.mg, second.mg
    if first.units is not None and second.units is not None and first.unit == second.unit:
        return first.units, second.units
    return None


def _a_day(regimen: Regimen) -> str:
    return f"{dose_said(regimen.highest)} a day"


_ANY = re.compile("")
_CLIMB = re.compile(r"increas|titrat|taper|double|\bthen\b|decreas|reduc", re.IGNORECASE)


def _refused(sigs: Sequence[_Sigs], telling: re.Pattern[str]) -> tuple[str, ...]:
    """Why texts were not read; beside a whole structure, only those that may say more than it."""
    refused = [sig for found in sigs for sig in found.values() if sig.refused]
    return tuple(f"the text was not read: {sig.refused}" for sig in refused if telling.search(sig.text))


def _words(instructions: Sequence[Instruction]) -> str:
    """The sig as it was written; what has no text is said from the structure."""
    words = [instruction.texts[0][1] if instruction.texts else say(instruction.line) for instruction in instructions]
    return "; ".join(dict.fromkeys(word for word in words if word))
