"""The commands for integrators: a token that works as printed, and documents held against the schemas."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.cli import main
from cds_service.store import migrate
from fhir_fixtures import stories
from tests.service.bad_fhir_server import bad_server

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
URL = "https://cds.example.org"


@pytest.mark.parametrize("alg", ["ES384", "RS384"])
@pytest.mark.parametrize("service", ["neuropathic-pain-order-select", "neuropathic-pain-patient-view"])
def test_the_printed_call_works_once(tmp_path: Path, base: KnowledgeBase, alg: str, service: str) -> None:
    arguments = ["token", "--folder", str(tmp_path), "--url", URL, "--service", service, "--alg", alg]
    printed = [CliRunner().invoke(main, arguments).output for _ in range(2)][-1]  # the key is kept
    words = shlex.split(printed[printed.index("curl") :].replace("\\\n", " "))
    token, body = words[words.index("-H", 5) + 1].partition(": ")[2], words[words.index("-d") + 1]
    database = f"sqlite:///{tmp_path / 's.sqlite3'}"
    migrate(database)
    config = Config(auth="required", tenants=str(tmp_path / "tenants.toml"), public_url=URL, database=database)
    app = create_app(config, base)
    headers = {"Authorization": token, "Content-Type": "application/json"}
    path = words[2].removeprefix(URL)
    assert [app.test_client().post(path, data=body, headers=headers).status_code for _ in range(2)] == [200, 401]
    assert (tmp_path / f"{alg.lower()}.pem").stat().st_mode & 0o077 == 0
    assert "d" not in json.loads((tmp_path / "jwks.json").read_text())["keys"][0]
    app.extensions["house"].close()


def validated(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["validate", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


def test_stories_are_sound_and_strictly_so() -> None:
    code, text = validated("--strict", str(STORY.folder))
    assert code == 0, text
    assert re.search(r"request\.json: request: sound", text)
    assert re.search(r"response\.json: response: sound", text)


def test_what_is_wrong_is_named_without_its_value(tmp_path: Path) -> None:
    call = STORY.request
    call["hook"], call["context"]["patientId"] = 7, {"CANARY": "CANARY"}
    call["context"]["draftOrders"]["entry"][0]["resource"]["CANARYfield"] = "CANARY-value"
    file = tmp_path / "call.json"
    file.write_text(json.dumps(call))
    code, text = validated("--strict", str(file))
    assert code == 1
    assert "hook: must be" in text
    assert "context.draftOrders.entry[0].resource.CANARYfield: FHIR R4: extra forbidden" in text
    assert "CANARY-value" not in text


def test_what_the_service_lets_pass_is_said_and_refused_by_nobody(tmp_path: Path) -> None:
    """As the bad examples of HL7's validator have it, and more."""
    call = STORY.request
    assert "let pass" not in validated(str(STORY.folder / "request.json"))[1]
    call["hookInstance"] = "CANARY"
    call["context"] |= {"patientId": "Patient/CANARY", "encounterId": "Encounter/CANARY", "userId": "CANARY"}
    call["context"] |= {"selections": ["CANARY", "MedicationRequest/x"]}
    call["context"]["draftOrders"].pop("type")
    call["fhirAuthorization"] = {"access_token": "CANARY", "token_type": "Bearer", "expires_in": 300}
    call["fhirAuthorization"] |= {"scope": "x", "subject": "x"}
    file = tmp_path / "call.json"
    file.write_text(json.dumps(call))
    code, text = validated(str(file))
    assert (code, re.findall(r"let pass: (\S+):", text)) == (0, [
        "hookInstance", "fhirServer", "context.patientId", "context.encounterId", "context.userId",
        "context.selections[0]", "context.draftOrders",
    ]), text  # fmt: skip
    assert "CANARY" not in text.replace(str(file), "")


@pytest.mark.parametrize(("text", "says"), [("{", "not JSON"), ("{}", "nothing of CDS Hooks"), ("[]", "nothing of")])
def test_what_is_nothing_of_ours(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(text)
    code, told = validated(str(file))
    assert (code, says in told) == (1, True)
    assert validated(str(tmp_path / "none.json"))[0] == 1


def test_a_url_is_read() -> None:
    with bad_server() as server:
        assert validated(f"{server.base('good')}/Patient/123")[0] == 1
