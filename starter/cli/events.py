"""`sojourn event`: send events, put files of them through, and look after those that could not be delivered."""

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Url, WriteKey, sending
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.output import print_json, print_listing

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from starter.ingestion.replay import Line, Progress
    from yamlfile import Problem

app = noun("event", "Events: send, replay, refused, dead.")
dead = noun("dead", "Events that could not be delivered: list, revive.")
app.add_typer(dead)


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
    file: Annotated[Path, typer.Argument(help="Segment's JSON lines, or CSV with --map.")],
    speed: Annotated[str, typer.Option(help="original, a factor such as 60x, or max.")] = "max",
    map_: Annotated[
        str,
        typer.Option("--map", metavar="COLUMN=FIELD,...", help="user=userId,name=event,price=properties.price"),
    ] = "",
    url: Url = DEFAULT_URL,
    write_key: WriteKey = "",
    output: Output = Format.text,
) -> None:
    """Put a file of events through. What has no messageId gets one from its line: twice counts once."""
    done = asyncio.run(_replay(file, _factor(speed), map_, url, write_key))
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


@app.command()
def refused(context: typer.Context, output: Output = Format.text) -> None:
    """List what was sent but is no event, the latest first."""
    from store.events import list_refusals

    async def read() -> list[dict[str, Any]]:
        async with open_store(settings_of(context)) as database, database.reading() as session:
            return [refusal.model_dump() for refusal in await list_refusals(session)]

    columns = {"RECEIVED (UTC)": "received_at", "REASON": "reason"}
    print_listing(asyncio.run(read()), columns, output, "Nothing was refused.")


@dead.command("list")
def list_dead(context: typer.Context, output: Output = Format.text) -> None:
    """List events that could not be delivered, the oldest first, with the reason."""
    from store.outbox import list_dead

    async def read() -> list[dict[str, Any]]:
        async with open_store(settings_of(context)) as database, database.reading() as session:
            return [entry.model_dump() for entry in await list_dead(session)]

    columns = {"NUMBER": "seq", "CUSTOMER": "customer_id", "REASON": "last_error"}
    print_listing(asyncio.run(read()), columns, output, "Every event was delivered, or is on its way.")


@dead.command()
def revive(
    context: typer.Context, numbers: Annotated[list[int], typer.Argument(help="As 'event dead list' shows them.")]
) -> None:
    """Try to deliver dead events again. They come after what was delivered meanwhile."""
    from store.outbox import revive

    async def write() -> int:
        async with open_store(settings_of(context)) as database, database.transaction() as session:
            return await revive(session, numbers)

    count = asyncio.run(write())
    if count < len(set(numbers)):
        raise CommandFailed(f"{count} revived; the others are not on the list. See 'sojourn event dead list'.")
    typer.echo(f"{count} revived.")


async def _send(url: str, write_key: str, name: str, user: str, properties: dict[str, Any]) -> str:
    async with sending(url, write_key) as client:
        return await client.track(user, name, properties)


async def _replay(file: Path, speed: float | None, columns: str, url: str, write_key: str) -> "Progress":
    from starter.ingestion.replay import replay

    with _lines(file, columns) as (lines, count):
        async with sending(url, write_key) as client:
            with _bar(count) as (bar, task):
                return await replay(
                    client, lines, speed=speed, report=lambda progress: bar.update(task, completed=progress.line)
                )


@contextmanager
def _lines(file: Path, columns: str) -> "Generator[tuple[Iterator[Line | Problem], int]]":
    """The events of a file, and how many lines it has. Raises CommandFailed when it cannot be read."""
    from starter.ingestion.replay import parse_columns, read_csv, read_json_lines

    if file.suffix == ".csv" and not columns:
        raise CommandFailed("Say what the columns of the CSV file are, such as --map user=userId,name=event.")
    try:
        mapping = parse_columns(columns) if columns else {}
        with file.open("rb") as counted:
            count = sum(1 for _ in counted)
        with file.open(encoding="utf-8", newline="" if mapping else None) as source:
            yield read_csv(source, file, mapping) if mapping else read_json_lines(source, file), count
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file} is not UTF-8 text: {error.reason}.") from error
    except ValueError as error:
        raise CommandFailed(f"--map: {error}.") from error
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error


@contextmanager
def _bar(count: int) -> "Generator[tuple[Bar, TaskID]]":
    """A progress bar over the lines of a file, on standard error; silent where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (BarColumn(bar_width=40), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task("", total=count)


def _factor(speed: str) -> float | None:
    """How much faster than it happened; None is as fast as it goes. Raises CommandFailed."""
    words = {"original": 1.0, "max": None}
    if speed in words:
        return words[speed]
    try:
        factor = float(speed.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not 0 < factor < 1e9:
        raise CommandFailed(f"'{speed}' is no speed; write original, max, or a factor such as 60x.")
    return factor


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
