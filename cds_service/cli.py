"""
The console command. Each subcommand's help has an example that works as pasted.
"""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO, cast

import click

from .knowledge_command import knowledge
from .replay.command import replay


@click.group()
@click.version_option(package_name="neuropathic-pain-cds")
def main() -> None:
    """CDS Hooks cards for neuropathic pain."""


@main.command()
@click.option("--host", help="Address to listen on. Beyond 127.0.0.1 callers must have tokens.  [127.0.0.1]")
@click.option("--port", type=int, help="[8080]")
@click.option("--workers", type=int, help="One a core.  [1]")
@click.option("--day", help="Judge every call as on this day (for tests and demonstrations).")
@click.option("--config", type=click.Path(exists=True), help="TOML file of settings.")
@click.option("--tenants", type=click.Path(exists=True), help="TOML file of clients.")
@click.option("--overlay", type=click.Path(exists=True), help="Folder of this deployment's own knowledge files.")
@click.option("--auth", type=click.Choice(["off", "optional", "required"]), help="Who may call.  [off]")
@click.option("--public-url", help="The address as clients call it.")
@click.option("--database", help="sqlite:///FILE or postgresql://...; none: keep nothing.  [a file of this user's]")
@click.option("--log", is_flag=True, default=None, help="JSON lines on standard output.")
@click.option("--insecure", is_flag=True, default=None, help="Serve other machines although nobody has a token.")
def serve(**options: object) -> None:
    """Start the service and leave it running. Settings come from the environment and a file, too: see `config`.

    Example: neuropathic-pain-cds serve --port 8080
    """
    from .server import run

    given = {name: _text(value) for name, value in options.items() if value is not None}
    if given.get("database") == "none":
        given["database"] = ""
    try:
        run(given)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@main.command()
@click.option("--plain", is_flag=True, help="No colours, even in a terminal.")
def demo(plain: bool) -> None:
    """Start the service on a free port, fire every story at it, show the cards, stop.

    Example: neuropathic-pain-cds demo
    """
    from .demo import run

    raise SystemExit(run(plain))


@main.command()
@click.argument("paths", metavar="FILE", nargs=-1, required=True, type=click.Path(allow_dash=True, exists=True))
@click.option(
    "--json", "as_json", is_flag=True, help="NDJSON of MedicationRequests in, one JSON line each out, in order."
)
@click.option("--tally", is_flag=True, help="Count what became of every resource in files and folders, by reason.")
def explain(paths: tuple[str, ...], as_json: bool, tally: bool) -> None:
    """Show what was understood of a resource, a Bundle or a hook request, and why. FILE may be - for standard input.
    With --tally any number of files and folders (JSON, NDJSON, gzip): how much was read, and why the rest was not.

    \b
    Example: neuropathic-pain-cds explain fhir_fixtures/could-not-be-checked/fires_no_creatinine/request.json
             neuropathic-pain-cds explain --tally fhir_fixtures
    """
    from .explain import count, run

    if tally:
        raise SystemExit(count(paths, as_json))
    if len(paths) > 1:
        raise click.UsageError("One FILE at a time; several only with --tally.")
    with click.open_file(paths[0], "rb") as file:
        run(cast(BinaryIO, file), as_json)


main.add_command(replay)
main.add_command(knowledge)


@main.command()
@click.argument("name", default="")
@click.option("--rule", default="", help="Those of a rule.")
@click.option("--agent", default="", help="Those that name a drug.")
@click.option("--condition", default="", help="Those that name a condition.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day they happen on; all dates move along.")
def stories(name: str, rule: str, agent: str, condition: str, today: datetime | None) -> None:
    """List the patient stories; with a NAME from the list, print that story's call, ready to POST.

    Example: neuropathic-pain-cds stories --agent gabapentin
    """
    from fhir_fixtures import STORY_DAY

    from .stories_command import run

    raise SystemExit(run(name, rule, agent, condition, today.date() if today else STORY_DAY))


@main.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="FHIR resources too, by fhir.resources (R4B), if it is installed.")
def validate(sources: tuple[str, ...], strict: bool) -> None:
    """Check files or URLs against CDS Hooks: a request, a response, a discovery document or feedback.

    Example: neuropathic-pain-cds validate fhir_fixtures/could-not-be-checked/fires_no_creatinine/request.json
    """
    from .validate_command import run

    raise SystemExit(run(sources, strict))


@main.command("config")
@click.option("--tenants", "tenants_file", help="Check this file of clients, too.")
def show_config(tenants_file: str | None) -> None:
    """Print every setting with its value and where it came from; secrets are hidden.

    Example: NEUROPATHIC_PAIN_CDS_PORT=9000 neuropathic-pain-cds config
    """
    from .config_command import run

    raise SystemExit(run(tenants_file))


@main.command()
@click.argument("url", required=False)
def migrate(url: str | None) -> None:
    """Bring the store's tables up to date (for PostgreSQL; SQLite's are at the start of `serve`). URL: the database,
    else the configured one.

    Example: neuropathic-pain-cds migrate sqlite:///store.sqlite3
    """
    from .feedback_command import migrate_store

    migrate_store(url)


@main.command()
@click.option("--csv", "form", flag_value="csv", default="csv", help="As a table (the default).")
@click.option("--json", "form", flag_value="json", help="As JSON.")
@click.option("--database", help="Else the configured one, else that of `serve`.")
@click.option("--forget-before", metavar="DAY", help="Delete what is older than this day instead.")
def feedback(form: str, database: str | None, forget_before: str | None) -> None:
    """How each rule's cards were received: issued, accepted, overridden and why.

    Example: neuropathic-pain-cds feedback --json
    """
    from .feedback_command import run

    run(form, database, forget_before)


@main.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--fhir", is_flag=True, help="Print it as AuditEvents of FHIR R4, NDJSON.")
def audit(file: str | None, fhir: bool) -> None:
    """Check that nothing was changed in an audit trail or taken out of it (docs/deploy.md). FILE: else the configured
    one.

    Example: neuropathic-pain-cds audit
    """
    from .audit_command import run

    raise SystemExit(run(file, fhir=fhir))


@main.command()
@click.option("--folder", default="test-client", show_default=True, help="Where key, JWK Set and tenants file go.")
@click.option("--url", default="http://127.0.0.1:8080", show_default=True, help="The service that will be called.")
@click.option("--service", default="neuropathic-pain-order-select", show_default=True)
@click.option("--alg", type=click.Choice(["ES384", "RS384"]), default="ES384", show_default=True)
def token(folder: str, url: str, service: str, alg: str) -> None:
    """Make a test key, its JWK Set, a file of tenants that trusts it, and a token; print the calls to paste.

    Example: neuropathic-pain-cds token
    """
    from .token import run

    run(folder, url, service, alg)


@main.command("tenant-kit")
@click.argument("name")
@click.option("--tenants", "tenants_file", help="TOML file of clients; else the configured one.")
@click.option("--url", help="The public address of the service; else the configured one.")
def tenant_kit(name: str, tenants_file: str | None, url: str | None) -> None:
    """Print what an EHR's analysts need to set a tenant up by hand: addresses, prefetch queries, scopes, reasons.

    Example: neuropathic-pain-cds tenant-kit default
    """
    from .kit import run

    run(name, tenants_file, url)
