"""The report: whole in one file, without script, without identifiers in its examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from charts import RXNORM, bundle, chart, order
from running import records, replay, write

from cds_service.replay.asked import Asked
from cds_service.replay.judge import OWN_WORDS, judge
from cds_service.replay.own_words import words_of_call
from cds_service.replay.report import per_hundred
from cds_service.replay.settings import Settings
from cds_service.replay.tally import EXAMPLES, Tally, example_of, without_identifiers
from fhir_fixtures import FOLDER, STORY_DAY, stories

APNOEA = [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G47.33"}]


@pytest.fixture
def page(tmp_path: Path) -> str:
    write(tmp_path / "chart.json", bundle(chart()))
    write(tmp_path / "<script>.ndjson", b"{")
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


SENTINELS = ("Quux", "Zebedee", "MRN-4711", "1948-03-02", "555-0199", "Elm Street 9", "p-secret")


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """A chart in a file named for its patient, who is named wherever a name may stand."""
    somebody = {
        "name": [{"family": "Quux", "given": ["Zebedee"], "text": "Zebedee Quux"}],
        "identifier": [{"system": "urn:mrn", "value": "MRN-4711"}],
        "telecom": [{"value": "555-0199"}],
        "address": [{"line": ["Elm Street 9"]}],
    }
    resources = chart("p-secret")
    resources[0] |= somebody
    resources[1]["code"]["text"] = "Neuropathy of Mr Quux (MRN-4711)"
    for resource in resources[-2:]:
        resource["dosageInstruction"][0]["text"] = "600 mg 3 times a day for Zebedee, call 555-0199"
    undated = {key: value for key, value in order("u", "", "p-secret").items() if key != "authoredOn"}
    (tmp_path / "charts").mkdir()
    return write(tmp_path / "charts" / "Quux_Zebedee.json", bundle([*resources, undated]))


@pytest.mark.parametrize("how", ["plain", "what if", "baseline", "expect", "folder"])
def test_no_identifier_of_a_patient_is_anywhere_in_the_report(how: str, named: Path, tmp_path: Path) -> None:
    report, former = tmp_path / "report.html", tmp_path / "former.ndjson"
    replay(named, "--output", former, "--set", "rules-off=daily-dose-above-renal-maximum")
    more = {
        "what if": ("--what-if", "jurisdiction=UK"),
        "baseline": ("--baseline", former),
        "expect": ("--expect", former),
    }
    result = replay(named.parent if how == "folder" else named, "--report", report, *more.get(how, ()))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    page = report.read_text()
    assert "daily-dose-above-renal-maximum" in page
    assert [word for word in SENTINELS if word in page] == []


def test_an_order_that_changes_is_found_again_by_its_key(named: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    what_if = ("--what-if", "rules-off=daily-dose-above-renal-maximum")
    kept = records(named, "--report", report, *what_if)
    changed = [record["key"] for record in kept if "changes" in record]
    assert changed
    assert all(f"key {key}" in report.read_text() for key in changed)


def test_the_words_of_a_call_to_a_service_elsewhere_are_its_own() -> None:
    """What another service quotes on its cards is not known, so that nothing of the call is kept."""
    raw = orjson.dumps(
        {"prefetch": {"patient": {"name": [{"family": "Quux"}]}, "c": {"code": {"text": "Gout, acute"}}}}
    )
    said = without_identifiers("Mr QUUX has gout, acute, since 2020-02-02", words_of_call(raw))
    assert said == "Mr (as the chart says) has (as the chart says), since (date)"


def test_references_and_dates_are_taken_out() -> None:
    said = "CrCl 22 mL/min (2026-11-01, 2026-10) of Patient/np-1, MedicationRequest/a.b"
    assert without_identifiers(said, {}) == "CrCl 22 mL/min ((date), (date)) of (reference), (reference)"


WORDS = "Zzyzx"  # stands for a name that somebody typed


def typed(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A chart with a name in every place that takes free text."""
    neuropathy, drug = resources[1], {"text": f"gabapentin 600 mg tablet for {WORDS}"}
    apnoea = {**neuropathy, "id": "osa", "code": {"text": f"Sleep apnea of {WORDS}", "coding": APNOEA}}
    neuropathy["code"]["text"] = f"Neuropathy of Mrs {WORDS}"
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "allergy",
        "patient": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": RXNORM, "code": "25480"}], "text": f"Gabapentin, says {WORDS}"},
    }
    sigs = [f"as directed by {WORDS}", f"1 tablet 3 times a day, {WORDS} helps", f"take {WORDS} tablets", WORDS]
    orders = []
    for number, sig in enumerate(sigs):
        text_only = {"dosageInstruction": [{"text": sig, "patientInstruction": WORDS}]}
        orders.append(order(f"typed-{number}", f"2025-12-0{number + 1}", **text_only))
        orders.append(order(f"named-{number}", f"2025-12-1{number}", medicationCodeableConcept=drug, **text_only))
        both = [{**resources[-1]["dosageInstruction"][0], "text": sig}]
        orders.append(order(f"both-{number}", f"2025-12-2{number}", dosageInstruction=both))
    return [*resources, apnoea, allergy, *orders]


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_the_words_of_the_chart_are_not_in_the_examples(hook: str, tmp_path: Path) -> None:
    write(tmp_path / "chart.json", bundle(typed(chart())))
    result = replay(tmp_path, "--json", "--hook", hook, "--report", tmp_path / "report.html")
    assert WORDS in result.stdout, "the cards themselves do quote the chart"
    page = (tmp_path / "report.html").read_text()
    assert "contraindicated-by-allergy" in page
    assert WORDS not in page


def test_an_allergy_to_a_medicine_of_ours_is_still_called_by_its_name() -> None:
    (story,) = [
        one for one in stories(rule="contraindicated-by-allergy") if one.name == "fires_allergy_to_the_ingredient"
    ]
    record = judge(Asked("x", story.request), Settings(), STORY_DAY)
    card = record["cards"][0]
    assert example_of(card, record[OWN_WORDS]())["summary"] == card["summary"]


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
