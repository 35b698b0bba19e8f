"""Gives out extracts of the audit log, and verifies one alone: see starter.auditing.extract."""

import getpass
from pathlib import Path
from typing import TextIO

import typer

from settings import Settings
from starter.auditing.proving import ExtractVerification, verify_extract
from starter.auditing.reading import Wanted, check_export, export_lines
from starter.cli.failures import CommandFailed
from starter.cli.invocation import open_store
from starter.cli.progress import progress_bar
from starter.identity.callers import Refusal
from store.sealing import Head


async def give_out(settings: Settings, wanted: Wanted, out: TextIO) -> int:
    """Write an extract, with a progress bar, and give how many entries it has. Raises CommandFailed."""
    async with open_store(settings) as database:
        try:
            count = await check_export(database, settings, wanted, getpass.getuser())
        except Refusal as refusal:
            raise CommandFailed(str(refusal)) from refusal
        with progress_bar(count) as tell:
            async for line in export_lines(database, wanted, tell):
                out.write(line)
    return count


def verify_file(file: Path, known: Head | None) -> ExtractVerification:
    """Verify an extract, with a progress bar. Raises CommandFailed for a file that cannot be read."""
    try:
        with file.open(encoding="utf-8") as counted:
            count = sum(1 for _ in counted)
        with file.open(encoding="utf-8") as lines, progress_bar(count) as tell:
            return verify_extract(lines, known, tell)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} cannot be read: {error}.") from error


def tell_verified(found: ExtractVerification) -> None:
    """Say what came of it, and what it does not prove."""
    for fault in found.faults:
        typer.echo(fault.what)
    count = f"{found.entries} {'entry' if found.entries == 1 else 'entries'}"
    if found.faults:
        typer.echo(f"{len(found.faults)} {'fault' if len(found.faults) == 1 else 'faults'} in {count}.")
        return
    typer.echo(f"Nothing was changed or moved in {count}.")
    if found.entries:
        others = f"{found.left_out} between them are left out"
        typer.echo(f"They stand at {found.first} to {found.last} in the log; {others}.")
    if found.erased:
        typer.echo(f"The evidence of {found.erased} is gone, as an erasure takes it.")
    if found.through:
        typer.echo(f"They lead through {found.through}.")
    typer.echo(f"They lead to {found.head}.")
    if not found.headed:
        typer.echo("Only a head that was kept elsewhere proves that this is the log: --head COUNT:HASH.", err=True)
