"""Settings: from where, how shown, and what stops a start."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main
from cds_service.config import PREFIX, Config, read_settings, shown


def test_the_environment_stands_above_the_file_above_the_default(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('port = 9000\ncors = ["https://a"]\nworkers = 3\nday = 2026-01-02\n')
    environment = {f"{PREFIX}CONFIG": str(file), f"{PREFIX}PORT": "9001", f"{PREFIX}GUIDELINES": "a, b", "OTHER": "x"}
    config, sources = read_settings(environment)
    assert (config.port, config.workers, config.cors, config.guidelines) == (9001, 3, ("https://a",), ("a", "b"))
    assert (sources["port"], sources["workers"], sources.get("host")) == (f"{PREFIX}PORT", str(file), None)
    assert config.today().isoformat() == "2026-01-02"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORTT", "1", "no setting 'portt'"),
        ("PORT", "many", "port must be a whole number"),
        ("DAY", "tomorrow", "day must be a date"),
        ("AUTH", "sometimes", "off, optional or required"),
        ("ALGORITHMS", "HS256", "ES256"),
        ("LOG", "perhaps", "true or false"),
        ("CONFIG", "/nowhere.toml", "No such file"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"(?i){name if name != 'CONFIG' else 'nowhere'}") as problem:
        Config.from_environment({f"{PREFIX}{name}": value})
    assert says in str(problem.value)


def test_secrets_are_hidden() -> None:
    rows = shown(Config(database="postgresql://user:CANARY@db.example.org/cds"), {"database": "X"})
    assert ("database", "postgresql://(hidden)@db.example.org/cds", "X") in rows
    assert ("day", "", "default") in rows


@pytest.mark.parametrize(
    ("config", "url"),
    [
        (Config(), "http://127.0.0.1:8080"),
        (Config(host="::1", port=1), "http://[::1]:1"),
        (Config(public_url="https://x/cds/"), "https://x/cds"),
    ],
)
def test_the_address_clients_call(config: Config, url: str) -> None:
    assert config.base_url == url


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        main, list(arguments), env={f"{PREFIX}{k}": v for k, v in environment.items()}, catch_exceptions=False
    )
    return result.exit_code, result.output


def test_config_prints_every_setting_and_whether_it_would_start() -> None:
    code, text = run("config", PORT="9000")
    assert code == 0
    assert all(name in text for name in Config.__struct_fields__)
    assert f"{PREFIX}PORT" in text
    assert run("config", HOST="0.0.0.0")[0] == 1  # noqa: S104 - that it is refused is the point
    assert run("config", PORTT="1")[0] == 1


def test_serve_refuses_an_open_door() -> None:
    code, text = run("serve", "--host", "0.0.0.0")  # noqa: S104 - that it is refused is the point
    assert code == 1
    assert "whoever reaches" in text


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_an_example(command: str) -> None:
    code, text = run(command, "--help")
    assert code == 0
    assert "Example:" in text


def test_feedback_and_migrate_on_the_command_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 's.sqlite3'}"
    assert run("feedback", "--database", url)[0] == 1
    assert run("migrate", url)[0] == 0
    assert run("feedback", "--database", url) == (
        0,
        "tenant,rule,issued,accepted,overridden,ignored,acceptance,reasons\n",
    )
    assert run("feedback", "--json", DATABASE=url) == (0, "[]\n")
    assert run("feedback", "--forget-before", "2020-01-01", DATABASE=url) == (0, "0 rows deleted\n")
    assert run("feedback", "--forget-before", "soon", DATABASE=url)[0] == 1


def test_tenant_kit() -> None:
    code, text = run("tenant-kit", "default", "--url", "https://cds.example.org")
    assert code == 0
    for wanted in (
        "https://cds.example.org/cds-services/neuropathic-pain-order-sign/feedback",
        "conditions: Condition?patient={{context.patientId}}",
        "patient/Observation.read / patient/Observation.rs",
        "risk-benefit-ratio",
        "recommended-agents: shown",
    ):
        assert wanted in text
    assert run("tenant-kit", "nobody")[0] == 1
