"""`sojourn key`: the keys with which runs are encrypted."""

import asyncio
from typing import TYPE_CHECKING

import typer

from starter.cli.invocation import noun, open_store, settings_of
from starter.cli.noting import note

if TYPE_CHECKING:
    from settings import Settings

app = noun(
    "key",
    "The keys with which Temporal's histories are encrypted.",
    "There is one for each customer, wrapped by a master key.",
)


@app.command()
def rotate(context: typer.Context) -> None:
    """Wrap every customer's key with the first master key.

    To change the master key: put the new one before the old in SOJOURN_MASTER_KEYS (or in the file), restart
    every process, run this, then take the old one out.
    """
    count = asyncio.run(_rotate(settings_of(context)))
    typer.echo(f"{count} keys were wrapped anew." if count else "Every key is wrapped with the first master key.")


async def _rotate(settings: "Settings") -> int:
    from keys.customers import CustomerKeys, MasterKeys
    from keys.installation import master_keys

    async with open_store(settings) as database:
        count = await CustomerKeys(database, MasterKeys(master_keys(settings))).rotate()
        await note(database, "keys:customers", "wrapped with the first master key", keys=count)
    return count
