"""`sojourn audit`: who decided, approved, changed, refused or erased what, and the proof that the log is whole."""

import asyncio
import sys
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun, open_store, settings_of
from starter.cli.output import print_json, print_listing, print_more

if TYPE_CHECKING:
    from settings import Settings
    from starter.auditing.proving import ExtractVerification
    from starter.auditing.reading import Wanted
    from starter.auditing.verifying import Verification
    from store.sealing import Head

app = noun("audit", "The log of who did what, and the proof that it is whole.")

_DAYS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
_OfCustomer = Annotated[str, typer.Option(metavar="ID", help="All about this customer; a customer id.")]
_Since = Annotated[
    datetime | None, typer.Option("--from", formats=_DAYS, metavar="DAY", help="From this day on: 2026-03-01.")
]
_Until = Annotated[
    datetime | None, typer.Option("--to", formats=_DAYS, metavar="DAY", help="Until the beginning of this day.")
]


@app.command("list")
def list_(
    context: typer.Context,
    kind: Annotated[
        str, typer.Option(help="decision, verdict, approval, change, login, refusal, export or erasure.")
    ] = "",
    subject: Annotated[str, typer.Option(help="Only about this, such as journey:welcome.")] = "",
    by: Annotated[str, typer.Option(help="Only what this person did, or this part of Sojourn.")] = "",
    customer: _OfCustomer = "",
    since: _Since = None,
    until: _Until = None,
    page: Page = 1,
    output: Output = Format.text,
) -> None:
    """List the log, the latest first. With -o json every entry is told whole, with its place in the chain.

    Days are in UTC.
    """
    from starter.auditing.reading import Wanted

    wanted = Wanted(kind, subject, by, customer, _utc(since), _utc(until))
    asyncio.run(_list(settings_of(context), wanted, page, output))


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="An extract that 'audit export' gave out.")] = None,
    head: Annotated[
        str, typer.Option(metavar="COUNT:HASH", help="A head that you kept elsewhere; see 'audit head'.")
    ] = "",
    output: Output = Format.text,
) -> None:
    """Check every link of the chain: finds any change, deletion or reordering. Exit code 1 when there is one.

    Entries cut off at the end are found by the head that the sealer keeps beside the database, and by one
    that you kept elsewhere.

    With FILE an extract is checked alone, by whoever was given it: neither a project nor a database is needed.
    """
    known = _head_from(head)
    found = _verify_file(file, known) if file else asyncio.run(_verify(settings_of(context), known))
    if output is Format.json:
        print_json(asdict(found))
    else:
        _tell(found)
    if found.faults:
        raise typer.Exit(1)


@app.command()
def head(context: typer.Context) -> None:
    """Print the head of the chain as COUNT:HASH, to be kept where nobody of this installation can change it."""
    typer.echo(str(asyncio.run(_head(settings_of(context)))))


@app.command()
def export(
    context: typer.Context,
    customer: _OfCustomer = "",
    since: _Since = None,
    until: _Until = None,
    head: Annotated[
        str, typer.Option(metavar="COUNT:HASH", help="A head that the reader knows: the extract leads through it.")
    ] = "",
    file: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a file that only you can read.")] = None,
) -> None:
    """Give out one customer's entries, or a period's, for a regulator: one JSON object a line.

    Between them stand links, without what other entries say, so that 'audit verify FILE' can check it alone.
    Days are in UTC.
    """
    if not customer and since is None:
        raise CommandFailed("Say whose entries with --customer ID, or from when with --from DAY (and --to DAY).")
    from starter.auditing.reading import Wanted
    from starter.cli.extracts import give_out

    wanted = Wanted(customer_id=customer, since=_utc(since), until=_utc(until), head=_head_from(head))
    if file:
        file.touch(mode=0o600)
    with file.open("w", encoding="utf-8") if file else nullcontext(sys.stdout) as out:
        count = asyncio.run(give_out(settings_of(context), wanted, out))
    typer.echo(f"{count} entries{f' in {file}' if file else ''}.", err=True)


async def _list(settings: "Settings", wanted: "Wanted", page: int, output: Format) -> None:
    from starter.auditing.reading import NoSuchCustomer, find_entries
    from store.audit import Kind

    if wanted.kind and wanted.kind not in get_args(Kind):
        raise CommandFailed(f"'{wanted.kind}' is no kind of entry; there are: {', '.join(get_args(Kind))}.")
    async with open_store(settings) as database:
        try:
            found = await find_entries(database, wanted, page)
        except NoSuchCustomer as refusal:
            raise CommandFailed(str(refusal)) from refusal
    rows = [row.model_dump() for row in found.rows]
    columns = {"AT (UTC)": "at", "KIND": "kind", "BY": "by", "SUBJECT": "subject"}
    print_listing(rows, columns, output, "There are no such entries.")
    print_more(found.more, page, output)


async def _verify(settings: "Settings", known: "Head | None") -> "Verification":
    from starter.auditing.reading import verify_log
    from starter.cli.progress import progress_bar
    from store.sealing import head_of

    async with open_store(settings) as database:
        async with database.reading() as session:
            count = (await head_of(session)).count
        with progress_bar(count) as tell:
            return await verify_log(database, settings, [("--head", known)] if known else [], tell)


def _verify_file(file: Path, known: "Head | None") -> "ExtractVerification":
    from starter.cli.extracts import verify_file

    return verify_file(file, known)


def _tell(found: "Verification | ExtractVerification") -> None:
    from starter.auditing.verifying import Verification
    from starter.cli.extracts import tell_verified

    if not isinstance(found, Verification):
        tell_verified(found)
        return
    for one in found.faults:
        typer.echo(f"entry {one.position}: {one.what}" if one.entry or one.position else one.what)
    loose = f" {found.loose} more are not chained yet." if found.loose else ""
    what = f"{len(found.faults)} faults in" if found.faults else "Nothing was changed, deleted or moved in"
    typer.echo(f"{what} {found.entries} chained entries.{loose}")
    if not found.headed and found.entries:
        typer.echo("No head was kept, so that entries cut off at the end would not be missed.", err=True)


async def _head(settings: "Settings") -> "Head":
    from store.sealing import head_of

    async with open_store(settings) as database, database.reading() as session:
        return await head_of(session)


def _head_from(given: str) -> "Head | None":
    from store.sealing import head_from

    try:
        return head_from(given) if given else None
    except ValueError as error:
        raise CommandFailed("--head needs COUNT:HASH, as 'sojourn audit head' prints it.") from error


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None
