"""How often a tenant may call: its own bucket, a refusal that says when to come back, and no limit unless set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cards import KnowledgeBase
from cds_service import Config, create_app
from cds_service.errors import TooMany
from cds_service.house import House
from cds_service.rate import Bucket
from cds_service.tenants import Tenant, Tenants, bucket, read_tenants
from fhir_fixtures import STORY_DAY, stories
from tests.service.signed import Clock

STORY = next(stories(rule="daily-dose-above-renal-maximum", agent="gabapentin"))


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    limited = Bucket(rate=2.0, burst=3.0, clock=clock)
    assert [limited.wait() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 0.5]  # a refused call costs nothing
    clock.now += 0.5
    assert [limited.wait() for _ in range(2)] == [0.0, 0.5]
    clock.now += 3600
    assert [limited.wait() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]  # no more is saved up than the burst


def test_no_rate_is_no_limit() -> None:
    assert not any(Bucket(0.0, 0.0, Clock()).wait() for _ in range(1000))


def test_a_burst_below_one_lets_one_call_through() -> None:
    clock = Clock()
    slow = Bucket(rate=0.1, burst=0.0, clock=clock)
    assert (slow.wait(), slow.wait()) == (0.0, 10.0)


def test_threads_together_get_no_more_than_the_burst() -> None:
    limited = Bucket(rate=1.0, burst=100.0, clock=Clock())
    with ThreadPoolExecutor(8) as pool:
        let = list(pool.map(lambda _: limited.wait(), range(500)))
    assert let.count(0.0) == 100


@pytest.mark.parametrize(
    ("tenant", "config", "rate", "burst"),
    [
        (Tenant(), Config(), 0.0, 1.0),
        (Tenant(), Config(rate=4.0), 4.0, 40.0),
        (Tenant(), Config(rate=4.0, workers=2), 2.0, 20.0),
        (Tenant(rate=8.0), Config(rate=4.0, burst=6.0), 8.0, 6.0),
        (Tenant(rate=0.0), Config(rate=4.0), 0.0, 1.0),
    ],
)
def test_a_tenants_share_of_a_worker(tenant: Tenant, config: Config, rate: float, burst: float) -> None:
    made = bucket(tenant, config)
    assert (made.rate, made.burst) == (rate, burst)


def test_what_cannot_be_a_limit_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Config(rate=-1.0)
    file = tmp_path / "tenants.toml"
    file.write_text("[tenants.a]\nrate = -1.0\n")
    with pytest.raises(ValueError, match=r"\[tenants.a\] rate and burst: 0 or more"):
        read_tenants(str(file))


def test_one_tenants_calls_are_not_anothers(base: KnowledgeBase) -> None:
    named = {name: Tenant(name=name, rate=0.001, burst=1.0) for name in ("a", "b")}
    house = House(Config(), base, Tenants(named))
    house.admit(named["a"])
    with pytest.raises(TooMany):
        house.admit(named["a"])
    house.admit(named["b"])


def test_a_refusal_says_when_to_come_back(base: KnowledgeBase) -> None:
    app = create_app(Config(day=STORY_DAY, rate=0.001, burst=2.0), base)
    client, origin = app.test_client(), {"Origin": "https://ehr.example.org"}
    answers = [client.post(STORY.path_of_service, json=STORY.request, headers=origin) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert 900 <= int(refused.headers["Retry-After"]) <= 1000
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert [issue["code"] for issue in refused.json["issue"]] == ["throttled"]
    assert client.get("/cds-services").status_code == 429
    assert client.post(f"{STORY.path_of_service}/feedback", json={}).status_code == 429
    assert client.options(STORY.path_of_service, headers=origin).status_code == 204
    assert [client.get(path).status_code for path in ("/health/live", "/health/ready", "/metrics")] == [200, 200, 200]
    assert 'service="calls.call_service",status="429"' in client.get("/metrics").text
