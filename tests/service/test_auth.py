"""Who may call: every hostile token is the same bare 401, and no address is asked that is not configured."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask.testing import FlaskClient

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.auth import LEEWAY, Refused, normal
from cds_service.errors import Unauthorized
from cds_service.keys import FRESH, PAUSE, STALE, usable
from cds_service.store import migrate
from cds_service.tenants import Tenant, check_service
from cds_service.token import public_jwk
from fhir_fixtures import STORY_DAY, stories
from tests.service.signed import ISSUER, JWKS, KEYS, NOW, URL, Address, Clock, Trust, claims, jwks, now, token, unsigned

HEADER = {"alg": "ES384", "kid": "ES384", "typ": "JWT"}


def pem(alg: str = "RS384") -> bytes:
    return (
        KEYS[alg].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def hmac_with_public_key() -> str:
    """The classic confusion: HMAC keyed with the public key everybody has."""
    import base64
    import hashlib
    import hmac

    head = unsigned({"alg": "HS256", "kid": "RS384", "typ": "JWT"}, claims()).rpartition(".")[0]
    mac = hmac.new(pem(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that it is refused is the point


def of_short_key() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return token("RS384", SHORT, headers={"kid": "short"})


STRANGER = ec.generate_private_key(ec.SECP384R1())

HOSTILE: dict[str, Any] = {
    "none": lambda: unsigned({"alg": "none", "kid": "ES384", "typ": "JWT"}, claims()),
    "None": lambda: unsigned({"alg": "NoNe", "kid": "ES384", "typ": "JWT"}, claims()),
    "no alg": lambda: unsigned({"kid": "ES384", "typ": "JWT"}, claims()),
    "alg a list": lambda: unsigned({**HEADER, "alg": ["ES384"]}, claims()),
    "HS256 with the public key": hmac_with_public_key,
    "not signed": lambda: unsigned(HEADER, claims()),
    "another's key": lambda: token(key=STRANGER),
    "signature of another token": lambda: f"{token().rpartition('.')[0]}.{token().rpartition('.')[2]}",
    "an algorithm not allowed": lambda: token(
        "ES256", ec.generate_private_key(ec.SECP256R1()), headers={"kid": "ES384"}
    ),
    "RS384 with an EC key's id": lambda: token("RS384", headers={"kid": "ES384"}),
    "no kid": lambda: token(headers={"kid": ...}),
    "kid empty": lambda: token(headers={"kid": ""}),
    "kid a path": lambda: token(headers={"kid": "../../etc/passwd"}),
    "kid enormous": lambda: token(headers={"kid": "k" * 10_000}),
    "jku elsewhere": lambda: token(headers={"jku": "https://evil.example/jwks.json"}),
    "jku almost": lambda: token(headers={"jku": f"{JWKS}/"}),
    "jku inside": lambda: token(headers={"jku": "http://169.254.169.254/latest"}),
    "typ other": lambda: token(headers={"typ": "secevent+jwt"}),
    "crit": lambda: token(headers={"crit": ["b64"], "b64": False}),
    "jwk inside": lambda: token(
        key=STRANGER, headers={"kid": "mine", "jwk": public_jwk(STRANGER, "ES384", kid="mine")}
    ),
    "iss missing": lambda: token(iss=...),
    "iss unknown": lambda: token(iss="https://evil.example"),
    "iss with a slash": lambda: token(iss=f"{ISSUER}/"),
    "iss a list": lambda: unsigned(HEADER, claims(iss=[ISSUER])),
    "iss null": lambda: unsigned(HEADER, claims(iss=None)),
    "aud missing": lambda: token(aud=...),
    "aud another service": lambda: token(aud=URL.replace("sign", "select")),
    "aud a prefix": lambda: token(aud="https://cds.example.org"),
    "aud longer": lambda: token(aud=f"{URL}/feedback"),
    "aud another scheme": lambda: token(aud=URL.replace("https", "http")),
    "aud a number": lambda: token(aud=[7]),
    "exp missing": lambda: token(exp=...),
    "exp past": lambda: token(iat=NOW - 400, exp=NOW - LEEWAY),
    "exp text": lambda: token(exp=str(NOW + 300)),
    "exp true": lambda: token(exp=True),
    "exp null": lambda: token(exp=None),
    "ten years": lambda: token(exp=NOW + 10 * 365 * 86400),
    "exp before iat": lambda: token(iat=NOW + 30, exp=NOW + 20),
    "iat missing": lambda: token(iat=...),
    "iat ahead": lambda: token(iat=NOW + LEEWAY + 1),
    "iat text": lambda: token(iat=str(NOW)),
    "nbf ahead": lambda: token(nbf=NOW + LEEWAY + 1),
    "nbf text": lambda: token(nbf="soon"),
    "jti missing": lambda: token(jti=...),
    "jti empty": lambda: token(jti=""),
    "jti enormous": lambda: token(jti="j" * 300),
    "jti a number": lambda: token(jti=7),
    "nothing": lambda: "",
    "one part": lambda: "abc",
    "two parts": lambda: "abc.def",
    "five parts": lambda: "a.b.c.d.e",
    "no JSON": lambda: "YWJj.YWJj.YWJj",
    "a list for claims": lambda: unsigned(HEADER, []),  # type: ignore[arg-type]
    "a megabyte": lambda: "a" * 2**20 + ".b.c",
    "line feed": lambda: f"{token()}\n{token()}",
    "short RSA key": of_short_key,
}


@pytest.mark.spec("J4", "J5", "J6", "J7", "J9", "J10", "J11", "J12", "J14", "J17", "E7")
@pytest.mark.parametrize("how", HOSTILE)
def test_hostile_tokens_are_one_bare_401(how: str) -> None:
    trust = Trust(Tenant(name="ehr", issuer=ISSUER, jwks_url=JWKS, jku=JWKS))
    short = public_jwk(SHORT, "RS384", kid="short")
    trust.address.answer = {"keys": [*jwks()["keys"], short]}
    with pytest.raises(Unauthorized) as refusal:
        trust(HOSTILE[how]())
    assert refusal.value.to_outcome() == Unauthorized().to_outcome()
    assert refusal.value.headers() == {"WWW-Authenticate": "Bearer"}
    assert len(refusal.value.reason) < 60  # type: ignore[attr-defined]


@pytest.mark.spec("J8")
def test_a_key_address_that_is_not_configured_is_never_asked() -> None:
    trust = Trust()
    with pytest.raises(Unauthorized):
        trust(token(headers={"jku": "https://evil.example/jwks.json"}))
    assert trust.address.asked == 0


@pytest.mark.spec("J5", "J8")
@pytest.mark.parametrize("alg", ["ES384", "RS384"])
@pytest.mark.parametrize("headers", [{}, {"jku": JWKS}, {"typ": "jwt"}, {"typ": ...}])
def test_good_tokens(alg: str, headers: dict[str, Any]) -> None:
    assert Trust()(token(alg, headers=headers)).name == "ehr"


@pytest.mark.spec("J10")
@pytest.mark.parametrize(
    "audience",
    [
        URL,
        f"{URL}/",
        [URL],
        ["https://other.example", URL],
        URL.replace("cds.ex", "CDS.Ex"),
        URL.replace("org/", "org:443/"),
    ],
)
def test_the_audience_as_clients_write_it(audience: Any) -> None:
    assert Trust()(token(aud=audience)).name == "ehr"


def test_an_audience_a_site_typed_its_own_way() -> None:
    trust = Trust(Tenant(name="ehr", issuer=ISSUER, jwks_url=JWKS, audiences=("Our CDS",)))
    assert trust(token(aud="Our CDS")).name == "ehr"


@pytest.mark.spec("J11", "J12", "J13")
@pytest.mark.parametrize(
    "times",
    [
        {"iat": NOW - 300, "exp": NOW - LEEWAY + 1},
        {"iat": NOW + LEEWAY},
        {"iat": NOW + 0.5},
        {"exp": NOW + 3600},
        {"nbf": NOW - 300, "exp": NOW + 900},
    ],
)
def test_clocks_may_differ_a_little(times: dict[str, Any]) -> None:
    assert Trust()(token(**times)).name == "ehr"


@pytest.mark.spec("J6")
def test_key_ids_are_opaque() -> None:
    trust = Trust()
    trust.address.answer = {"keys": [public_jwk(KEYS["RS384"], "RS384", kid="ab+/c==")]}
    assert trust(token("RS384", headers={"kid": "ab+/c=="}, sub="client-7")).name == "ehr"


@pytest.mark.spec("J14")
def test_a_token_is_good_for_one_call() -> None:
    trust, made = Trust(), token()
    trust(made)
    with pytest.raises(Refused) as refusal:
        trust(made)
    assert refusal.value.reason == "used before"


def test_a_refused_token_uses_up_nothing() -> None:
    trust = Trust()
    with pytest.raises(Unauthorized):
        trust(token(jti="n-1", aud="https://elsewhere.example"))
    assert trust(token(jti="n-1")).name == "ehr"


@pytest.mark.spec("J15")
def test_tenants_of_one_issuer_are_told_apart() -> None:
    one, two = (Tenant(name=name, issuer=ISSUER, jwks_url=JWKS, tenant=name) for name in ("one", "two"))
    trust = Trust(one, others=(two,))
    assert trust(token(tenant="two")).name == "two"
    for other in ("three", ..., ["one"]):
        with pytest.raises(Unauthorized):
            trust(token(tenant=other))


def test_a_tenant_may_be_given_some_services_only() -> None:
    tenant = Tenant(services=("neuropathic-pain-order-sign",))
    check_service(tenant, "neuropathic-pain-order-sign")
    with pytest.raises(Exception, match="may not use"):
        check_service(tenant, "neuropathic-pain-order-select")


@pytest.mark.spec("J1", "J2")
@pytest.mark.parametrize(("mode", "made", "passes"), [
    ("off", None, True), ("off", "rubbish", True), ("optional", None, True), ("optional", "rubbish", False),
    ("required", None, False), ("required", "rubbish", False),
])  # fmt: skip
def test_modes(mode: str, made: str | None, passes: bool) -> None:
    trust = Trust(mode=mode)
    if passes:
        assert trust(made).name == "default"
    else:
        with pytest.raises(Unauthorized):
            trust(made)


# ---- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.spec("J20")
def test_a_new_key_is_found_and_a_flood_of_made_up_ids_is_not_passed_on() -> None:
    trust = Trust(address=Address(jwks("RS384")))
    trust(token("RS384"))
    trust.address.answer = jwks()
    with pytest.raises(Unauthorized):
        trust(token("ES384"))  # asked a moment ago
    trust.clock.now += PAUSE
    assert trust(token("ES384")).name == "ehr"
    for number in range(50):
        with pytest.raises(Unauthorized):
            trust(token(headers={"kid": f"made-up-{number}"}))
    assert trust.address.asked == 2


@pytest.mark.spec("J20")
def test_known_keys_outlive_an_outage_for_a_day() -> None:
    trust = Trust(lifetime=10**6)
    trust(token(exp=NOW + 10**6))
    trust.address.answer = OSError("CANARY down")
    trust.clock.now += FRESH + 1
    assert trust(token(exp=NOW + 10**6)).name == "ehr"
    wait_for(lambda: trust.address.asked == 2)
    trust.clock.now += STALE
    with pytest.raises(Unauthorized):
        trust(token(exp=NOW + 10**6))


def test_a_key_that_was_taken_back_is_no_good_after_the_next_reading() -> None:
    trust = Trust()
    trust(token())
    trust.address.answer = jwks("RS384")
    trust.clock.now += FRESH + 1
    trust(token())  # this one starts the reading
    wait_for(lambda: trust.keys._known("ES384") is None)
    with pytest.raises(Unauthorized):
        trust(token())


def wait_for(condition: Any) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize(
    "answer",
    [OSError(), "<html>", {}, {"keys": {}}, {"keys": [{"kid": str(n), "kty": "EC"} for n in range(40)]}, [], None],
)
def test_what_is_no_key_set_gives_no_key(answer: Any) -> None:
    with pytest.raises(Unauthorized):
        Trust(address=Address(answer))(token())


def test_private_symmetric_and_encryption_keys_are_left_out() -> None:
    good = jwks("ES384")["keys"][0]
    others = [{**good, "kid": "p", "d": "x"}, {"kty": "oct", "kid": "s", "k": "x"}, {**good, "kid": "e", "use": "enc"}]
    assert set(usable({"keys": [good, *others, "text", {"kty": "EC"}]})) == {"ES384"}


def test_a_key_for_another_algorithm_does_not_fit() -> None:
    trust = Trust(address=Address({"keys": [{**jwks("ES384")["keys"][0], "alg": "ES256"}]}))
    with pytest.raises(Unauthorized):
        trust(token())


@pytest.mark.parametrize(("url", "same"), [
    ("https://CDS.example.org:443/a/", "https://cds.example.org/a"), ("http://h:80", "http://h"),
    ("https://h:8443/a", "https://h:8443/a"), ("https://[::1]:443/a", "https://[::1]/a"),
    ("no url", "no url"), ("https://h:x/a", "https://h:x/a"),
])  # fmt: skip
def test_normal(url: str, same: str) -> None:
    assert normal(url) == same


# ---- over HTTP ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, base: KnowledgeBase) -> Iterator[FlaskClient]:
    folder = tmp_path_factory.mktemp("trust")
    (folder / "jwks.json").write_bytes(orjson.dumps(jwks()))
    (folder / "tenants.toml").write_text(f'[tenants.ehr]\nissuer = "{ISSUER}"\nkeys = "jwks.json"\n')
    url = f"sqlite:///{folder / 'store.sqlite3'}"
    migrate(url)
    config = Config(
        day=STORY_DAY, auth="required", tenants=str(folder / "tenants.toml"), database=url,
        public_url="https://cds.example.org/",
    )  # fmt: skip
    app = create_app(config, base)
    yield app.test_client()
    app.extensions["house"].close()


def fresh(path: str, **changes: Any) -> dict[str, str]:
    made = token(aud=f"https://cds.example.org{path}", iat=now(), exp=now() + 300, **changes)
    return {"Authorization": f"Bearer {made}"}


STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))
PATHS = [
    "/cds-services", STORY.path_of_service, f"{STORY.path_of_service}/feedback",
    "/cds-services/neuropathic-pain-patient-view", "/feedback/acceptance",
]  # fmt: skip
FEEDBACK = {"feedback": [{"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-22T10:00:00Z"}]}


def call(client: FlaskClient, path: str, headers: dict[str, str]) -> Any:
    if path in ("/cds-services", "/feedback/acceptance"):
        return client.get(path, headers=headers)
    return client.post(path, json=FEEDBACK if path.endswith("feedback") else STORY.request, headers=headers)


@pytest.mark.spec("J1", "J10", "F9", "D4")
@pytest.mark.parametrize(("path", "made_for"), list(itertools.product(PATHS, PATHS)))
def test_a_token_is_good_for_the_address_it_was_made_for(secured: FlaskClient, path: str, made_for: str) -> None:
    status = call(secured, path, fresh(made_for)).status_code
    allowed = path == made_for or path == f"{made_for}/feedback"
    assert (status != 401) is allowed


@pytest.mark.spec("E7", "J19")
@pytest.mark.parametrize("path", PATHS)
def test_refusals_look_alike(secured: FlaskClient, path: str) -> None:
    tries: list[dict[str, str]] = [{}, {"Authorization": "Basic YTpi"}, fresh("/elsewhere"), fresh(path, iss="x")]
    answers = [call(secured, path, headers) for headers in tries]
    assert {(answer.status_code, answer.data, answer.headers["WWW-Authenticate"]) for answer in answers} == {
        (401, orjson.dumps(Unauthorized().to_outcome()), "Bearer")
    }
    assert {answer.headers["Access-Control-Allow-Origin"] for answer in answers} == {"*"}


@pytest.mark.spec("J14")
def test_the_same_token_twice_over_http(secured: FlaskClient) -> None:
    headers = fresh("/cds-services")
    assert [secured.get("/cds-services", headers=headers).status_code for _ in range(2)] == [200, 401]


def test_what_needs_no_token(secured: FlaskClient) -> None:
    for path in ("/health/live", "/health/ready", "/openapi.json"):
        assert secured.get(path).status_code == 200


def test_the_host_header_is_not_the_audience(secured: FlaskClient) -> None:
    made = token(aud="https://evil.example/cds-services", iat=now(), exp=now() + 300)
    headers = {"Authorization": f"Bearer {made}", "Host": "evil.example"}
    assert secured.get("/cds-services", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"host": "0.0.0.0"}, "auth = off"),  # noqa: S104 - that it is refused is the point
        ({"host": "10.0.0.7", "auth": "optional"}, "auth = optional"),
        ({"auth": "required"}, "no tenant has an issuer"),
    ],
)
def test_what_does_not_start(base: KnowledgeBase, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        create_app(Config(**settings), base)


def test_insecure_has_to_be_said(base: KnowledgeBase) -> None:
    create_app(Config(host="10.0.0.7", insecure=True), base)


@pytest.mark.spec("J4")
@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS384", ""])
def test_algorithms_that_cannot_be_configured(algorithm: str) -> None:
    with pytest.raises(ValueError, match="algorithms"):
        Config(algorithms=(algorithm,))


def test_jwt_itself_is_what_was_measured() -> None:
    """The list above leans on this: an EC key of another curve is refused by the library or by `fits`."""
    made = jwt.encode(claims(), ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": "ES384"})
    with pytest.raises(Unauthorized):
        Trust(clock=Clock())(made)


def test_key_files_are_read(tmp_path: Path) -> None:
    from cds_service.keys import KeySet, from_file

    (tmp_path / "k.json").write_bytes(orjson.dumps(jwks()))
    assert KeySet(from_file(str(tmp_path / "k.json"))).key("ES384") is not None
    assert KeySet(from_file(str(tmp_path / "none.json"))).key("ES384") is None
