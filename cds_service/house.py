"""
One deployment put together: its knowledge, its tenants and what is kept and told. Knows no web framework.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from cards import RULES, KnowledgeBase

from .answer import Answer, Engine
from .audit import Trail, record
from .chart import KEYS
from .config import JURISDICTIONS, Config
from .dialect import Manner
from .errors import TooMany
from .fhir_access import FhirAccess
from .hook_request import HookRequest
from .keys import KeySet, from_file
from .part import Resource, classify, resources_of
from .rate import Bucket
from .recorder import Recorder, card_rows
from .services import Service, prefetch_templates
from .store import SQLITE, is_current, open_store
from .telemetry import Telemetry, identifier, rules_of
from .tenants import Tenant, Tenants, bucket, fhir_access, read_tenants, why_not_start
from .tracing import Span, Tracer, Tracing, unwatched

if TYPE_CHECKING:
    from .auth import Verifier
    from .fhir_client import FhirClient
    from .store.database import Database


@dataclass(frozen=True)
class Desk:
    """Where one tenant is served: its engine and its access to its EHR."""

    tenant: Tenant
    engine: Engine
    access: FhirAccess
    bucket: Bucket
    span: Tracer = unwatched

    @functools.cached_property
    def fhir(self) -> FhirClient:
        """Made when first asked for: many deployments have everything prefetched."""
        from .fhir_client import FhirClient

        return FhirClient(self.access, self.span)

    @property
    def templates(self) -> dict[str, str]:
        """What this tenant is asked to send along, under its own names."""
        return {self.tenant.prefetch.get(key, key): query for key, query in self.engine.templates.items()}

    def understood(self, request: HookRequest) -> HookRequest:
        """The call with the tenant's names replaced by ours."""
        ours = {theirs: key for key, theirs in self.tenant.prefetch.items()}
        base = request.fhir_server or self.tenant.fhir_server.rstrip("/") or None
        if not ours and base == request.fhir_server:
            return request
        prefetch = {ours.get(key, key): value for key, value in request.prefetch.items()}
        return replace(request, prefetch=prefetch, fhir_server=base)

    def answer(self, request: HookRequest, service: Service, day: date) -> Answer:
        fetch = self.fhir.for_call(request) if request.fhir_server else None
        return self.engine.answer(request, service, day, fetch)

    def manner(self, request: HookRequest) -> Manner:
        tenant = self.tenant
        return Manner(
            tenant.dialect,
            tenant.preference_list,
            tenant.override_reasons,
            tenant.link_hosts,
            f"{tenant.name}\n{request.patient_id}",
            _by_reference(request.draft_orders),
            _by_reference(_conditions(request)) if tenant.dialect.bare_bundle else {},
        )


