"""
Who calls: the JWT of CDS Hooks, verified, and the tenant it belongs to.

Whatever is wrong with a token, the caller gets the same bare 401; which of the reasons below it was is for the log.
What a token says about itself (algorithm, key address, key id) is compared with what is configured, never followed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import orjson

from .errors import Unauthorized
from .keys import Json, KeySet, fits
from .tenants import Tenant, Tenants

LEEWAY: Final = 60  # seconds a clock may be off
MOST_BYTES: Final = 16 * 1024
MOST_TEXT: Final = 256  # characters of kid and jti
HEADER: Final = re.compile(r"\s*bearer\s+([A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+)\s*", re.IGNORECASE)

Seen = Callable[[str, str, float], bool]  # issuer, jti, good until -> was it seen before?


class Refused(Unauthorized):
    """A 401 that knows why, for the log only."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


@dataclass
class Verifier:
    """One deployment's rules. `seen` remembers tokens over all replicas; None: a token may be used again."""

    tenants: Tenants
    key_sets: Mapping[str, KeySet]  # by tenant name
    mode: str = "required"
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    lifetime: int = 3600
    seen: Seen | None = None
    clock: Callable[[], float] = time.time

    def caller(self, authorization: str | None, audiences: Iterable[str]) -> Tenant:
        """The tenant a call is from. Raises Unauthorized, always the same one to look at."""
        if self.mode == "off" or (self.mode == "optional" and not authorization):
            return self.tenants.anybody
        try:
            return self._verified(_token(authorization), [normal(audience) for audience in audiences])
        except Refused:
            raise
        except Exception as error:  # noqa: BLE001 - libraries raise many kinds on hostile tokens; all are refusals
            raise Refused(_why(error)) from None

    def _verified(self, token: str, audiences: list[str]) -> Tenant:
        header, said = _header(token), _payload(token)
        tenant = self._tenant(said)
        algorithm = self._algorithm(header, tenant)
        key = self._key(header, tenant, algorithm)
        claims = jwt.decode(
            token,
            jwt.PyJWK(dict(key), algorithm),
            algorithms=[algorithm],
            options={
                "require": ["iss", "aud", "exp", "iat", "jti"],
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        self._check_times(claims)
        _check_audience(claims.get("aud"), [*audiences, *map(normal, tenant.audiences)])
        self._check_new(claims)
        return tenant

    def _tenant(self, claims: Json) -> Tenant:
        """By issuer, and by the claim `tenant` where several share one. Exact: no trimming, no folding of case."""
        issuer, named = claims.get("iss"), claims.get("tenant")
        candidates = self.tenants.of_issuer(issuer) if isinstance(issuer, str) else []
        exact = [tenant for tenant in candidates if tenant.tenant and tenant.tenant == named]
        open_to_all = [tenant for tenant in candidates if not tenant.tenant]
        if not (exact or open_to_all):
            raise Refused("tenant" if candidates else "issuer")
        return (exact or open_to_all)[0]

    def _algorithm(self, header: Json, tenant: Tenant) -> str:
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in (tenant.algorithms or self.algorithms):
            raise Refused("algorithm")
        if str(header.get("typ", "JWT")).upper() != "JWT":
            raise Refused("type")
        if "crit" in header:
            raise Refused("critical header")
        return algorithm

    def _key(self, header: Json, tenant: Tenant, algorithm: str) -> Json:
        if "jku" in header and header["jku"] != (tenant.jku or tenant.jwks_url):
            raise Refused("key address")
        kid = header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= MOST_TEXT:
            raise Refused("key id")
        key_set = self.key_sets.get(tenant.name)
        key = key_set.key(kid) if key_set else None
        if key is None:
            raise Refused("unknown key")
        if not fits(key, algorithm):
            raise Refused("key does not fit")
        return key

    def _check_times(self, claims: Json) -> None:
        now = self.clock()
        issued, expires = (_seconds(claims[name]) for name in ("iat", "exp"))
        if expires <= now - LEEWAY:
            raise Refused("expired")
        if issued > now + LEEWAY or ("nbf" in claims and _seconds(claims["nbf"]) > now + LEEWAY):
            raise Refused("not yet valid")
        if not 0 < expires - issued <= self.lifetime:
            raise Refused("lifetime")

    def _check_new(self, claims: Json) -> None:
        nonce = claims["jti"]
        if not isinstance(nonce, str) or not 0 < len(nonce) <= MOST_TEXT or "\x00" in nonce:
            raise Refused("token id")
        if self.seen is not None and self.seen(claims["iss"], nonce, claims["exp"] + LEEWAY):
            raise Refused("used before")


def _token(authorization: str | None) -> str:
    match = HEADER.fullmatch(authorization or "")
    if match is None or len(match[1]) > MOST_BYTES:
        raise Refused("no token" if not authorization else "malformed")
    return match[1]


def _header(token: str) -> Json:
    return jwt.get_unverified_header(token)


def _payload(token: str) -> Json:
    """What the token says before it is believed: only to look up whose keys to try."""
    payload: Any = orjson.loads(jwt.utils.base64url_decode(token.split(".")[1]))
    if not isinstance(payload, dict):
        raise Refused("malformed")
    return payload


def _seconds(value: Any) -> float:
    """A number. PyJWT would take text, which the specification does not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Refused("time is no number")
    return float(value)


def _check_audience(said: Any, accepted: list[str]) -> None:
    values = said if isinstance(said, list) else [said]
    if not any(isinstance(value, str) and normal(value) in accepted for value in values):
        raise Refused("audience")


def normal(url: str) -> str:
    """Scheme and host in small letters, no default port, no slash at the end; what is no URL stays as it is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if not parts.hostname:
        return url
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if port in (None, default) else f"{host}:{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}{query}"


def _why(error: Exception) -> str:
    """Of a library's exception only its kind: its text may repeat the token."""
    return "signature" if isinstance(error, jwt.InvalidSignatureError) else f"malformed ({type(error).__name__})"
