"""
Reading from FHIR servers that misbehave: a call always returns, with what came and a reason; the token never strays.
"""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cds_service import fhir_client as client_module
from cds_service.circuit import Circuit
from cds_service.fhir_access import FhirAccess, address_of, may_reach, why_not
from cds_service.fhir_client import FhirClient, Reader, Search
from cds_service.hook_request import Authorization, HookRequest
from cds_service.prefetch import KEYS, Fetched, complete
from tests.service.bad_fhir_server import PATIENT, BadServer, bad_server, resource

LOOPBACK = ("127.0.0.0/8",)
TOKEN = "CANARY-token"  # noqa: S105 - of a test
AGES = 30.0  # a deadline that is not meant to pass
SOON = 0.3  # one that is
QUERY = f"Condition?patient={PATIENT}"
TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    **{key: f"{kind}?patient={{{{context.patientId}}}}" for key, kind in KEYS.items() if key != "patient"},
}


@pytest.fixture(scope="module")
def server() -> Iterator[BadServer]:
    with bad_server() as running:
        yield running


@pytest.fixture(autouse=True)
def threads_end() -> Iterator[None]:
    """Whatever the server did, no read goes on after its call. Clients of other tests are left to them."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("fhir-read"):
            thread.join(AGES)
            assert not thread.is_alive()


@pytest.fixture
def clients() -> Iterator[list[FhirClient]]:
    made: list[FhirClient] = []
    yield made
    for client in made:
        client.close()


class Reading:
    """A client against one of the server's behaviours."""

    def __init__(self, clients: list[FhirClient], base: str, **access: Any) -> None:
        self.client = FhirClient(FhirAccess(**{"networks": LOOPBACK, "deadline": AGES, **access}))
        clients.append(self.client)
        self.base = base

    def request(self, token: str | None = TOKEN, **changes: Any) -> HookRequest:
        authorization = Authorization(token, **changes) if token else None
        return HookRequest("order-sign", "i", PATIENT, {}, fhir_server=self.base, authorization=authorization)

    def __call__(self, *queries: str, token: str | None = TOKEN, **changes: Any) -> dict[str, Fetched]:
        return self.client.for_call(self.request(token, **changes))({query: query for query in queries or [QUERY]})

    def one(self, query: str = QUERY, **changes: Any) -> Fetched:
        return self(query, **changes)[query]


def ids(fetched: Fetched) -> list[str]:
    return [entry["resource"]["id"] for page in fetched.pages for entry in page["entry"]]


# ---- a server that behaves ------------------------------------------------------------------------------------------


def test_reads_all_at_once_with_the_token_on_each(server: BadServer, clients: list[FhirClient]) -> None:
    server.seen.clear()
    got = Reading(clients, server.base("good"))("Patient/123", QUERY, "Medication/m")
    assert {name: fetched.failure for name, fetched in got.items()} == {
        "Patient/123": "",
        QUERY: "",
        "Medication/m": "",
    }
    assert got["Patient/123"].pages == (resource("Patient"),)
    assert ids(got[QUERY]) == ["r1"]
    assert {path for path, _ in server.seen} == {"/good/Patient/123", f"/good/{QUERY}", "/good/Medication/m"}
    assert {headers["Authorization"] for _, headers in server.seen} == {f"Bearer {TOKEN}"}


def test_a_chart_from_the_server_alone(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("good"))
    chart = complete(reading.request(), TEMPLATES, reading.client.for_call(reading.request()))
    assert {key: [each["resourceType"] for each in chart.resources(key)] for key in KEYS} == {
        key: [kind] for key, kind in KEYS.items()
    }
    assert chart.not_checked == ()


@pytest.mark.parametrize("where", ["absolute", "relative"])
def test_follows_pages_with_the_token(server: BadServer, clients: list[FhirClient], where: str) -> None:
    server.seen.clear()
    fetched = Reading(clients, server.base(f"two-{where}")).one()
    assert (ids(fetched), fetched.failure) == (["r1", "r2"], "")
    assert [headers["Authorization"] for _, headers in server.seen] == [f"Bearer {TOKEN}"] * 2


def test_connections_are_used_again(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("good"), workers=1)
    server.peers.clear()
    for _ in range(3):
        assert reading.one().failure == ""
    assert len(set(server.peers)) == 1


def test_a_connection_given_back_is_not_cut_by_who_had_it(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("good"), workers=1)
    search = Search(Reader(reading.client, reading.request()), QUERY, "Condition")
    server.peers.clear()
    search.run()
    search.give_up()
    assert reading.one().failure == ""
    assert len(set(server.peers)) == 1


