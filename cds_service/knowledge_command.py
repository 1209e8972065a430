"""
`knowledge`: the content as its owner asks for it. What it says stands in `cards`; here it is listed, compared, signed.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cards import KnowledgeBase

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
@click.option("--overlay", help="Folder of this deployment's own files; else the configured one.")
@click.pass_context
def knowledge(context: click.Context, overlay: str | None) -> None:
    """List, check, compare, show and sign the knowledge files that the cards rest on (docs/knowledge.md).

    Example: neuropathic-pain-cds knowledge list
    """
    from .config import Config

    context.obj = overlay if overlay is not None else Config.from_environment().overlay


@knowledge.command("list")
@click.option("--day", type=DAY, help="As it stands on this day.  [today]")
@click.option("--due", is_flag=True, help="Only what is overdue or expired.")
@click.pass_obj
def list_files(overlay: str, day: datetime | None, due: bool) -> None:
    """Every file, with who has reviewed it and until when it holds; what needs work comes first.

    Example: neuropathic-pain-cds knowledge list --day 2027-12-01 --due
    """
    from cards import entries

    for entry in entries(_load(overlay), _day(day)):
        if not due or entry.state in ("expired", "overdue"):
            who = (
                f"reviewed by {'; '.join(entry.reviewed_by)}" if entry.reviewed_by else "draft, not clinically reviewed"
            )
            click.echo(f"{entry.state:12} due {entry.due}  expires {entry.expires}  {entry.path:58} {who}")


@knowledge.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False))
@click.option("--day", type=DAY, help="As it stands on this day.  [today]")
@click.pass_obj
def check(overlay: str, folder: str | None, day: datetime | None) -> None:
    """Check every file and every link between them; every problem at once. FOLDER: an overlay, before it is used.

    Example: neuropathic-pain-cds knowledge check
    """
    from cards import entries

    found = entries(_load(folder or overlay), _day(day))
    states = {state: sum(entry.state == state for entry in found) for state in ("expired", "overdue", "switched off")}
    signed = sum(bool(entry.reviewed_by) for entry in found)
    more = "".join(f", {count} {state}" for state, count in states.items() if count)
    click.echo(f"{len(found)} files, no problem; {signed} reviewed, {len(found) - signed} drafts{more}")


@knowledge.command()
@click.argument("other")
@click.option("--stories/--no-stories", default=True, help="Also which stories' cards change.", show_default=True)
@click.pass_obj
def diff(overlay: str, other: str, stories: bool) -> None:
    """What changes from OTHER to the content in use: which statements, and which stories' cards with them. OTHER: a
    folder of knowledge files, a deployment's folder, "seed" (as it comes with the package), or a git revision.

    Example: neuropathic-pain-cds knowledge diff seed
    """
    from cards import differences

    new = _load(overlay)
    with _other(other) as old:
        same = old.version == new.version
        lines = [] if same else differences(old, new)
        changed = list(_stories_changed(old, new)) if stories and not same else []
    for line in lines:
        click.echo(line)
    if stories:
        click.echo(f"\n{len(lines)} changes; {len(changed)} stories whose cards change")
        for line in changed:
            click.echo(line)


@knowledge.command()
@click.argument("entry")
@click.option("--day", type=DAY, help="As it stands on this day.  [today]")
@click.pass_obj
def show(overlay: str, entry: str, day: datetime | None) -> None:
    """Print a file or an entry of it, named as the cards name it, with its sources in words.

    Example: neuropathic-pain-cds knowledge show agents/gabapentin.toml#renal.us
    """
    from cards import described

    try:
        click.echo("\n".join(described(_load(overlay), entry, _day(day))))
    except KeyError as error:
        raise click.ClickException(str(error.args[0])) from None


@knowledge.command("doubts")
@click.argument("under", default="")
@click.pass_obj
def list_doubts(overlay: str, under: str) -> None:
    """Everything that the files say is not certain. UNDER: only addresses that begin so.

    Example: neuropathic-pain-cds knowledge doubts agents/gabapentin.toml
    """
    from cards import doubts

    for address, doubt in doubts(_load(overlay)):
        if address.startswith(under):
            click.echo(f"{address}: {doubt}")


@knowledge.command()
@click.argument("path")
@click.option("--reviewer", required=True, help="Who has read it; never its author.")
@click.option("--role", required=True, help='For example "clinical pharmacist".')
@click.option("--day", type=DAY, help="The day of the review.  [today]")
@click.pass_obj
def sign(overlay: str, path: str, reviewer: str, role: str, day: datetime | None) -> None:
    """Write into the overlay that PATH, as it stands now, was reviewed. Cards then name the reviewer and the day.

    Example (a made-up reviewer): neuropathic-pain-cds knowledge --overlay our-knowledge sign agents/gabapentin.toml
    --reviewer "E. Xample" --role "clinical pharmacist"
    """
    if not overlay:
        raise click.ClickException("a signature stands in a deployment's own folder: name it with --overlay")
    folder = Path(overlay)
    (folder / "signoffs").mkdir(parents=True, exist_ok=True)
    reviewed = _load(overlay, unsigned=True).reviewed
    if path not in reviewed:
        raise click.ClickException(f"there is no file {path!r}; see `neuropathic-pain-cds knowledge list`")
    target = folder / "signoffs" / f"{path.replace('/', '-')}"
    before = target.read_bytes() if target.exists() else None
    target.write_text(_signature(path, reviewed[path], reviewer, role, _day(day)), encoding="utf-8")
    problems = [line for line in _problems(overlay) if line.startswith(f"signoffs/{target.name}:")]
    if problems:
        target.unlink() if before is None else target.write_bytes(before)
        raise click.ClickException("\n".join(problems))
    click.echo(f"{target}: {path} reviewed by {reviewer}, {role}, {_day(day)}")


def _signature(path: str, sha256: str, reviewer: str, role: str, day: date) -> str:
    words = {"path": path, "sha256": sha256, "reviewer": reviewer, "role": role}
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in words.items()) + f"date = {day.isoformat()}\n"


def _quoted(text: str) -> str:
    """A TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _day(given: datetime | None) -> date:
    from .config import Config

    return given.date() if given else Config.from_environment().today()


