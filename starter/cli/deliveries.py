"""`sojourn delivery`: the ledger of messages."""

import asyncio
from typing import Annotated

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun, open_store, settings_of
from starter.cli.output import print_listing, print_more

app = noun("delivery", "The ledger of what was sent, and what became of it.")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[
        str, typer.Option(help="reserved, retrying, sent, rejected, unknown, delivered, opened, clicked...")
    ] = "",
    channel: Annotated[str, typer.Option(help="email, push, whatsapp...")] = "",
    page: Page = 1,
    output: Output = Format.text,
) -> None:
    """List deliveries, the latest first. What is 'unknown' may have left and is never sent again by itself."""
    asyncio.run(_list(context, state, channel, page, output))


async def _list(context: typer.Context, state: str, channel: str, page: int, output: Format) -> None:
    from typing import get_args

    from store.history import list_deliveries
    from store.tables import DeliveryState

    if state and state not in get_args(DeliveryState):
        raise CommandFailed(
            f"'{state}' is no state of a delivery; there are: {', '.join(get_args(DeliveryState))}."
        )
    async with open_store(settings_of(context)) as database, database.reading() as session:
        found = await list_deliveries(session, state=state, channel=channel, number=page)
    columns = {
        "RESERVED (UTC)": "reserved_at",
        "CHANNEL": "channel",
        "STATE": "state",
        "CODE": "code",
        "DELIVERY": "id",
    }
    print_listing([row.model_dump() for row in found.rows], columns, output, "There are no such deliveries.")
    print_more(found.more, page, output)
