"""
Where a FHIR server may be: which base URLs, which network addresses, and where a token may go.

A call names its own `fhirServer`, so this is a fence around our network (SSRF) as much as around the token. URLs are
judged by one narrow grammar, not by a parser that may differ from the one that connects; and because a name can point
anywhere, the address that was really reached is judged again before a byte is sent.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """What one tenant's calls may read, and how much patience they get."""

    servers: tuple[str, ...] | None = None  # hosts ("ehr.example.org", "localhost:8090") or base URLs; None: any
    networks: tuple[str, ...] = ()  # private networks that may be read: "10.0.0.0/8"; else public addresses only
    anonymous: bool = False  # read without a token (an open sandbox)
    deadline: float = 1.5  # seconds for everything a call reads
    max_pages: int = 5
    max_bytes: int = 8 * 2**20  # of all pages of one query, decompressed
    workers: int = 20  # reads at once; beyond that a call goes without
    failures: int = 5  # in a row, until a server is left alone
    pause: float = 10.0  # seconds it is left alone
    ca_bundle: str | None = None  # file of certificates to trust instead of the public ones


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart. Only what the grammar below allows has one."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def is_loopback_name(self) -> bool:
        return self.host in ("localhost", "[::1]") or re.fullmatch(r"127(\.\d{1,3}){3}", self.host) is not None


PORTS: Final = {"http": 80, "https": 443}
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~!$&'()*+,;=:%-]*)*)(?P<query>\?[\x21-\x22\x24-\x5b\x5d-\x7e]*)?",
    re.IGNORECASE,
)
_DOTS: Final = re.compile(r"/\.\.?(?=/|$)|%2e|%2f|%5c", re.IGNORECASE)


def address_of(url: str) -> Address | None:
    """None for anything unusual: userinfo, backslashes, spaces, fragments, dot segments, letters beyond ASCII."""
    match = _URL.fullmatch(url)
    if match is None or _DOTS.search(match["path"]):
        return None
    scheme = match["scheme"].lower()
    return Address(scheme, match["host"].lower(), int(match["port"] or PORTS[scheme]), match["path"].rstrip("/"))


def why_not(base: str, access: FhirAccess, *, token: bool) -> str:
    """Why this server must not be asked, or ""."""
    address = address_of(base)
    if address is None or "?" in base:
        return "the address of the FHIR server is not one we use"
    if not token and not access.anonymous:
        return "no access to the FHIR server was given"
    if access.servers is not None and not any(_is_listed(address, listed) for listed in access.servers):
        return "the FHIR server is not on the list of those we may ask"
    if address.scheme == "http" and token and not address.is_loopback_name:
        return "the FHIR server has no https, and a token is not sent without"
    return ""


def _is_listed(address: Address, listed: str) -> bool:
    """A listed URL covers what lies under it; a listed host all of its https, or the port it names."""
    if "://" in listed:
        base = address_of(listed)
        return base is not None and base.origin == address.origin and f"{address.path}/".startswith(f"{base.path}/")
    host, _, port = listed.lower().partition(":") if not listed.startswith("[") else (listed.lower(), "", "")
    return address.host == host and (address.port == int(port) if port else address.port == PORTS[address.scheme])


# Global by the registry, yet ways into other networks: translation of IPv4, 6to4, and protocol assignments.
_TUNNELS: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.0.0.0/24")))


def may_reach(peer: str, networks: tuple[str, ...]) -> bool:
    """May this network address be spoken to?"""
    ip = _ip(peer)
    if any(ip in ipaddress.ip_network(network) for network in networks):
        return True
    return ip.is_global and not ip.is_multicast and not any(ip in tunnel for tunnel in _TUNNELS)


def is_loopback(peer: str) -> bool:
    return _ip(peer).is_loopback


def _ip(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    ip = ipaddress.ip_address(peer.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip
