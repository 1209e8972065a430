"""The content as its owner asks for it, on the command line. Every reviewer here is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main

GABAPENTIN = "agents/gabapentin.toml"
CHANGE = '[[maximum]]\nid = "ceiling-us-plain"\ndose = "2400 mg/d"\n'


def ask(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["knowledge", *map(str, words)])


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    (tmp_path / "agents").mkdir()
    (tmp_path / GABAPENTIN).write_text(CHANGE, encoding="utf-8")
    return tmp_path


def test_every_file_is_listed_with_its_state_and_reviewer() -> None:
    line = next(line for line in ask("list", "--day", "2026-11-22").output.splitlines() if GABAPENTIN in line)
    assert line.split() == ["in", "force", "due", "2027-11-22", "expires", "2028-05-22", GABAPENTIN, *DRAFT]


DRAFT = ["draft,", "not", "clinically", "reviewed"]


def test_what_needs_work_can_be_asked_for_alone() -> None:
    assert ask("list", "--day", "2026-11-22", "--due").output == ""
    assert all(line.startswith("overdue") for line in ask("list", "--day", "2027-11-23", "--due").output.splitlines())
    assert all(line.startswith("expired") for line in ask("list", "--day", "2028-05-23", "--due").output.splitlines())


def test_what_needs_work_comes_first(overlay: Path) -> None:
    (overlay / GABAPENTIN).write_text(
        "[review]\nlast_review_date = 2026-01-01\nreview_due = 2026-02-01\nexpires = 2026-03-01\n", encoding="utf-8"
    )
    first = ask("--overlay", overlay, "list", "--day", "2026-11-22").output.splitlines()[0]
    assert first.startswith("expired")
    assert GABAPENTIN in first


def test_a_check_counts_what_there_is(overlay: Path) -> None:
    assert "no problem; 0 reviewed" in ask("check", overlay).output


def test_a_check_tells_every_problem_at_once(overlay: Path) -> None:
    (overlay / GABAPENTIN).write_text("dose = 3\n", encoding="utf-8")
    (overlay / "agents" / "examplin.toml").write_text("dose = 3\n", encoding="utf-8")
    done = ask("check", overlay)
    assert done.exit_code == 1
    assert "agents/gabapentin.toml: (top)" in done.output
    assert "agents/examplin.toml: (top)" in done.output


def test_an_entry_is_shown_as_a_card_names_it() -> None:
    text = ask("show", f"{GABAPENTIN}#renal.us", "--day", "2026-11-22").output
    assert text.startswith(f"Gabapentin ({GABAPENTIN})\n  in force; draft, not clinically reviewed\n")
    assert "    15 < crcl <= 30, maximum 700 mg/d" in text
    assert "Sources:\n  Raouf M et al." in text


def test_all_entries_of_one_kind_are_shown_together() -> None:
    text = ask("show", f"{GABAPENTIN}#renal").output
    shown = [line for line in text.splitlines() if line.startswith("renal.")]
    assert shown == ["renal.all", "renal.us", "renal.uk"]
    assert "GRALISE" in text, "the sources of each"


def test_a_whole_file_is_shown_with_the_addresses_of_its_entries() -> None:
    text = ask("show", GABAPENTIN).output
    assert "classes: gabapentinoid" in text
    assert f"{GABAPENTIN}#renal.us" in text


def test_a_value_set_is_shown_with_its_codes() -> None:
    assert "SNOMED CT, from value_sets/snomed.csv: " in ask("show", "value_sets/stroke.toml").output


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param("agents/no-such.toml", "there is no file 'agents/no-such.toml'", id="no such file"),
        pytest.param(f"{GABAPENTIN}#renal.no-such", "has no entry 'renal.no-such'; it has ", id="no such entry"),
    ],
)
def test_what_there_is_not_is_said(entry: str, said: str) -> None:
    done = ask("show", entry)
    assert done.exit_code == 1
    assert said in done.output


def test_doubts_are_listed_with_their_addresses() -> None:
    assert f"{GABAPENTIN}#maximum.single: derived from" in ask("doubts", GABAPENTIN).output


def test_a_change_is_told_with_the_stories_it_changes(overlay: Path) -> None:
    text = ask("--overlay", overlay, "diff", "seed").output
    assert f"~ {GABAPENTIN}#maximum.ceiling-us-plain: dose: 3,600 mg/d -> 2,400 mg/d\n" in text
    assert "daily-dose-above-maximum/fires_gabapentin_4800\n" in text
    assert "  + warning: Gabapentin 4,800 mg a day is above the maximum of 2,400 mg" in text


def test_the_same_content_has_no_difference() -> None:
    assert ask("diff", "seed").output == "\n0 changes; 0 stories whose cards change\n"


def test_what_is_neither_folder_nor_revision_is_said() -> None:
    assert "'--no-such' is neither a folder nor a git revision" in ask("diff", "--", "--no-such").output


def sign(overlay: Path, path: str = GABAPENTIN, reviewer: str = "E. Xample") -> Result:
    return ask(
        "--overlay", overlay, "sign", path, "--reviewer", reviewer, "--role", "pharmacist", "--day", "2026-11-20"
    )


def test_a_file_is_signed_and_listed_as_reviewed(overlay: Path) -> None:
    assert sign(overlay).exit_code == 0
    assert "reviewed by E. Xample, pharmacist, 2026-11-20" in ask("--overlay", overlay, "list").output


def test_an_edit_breaks_the_signature_and_signing_again_mends_it(overlay: Path) -> None:
    sign(overlay)
    (overlay / GABAPENTIN).write_text(CHANGE.replace("2400", "2000"), encoding="utf-8")
    assert "is not what E. Xample reviewed" in ask("--overlay", overlay, "check").output
    assert sign(overlay).exit_code == 0
    assert ask("--overlay", overlay, "check").exit_code == 0


def test_a_name_with_quotes_is_kept(overlay: Path) -> None:
    sign(overlay, reviewer='E. "Ex" \\ Xample')
    assert 'reviewed by E. "Ex" \\ Xample, pharmacist' in ask("--overlay", overlay, "list").output


@pytest.mark.parametrize(
    ("path", "reviewer", "said"),
    [
        pytest.param("agents/no-such.toml", "E. Xample", "there is no file 'agents/no-such.toml'", id="no such file"),
        pytest.param(GABAPENTIN, " ", "reviewer: must not be empty", id="nobody"),
    ],
)
def test_a_signature_that_does_not_hold_is_not_written(overlay: Path, path: str, reviewer: str, said: str) -> None:
    done = sign(overlay, path, reviewer)
    assert done.exit_code == 1
    assert said in done.output
    assert list((overlay / "signoffs").glob("*")) == []


def test_the_author_does_not_sign(overlay: Path) -> None:
    (overlay / GABAPENTIN).write_text('[review]\nauthor = "E. Xample"\n', encoding="utf-8")
    assert "was written by E. Xample: another person must review it" in sign(overlay).output


def test_signing_needs_a_folder_of_ones_own() -> None:
    done = ask("--overlay", "", "sign", GABAPENTIN, "--reviewer", "E. Xample", "--role", "pharmacist")
    assert "name it with --overlay" in done.output
