"""Every file passes its schema; what passed once is not asked again, what was edited always is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cards import SEED, KnowledgeBase, KnowledgeError
from cards.knowledge_base import SHAPES
from cards.knowledge_files import CHECKED, Schemas, parsed, read_files

FILES = read_files(SEED, tuple(SHAPES))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEED, tmp_path / "knowledge"))


@pytest.mark.parametrize("folder", SHAPES)
def test_every_file_passes_its_schema(folder: str) -> None:
    schemas, problems = Schemas(SEED), list[str]()
    for raw in (raw for raw in FILES.values() if raw.folder == folder):
        problems += [f"{raw.name}: {line}" for line in schemas.against(folder, parsed(raw, problems) or {})]
    assert problems == []


def test_the_list_of_checked_files_is_current() -> None:
    assert (SEED / CHECKED).read_text("utf-8") == Schemas(SEED).list_of(FILES), "stale: make checked"


def test_a_start_with_a_current_list_needs_no_json_schema(copy: Path) -> None:
    (copy / CHECKED).write_text(Schemas(copy).list_of(FILES), "utf-8")
    load = "import sys, pathlib, cards; cards.KnowledgeBase.load(pathlib.Path(sys.argv[1]))"
    program = f"{load}; print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, str(copy)], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "False"


def test_without_the_list_every_file_is_validated(copy: Path) -> None:
    (copy / CHECKED).unlink(missing_ok=True)
    assert KnowledgeBase.load(copy).version == KnowledgeBase.load().version


def test_an_edited_file_is_validated_though_its_name_is_listed(copy: Path) -> None:
    path = copy / "agents" / "gabapentin.toml"
    path.write_text(
        path.read_text("utf-8").replace('title = "Gabapentin"', 'title = "Gabapentin"\ndose = 3', 1), "utf-8"
    )
    with pytest.raises(KnowledgeError, match=r"agents/gabapentin.toml: \(top\): Additional properties"):
        KnowledgeBase.load(copy)


def test_an_edited_schema_is_asked_again(copy: Path) -> None:
    path = copy / "schema" / "thresholds.schema.json"
    path.write_text(path.read_text("utf-8").replace('"required"', '"maxProperties": 1, "required"', 1), "utf-8")
    with pytest.raises(KnowledgeError, match=r"thresholds/.*(too many|does not have|expected at most).*"):
        KnowledgeBase.load(copy)


def test_another_byte_is_another_version(copy: Path) -> None:
    before = KnowledgeBase.load(copy).version
    table = copy / "value_sets" / "snomed.csv"
    table.write_bytes(table.read_bytes() + b"99999999,stroke,\n")
    assert KnowledgeBase.load(copy).version != before
