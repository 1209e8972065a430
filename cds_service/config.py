"""
Settings of one deployment, each with a safe default: from a TOML file, and above it from the environment.

A setting that is not known, or cannot be read, stops the start and is named: a misspelt safety setting must not be a
silent default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
import tomli

PREFIX: Final = "NEUROPATHIC_PAIN_CDS_"
FILE: Final = f"{PREFIX}CONFIG"  # names the TOML file


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # what is advised
    jurisdiction: str = "US"
    guidelines: tuple[str, ...] = ()  # ids of those in force; empty: the default ones
    overlay: str = ""  # folder of this deployment's own knowledge files, laid over the package's: docs/knowledge.md
    day: date | None = None  # judge every call as on this day (tests, demonstrations); None: today
    hooks_version: str = ""  # what discovery calls the version of CDS Hooks; empty: nothing, as before 3.0
    # where it is served
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    threads: int = 2  # a worker
    public_url: str = ""  # as clients call it: what a token's `aud` must say; empty: host and port
    # who may call
    auth: Literal["off", "optional", "required"] = "off"
    insecure: bool = False  # serve beyond this machine although nobody has to say who they are
    tenants: str = ""  # TOML file of clients
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    replay_check: bool = True  # a token is good for one call; a gateway that retries needs this off
    token_lifetime: int = 3600  # seconds between iat and exp, at most
    cors: tuple[str, ...] = ("*",)  # origins of browsers that may call
    # what is kept
    database: str = ""  # "sqlite:///file" or "postgresql://..."; empty: nothing is kept, and feedback refused
    # limits
    max_body: int = 5 * 2**20
    body_seconds: float = 5.0  # until a request's body must have come
    most_waiting: int = 64  # requests a worker holds before it answers 503
    rate: float = 0.0  # calls a second of one tenant, on average, over all workers; beyond it 429; 0: no limit
    burst: float = 0.0  # calls a tenant may make at once; 0: those of ten seconds
    fhir_seconds: float = 1.5  # for everything a call reads from the EHR
    fhir_networks: tuple[str, ...] = ()  # private networks that may be read: "10.0.0.0/8"
    fhir_anonymous: bool = False  # read without a token (an open sandbox)
    # what is told
    log: bool = False  # JSON lines on standard output
    metrics: bool = True  # GET /metrics
    audit: str = ""  # file for a line a call, each with the digest of the one before; empty: none
    tracing: bool = False  # OpenTelemetry; needs the extra `tracing`

    def __post_init__(self) -> None:
        for algorithm in self.algorithms:
            if algorithm not in ASYMMETRIC:
                raise ValueError(f"algorithms: only {', '.join(ASYMMETRIC)}")
        if self.rate < 0 or self.burst < 0:
            raise ValueError("rate and burst: 0 or more")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Config:
        """Raises ValueError naming the setting that cannot be read."""
        return read_settings(environment)[0]

    @property
    def today(self) -> Callable[[], date]:
        """What day it is: the one place where the clock is read."""
        day = self.day
        return date.today if day is None else lambda: day

    @property
    def base_url(self) -> str:
        """The address clients call, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK


ASYMMETRIC: Final = ("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA")
JURISDICTIONS: Final = ("US", "UK")  # whose labels and guidelines the knowledge holds whole
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
SECRET: Final = frozenset({"database"})  # may hold a password


def read_settings(environment: Mapping[str, str] = os.environ) -> tuple[Config, dict[str, str]]:
    """The settings, and where each came from that is not a default."""
    file = environment.get(FILE, "")
    values: dict[str, Any] = _from_file(Path(file)) if file else {}
    sources = dict.fromkeys(values, file)
    for name in sorted(environment):
        if name.startswith(PREFIX) and name != FILE and environment[name] != "":
            setting = name.removeprefix(PREFIX).lower()
            values[setting] = _from_text(setting, environment[name])
            sources[setting] = name
    return _config(values, sources), sources


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _from_text(setting: str, text: str) -> Any:
    """A list is written with commas in an environment variable."""
    if setting in LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _config(values: dict[str, Any], sources: Mapping[str, str]) -> Config:
    for setting in values:
        if setting not in Config.__struct_fields__:
            raise ValueError(f"{sources[setting]}: there is no setting {setting!r}; see `neuropathic-pain-cds config`")
    for setting, value in values.items():  # one at a time, so that the message can name it and need not show it
        try:
            msgspec.convert({setting: value}, Config, strict=False)
        except msgspec.ValidationError:
            raise ValueError(f"{sources[setting]}: {setting} must be {EXPECTED[setting]}") from None
    return msgspec.convert(values, Config, strict=False)


LISTS: Final = {name for name, kind in Config.__annotations__.items() if kind.startswith("tuple")}
_WORDS: Final = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "date | None": "a date such as 2026-11-22",
    "str": "text",
}
EXPECTED: Final = {name: _WORDS.get(kind, "a list of words") for name, kind in Config.__annotations__.items()} | {
    "auth": "off, optional or required",
    "algorithms": f"one of {', '.join(ASYMMETRIC)}",
}


def shown(config: Config, sources: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Every setting as (name, value, where it came from), for `neuropathic-pain-cds config`; secrets hidden."""
    return [
        (name, _shown(name, getattr(config, name)), sources.get(name, "default")) for name in Config.__struct_fields__
    ]


def _shown(name: str, value: Any) -> str:
    if name in SECRET and value:
        parts = urlsplit(str(value))
        return f"{parts.scheme}://(hidden)@{parts.hostname}{parts.path}" if parts.password else str(value)
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
