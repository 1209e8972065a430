# ruff: noqa: E501 - one case a line
"""A deployment's own folder: add, change, switch off, sign; and what must not start. Every reviewer here is made up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from cards import SEED, KnowledgeBase, KnowledgeError
from cards.knowledge_base import RULE_IDS
from cards.overlay import merged
from cards.rules import RULES
from cds_service import Config, create_app
from fhir_fixtures import STORY_DAY, Story, stories

Write = Callable[[str, str], None]

REVIEW = """
[review]
status = "draft"
last_review_date = 2026-11-22
review_due = 2027-11-22
expires = 2028-05-22
"""
SOURCE = '\n[[source]]\nid = "here"\ntitle = "Our own formulary (example)"\nseen = "page"\nquality = "official"\n'
GABAPENTIN = "agents/gabapentin.toml"
CEILING = "ceiling-us-plain"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    def written(name: str, text: str) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return written


def load(folder: Path) -> KnowledgeBase:
    return KnowledgeBase.load(overlay=folder)


def problems(folder: Path) -> list[str]:
    with pytest.raises(KnowledgeError) as refused:
        load(folder)
    return refused.value.problems


def signed(path: str, sha256: str, reviewer: str = "E. Xample", day: str = "2026-11-20") -> str:
    return (
        f'path = "{path}"\nsha256 = "{sha256}"\nreviewer = "{reviewer}"\nrole = "pharmacist (example)"\ndate = {day}\n'
    )


def sha256(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


# --- change ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("below", "above", "expected"),
    [
        pytest.param({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}, id="a key"),
        pytest.param({"a": ["x", "y"]}, {"a": ["z"]}, {"a": ["z"]}, id="a list of words is replaced"),
        pytest.param({"r": [{"id": "1", "v": 1, "w": 2}]}, {"r": [{"id": "1", "v": 9}]}, {"r": [{"id": "1", "v": 9, "w": 2}]}, id="a row by its id, the rest of it kept"),
        pytest.param({"r": [{"id": "1"}]}, {"r": [{"id": "2"}]}, {"r": [{"id": "1"}, {"id": "2"}]}, id="a new row at the end"),
        pytest.param({"r": [{"id": "1", "b": [{"x": 1}]}]}, {"r": [{"id": "1", "b": [{"x": 2}]}]}, {"r": [{"id": "1", "b": [{"x": 2}]}]}, id="rows without ids are replaced together"),
        pytest.param({}, {"r": [{"id": "1"}]}, {"r": [{"id": "1"}]}, id="a table that was not there"),
    ],
)  # fmt: skip
def test_merging(below: Any, above: Any, expected: Any) -> None:
    assert merged(below, above) == expected


def test_a_figure_is_changed_and_the_rest_of_its_row_stays(folder: Path, write: Write) -> None:
    write(GABAPENTIN, f'{SOURCE}\n[[maximum]]\nid = "{CEILING}"\ndose = "2400 mg/d"\nsources = ["here"]\n')
    before, after = (
        next(row for row in base.files["agents"]["gabapentin"].maximum if row.id == CEILING)  # type: ignore[attr-defined]
        for base in (KnowledgeBase.load(), load(folder))
    )
    assert (before.dose.value, after.dose.value) == (Fraction(3600), Fraction(2400))
    assert (after.formulation, after.kind, after.sources) == (before.formulation, before.kind, ("here",))


def test_the_changed_figure_is_on_the_card(folder: Path, write: Write) -> None:
    write(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\ndose = "2400 mg/d"\n')
    story = one_story("daily-dose-above-maximum/fires_gabapentin_4800")
    assert "2,400 mg" in cards(load(folder), story)[0]["summary"]


def test_a_row_is_dropped(folder: Path, write: Write) -> None:
    write(GABAPENTIN, f'retired = ["maximum.{CEILING}"]\n')
    assert CEILING not in [row.id for row in load(folder).files["agents"]["gabapentin"].maximum]  # type: ignore[attr-defined]


def test_another_overlay_is_another_version(folder: Path, write: Write) -> None:
    before = load(folder).version
    write(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\ndose = "2400 mg/d"\n')
    assert load(folder).version != before


# --- add and switch off ---------------------------------------------------------------------------------------------


def test_a_value_set_with_its_codes_is_added(folder: Path, write: Write) -> None:
    write(
        "value_sets/our-clinic.toml",
        f'title = "Our clinic"\nkind = "condition"\ntext = ["our clinic pain"]\n{REVIEW}{SOURCE}',
    )
    write("value_sets/snomed.csv", "code,value_set,display\n99999999,our-clinic,\n")
    sets = load(folder).on(STORY_DAY).value_sets
    assert "our-clinic" in sets.conditions_of("http://snomed.info/sct", "99999999")
    assert "our-clinic" in sets.conditions_named("our clinic pain")


def test_a_drug_is_added(folder: Path, write: Write) -> None:
    """A made-up medicine: an agent's file, and its name among the products."""
    write("products/names.csv", "name,ingredients,kind,verified,source\nexamplin,examplin,ingredient,,ours\n")
    write(
        "agents/examplin.toml",
        f'title = "Examplin"\nclasses = ["gabapentinoid"]\n{REVIEW}{SOURCE}\n'
        '[[formulation]]\nid = "plain"\ntitle = "capsule"\nroutes = ["oral"]\nassumed_when_unsaid = true\n'
        '[effect]\nworks = true\nsays = "Made up."\nsources = ["here"]\nseen = "page"\n',
    )
    knowledge = load(folder).on(STORY_DAY)
    product = knowledge.products.named("examplin 100 mg")
    assert product is not None
    assert knowledge.ids(product.ingredients) == ("examplin",)