@dataclass
class House:
    config: Config
    base: KnowledgeBase
    tenants: Tenants = field(default_factory=lambda: Tenants({}))

    @classmethod
    def open(cls, config: Config, base: KnowledgeBase) -> House:
        """Raises ValueError if the deployment must not start so."""
        house = cls(config, base, read_tenants(config.tenants))
        refusal = why_not_start(config, house.tenants)
        if refusal:
            raise ValueError(refusal)
        return house

    def __post_init__(self) -> None:
        self.telemetry = Telemetry(self.config.log)
        self.today = self.config.today
        self.tracing = Tracing(self.config.tracing)
        self.desks = {tenant.name: self._desk(tenant) for tenant in self.tenants}
        self.recorder = self._recorder(lambda rows: self.store.add_cards(rows), self.config.database, "cards")
        self.trail = self._recorder(Trail(self.config.audit).write, self.config.audit, "audit")
        self._opening = threading.Lock()

    def _recorder(self, write: Callable[[list[Any]], object], wanted: str, what: str) -> Recorder[Any] | None:
        return Recorder(write, functools.partial(self.telemetry.lost, what)) if wanted else None

    def _desk(self, tenant: Tenant) -> Desk:
        span = self.tracing.within
        engine = replace(engine_of(self.config, self.base, tenant), span=span)
        return Desk(tenant, engine, fhir_access(tenant, self.config), bucket(tenant, self.config), span)

    def warm(self) -> None:
        """Loads what the first calls would otherwise wait for. Run while the service answers already."""
        if self.config.auth != "off":
            _ = self.verifier
        if self.config.database:
            with contextlib.suppress(Exception):  # /health/ready says it
                _ = self.store
        for desk in self.desks.values():
            _ = desk.fhir

    def desk(self, tenant: Tenant) -> Desk:
        return self.desks[tenant.name]

    @property
    def store(self) -> Database:
        """Opened when first asked for."""
        with self._opening:
            return self._store

    @functools.cached_property
    def _store(self) -> Database:
        return open_store(self.config.database)

    @functools.cached_property
    def verifier(self) -> Verifier:
        from .auth import Verifier

        config = self.config
        key_sets = {tenant.name: KeySet(_reader(tenant)) for tenant in self.tenants if tenant.issuer}
        seen = self._seen if config.replay_check and config.database else None
        return Verifier(self.tenants, key_sets, config.auth, config.algorithms, config.token_lifetime, seen)

    def admit(self, tenant: Tenant) -> None:
        """Counts a call of this tenant. Raises TooMany if it makes more than it may."""
        wait = self.desk(tenant).bucket.wait()
        if wait:
            raise TooMany("This client calls more often than it may.", wait)

    def caller(self, authorization: str | None, paths: Iterable[str]) -> Tenant:
        """Whom a call is from. `paths`: those its token may have been made for. Raises Unauthorized."""
        if self.config.auth == "off":
            return self.tenants.anybody
        return self.verifier.caller(authorization, [f"{self.config.base_url}{path.rstrip('/')}" for path in paths])

    def _seen(self, issuer: str, nonce: str, good_until: float) -> bool:
        return self.store.used(issuer, nonce, good_until)

    # ---- what is told -----------------------------------------------------------------------------------------------

    def span(self, service: Service, headers: Mapping[str, str]) -> AbstractContextManager[Span]:
        said = {"cds.service": service.id, "cds.hook": service.hook}
        return self.tracing.call(f"call {service.id}", said, headers)

    def told(self, request: HookRequest, service: Service, tenant: Tenant, answer: Answer, seconds: float) -> None:
        """Counts and logs one answer, and has its cards written down."""
        self._count(service, tenant, answer, seconds)
        if self.recorder is not None:
            self.recorder.record(card_rows(answer.cards, tenant.name, service.id))
        chart, advice = answer.chart, answer.advice
        for trouble in advice.troubles if advice else ():
            self.telemetry.log.error("rule failed", rule=trouble.rule, error=trouble.error)
        self.telemetry.log.info(
            "answered",
            hook=request.hook,
            hookInstance=identifier(request.hook_instance),
            service=service.id,
            tenant=tenant.name,
            ms=round(seconds * 1000, 2),
            rules=rules_of(advice.findings) if advice else [],
            silent=rules_of(answer.unshown.findings) if answer.unshown else [],
            parts=chart.states if chart else {},
            fetched=list(chart.fetched) if chart else [],
            notes=list(request.notes),
        )

    def audited(self, event: str, **members: Any) -> None:
        """One line of the audit trail, where there is one."""
        if self.trail is not None:
            self.trail.record([record(event, **members, knowledge=self.base.version)])

    def _count(self, service: Service, tenant: Tenant, answer: Answer, seconds: float) -> None:
        counts = self.telemetry
        counts.seconds.labels(service.id).observe(seconds)
        for finding in answer.advice.findings if answer.advice else ():
            counts.cards.labels(finding.rule, str(finding.indicator), tenant.name).inc()
        for finding in answer.unshown.findings if answer.unshown else ():
            counts.silent.labels(finding.rule, tenant.name).inc()
        for advice in filter(None, (answer.advice, answer.unshown)):
            for trouble in advice.troubles:
                counts.troubles.labels(trouble.rule).inc()
        for part, state in answer.chart.states.items() if answer.chart else ():
            counts.parts.labels(part, state).inc()
        for part in answer.chart.fetched if answer.chart else ():
            counts.fetches.labels(part, answer.chart.states[part] if answer.chart else "").inc()

    def readiness(self) -> dict[str, Any]:
        """Whether calls can be answered, and what is not as it should be. A store that is down blocks no answer."""
        day = self.today()
        expired = self.base.on(day, self.config.jurisdiction, self.config.guidelines).expired
        files = [file for folder in self.base.files.values() for file in folder.values()]
        overdue = [file for file in files if file.review.review_due < day and file.path not in expired]
        store = self._store_state()
        return {
            "status": "ok" if store in ("ok", "off") and not expired else "degraded",
            "knowledge": {"version": self.base.version, "expired": len(expired), "overdue": len(overdue)},
            "store": store,
        }

    def _store_state(self) -> str:
        if not self.config.database:
            return "off"
        try:
            return "ok" if self._reachable() else "unreachable"
        except Exception:  # noqa: BLE001 - a driver that is not installed, a folder that may not be written
            return "unreachable"

    def _reachable(self) -> bool:
        """A file is looked at by itself: who asks whether we are ready must not wait for SQLAlchemy."""
        if self.config.database.startswith(SQLITE):
            return is_current(self.config.database)
        return self.store.is_reachable()

    def close(self) -> None:
        """Writes what is still waiting; open reads are cut."""
        for recorder in filter(None, (self.recorder, self.trail)):
            recorder.close()
        if "_store" in self.__dict__:
            self._store.close()
        for desk in self.desks.values():
            if "fhir" in desk.__dict__:
                desk.fhir.close()
        self.tracing.close()


