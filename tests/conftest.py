"""What every test may ask for: the knowledge, the service on the day of the stories, and a client to call it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import settings

from cards import Knowledge, KnowledgeBase, seed
from cds_service import Config, create_app
from fhir_fixtures import STORY_DAY

# Generated examples are not timed, so that a busy machine fails nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def base() -> KnowledgeBase:
    return seed()


@pytest.fixture(scope="session")
def knowledge(base: KnowledgeBase) -> Knowledge:
    return base.on(STORY_DAY)


@pytest.fixture(scope="session")
def client(base: KnowledgeBase) -> FlaskClient:
    return create_app(Config(day=STORY_DAY), base).test_client()