# ---- and those that do not ------------------------------------------------------------------------------------------

TROUBLE = {
    "status-400": "the FHIR server refused (400)",
    "status-401": client_module.STATUSES[401],
    "status-403": client_module.STATUSES[403],
    "status-404": client_module.STATUSES[404],
    "status-410": client_module.STATUSES[410],
    "status-429": client_module.STATUSES[429],
    "status-500": "the FHIR server failed (500)",
    "status-503": "the FHIR server failed (503)",
    "status-301": client_module.REDIRECT,
    "status-302": client_module.REDIRECT,
    "status-307": client_module.REDIRECT,
    "status-308": client_module.REDIRECT,
    "html": client_module.NOT_FHIR,
    "text-empty": client_module.NOT_FHIR,
    "text-cut": client_module.NOT_FHIR,
    "text-deep": client_module.NOT_FHIR,
    "text-binary": client_module.NOT_FHIR,
    "hangup": client_module.UNREACHABLE,
    "short": client_module.UNREACHABLE,
    "huge": client_module.TOO_LARGE,
    "bomb": client_module.TOO_LARGE,
}


@pytest.mark.parametrize(("how", "reason"), TROUBLE.items())
def test_trouble_is_a_reason(server: BadServer, clients: list[FhirClient], how: str, reason: str) -> None:
    assert Reading(clients, server.base(how), max_bytes=1_000_000).one() == Fetched(failure=reason)


@pytest.mark.parametrize("how", ["slow", "drip_headers", "drip_body"])
def test_a_server_that_takes_for_ever_is_given_up(server: BadServer, clients: list[FhirClient], how: str) -> None:
    assert Reading(clients, server.base(how), deadline=SOON).one() == Fetched(failure=client_module.LATE)


def test_what_came_in_time_is_kept(server: BadServer, clients: list[FhirClient]) -> None:
    got = Reading(clients, server.base("some-Condition"), deadline=SOON)("Patient/123", QUERY)
    assert got == {"Patient/123": Fetched((resource("Patient"),)), QUERY: Fetched(failure=client_module.LATE)}


def test_nobody_listens(clients: list[FhirClient]) -> None:
    assert Reading(clients, "http://127.0.0.1:1/fhir").one().failure == client_module.UNREACHABLE


def test_endless_pages_end(server: BadServer, clients: list[FhirClient]) -> None:
    fetched = Reading(clients, server.base("endless"), max_pages=3).one()
    assert (ids(fetched), fetched.failure) == (["r0", "r1", "r2"], client_module.TOO_MANY_PAGES)


def test_pages_in_a_circle_end(server: BadServer, clients: list[FhirClient]) -> None:
    fetched = Reading(clients, server.base("circle")).one()
    assert (ids(fetched), fetched.failure) == (["r1"], client_module.CIRCLE)


def test_the_size_of_all_pages_is_bounded(server: BadServer, clients: list[FhirClient]) -> None:
    fetched = Reading(clients, server.base("endless"), max_pages=10_000, max_bytes=2_000).one()
    assert fetched.failure == client_module.TOO_LARGE
    assert ids(fetched)


def test_as_many_of_the_newest_as_were_asked_for_are_enough(server: BadServer, clients: list[FhirClient]) -> None:
    newest = "Observation?patient=123&_sort=-date&_count=1"
    fetched = Reading(clients, server.base("endless")).one(newest)
    assert (ids(fetched), fetched.failure) == (["r0"], "")


@pytest.mark.parametrize("where", ["elsewhere", "port", "userinfo", "backslash", "scheme", "space"])
def test_a_page_elsewhere_is_not_read(server: BadServer, clients: list[FhirClient], where: str) -> None:
    fetched = Reading(clients, server.base(f"two-{where}")).one()
    assert (ids(fetched), fetched.failure) == (["r1"], client_module.ELSEWHERE)


def test_the_wrong_patient_is_left_out_of_the_chart(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("other"))
    fetch = reading.client.for_call(reading.request())
    request = HookRequest("order-sign", "i", PATIENT, {}, prefetch={"patient": resource("Patient")})
    chart = complete(request, TEMPLATES, fetch)
    assert (chart.conditions, chart.ignored, "conditions" in chart.known) == ((), 4, False)


def test_cookies_are_not_kept(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("cookie"))
    server.seen.clear()
    assert (reading.one().failure, reading.one().failure) == ("", "")
    assert not any("Cookie" in headers for _, headers in server.seen)


