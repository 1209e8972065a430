"""
`tenant-kit`: what an EHR's analysts type in by hand, since some EHRs never read the discovery document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from cards import OVERRIDE_REASONS, RULES, laid_over

from .config import Config, read_settings
from .house import House
from .services import SERVICES
from .tenants import Tenant, read_tenants

RESOURCES = ("Patient", "Condition", "MedicationRequest", "Medication", "Observation", "AllergyIntolerance")


def run(name: str, tenants_file: str | None, url: str | None) -> None:
    try:
        config = read_settings()[0]
        tenants = read_tenants(tenants_file or config.tenants)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    tenant = next((each for each in tenants if each.name == name), None)
    if tenant is None:
        raise click.ClickException(f"no tenant has this name; there are {', '.join(each.name for each in tenants)}")
    house = House(config, laid_over(config.overlay), tenants)
    click.echo("\n".join(kit(tenant, house, (url or config.base_url).rstrip("/"))))


def kit(tenant: Tenant, house: House, base: str) -> Iterator[str]:
    """Plain text in sections, each to be pasted somewhere else."""
    offered = [service for service in SERVICES.values() if not tenant.services or service.id in tenant.services]
    yield f"Set-up of {tenant.name}"
    yield from _section("Addresses (discovery, a service a hook, feedback)", [f"{base}/cds-services"])
    for service in offered:
        yield f"  {service.hook:14} {base}/cds-services/{service.id}"
        yield f"  {'feedback':14} {base}/cds-services/{service.id}/feedback"
    yield from _section("Prefetch (key: query)", (f"{k}: {q}" for k, q in house.desk(tenant).templates.items()))
    yield from _section("Scopes, SMART v1 / v2", (f"patient/{kind}.read / patient/{kind}.rs" for kind in RESOURCES))
    yield from _section("Scopes, in words", [", ".join(f"{kind}.Read (R4)" for kind in RESOURCES)])
    yield "  and, to be sent the draft orders, MedicationRequest.Read (Unsigned Order) (R4)"
    yield from _section("Token", _token(tenant, house.config, base))
    yield from _section("Hosts that links may point to", tenant.link_hosts or ["none: cards carry no links"])
    yield from _section("Override reasons (our code: yours; words)", _reasons(tenant))
    yield from _section("Orders offered (RxNorm: your entry)", _orders(tenant))
    yield from _section("Rules", _rules(tenant))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"\n{title}"
    yield from (f"  {line}" for line in lines)


def _token(tenant: Tenant, config: Config, base: str) -> Iterator[str]:
    if config.auth == "off":
        yield "none is asked for (auth = off)"
        return
    yield f"iss  {tenant.issuer or '(to be configured)'}"
    yield f"aud  the address called, e.g. {base}/cds-services/{next(iter(SERVICES))}"
    yield f"     or {', '.join(tenant.audiences)}" if tenant.audiences else "     (others can be configured: audiences)"
    yield f"alg  {', '.join(tenant.algorithms or config.algorithms)}"
    yield f"exp  at most {config.token_lifetime} seconds after iat; jti: a new one each call"
    yield f"keys {tenant.jwks_url or tenant.keys or '(to be configured)'}"


def _reasons(tenant: Tenant) -> Iterator[str]:
    for code, words in OVERRIDE_REASONS.items():
        yield f"{code}: {tenant.override_reasons.get(code, '(yours)')}; {words}"


def _orders(tenant: Tenant) -> Iterator[str]:
    yield from (f"{code}: {entry}" for code, entry in tenant.preference_list.items())
    if not tenant.preference_list:
        yield "none mapped: orders are offered by RxNorm code and name"


def _rules(tenant: Tenant) -> Iterator[str]:
    for rule in RULES:
        state = "off" if rule in tenant.rules_off else "silent" if rule in tenant.silent else "shown"
        yield f"{rule}: {state}"