def engine_of(config: Config, base: KnowledgeBase, tenant: Tenant | None = None) -> Engine:
    """The decision with this deployment's settings and, above them, a tenant's; replay uses it without HTTP. Raises
    ValueError: what names no jurisdiction or guideline would silently advise less."""
    tenant = tenant or Tenant()
    jurisdiction = tenant.jurisdiction or config.jurisdiction
    guidelines = tenant.guidelines or config.guidelines
    _check_named("jurisdiction", [jurisdiction], JURISDICTIONS)
    _check_named("guidelines", guidelines, sorted(base.files["guidelines"]))
    silent, off = tenant.silent, base.rules_off.union(tenant.rules_off)
    return Engine(
        base,
        _templates(config, base, jurisdiction),
        jurisdiction,
        guidelines,
        {rule: check for rule, check in RULES.items() if rule not in silent | off},
        {rule: check for rule, check in RULES.items() if rule in silent - off},
        tenant.most_cards,
        tenant.say_unknown,
    )


def _check_named(setting: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{setting}: {name!r} is none of {', '.join(known)}")


def _templates(config: Config, base: KnowledgeBase, jurisdiction: str) -> Mapping[str, str]:
    return prefetch_templates(base.on(config.today(), jurisdiction).value_sets.loinc())


def _by_reference(resources: Iterable[Resource]) -> dict[str, dict[str, Any]]:
    return {f"{each.get('resourceType')}/{each.get('id')}": dict(each) for each in resources}


def _conditions(request: HookRequest) -> Iterator[Resource]:
    for value in request.prefetch.values():
        yield from resources_of(classify(value, KEYS["conditions"]))


def _reader(tenant: Tenant) -> Any:
    return from_file(tenant.keys) if tenant.keys else functools.partial(_keys_at, tenant.jwks_url)


def _keys_at(url: str) -> Any:
    from .fhir_client import fetch_keys

    return fetch_keys(url)
