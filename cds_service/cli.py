"""
The console command. Each subcommand's help has an example that works as pasted.
"""

from __future__ import annotations

from typing import BinaryIO

import click


@click.group()
@click.version_option(package_name="neuropathic-pain-cds")
def main() -> None:
    """CDS Hooks cards for neuropathic pain."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True)
@click.option("--workers", default=1, show_default=True, help="One a core.")
@click.option("--day", help="Judge every call as on this day (for tests and demonstrations).")
def serve(host: str, port: int, workers: int, day: str | None) -> None:
    """Start the service and leave it running.

    Example: neuropathic-pain-cds serve --port 8080
    """
    from .server import run

    run(host, port, workers, day)


@main.command()
@click.option("--plain", is_flag=True, help="No colours, even in a terminal.")
def demo(plain: bool) -> None:
    """Start the service on a free port, fire every story at it, show the cards, stop.

    Example: neuropathic-pain-cds demo
    """
    from .demo import run

    raise SystemExit(run(plain))


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--json", "as_json", is_flag=True, help="NDJSON of MedicationRequests in, one JSON line each out, in order."
)
def explain(file: BinaryIO, as_json: bool) -> None:
    """Show what was understood of a resource, a Bundle or a hook request, and why. FILE may be - for standard input.

    Example: neuropathic-pain-cds explain fhir_fixtures/could-not-be-checked/fires_no_creatinine/request.json
    """
    from .explain import run

    run(file, as_json)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--url", help="Fire at a service that is running; without it, in this process.")
@click.option("--quiet", is_flag=True, help="Only the tally.")
def replay(paths: tuple[str, ...], url: str | None, quiet: bool) -> None:
    """Fire every hook request found in files and folders, and tally the answers.

    Example: neuropathic-pain-cds replay fhir_fixtures
    """
    from .replay import run

    raise SystemExit(run(paths, url, quiet))
