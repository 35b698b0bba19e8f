"""`sojourn webhook`: what vendors are told to call, and what came from them."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.output import print_json

if TYPE_CHECKING:
    from store.tables import WebhookTally

app = noun("webhook", "What vendors call to tell what became of messages.")


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the vendors that may call, the address to give to each, and what came.

    Who may call stands in sojourn.yaml, under webhooks. Addresses begin with
    SOJOURN_PUBLIC_URL. They are secret, as is SOJOURN_SECRET, which they derive from.
    """
    asyncio.run(_list(context, output))


async def _list(context: typer.Context, output: Format) -> None:
    from keys.installation import installation_secret
    from project.model import load_project
    from starter.webhooks.registry import load_vendors, path_of
    from store.webhooks import list_tallies

    settings = settings_of(context)
    vendors = load_vendors(load_project(settings).webhooks, settings.project_dir / "sojourn.yaml")
    async with open_store(settings) as database, database.reading() as session:
        tallies = await list_tallies(session)
    secret, public = installation_secret(settings), settings.public_url.rstrip("/")
    rows = [
        _row(name, public + path_of(name, secret), [tally for tally in tallies if tally.vendor == name])
        for name in vendors
    ]
    if output is Format.json:
        print_json(rows)
    elif not rows:
        typer.echo("No vendor may call. Name them in sojourn.yaml, under webhooks.")
    for row in rows if output is Format.text else ():
        _print(row)


def _row(vendor: str, url: str, tallies: Sequence["WebhookTally"]) -> dict[str, Any]:
    came = {tally.what: tally.count for tally in tallies if tally.count}
    last_at = max((tally.last_at for tally in tallies if tally.what == "calls"), default=None)
    return {"vendor": vendor, "url": url, "last_call_at": last_at, "came": came}


def _print(row: dict[str, Any]) -> None:
    last = row["last_call_at"]
    came = f"last call {last:%Y-%m-%d %H:%M} UTC" if last else "nothing has come yet"
    typer.echo(f"{row['vendor']}: {came}\n  {row['url']}")
    for what, count in row["came"].items():
        typer.echo(f"  {count:>9}  {what}")