def test_a_file_is_switched_off(folder: Path, write: Write) -> None:
    write("overlay.toml", f'retired = ["{GABAPENTIN}"]\n')
    knowledge = load(folder).on(STORY_DAY)
    assert "gabapentin" not in knowledge.agents
    assert GABAPENTIN in knowledge.expired


def test_a_rule_is_switched_off(folder: Path, write: Write) -> None:
    write("overlay.toml", 'retired = ["rule:recommended-agents"]\n')
    assert cards(load(folder), one_story("recommended-agents/fires_naproxen_for_diabetic_neuropathy")) == []


def test_the_rules_are_known_by_their_files() -> None:
    assert set(RULE_IDS) == set(RULES)


# --- sign -----------------------------------------------------------------------------------------------------------


def test_a_signed_file_is_shown_as_reviewed(folder: Path, write: Write) -> None:
    write("signoffs/gabapentin.toml", signed(GABAPENTIN, sha256(SEED / GABAPENTIN)))
    card = cards(load(folder), one_story("daily-dose-above-maximum/fires_gabapentin_4800"))[0]
    assert card["source"]["label"].endswith("(reviewed by E. Xample, pharmacist (example), 2026-11-20)")
    assert card["detail"].endswith("Reviewed by E. Xample, pharmacist (example), 2026-11-20.")
    assert "not clinically reviewed" not in str(card)


def test_a_file_beside_a_signed_one_is_still_a_draft(folder: Path, write: Write) -> None:
    write("signoffs/gabapentin.toml", signed(GABAPENTIN, sha256(SEED / GABAPENTIN)))
    card = cards(load(folder), one_story("daily-dose-above-maximum/fires_five_lidocaine_patches"))[0]
    assert card["source"]["label"].endswith("(draft, not clinically reviewed)")


def test_a_review_counts_from_its_day(folder: Path, write: Write) -> None:
    write("signoffs/gabapentin.toml", signed(GABAPENTIN, sha256(SEED / GABAPENTIN), day="2026-12-01"))
    base = load(folder)
    agent = base.files["agents"]["gabapentin"]
    assert base.on(date(2026, 11, 30)).cite(agent).reviewed_by == ()
    assert base.on(date(2026, 12, 1)).cite(agent).reviewed_by == ("E. Xample, pharmacist (example), 2026-12-01",)


