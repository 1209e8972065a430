"""
What a call costs, counted in calls of functions instead of in time: the same on every machine, also on a busy one.
"""

from __future__ import annotations

import cProfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks.bodies import QUIET, SMALL, Body
from benchmarks.goals import CALLS_A_RESOURCE, CALLS_QUIET, CALLS_SMALL, UNEVEN

PATH = "/cds-services/neuropathic-pain-order-select"
SIZES = (100, 500, 900)  # equal steps

Count = Callable[[bytes], int]


@pytest.fixture(scope="module")
def count(client: FlaskClient) -> Count:
    """Function calls for a body, once everything that is kept from call to call is there."""

    def asked(body: bytes) -> int:
        calls = 0
        for _ in range(2):
            environ = EnvironBuilder(PATH, method="POST", data=body, content_type="application/json").get_environ()
            profile = cProfile.Profile()
            answer, status, _ = profile.runcall(run_wsgi_app, client.application.wsgi_app, environ)
            assert status == "200 OK", b"".join(answer)
            calls = sum(entry.callcount for entry in profile.getstats())
        return calls

    return asked


@pytest.mark.parametrize("patient", range(len(SMALL.ordered)), ids=[drug for _, drug, *_ in SMALL.ordered])
def test_an_order_costs_no_more_than_its_budget(count: Count, patient: int) -> None:
    assert count(SMALL.of(patient)) <= CALLS_SMALL


@pytest.mark.parametrize("patient", range(len(QUIET.ordered)), ids=[drug for _, drug, *_ in QUIET.ordered])
def test_an_order_with_nothing_to_say_costs_next_to_nothing(count: Count, patient: int) -> None:
    assert count(QUIET.of(patient)) <= CALLS_QUIET


def test_each_further_resource_costs_the_same_and_no_more_than_its_budget(count: Count) -> None:
    short, middle, long = (count(Body("", size).of(0)) for size in SIZES)
    step = SIZES[1] - SIZES[0]
    assert (long - middle) / step <= CALLS_A_RESOURCE
    assert long - middle == pytest.approx(middle - short, rel=UNEVEN)
