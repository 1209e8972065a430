"""
`feedback` and `migrate`: the store from the command line.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click
import orjson

from .acceptance import as_csv
from .config import Config
from .store import default_url, is_current, migrate, open_store


def run(form: str, database: str | None, forget_before: str | None) -> None:
    url = _url(database)
    if not database and url == default_url() and not is_current(url):
        migrate(url)  # nobody has served here yet: nothing was issued
    store = open_store(url)
    if not store.is_reachable():
        raise click.ClickException("the store cannot be reached, or has no tables yet: see `migrate`")
    if forget_before:
        click.echo(f"{store.forget_before(_day(forget_before))} rows deleted")
        return
    rows = store.acceptance()
    click.echo(
        as_csv(rows) if form == "csv" else orjson.dumps([asdict(row) for row in rows]).decode(), nl=form != "csv"
    )


def migrate_store(url: str | None) -> None:
    migrate(_url(url))
    click.echo("The store is up to date.")


def _url(given: str | None) -> str:
    return given or Config.from_environment().database or default_url()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.ClickException("--forget-before: a date such as 2026-11-22") from None
