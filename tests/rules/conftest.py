"""The knowledge of each jurisdiction, as the tests of rules ask it."""

from __future__ import annotations

import pytest

from cards import Knowledge, KnowledgeBase
from tests.rules.dose_patients import DAY, Ward


@pytest.fixture(scope="session")
def us(knowledge: Knowledge) -> Ward:
    return Ward(knowledge)


@pytest.fixture(scope="session")
def uk(base: KnowledgeBase) -> Ward:
    return Ward(base.on(DAY, jurisdiction="UK"))
