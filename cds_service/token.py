"""
`token`: a client to try the service with: a key of its own, its JWK Set, a file of tenants that trusts it, and tokens.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any, Final

import click
import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER: Final = "urn:neuropathic-pain-cds:test-client"
KID: Final = "test-1"
SECONDS: Final = 300

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def run(folder: str, url: str, service: str, alg: str) -> None:
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    key = _key(place / f"{alg.lower()}.pem", alg)
    (place / "jwks.json").write_bytes(orjson.dumps({"keys": [public_jwk(key, alg)]}, option=orjson.OPT_INDENT_2))
    tenants = place / "tenants.toml"
    tenants.write_text(f'[tenants.test-client]\nissuer = "{ISSUER}"\nkeys = "jwks.json"\n', encoding="utf-8")
    address = f"{url.rstrip('/')}/cds-services/{service}"
    made = token_for(key, alg, address)
    click.echo(
        f"# 1. The service, trusting this client:\nneuropathic-pain-cds serve --auth required --tenants {tenants}"
    )
    click.echo(f"\n# 2. Within {SECONDS} seconds, and once: the same token twice is refused.")
    click.echo(f"curl -s {address} -H 'Content-Type: application/json' \\\n  -H 'Authorization: Bearer {made}' \\")
    click.echo(f"  -d '{orjson.dumps(_example(service)).decode()}'")


def token_for(key: PrivateKey, alg: str, audience: str, **changes: Any) -> str:
    """A token as CDS Hooks has it; `changes` replace or add claims."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + SECONDS, "jti": str(uuid.uuid4()), **changes}
    return jwt.encode(claims, key, algorithm=alg, headers={"kid": KID, "typ": "JWT"})


def new_key(alg: str) -> PrivateKey:
    if alg.startswith("ES"):
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(65537, 2048)


def public_jwk(key: PrivateKey, alg: str, kid: str = KID) -> dict[str, Any]:
    algorithm = ECAlgorithm if alg.startswith("ES") else RSAAlgorithm
    public: Any = key.public_key()
    return {**algorithm.to_jwk(public, as_dict=True), "kid": kid, "alg": alg, "use": "sig"}


def _key(path: Path, alg: str) -> PrivateKey:
    """The key in this file; a new one, readable by its owner alone, if there is none."""
    if path.exists():
        kept: Any = serialization.load_pem_private_key(path.read_bytes(), None)
        return kept  # type: ignore[no-any-return]
    key = new_key(alg)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    return key


def _example(service: str) -> dict[str, Any]:
    """The least that is a call: a patient of whom nothing is recorded."""
    hook = service.removeprefix("neuropathic-pain-")
    call: dict[str, Any] = {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/p", "patientId": "1"},
        "prefetch": {"patient": {"resourceType": "Patient", "id": "1"}, "conditions": None, "medications": None},
    }
    if hook != "patient-view":
        call["context"] |= {"selections": [], "draftOrders": {"resourceType": "Bundle", "type": "collection"}}
    return call
