"""What the command reads, prints and returns."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import orjson
import pytest
from charts import bundle, chart
from running import records, replay, rules, write

from fhir_fixtures import FOLDER, stories

STORY = FOLDER / "daily-dose-above-renal-maximum" / "fires_gabapentin_1800_at_crcl_22"
RENAL = "daily-dose-above-renal-maximum"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STORY, tmp_path / "a-rule" / "fires_a"))


def expecting(story: Path, old: str, new: str) -> None:
    file = story / "response.json"
    file.write_text(file.read_text().replace(old, new))


def test_every_story_is_as_expected() -> None:
    result = replay(FOLDER, "--expect", "--quiet")
    assert result.exit_code == 0
    assert f"{sum(1 for _ in stories())} expected" in result.stdout


def test_a_difference_is_shown_as_a_clinician_reads_it(story: Path) -> None:
    expecting(story, "1,800 mg", "1,700 mg")
    result = replay(story, "--expect")
    assert result.exit_code == 1
    assert "- WARNING: Gabapentin 1,700 mg a day is above the limit" in result.stdout
    assert "+ WARNING: Gabapentin 1,800 mg a day is above the limit" in result.stdout


def test_only_the_urgency_differs(story: Path) -> None:
    expecting(story, '"indicator": "warning"', '"indicator": "info"')
    result = replay(story, "--expect")
    assert "more urgent" in result.stdout


def test_a_difference_only_machines_see_is_a_difference(story: Path) -> None:
    expecting(story, '"value": 1800', '"value": 1801')
    result = replay(story, "--expect")
    assert result.exit_code == 1
    assert '- "value": 1801' in result.stdout


def test_update_makes_it_expected(story: Path) -> None:
    expecting(story, "1,800 mg", "1,700 mg")
    assert replay(story, "--expect", "--update").exit_code == 0
    assert orjson.loads((story / "response.json").read_bytes()) == orjson.loads((STORY / "response.json").read_bytes())
    assert replay(story, "--expect").exit_code == 0


def test_a_former_run_is_expected_and_updated(story: Path, tmp_path: Path) -> None:
    former = tmp_path / "former.ndjson"
    assert replay(story, "--output", former).exit_code == 0
    assert replay(story, "--expect", former).exit_code == 0
    former.write_text(former.read_text().replace("1,800 mg", "1,700 mg"))
    assert replay(story, "--expect", former).exit_code == 1
    assert replay(story, "--expect", former, "--update").exit_code == 0
    assert replay(story, "--expect", former).exit_code == 0


def test_calls_are_found_however_a_log_keeps_them(tmp_path: Path) -> None:
    call = orjson.loads((STORY / "request.json").read_bytes())
    lines = [call, {"request": call}, {"time": "2026-11-22T10:00:00Z", "body": orjson.dumps(call).decode()}, [call]]
    log = write(tmp_path / "calls.log", b"\n".join(map(orjson.dumps, lines)))
    assert [rules(record) for record in records(log, "--day", "2026-11-22")] == [[RENAL]] * 4
    assert records(log)[2]["day"] == "2026-11-22"


def test_the_day_of_the_order_is_the_day_it_is_judged_on(tmp_path: Path) -> None:
    call = orjson.loads((STORY / "request.json").read_bytes())
    call["context"]["draftOrders"]["entry"][0]["resource"]["authoredOn"] = "2026-11-03"
    (record,) = records(write(tmp_path / "call.json", call))
    basis = record["cards"][0]["extension"]["org.neuropathic-pain-cds.basis"]
    assert basis["knowledge"]["day"] == "2026-11-03"


def test_what_is_broken_is_a_line_and_not_the_end(tmp_path: Path) -> None:
    write(tmp_path / "a.json", b"{")
    write(tmp_path / "b.ndjson", b'{"hook"\n' + (STORY / "request.json").read_bytes().replace(b"\n", b" ") + b"\n7\n")
    write(tmp_path / "c.json", {"resourceType": "Questionnaire"})
    write(tmp_path / "d.parquet", b"not a table")
    result = replay(tmp_path, "--day", "2026-11-22", "--quiet")
    assert result.exit_code == 0
    assert "1 orders" in result.stdout.replace("       ", "")
    for line in ("a.json: not JSON", "b.ndjson:1: not JSON", "b.ndjson:3: not a JSON object", "d.parquet[0]: not a"):
        assert line in result.stderr


def test_nothing_but_broken_input_is_an_error_of_its_own(tmp_path: Path) -> None:
    assert replay(write(tmp_path / "a.json", b"{")).exit_code == 2


def test_a_refused_call_is_counted_with_its_reason(tmp_path: Path) -> None:
    result = replay(write(tmp_path / "a.json", {"hook": "order-sign", "hookInstance": "x"}))
    assert "a.json: 400: This is required and missing." in result.stdout
    assert result.exit_code == 0


def test_junit_has_a_case_for_every_order(story: Path, tmp_path: Path) -> None:
    expecting(story, "1,800 mg", "1,700 mg")
    write(story.parent / "broken.json", b"\x00")
    replay(tmp_path / "a-rule", "--expect", "--junit", tmp_path / "junit.xml")
    suite = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "1,700 mg" in str(failure.text)


def test_what_if_says_which_orders_change_and_how(story: Path) -> None:
    result = replay(story, "--what-if", f"rules-off={RENAL}")
    assert "gone: daily-dose-above-renal-maximum" in result.stdout
    assert "1 changed" in result.stdout
    assert result.exit_code == 0


def test_a_baseline_is_what_was_before(story: Path, tmp_path: Path) -> None:
    replay(story, "--set", f"rules-off={RENAL}", "--output", tmp_path / "former.ndjson")
    for baseline in (tmp_path / "former.ndjson", f"rules-off={RENAL}"):
        assert "new: daily-dose-above-renal-maximum" in replay(story, "--baseline", baseline).stdout


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("not KEY=VALUE with one of jurisdiction,", ("--what-if", "colour=blue")),
        ("there is no rule no-such-rule; there are", ("--what-if", "rules-off=no-such-rule")),
        ("jurisdiction: 'XX' is none of US, UK", ("--what-if", "jurisdiction=XX")),
        ("jurisdiction: 'uk' is none of US, UK", ("--set", "jurisdiction=uk")),
        ("guidelines: 'nice' is none of aan-2022,", ("--what-if", "guidelines=nice")),
        ("/nowhere is not a folder of knowledge files", ("--set", "knowledge=/nowhere")),
        ("'tomorrow' is not a day such as 2026-11-22", ("--set", "day=tomorrow")),
        ("--resume needs the --output", ("--resume",)),
        ("no former run, no knowledge folder and not KEY=VALUE", ("--baseline", "nowhere.ndjson")),
        ("nowhere.ndjson: No such file", ("--expect", "nowhere.ndjson")),
        ("cannot go together", ("--what-if", "jurisdiction=UK", "--baseline", "jurisdiction=UK")),
        ("must end in .ndjson", ("--output", "out.csv")),
        ("there is no folder /nowhere", ("--output", "/nowhere/out.ndjson")),
        ("there is no folder /nowhere", ("--report", "/nowhere/report.html")),
        ("there is no folder /nowhere", ("--junit", "/nowhere/junit.xml")),
        ("--scheduler needs --engine dask", ("--scheduler", "tcp://127.0.0.1:8786")),
        ("--service needs --url", ("--service", "x")),
        ("has its own settings", ("--url", "http://127.0.0.1:9", "--what-if", "jurisdiction=UK")),
        ("Invalid value for '--jobs'", ("--jobs", "-1")),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(said: str, arguments: tuple[str, ...]) -> None:
    result = replay(STORY, *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_setting_of_the_deployment_that_names_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROPATHIC_PAIN_CDS_GUIDELINES", "no-such-guideline")
    result = replay(STORY)
    assert result.exit_code == 2
    assert "guidelines: 'no-such-guideline' is none of" in result.stderr


def test_the_hook_of_orders_from_charts_can_be_chosen(tmp_path: Path) -> None:
    file = write(tmp_path / "chart.json", bundle(chart()))
    assert {record["hook"] for record in records(file, "--hook", "order-sign")} == {"order-sign"}
