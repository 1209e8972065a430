"""
Clients with keys of their own, for tests: tokens good and hostile, and the application that judges them.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt

from cds_service.auth import Verifier
from cds_service.keys import KeySet
from cds_service.tenants import Tenant, Tenants
from cds_service.token import PrivateKey, new_key, public_jwk

ISSUER = "https://ehr.example.org/fhir"
JWKS = "https://ehr.example.org/jwks.json"
URL = "https://cds.example.org/cds-services/neuropathic-pain-order-sign"
NOW = 1_795_000_000

KEYS: dict[str, PrivateKey] = {alg: new_key(alg) for alg in ("ES384", "RS384")}


def claims(**changes: Any) -> dict[str, Any]:
    """Claims of a good token; a change of `...` leaves one out."""
    said = {"iss": ISSUER, "aud": URL, "iat": NOW, "exp": NOW + 300, "jti": str(uuid.uuid4()), **changes}
    return {name: value for name, value in said.items() if value is not ...}


def token(alg: str = "ES384", key: Any = None, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    said = {"kid": alg, "typ": "JWT", **(headers or {})}
    said = {name: value for name, value in said.items() if value is not ...}
    return jwt.encode(claims(**changes), key or KEYS[alg], algorithm=alg, headers=said)


def unsigned(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def jwks(*algs: str) -> dict[str, Any]:
    return {"keys": [public_jwk(KEYS[alg], alg, kid=alg) for alg in algs or KEYS]}


@dataclass
class Clock:
    now: float = float(NOW)

    def __call__(self) -> float:
        return self.now


@dataclass
class Address:
    """An address with a JWK Set, that counts how often it is asked."""

    answer: Any = field(default_factory=jwks)
    asked: int = 0

    def __call__(self) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Trust:
    """A verifier with everything about it in the test's hands."""

    tenant: Tenant = field(default_factory=lambda: Tenant(name="ehr", issuer=ISSUER, jwks_url=JWKS))
    mode: str = "required"
    address: Address = field(default_factory=Address)
    clock: Clock = field(default_factory=Clock)
    used: set[tuple[str, str]] = field(default_factory=set)
    others: tuple[Tenant, ...] = ()
    lifetime: int = 3600

    def __post_init__(self) -> None:
        tenants = Tenants({tenant.name: tenant for tenant in (self.tenant, *self.others)})
        self.keys = KeySet(self.address, self.clock)
        sets = {tenant.name: self.keys for tenant in tenants}
        self.verifier = Verifier(tenants, sets, self.mode, lifetime=self.lifetime, seen=self._seen, clock=self.clock)

    def _seen(self, issuer: str, nonce: str, _: float) -> bool:
        before = (issuer, nonce) in self.used
        self.used.add((issuer, nonce))
        return before

    def __call__(self, made: str | None, *audiences: str) -> Tenant:
        header = f"Bearer {made}" if made is not None else None
        return self.verifier.caller(header, audiences or (URL,))


def now() -> int:
    return int(time.time())
