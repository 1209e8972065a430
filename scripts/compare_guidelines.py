"""
Hold the guideline files against the reference: is every recommendation in a file, with its line and its figures?

    python scripts/compare_guidelines.py REFERENCE_FOLDER

A row of the reference's guidelines.json is *in a file* when the file of that guideline and year has a recommendation
for the same condition that names its agents, with the same line and every number of its note; *corrected* when the
file says which correction changed it; *left out* when docs/left-out.md lists its guideline with a reason. Anything
else is *missing*, or *differs*: exit 1.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KNOWLEDGE = HERE.parent / "cards" / "knowledge" / "guidelines"
LEFT_OUT = HERE.parent / "docs" / "left-out.md"
MEMBERS = {"tca": {"amitriptyline", "nortriptyline"}}  # a correction may split a class into its members
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    what: str  # "in a file", "corrected", "left out", "missing", "differs"
    row: Row
    why: str = ""


@dataclass(frozen=True)
class Words:
    """How the reference's words are said in the files."""

    files: Mapping[tuple[str, int], str]
    agents: Mapping[str, tuple[frozenset[str], str]]

    @classmethod
    def load(cls) -> Words:
        guidelines = _table("reference_guidelines.csv")
        agents = _table("reference_words.csv")
        return cls(
            {(row["guideline"], int(row["year"])): row["file"] for row in guidelines},
            {row["words"]: (frozenset(row["ids"].split()), row["use"]) for row in agents},
        )

    def ids(self, words: str) -> tuple[frozenset[str], str]:
        """The ids of an agent and the formulation meant; a bracketed remark ("[prevention only]") does not count."""
        plain = re.sub(r" \[.*\]$", "", words)
        return self.agents.get(plain, (frozenset([plain.lower().replace(" ", "-")]), ""))


def _table(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def recommendations() -> dict[str, list[Row]]:
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(KNOWLEDGE.glob("*.toml"))}
    return {name: file["recommendation"] for name, file in files.items()}


def left_out() -> dict[str, str]:
    """Guideline -> reason, from the table under "Guidelines" in docs/left-out.md."""
    if not LEFT_OUT.exists():
        return {}
    section = LEFT_OUT.read_text(encoding="utf-8").partition("## Guidelines")[2].partition("\n## ")[0]
    cells = (re.split(r"\s*\|\s*", line.strip("| ")) for line in section.splitlines() if line.startswith("| "))
    return {row[0]: row[-1] for row in cells if len(row) == 3}


def judge(row: Row, words: Words, files: Mapping[str, list[Row]], reasons: Mapping[str, str]) -> Verdict:
    name = words.files.get((row["guideline"], row["year"]))
    if name is None:
        why = reasons.get(row["guideline"], "")
        return Verdict("left out" if why else "missing", row, why or "no file for this guideline, and no reason")
    found = list(_naming(row, words, files.get(name, [])))
    if not found:
        return Verdict("missing", row, f"guidelines/{name}.toml does not name it")
    return min((_compared(row, there) for there in found), key=lambda verdict: verdict.what == "differs")


def _naming(row: Row, words: Words, there: list[Row]) -> Iterator[Row]:
    """The recommendations that speak of the same agents in the same condition; those of the same line alone, if any."""
    condition = {"generic": "neuropathic-pain"}.get(row["condition"], row["condition"])
    agents, use = words.ids(row["agent"])
    fits = [
        one
        for one in there
        if one["condition"] == condition
        and any(wanted <= set(one["agents"]) for wanted in _ways(agents, one))
        and (not use or one.get("use") == use)
    ]
    yield from [one for one in fits if one["line"] == row["line"]] or fits


def _ways(agents: frozenset[str], one: Row) -> Iterator[set[str]]:
    yield set(agents)
    for agent in agents if one.get("corrected") else ():
        yield from ({member} for member in MEMBERS.get(agent, ()))


def _compared(row: Row, there: Row) -> Verdict:
    """A correction may change the line and the strength; it may not lose a number."""
    absent = sorted(_numbers(row["note"]) - _numbers(" ".join(str(value) for value in there.values())))
    if absent:
        return Verdict("differs", row, f"not in the file: {', '.join(absent)}")
    if there.get("corrected"):
        return Verdict("corrected", row, there["corrected"])
    if there["line"] != row["line"]:
        return Verdict("differs", row, f"line {there['line']} in the file")
    return Verdict("in a file", row)


def _numbers(text: str) -> set[str]:
    return set(NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3})", "", text)))


def compare(reference: Path) -> list[Verdict]:
    rows = json.loads((reference / "guidelines.json").read_text(encoding="utf-8"))
    words, files, reasons = Words.load(), recommendations(), left_out()
    return [judge(row, words, files, reasons) for row in rows]


def main() -> int:
    if len(sys.argv) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    verdicts = compare(Path(sys.argv[1]))
    bad = [verdict for verdict in verdicts if verdict.what in ("missing", "differs")]
    counts = ", ".join(f"{n} {what}" for what, n in Counter(verdict.what for verdict in verdicts).items())
    sys.stdout.write(f"guidelines: {len(verdicts)} rows: {counts}\n")
    for one in bad:
        row = one.row
        sys.stdout.write(f"{one.what}: {row['guideline']} | {row['condition']} | {row['agent']}: {one.why}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
