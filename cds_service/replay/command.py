"""
The subcommand `replay`: its options, what it prints, its exit code.

0: done, and as expected where that was asked. 1: not as expected, or calls that the service failed to answer.
2: nothing could be read, or the run cannot be done as asked. 130: interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

HOOKS = ["order-select", "order-sign"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--url", default="", help="Ask a CDS Hooks service that is running; without it, in this process.")
@click.option("--service", default="", help="Its id, where discovery at the URL lists several for a hook.")
@click.option("--token", default="", envvar="NEUROPATHIC_PAIN_CDS_TOKEN", help="Bearer token for the URL.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Judge all as on this day; at a URL: the day there.")
@click.option("--hook", type=click.Choice(HOOKS), default=HOOKS[0], show_default=True, help="For orders from charts.")
@click.option("--complete", is_flag=True, help="What a chart does not hold is known not to be there.")
@click.option(
    "--set", "assignments", multiple=True, metavar="KEY=VALUE", help="jurisdiction, guidelines, rules-off ..."
)
@click.option("--what-if", multiple=True, metavar="KEY=VALUE", help="Answer under this setting too: what changes?")
@click.option("--baseline", default="", help="What has changed since: a former run, a knowledge folder or KEY=VALUE.")
@click.option("--expect", is_flag=False, flag_value="stories", default="", help="Compare; with a former run if given.")
@click.option("--update", is_flag=True, help="Make what is said now what is expected.")
@click.option("--output", default="", help="Records as FILE.ndjson, or as a folder of parts NAME.parquet.")
@click.option("--resume", is_flag=True, help="Go on with an interrupted run that had the same --output.")
@click.option("--report", type=click.Path(dir_okay=False), help="One HTML file that opens offline.")
@click.option("--junit", type=click.Path(dir_okay=False), help="JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Records as NDJSON to standard output.")
@click.option("--quiet", is_flag=True, help="Only the tally.")
@click.option("--jobs", type=click.IntRange(0), default=0, help="Processes; 0: all cores once the input is large.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--scheduler", default="", help="Address of a Dask scheduler; without it, a cluster of this machine.")
def replay(**options: Any) -> None:
    """Ask again: stories, hook calls, logs, charts, a Bulk FHIR export; see what is said, how often and about what.

    Example: neuropathic-pain-cds replay fhir_fixtures --expect
    """
    from .run import CannotRun

    try:
        raise SystemExit(_replay(options))
    except CannotRun as why:
        raise click.UsageError(str(why)) from None
    except KeyboardInterrupt:
        click.echo("Interrupted." + (" Go on with --resume." if options["output"] else ""), err=True)
        raise SystemExit(130) from None


def _replay(options: dict[str, Any]) -> int:
    from rich.console import Console

    from .progress import reporter
    from .run import outcome

    with _said_plainly():
        run = _run(options)
        with outcome(run, reporter(Console(stderr=True))) as found:
            _write(options, run, found)
            return _exit_code(options, found.tally)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """What the user can mend is said in a sentence."""
    from cards import KnowledgeError

    from .engines import NoCluster
    from .remote import NoService
    from .run import CannotRun
    from .tables import NoParquet

    try:
        yield
    except (KnowledgeError, NoCluster, NoParquet, NoService) as error:
        raise CannotRun(str(error)) from None


def _run(options: dict[str, Any]) -> Any:
    from .checks import problems
    from .run import CannotRun, Run

    if found := list(problems(options)):
        raise CannotRun("\n".join(found))
    former = options["expect"] if options["expect"] != "stories" else ""
    return Run(
        paths=options["paths"],
        settings=_settings(options),
        jobs=options["jobs"] or _jobs(options["paths"]),
        engine=options["engine"],
        scheduler=options["scheduler"],
        output=options["output"],
        resume=options["resume"],
        expect=bool(options["expect"]),
        expected=former,
        baseline=options["baseline"],
        what_if=options["what_if"],
    )


def _settings(options: dict[str, Any]) -> Any:
    from ..config import Config
    from .run import changed
    from .settings import Settings

    config = Config.from_environment()
    day = options["day"].date() if options["day"] else config.day
    settings = Settings(
        jurisdiction=config.jurisdiction,
        guidelines=config.guidelines,
        day=day,
        hook=options["hook"],
        complete=options["complete"],
        url=options["url"],
        service=options["service"],
        token=options["token"],
    )
    return changed(settings, options["assignments"])


ONE_PROCESS = 20 * 2**20  # bytes: below this starting more of them costs more than it saves


def _jobs(paths: tuple[str, ...]) -> int:
    from .engines import cores
    from .sources import bytes_in, find

    found = find(paths)
    size = bytes_in([*found.documents, *found.lines, *found.bulk, *found.tables])
    return cores() if size > ONE_PROCESS else 1


# ---- what is written ------------------------------------------------------------------------------------------------


def _write(options: dict[str, Any], run: Any, found: Any) -> None:
    from . import junit, update

    if options["junit"]:
        junit.write(found.records(), found.tally, Path(options["junit"]))
    if options["report"]:
        from .report import write

        write(found.tally, run, Path(options["report"]))
    if options["update"]:
        if run.expected:
            update.rewrite_run(found.parts, Path(run.expected))
        else:
            click.echo(f"{update.rewrite_stories(found.records())} stories rewritten", err=True)
    _print(options, found)


def _print(options: dict[str, Any], found: Any) -> None:
    from rich.console import Console

    from .table import show

    if options["as_json"]:
        _dump(found.parts, sys.stdout.buffer)
    else:
        show(Console(), found.records(), found.tally, options["quiet"])
    for one in found.tally.unread_examples:
        click.echo(f"could not be read: {one['place']}: {one['why']}", err=True)


def _dump(parts: tuple[Path, ...], out: BinaryIO) -> None:
    import orjson

    from .former import read_records

    for part in parts:
        out.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in read_records(part))


def _exit_code(options: dict[str, Any], tally: Any) -> int:
    counts = tally.counts
    if not counts["orders"]:
        return 2
    different = counts["different"] and not options["update"]
    return 1 if different or counts["failed"] or tally.troubles else 0
