"""
The tables brought up to date by alembic, from the migrations in this package.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from .database import engine_for


def upgrade(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = engine_for(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7032026)")  # several replicas may start at once
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