def test_the_signature_covers_the_change(folder: Path, write: Write) -> None:
    write(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\ndose = "2400 mg/d"\n')
    write("signoffs/gabapentin.toml", signed(GABAPENTIN, sha256(SEED / GABAPENTIN, folder / GABAPENTIN)))
    assert GABAPENTIN in load(folder).signed
    write(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\ndose = "2000 mg/d"\n')
    assert problems(folder) == [
        f"signoffs/gabapentin.toml: {GABAPENTIN} is not what E. Xample reviewed on 2026-11-20: review it and sign it again (neuropathic-pain-cds knowledge sign), or delete this sign-off"
    ]


def test_the_signature_covers_the_codes_of_a_set(folder: Path, write: Write) -> None:
    base = KnowledgeBase.load()
    write("signoffs/stroke.toml", signed("value_sets/stroke.toml", base.reviewed["value_sets/stroke.toml"]))
    assert "value_sets/stroke.toml" in load(folder).signed
    write("value_sets/snomed.csv", "code,value_set,display\n99999999,stroke,\n")
    assert "value_sets/stroke.toml is not what E. Xample reviewed" in problems(folder)[0]


def test_nobody_signs_their_own_work(folder: Path, write: Write) -> None:
    write(GABAPENTIN, '[review]\nauthor = "E. Xample"\n')
    write("signoffs/gabapentin.toml", signed(GABAPENTIN, sha256(SEED / GABAPENTIN, folder / GABAPENTIN), "e. xample "))
    assert problems(folder) == [
        f"signoffs/gabapentin.toml: {GABAPENTIN} was written by E. Xample: another person must review it"
    ]


def test_nobody_has_signed_what_comes_with_the_package(base: KnowledgeBase) -> None:
    assert base.signed == {}
    assert not [file for folder in base.files.values() for file in folder.values() if file.review.author]


@pytest.mark.parametrize("place", [0, 1], ids=["the change", "the switch"])
def test_the_examples_of_the_manual_load(folder: Path, write: Write, place: int) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "knowledge.md").read_text(encoding="utf-8")
    example = manual.split("```toml\n")[place + 1].split("```")[0]
    write((GABAPENTIN, "overlay.toml")[place], example)
    assert load(folder).version != KnowledgeBase.load().version


# --- what must not start --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param("agent/x.toml", "", "overlay: agent: not one of agents,", id="a misspelt folder"),
        pytest.param("agents/x.yaml", "", "overlay: agents/x.yaml: only .toml files are read here", id="another format"),
        pytest.param(GABAPENTIN, "title = ", "agents/gabapentin.toml: not TOML", id="not TOML"),
        pytest.param(GABAPENTIN, "dose = 3\n", "agents/gabapentin.toml: (top): Additional properties", id="an unknown key"),
        pytest.param(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\ndose = "2400"\n', "agents/gabapentin.toml: maximum.", id="a figure without a unit"),
        pytest.param(GABAPENTIN, '[[maximum]]\nid = "new"\ndose = "2400 mg/d"\n', "agents/gabapentin.toml: maximum.", id="a new row that says too little"),
        pytest.param(GABAPENTIN, 'retired = ["maximum.no-such"]\n', "agents/gabapentin.toml: retired: there is no row 'maximum.no-such'", id="no such row"),
        pytest.param(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\n[[maximum]]\nid = "{CEILING}"\n', f"maximum.{CEILING}: said 2 times", id="a row said twice"),
        pytest.param("agents/examplin.toml", "title = 'Examplin'\n", "agents/examplin.toml: (top): 'classes' is a required", id="a new file that says too little"),
        pytest.param("modifiers/heart-failure.toml", '[[when]]\nvalue_sets = ["no-such"]\n', "there is no value set 'no-such'", id="a broken link"),
        pytest.param("overlay.toml", 'retired = ["agents/no-such.toml"]\n', "overlay.toml: retired: there is no 'agents/no-such.toml'", id="no such file"),
        pytest.param("overlay.toml", 'retired = ["rule:no-such"]\n', "overlay.toml: retired: there is no 'rule:no-such'", id="no such rule"),
        pytest.param("overlay.toml", "off = []\n", "overlay.toml: there is no 'off', only `retired`", id="an unknown setting"),
        pytest.param("value_sets/snomed.csv", "code,value_set\n1,stroke\n", "value_sets/snomed.csv: the first line must be code,value_set,display", id="other columns"),
        pytest.param("products/names.csv", "name,ingredients,kind,verified,source\nexamplin\n", "products/names.csv: line 2: 5 columns are needed", id="a row too short"),
        pytest.param("products/nmaes.csv", "", "products/nmaes.csv: not one of", id="a misspelt table"),
        pytest.param("signoffs/x.toml", signed("agents/no-such.toml", "0" * 64), "signoffs/x.toml: path: there is no 'agents/no-such.toml'", id="signs nothing"),
        pytest.param("signoffs/x.toml", signed(GABAPENTIN, "0" * 64, " "), "signoffs/x.toml: reviewer: must not be empty", id="nobody"),
        pytest.param("signoffs/x.toml", 'path = "agents/gabapentin.toml"\n', "signoffs/x.toml: Object missing required field", id="half a signature"),
    ],
)  # fmt: skip
def test_a_bad_overlay_does_not_start(folder: Path, write: Write, name: str, text: str, said: str) -> None:
    write(name, text)
    found = problems(folder)
    assert any(line.startswith(said) or said in line for line in found), found


def test_every_problem_is_told_at_once(folder: Path, write: Write) -> None:
    write("agent/x.toml", "")
    write(GABAPENTIN, "dose = 3\n")
    write("signoffs/x.toml", signed("agents/no-such.toml", "0" * 64))
    assert len(problems(folder)) == 3


def test_an_overlay_that_is_not_there_does_not_start(folder: Path) -> None:
    assert problems(folder / "gone") == [f"overlay: there is no folder {folder / 'gone'}"]


def test_the_service_reads_it_by_its_setting(folder: Path, write: Write) -> None:
    write(GABAPENTIN, f'[[maximum]]\nid = "{CEILING}"\ndose = "2400 mg/d"\n')
    config = Config.from_environment(
        {"NEUROPATHIC_PAIN_CDS_OVERLAY": str(folder), "NEUROPATHIC_PAIN_CDS_DAY": "2026-11-22"}
    )
    story = one_story("daily-dose-above-maximum/fires_gabapentin_4800")
    answer = create_app(config).test_client().post(story.path_of_service, json=story.request).json
    assert "2,400 mg" in answer["cards"][0]["summary"]


def one_story(address: str) -> Story:
    rule, name = address.split("/")
    return next(story for story in stories(rule) if story.name == name)


def cards(base: KnowledgeBase, story: Story) -> list[dict[str, Any]]:
    client = create_app(Config(day=STORY_DAY), base).test_client()
    found: list[dict[str, Any]] = client.post(story.path_of_service, json=story.request).json["cards"]
    return found
