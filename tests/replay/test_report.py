"""The report: whole in one file, without script, without identifiers in its examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from charts import bundle, chart
from running import replay, write

from cds_service.replay.report import per_hundred
from cds_service.replay.tally import EXAMPLES, Tally, without_identifiers
from fhir_fixtures import FOLDER

APNOEA = [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G47.33"}]


@pytest.fixture
def page(tmp_path: Path) -> str:
    write(tmp_path / "chart.json", bundle(chart()))
    write(tmp_path / "<script>.json", b"{")
    replay(tmp_path, FOLDER, "--report", tmp_path / "report.html", "--what-if", "rules-off=recommended-agents")
    return (tmp_path / "report.html").read_text()


def test_it_opens_offline_and_runs_nothing(page: str) -> None:
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?https?:""", page)
    assert "&lt;script&gt;" in page


def test_it_says_what_was_seen_and_what_not(page: str) -> None:
    for heading in ("By severity", "By rule", "By agent", "By condition", "The commonest cards", "not answered"):
        assert heading in page
    assert "not JSON" in page


def test_it_says_what_would_change(page: str) -> None:
    assert "What if rules-off=recommended-agents" in page
    assert re.search(r"<td>recommended-agents</td><td class=\"n\">–</td><td class=\"n\">\d", page)


def test_examples_name_nobody(page: str) -> None:
    cards = "".join(re.findall(r"<article.*?</article>", page, re.S))
    assert cards
    assert not re.search(r"(Patient|MedicationRequest|Condition|Observation)/|\d{4}-\d{2}-\d{2}", cards)


def test_references_and_dates_are_taken_out() -> None:
    said = "CrCl 22 mL/min (2026-11-01, 2026-10) of Patient/np-1, MedicationRequest/a.b"
    assert without_identifiers(said, {}) == "CrCl 22 mL/min ((date), (date)) of (reference), (reference)"


def test_the_words_of_the_chart_are_replaced_by_ours(tmp_path: Path) -> None:
    words = "Neuropathy of Mrs Zzyzx"
    resources = chart()
    resources[1]["code"]["text"] = words
    apnoea = {**resources[1], "id": "osa", "code": {"text": "Sleep apnea (Zzyzx)", "coding": APNOEA}}
    write(tmp_path / "chart.json", bundle([*resources, apnoea]))
    replay(tmp_path, "--report", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "caution-with-condition" in page
    assert "Zzyzx" not in page


@pytest.mark.parametrize(
    ("cards", "orders", "said"),
    [(1, 0, ""), (0, 9, "0.000"), (1, 3200, "0.031"), (1, 400, "0.25"), (34, 1000, "3.4"), (41, 100, "41")],
)
def test_a_rate_has_the_digits_that_count(cards: int, orders: int, said: str) -> None:
    assert per_hundred(cards, orders) == said


def test_tallies_add_up_and_keep_the_first_examples() -> None:
    whole, part = Tally(), Tally()
    part.rules["a"] = 2
    part.unread_examples = [{"place": str(n), "why": "x"} for n in range(EXAMPLES)]
    for _ in range(3):
        whole.add(Tally.from_json(part.to_json()))
    assert whole.rules["a"] == 6
    assert [one["place"] for one in whole.unread_examples] == [str(n) for n in range(EXAMPLES)]
