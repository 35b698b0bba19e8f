"""`sojourn event`: send events, put files of them through, and look after those that could not be delivered."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from starter.cli.connection import DEFAULT_URL, Url, WriteKey, sending
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun, open_store, settings_of
from starter.cli.output import print_facts, print_json, print_listing, print_more

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlmodel.ext.asyncio.session import AsyncSession


Found = TypeVar("Found")

app = noun("event", "Events: send, replay, list, refused, dead, retry, status.")


@app.command()
def send(
    name: Annotated[str, typer.Argument(help="The event's name, such as 'Product Viewed'.")],
    user: Annotated[str, typer.Option(help="The user id of whom it is about.")],
    property_: Annotated[
        list[str] | None, typer.Option("--property", "-p", metavar="NAME=VALUE", help="As often as you like.")
    ] = None,
    url: Url = DEFAULT_URL,
    write_key: WriteKey = "",
    output: Output = Format.text,
) -> None:
    """Send one event. When it says accepted, the event is durable."""
    event_id = asyncio.run(_send(url, write_key, name, user, _properties(property_ or [])))
    if output is Format.json:
        print_json({"id": event_id})
    else:
        typer.echo(f"Accepted as {event_id}.")


@app.command()
def replay(
    file: Annotated[
        Path, typer.Argument(help="Segment's JSON lines, or CSV with --map; - is standard input.", allow_dash=True)
    ],
    speed: Annotated[str, typer.Option(help="original, a factor such as 60, or max.")] = "max",
    from_: Annotated[int, typer.Option("--from", min=1, metavar="LINE", help="Go on with this line.")] = 1,
    map_: Annotated[
        str,
        typer.Option("--map", metavar="COLUMN=FIELD,...", help="user=userId,name=event,price=properties.price"),
    ] = "",
    url: Url = DEFAULT_URL,
    write_key: WriteKey = "",
    output: Output = Format.text,
) -> None:
    """Put a file of events through. What has no messageId gets one from its line: twice counts once."""
    from starter.cli.replaying import factor, put_through

    done = asyncio.run(put_through(file, factor(speed), map_, from_, url, write_key))
    for problem in done.problems:
        typer.echo(str(problem), err=True)
    if output is Format.json:
        print_json({"sent": done.sent, "bad_lines": done.bad_lines})
    else:
        typer.echo(f"Sent {done.sent} event{'' if done.sent == 1 else 's'}.")
    if done.bad_lines:
        count = done.bad_lines
        raise CommandFailed(
            f"{count} line{' is no event and was' if count == 1 else 's are no events and were'} left out."
        )


@app.command("list")
def list_(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="Only events of this name.")] = "",
    customer: Annotated[str, typer.Option(help="Only events of this customer, as 'c_...'.")] = "",
    page: Page = 1,
    output: Output = Format.text,
) -> None:
    """List accepted events, the latest first."""
    from store.events import list_events

    columns = {"RECEIVED (UTC)": "received_at", "NAME": "name", "CUSTOMER": "customer_id", "EVENT": "id"}
    found = _read(context, lambda session: list_events(session, name=name, customer_id=customer, number=page))
    print_listing([row.model_dump() for row in found.rows], columns, output, "There are no such events.")
    print_more(found.more, page, output)


@app.command()
def refused(context: typer.Context, page: Page = 1, output: Output = Format.text) -> None:
    """List what was sent but is no event, the latest first."""
    from store.events import list_refusals

    columns = {"RECEIVED (UTC)": "received_at", "REASON": "reason"}
    found = _read(context, lambda session: list_refusals(session, page))
    print_listing([row.model_dump() for row in found.rows], columns, output, "Nothing was refused.")
    print_more(found.more, page, output)


@app.command()
def dead(context: typer.Context, page: Page = 1, output: Output = Format.text) -> None:
    """List events that could not be delivered, the oldest first, with the reason."""
    from dataclasses import asdict

    from store.outbox import list_dead

    columns = {"EVENT": "event", "NAME": "name", "CUSTOMER": "customer_id", "REASON": "reason"}
    found = _read(context, lambda session: list_dead(session, page))
    nothing = "Every event was delivered, or is on its way."
    print_listing([asdict(letter) for letter in found.rows], columns, output, nothing)
    print_more(found.more, page, output)


@app.command()
def retry(
    context: typer.Context,
    events: Annotated[list[str] | None, typer.Argument(help="Ids as 'event dead' shows them.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every dead event.")] = False,
) -> None:
    """Try to deliver dead events again. They come after what was delivered meanwhile."""
    from datetime import UTC, datetime
    from getpass import getuser

    from store.outbox import revive

    if bool(events) == all_:
        raise CommandFailed("Name the events as 'sojourn event dead' shows them, or say --all.")

    async def write() -> int:
        async with open_store(settings_of(context)) as database, database.transaction() as session:
            return await revive(session, None if all_ else events, by=getuser(), at=datetime.now(UTC))

    count = asyncio.run(write())
    if events and count < len(set(events)):
        raise CommandFailed(f"{count} tried again; the others are not dead. See 'sojourn event dead'.")
    typer.echo(f"{count} tried again.")


@app.command()
def status(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days to count, today among them.")] = 7,
    output: Output = Format.text,
) -> None:
    """Tell how event intake does: what waits, what is dead, and what became of what came in."""
    from dataclasses import asdict
    from datetime import UTC, datetime

    from store.intake import read_intake

    found = _read(context, lambda session: read_intake(session, datetime.now(UTC), days))
    if output is Format.json:
        print_json(asdict(found))
        return
    print_facts({"waiting": found.waiting, "waiting since": found.waiting_since, "dead": found.dead})
    typer.echo(f"\nIn {days} day{'' if days == 1 else 's'}:")
    print_facts({what.replace("_", " "): number for what, number in found.counts.items()})


def _read(context: typer.Context, query: "Callable[[AsyncSession], Awaitable[Found]]") -> "Found":
    """What a query finds in the store."""

    async def read() -> "Found":
        async with open_store(settings_of(context)) as database, database.reading() as session:
            return await query(session)

    return asyncio.run(read())


async def _send(url: str, write_key: str, name: str, user: str, properties: dict[str, Any]) -> str:
    async with sending(url, write_key) as client:
        return await client.track(user, name, properties)


def _properties(pairs: list[str]) -> dict[str, Any]:
    """Properties as typed; what reads as JSON, such as a number or a list, is taken as that."""
    import json

    properties: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise CommandFailed(f"'{pair}' is no property; write it as name=value.")
        try:
            properties[name] = json.loads(text)
        except json.JSONDecodeError:
            properties[name] = text
    return properties