def test_proxies_and_netrc_of_the_machine_are_not_used(
    server: BadServer, clients: list[FhirClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login u password p")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.seen.clear()
    assert Reading(clients, server.base("good")).one().failure == ""
    assert server.seen[0][1]["Authorization"] == f"Bearer {TOKEN}"


# ---- many at once ----------------------------------------------------------------------------------------------------


def test_beyond_the_workers_a_read_goes_without(server: BadServer, clients: list[FhirClient]) -> None:
    got = Reading(clients, server.base("slow"), deadline=SOON, workers=2)("Patient/1", "Patient/2", "Patient/3")
    assert sorted(fetched.failure for fetched in got.values()) == sorted(
        [client_module.LATE, client_module.LATE, client_module.BUSY]
    )


def test_workers_are_free_again_afterwards(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("slow"), deadline=SOON, workers=1)
    assert reading.one().failure == client_module.LATE
    reading.base = server.base("good")
    reading.client.access = FhirAccess(networks=LOOPBACK, deadline=AGES)
    reasons = (reading.one().failure for _ in range(100_000))  # busy until the thread given up has noticed
    assert next(reason for reason in reasons if reason != client_module.BUSY) == ""


def test_a_server_that_keeps_failing_is_left_alone(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("status-500"), failures=2, pause=600)
    server.seen.clear()
    reasons = [reading.one().failure for _ in range(4)]
    assert reasons == ["the FHIR server failed (500)"] * 2 + [client_module.RESTING] * 2
    assert len(server.seen) == 2


def test_refusals_do_not_open_the_circuit(server: BadServer, clients: list[FhirClient]) -> None:
    reading = Reading(clients, server.base("status-403"), failures=1, pause=600)
    assert {reading.one().failure for _ in range(3)} == {client_module.STATUSES[403]}


def test_circuit() -> None:
    circuit = Circuit(failures=2, pause=600)
    circuit.record(ok=False)
    circuit.record(ok=True)
    circuit.record(ok=False)
    assert not circuit.is_open
    circuit.record(ok=False)
    assert circuit.is_open
    tried_again = Circuit(failures=1, pause=-1)
    tried_again.record(ok=False)
    assert not tried_again.is_open


# ---- where, and with what -------------------------------------------------------------------------------------------


def test_private_addresses_are_refused_before_a_byte_is_sent(server: BadServer, clients: list[FhirClient]) -> None:
    server.seen.clear()
    assert Reading(clients, server.base("good"), networks=()).one().failure == client_module.FORBIDDEN_ADDRESS
    assert server.seen == []


def test_a_token_needs_https_but_on_this_machine(clients: list[FhirClient]) -> None:
    assert "https" in Reading(clients, "http://ehr.example.org/fhir").one().failure


def test_a_token_that_is_about_to_expire_is_not_used(server: BadServer, clients: list[FhirClient]) -> None:
    assert Reading(clients, server.base("good")).one(expires_in=1.0).failure == client_module.LATE


def test_without_a_token_only_where_that_is_allowed(server: BadServer, clients: list[FhirClient]) -> None:
    server.seen.clear()
    assert Reading(clients, server.base("good")).one(token=None).failure == "no access to the FHIR server was given"
    assert server.seen == []
    assert Reading(clients, server.base("good"), anonymous=True).one(token=None).failure == ""
    assert "Authorization" not in server.seen[0][1]


def test_without_a_server(clients: list[FhirClient]) -> None:
    request = HookRequest("order-sign", "i", PATIENT, {})
    client = FhirClient()
    clients.append(client)
    assert client.for_call(request)({"x": QUERY})["x"].failure == "there is no FHIR access"


GOOD = "https://ehr.example.org/fhir"


@pytest.mark.parametrize(
    "url",
    [GOOD, "https://ehr.example.org", "https://EHR.example.org:8443/fhir/R4", "https://[2001:db8::1]/fhir",
     "http://localhost:8090/fhir", "https://ehr.example.org/Interconnect-fhir-oauth/api/FHIR/R4", f"{GOOD}?a=b|c@d"],
)  # fmt: skip
def test_urls_that_are_addresses(url: str) -> None:
    assert address_of(url) is not None


@pytest.mark.parametrize(
    "url",
    ["", "ehr.example.org", "//ehr.example.org", "ftp://ehr.example.org", "file:///etc/passwd", "https://",
     "https://ehr.example.org\\@evil.example.org", "https://ehr.example.org@evil.example.org", "https://u:p@ehr.example.org",
     "https://ehr.example.org/#@evil.example.org", "https://ehr.example.org/fhir/../admin", "https://ehr.example.org/..",
     "https://ehr.example.org/%2e%2e/x", "https://ehr.example.org/a%2fb", "https://ehr.example.org/a%5cb",
     "https://ehr.example.org /fhir", "https://ehr.example.org/fh ir", "https://ehr.example.org\t/fhir",
     "https://ehr.example.org/\r\nHost: evil", "https://ehr.example.org./fhir", "https://ehr.example.org:/fhir",
     "https://ehr.example.org:99999999/", "https://ehr。example.org/", "https://еhr.example.org/", "https://.example.org/"],
)  # fmt: skip
def test_urls_that_are_not(url: str) -> None:
    assert address_of(url) is None


@pytest.mark.parametrize(
    ("servers", "allowed"),
    [
        (None, True),
        ((), False),
        (("ehr.example.org",), True),
        (("EHR.example.org",), True),
        (("ehr.example.org:443",), True),
        (("ehr.example.org:8443",), False),
        (("example.org",), False),
        (("hr.example.org",), False),
        ((GOOD,), True),
        ((f"{GOOD}/",), True),
        (("https://ehr.example.org",), True),
        (("http://ehr.example.org/fhir",), False),
        (("https://ehr.example.org/fhi",), False),
        (("https://ehr.example.org/fhir/R4",), False),
    ],
)
def test_the_list_of_servers(servers: tuple[str, ...] | None, allowed: bool) -> None:
    assert (why_not(GOOD, FhirAccess(servers=servers), token=True) == "") is allowed


def test_a_base_has_no_query() -> None:
    assert why_not(f"{GOOD}?x=1", FhirAccess(), token=True)


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("127.9.9.9", False), ("::1", False),
     ("10.0.0.1", False), ("192.168.1.1", False), ("172.16.0.1", False), ("169.254.169.254", False),
     ("100.64.0.1", False), ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False), ("fe80::1%eth0", False),
     ("fd00::1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("192.0.0.8", False),
     ("224.0.0.1", False), ("0.0.0.0", False)],  # noqa: S104 - not bound to
)  # fmt: skip
def test_network_addresses(peer: str, allowed: bool) -> None:
    assert may_reach(peer, ()) is allowed


