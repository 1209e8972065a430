"""
The public keys of one client: from its file, or from the one address its configuration names.

Keys that were good stay good for a day if the address cannot be reached. A key id that is not known asks the address
again, at most every half minute, so that a flood of made-up ids is not passed on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

FRESH: Final = 300.0  # seconds until keys are read again
STALE: Final = 24 * 3600.0  # seconds they are still used if they cannot be
PAUSE: Final = 30.0  # seconds between two reads because of an unknown id
MOST_KEYS: Final = 32
CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}

Json = Mapping[str, Any]
Read = Callable[[], Any]  # the JWK Set; raises if it cannot be had


@dataclass
class KeySet:
    """Never raises: a key that cannot be had is None."""

    read: Read
    clock: Callable[[], float] = time.monotonic
    _keys: Mapping[str, Json] = field(default_factory=dict)
    _read_at: float | None = None
    _tried_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, kid: str) -> Json | None:
        found = self._known(kid)
        if found is None:
            self._refresh()
            return self._known(kid)
        if self._age() > FRESH and self._may_read():
            threading.Thread(target=self._refresh, name="jwks", daemon=True).start()
        return found

    def _known(self, kid: str) -> Json | None:
        return self._keys.get(kid) if self._age() <= STALE else None

    def _age(self) -> float:
        return float("inf") if self._read_at is None else self.clock() - self._read_at

    def _may_read(self) -> bool:
        return self._tried_at is None or self.clock() - self._tried_at >= PAUSE

    def _refresh(self) -> None:
        with self._lock:  # one reader at a time; whoever knows the key does not come here
            if not self._may_read():
                return
            self._tried_at = self.clock()
            try:
                self._keys, self._read_at = usable(self.read()), self._tried_at
            except Exception:  # noqa: BLE001 - whatever it was, the keys that are there stay
                return


def usable(document: Any) -> dict[str, Json]:
    """The public signature keys of a JWK Set by their ids; anything else in it is left out. Raises if it is none."""
    keys = document["keys"]
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise ValueError("not a JWK Set, or too large a one")
    return dict(_usable(keys))


def _usable(keys: list[Any]) -> Iterator[tuple[str, Json]]:
    for key in keys:
        if not isinstance(key, dict) or not isinstance(key.get("kid"), str):
            continue
        if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig" and "d" not in key:
            yield key["kid"], key


def fits(key: Json, algorithm: str) -> bool:
    """May this key be used with this algorithm? The token's word alone is never taken."""
    if key.get("alg", algorithm) != algorithm:
        return False
    if algorithm in CURVES:
        return bool(key.get("crv") == CURVES[algorithm])
    return key.get("kty") == "RSA" and _bits(str(key.get("n", ""))) >= 2048


def _bits(modulus: str) -> int:
    return len(modulus.rstrip("=")) * 6 // 8 * 8


def from_file(path: str) -> Read:
    return lambda: orjson.loads(Path(path).read_bytes())
