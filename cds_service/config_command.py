"""
`config`: every setting, its value, and where it came from.
"""

from __future__ import annotations

import click

from .config import PREFIX, read_settings, shown
from .tenants import read_tenants, why_not_start


def run(tenants_file: str | None) -> int:
    """Returns the exit code: 1 if the service would not start so."""
    try:
        config, sources = read_settings()
        tenants = read_tenants(tenants_file or config.tenants)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for name, value, source in shown(config, sources):
        click.echo(f"{name:16} {value or '-':28} {source}")
    for tenant in tenants:
        click.echo(f"tenant           {tenant.name:28} {tenant.issuer or 'whoever calls without a token'}")
    click.echo(f"\nSet in the environment as {PREFIX}NAME, or in the TOML file that {PREFIX}CONFIG names.")
    refusal = why_not_start(config, tenants)
    if refusal:
        click.echo(f"Would not start: {refusal}")
    return 1 if refusal else 0