def _load(overlay: str, unsigned: bool = False) -> KnowledgeBase:
    from cards import KnowledgeBase, KnowledgeError

    try:
        return KnowledgeBase.load(overlay=Path(overlay) if overlay else None, unsigned=unsigned)
    except KnowledgeError as error:
        raise click.ClickException(str(error)) from None


def _problems(overlay: str) -> list[str]:
    from cards import KnowledgeBase, KnowledgeError

    try:
        KnowledgeBase.load(overlay=Path(overlay))
    except KnowledgeError as error:
        return error.problems
    return []


# --- comparing ------------------------------------------------------------------------------------------------------


@contextmanager
def _other(name: str) -> Iterator[KnowledgeBase]:
    """The knowledge that is compared with: a whole folder, an overlay, the package's own, or a git revision."""
    from cards import KnowledgeBase, KnowledgeError

    try:
        if name == "seed":
            yield KnowledgeBase.load()
        elif (Path(name) / "schema").is_dir():
            yield KnowledgeBase.load(Path(name))
        elif Path(name).is_dir():
            yield KnowledgeBase.load(overlay=Path(name))
        else:
            with tempfile.TemporaryDirectory() as folder:
                yield KnowledgeBase.load(_of_revision(name, Path(folder)))
    except KnowledgeError as error:
        raise click.ClickException(f"{name}: {error}") from None


def _of_revision(revision: str, folder: Path) -> Path:
    from cards import SEED

    root = SEED.parent.parent
    command = ["git", "-C", str(root), "archive", "--end-of-options", revision, "cards/knowledge"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - fixed words; a revision cannot be an option
    if done.returncode:
        raise click.ClickException(f"{revision!r} is neither a folder nor a git revision here")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "cards" / "knowledge"


def _stories_changed(old: KnowledgeBase, new: KnowledgeBase) -> Iterator[str]:
    """Each story whose cards differ, with the headlines that went and came."""
    from fhir_fixtures import STORY_DAY, stories

    from . import Config, create_app

    one, other = (create_app(Config(day=STORY_DAY), base).test_client() for base in (old, new))
    for story in stories():
        path, call = story.path_of_service, story.request
        before, after = ((client.post(path, json=call).json or {})["cards"] for client in (one, other))
        if _without_version(before) != _without_version(after):
            yield f"{story.rule}/{story.name}"
            yield from (f"  - {summary}" for summary in _headlines(before) if summary not in _headlines(after))
            yield from (f"  + {summary}" for summary in _headlines(after) if summary not in _headlines(before))


def _without_version(cards: Any) -> Any:
    from fhir_fixtures import without_version

    return without_version(cards)


def _headlines(cards: list[dict[str, Any]]) -> list[str]:
    return [f"{card['indicator']}: {card['summary']}" for card in cards]
