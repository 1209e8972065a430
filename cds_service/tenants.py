"""
The clients of a deployment: a TOML file, one table a tenant. What is not said of a tenant is as for everybody.

    [tenants.st-elsewhere]
    issuer = "https://ehr.example.org/fhir"
    jwks_url = "https://ehr.example.org/jwks.json"
    fhir_servers = ["ehr.example.org"]
    dialect.preset = "epic"
    preset = "ehr-alerts"
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import tomli

from cards import RULES

from .config import Config
from .dialect import PRESETS, Dialect
from .errors import Forbidden
from .fhir_access import FhirAccess
from .rate import Bucket
from .services import SERVICES

ANYBODY: Final = "default"

# An EHR with allergy and interaction alerts of its own: ours are evaluated and counted, not shown, and go on
# filtering what is suggested.
RULE_PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "": (),
    "ehr-alerts": ("contraindicated-by-allergy", "interaction", "duplicate-therapy"),
}


class Tenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ANYBODY
    # who it is
    issuer: str = ""  # exactly as the token's `iss`
    tenant: str = ""  # the token's `tenant`, where several share an issuer
    jwks_url: str = ""
    keys: str = ""  # file with a JWK Set, for a client that publishes none
    jku: str = ""  # what the token's `jku` must say if it has one; empty: jwks_url
    audiences: tuple[str, ...] = ()  # further values of `aud`, where a site typed its own
    algorithms: tuple[str, ...] = ()  # empty: the deployment's
    services: tuple[str, ...] = ()  # ids it may call; empty: all
    rate: float | None = None  # calls a second; None: as for everybody, 0: no limit
    burst: float | None = None
    # what is read
    fhir_servers: tuple[str, ...] | None = None  # None: any if nobody must say who they are, else none
    fhir_networks: tuple[str, ...] | None = None
    fhir_anonymous: bool | None = None
    fhir_server: str = ""  # for calls that name none
    prefetch: dict[str, str] = {}  # its own names for our keys
    # what is advised
    jurisdiction: str = ""
    guidelines: tuple[str, ...] = ()
    preset: str = ""
    rules_off: tuple[str, ...] = ()
    rules_silent: tuple[str, ...] = ()
    most_cards: int = 5
    say_unknown: bool = (
        False  # it shows a refusal as "all clear", or takes it for an outage: say in a card what is unknown
    )
    # how it is said
    dialect: Dialect = Dialect()
    preference_list: dict[str, str] = {}  # RxNorm code -> the site's entry to order
    override_reasons: dict[str, str] = {}  # our reason -> the site's code
    link_hosts: tuple[str, ...] | None = None  # hosts whose links it shows; None: all
    keep_comments: bool = False  # clinicians' free text: may name patients

    @property
    def silent(self) -> frozenset[str]:
        return frozenset((*self.rules_silent, *RULE_PRESETS[self.preset])) - frozenset(self.rules_off)


class Tenants:
    """All of them, and which one a call is from."""

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        self.by_name = dict(tenants)
        self.anybody = tenants.get(ANYBODY) or Tenant()

    def __iter__(self) -> Iterator[Tenant]:
        return iter({ANYBODY: self.anybody, **self.by_name}.values())

    def of_issuer(self, issuer: str) -> list[Tenant]:
        return [tenant for tenant in self.by_name.values() if tenant.issuer and tenant.issuer == issuer]


def fhir_access(tenant: Tenant, config: Config) -> FhirAccess:
    """Which servers this tenant's calls may make us read. Whoever need not say who they are may name any public one."""
    servers = tenant.fhir_servers
    if servers is None and config.auth == "required":
        servers = ()
    return FhirAccess(
        servers=servers,
        networks=config.fhir_networks if tenant.fhir_networks is None else tenant.fhir_networks,
        anonymous=config.fhir_anonymous if tenant.fhir_anonymous is None else tenant.fhir_anonymous,
        deadline=config.fhir_seconds,
    )


def bucket(tenant: Tenant, config: Config) -> Bucket:
    """Its share of one worker: callers are spread over all of them."""
    rate = config.rate if tenant.rate is None else tenant.rate
    burst = (config.burst if tenant.burst is None else tenant.burst) or rate * 10
    return Bucket(rate / config.workers, burst / config.workers)


def read_tenants(path: str) -> Tenants:
    """Raises ValueError listing every problem of the file."""
    if not path:
        return Tenants({})
    try:
        document = tomli.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    problems: list[str] = [f"there is no {name!r}; only [tenants.NAME]" for name in document if name != "tenants"]
    tenants = {
        name: tenant
        for name, table in document.get("tenants", {}).items()
        if (tenant := _tenant(name, table, Path(path).parent, problems)) is not None
    }
    problems += _clashes(tenants)
    if problems:
        raise ValueError("\n".join(f"{path}: {problem}" for problem in problems))
    return Tenants(tenants)


def _tenant(name: str, table: Any, folder: Path, problems: list[str]) -> Tenant | None:
    try:
        tenant = msgspec.convert(_with_presets({**table, "name": name}), Tenant)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        problems.append(f"[tenants.{name}] {error}")
        return None
    problems += [f"[tenants.{name}] {problem}" for problem in _problems(tenant)]
    keys = str(folder / tenant.keys) if tenant.keys else ""
    return msgspec.structs.replace(tenant, keys=keys)


def _with_presets(table: dict[str, Any]) -> dict[str, Any]:
    """A dialect's preset first, what the table says itself above it."""
    said = dict(table.get("dialect", {}))
    preset = said.pop("preset", "")
    if preset not in PRESETS:
        raise ValueError(f"dialect.preset: only {', '.join(filter(None, PRESETS))}")
    return {**table, "dialect": {**PRESETS[preset], **said}}


def _problems(tenant: Tenant) -> Iterator[str]:
    if tenant.preset not in RULE_PRESETS:
        yield f"preset: only {', '.join(filter(None, RULE_PRESETS))}"
    for rule in (*tenant.rules_off, *tenant.rules_silent):
        if rule not in RULES:
            yield f"there is no rule {rule!r}"
    for service in tenant.services:
        if service not in SERVICES:
            yield f"there is no service {service!r}"
    if (tenant.rate or 0) < 0 or (tenant.burst or 0) < 0:
        yield "rate and burst: 0 or more"
    if not 1 <= tenant.most_cards <= 20:
        yield "most_cards: 1 to 20"
    if tenant.issuer and not (tenant.jwks_url or tenant.keys):
        yield "an issuer needs jwks_url or keys"
    if tenant.jwks_url and not tenant.jwks_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        yield "jwks_url: https only"


def _clashes(tenants: Mapping[str, Tenant]) -> Iterator[str]:
    seen: dict[tuple[str, str], str] = {}
    for name, tenant in tenants.items():
        if tenant.issuer:
            other = seen.setdefault((tenant.issuer, tenant.tenant), name)
            if other != name:
                yield f"[tenants.{name}] has the issuer and tenant of [tenants.{other}]"


def check_service(tenant: Tenant, service: str) -> None:
    if tenant.services and service not in tenant.services:
        raise Forbidden("This client may not use this service.")


def why_not_start(config: Config, tenants: Tenants) -> str:
    """Why a deployment must not start so, or ""."""
    if config.auth != "required" and not config.is_loopback and not config.insecure:
        return (
            f"auth = {config.auth}: whoever reaches {config.host} could call. Set auth = required with a file of "
            "tenants, serve on 127.0.0.1, or say --insecure."
        )
    if config.auth == "required" and not any(tenant.issuer for tenant in tenants):
        return "auth = required, and no tenant has an issuer: nobody could call. See docs/service.md."
    return ""