@pytest.mark.parametrize(("peer", "allowed"), [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("10.2.0.1", False)])
def test_a_private_network_can_be_allowed(peer: str, allowed: bool) -> None:
    assert may_reach(peer, ("10.1.0.0/16",)) is allowed


# ---- https -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, signed by itself; its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    path.with_suffix(".key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    )
    return path


@pytest.fixture(scope="module")
def secure_server(certificate: Path) -> Iterator[BadServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with bad_server(context) as running:
        yield running


@pytest.mark.parametrize(
    ("how", "reason"), [("good", ""), ("slow", client_module.LATE), ("drip_body", client_module.LATE)]
)
def test_https(secure_server: BadServer, certificate: Path, clients: list[FhirClient], how: str, reason: str) -> None:
    deadline = SOON if reason else AGES
    reading = Reading(clients, secure_server.base(how), ca_bundle=str(certificate), deadline=deadline)
    assert reading.one().failure == reason


def test_an_unknown_certificate_is_not_trusted(secure_server: BadServer, clients: list[FhirClient]) -> None:
    secure_server.seen.clear()
    assert Reading(clients, secure_server.base("good")).one().failure == client_module.UNREACHABLE
    assert secure_server.seen == []


def test_a_private_address_is_refused_before_the_handshake(
    secure_server: BadServer, certificate: Path, clients: list[FhirClient]
) -> None:
    reading = Reading(clients, secure_server.base("good"), ca_bundle=str(certificate), networks=())
    assert reading.one().failure == client_module.FORBIDDEN_ADDRESS


# ---- what is never said ----------------------------------------------------------------------------------------------


def test_reasons_repeat_neither_the_token_nor_what_the_server_said(
    server: BadServer, clients: list[FhirClient]
) -> None:
    behaviours = [*TROUBLE, "two-elsewhere", "outcome"]
    readings = (Reading(clients, server.base(how), max_bytes=1_000_000).one() for how in behaviours)
    said = " ".join(itertools.chain.from_iterable((fetched.failure,) for fetched in readings))
    assert "CANARY" not in said
    assert "127.0.0.1" not in said
