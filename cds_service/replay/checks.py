"""
What can be said before a run begins, so that nobody learns after hours that it could not end well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def problems(options: Mapping[str, Any]) -> Iterator[str]:
    """Options that cannot go together, or cannot be done, each in a sentence."""
    yield from _of_resuming(options)
    yield from _of_a_url(options)
    if options["what_if"] and options["baseline"]:
        yield "--what-if and --baseline cannot go together: the one asks what will change, the other what has"
    if options["scheduler"] and options["engine"] != "dask":
        yield "--scheduler needs --engine dask"
    for name in ("output", "report", "junit"):
        yield from _of_a_place(name, options[name])


def _of_resuming(options: Mapping[str, Any]) -> Iterator[str]:
    output, expected = options["output"], options["expect"]
    if output and not output.endswith((".ndjson", ".parquet")):
        yield f"--output {output}: must end in .ndjson, or in .parquet for a folder of parts"
    if options["resume"] and not output:
        yield "--resume needs the --output of the run that was interrupted"
    as_table = output.endswith(".parquet") or Path(expected).is_dir()
    if options["update"] and expected not in ("", "stories") and as_table:
        yield "--update rewrites stories and .ndjson files, not Parquet"


def _of_a_url(options: Mapping[str, Any]) -> Iterator[str]:
    """A service that runs elsewhere has its own settings."""
    baseline = options["baseline"]
    set_here = options["assignments"] or options["what_if"] or "=" in baseline
    if options["url"] and (set_here or (baseline and Path(baseline, "agents").is_dir())):
        yield "--url: the service there has its own settings; --set, --what-if and such a baseline are for this process"
    if options["service"] and not options["url"]:
        yield "--service needs --url"


def _of_a_place(name: str, file: str | None) -> Iterator[str]:
    if file and not Path(file).absolute().parent.is_dir():
        yield f"--{name} {file}: there is no folder {Path(file).absolute().parent}"
