"""`sojourn segment`: the groups of customers that are defined, and who entered and left them."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun, open_store, settings_of
from starter.cli.output import print_facts, print_json, print_listing, print_more

if TYPE_CHECKING:
    from journeys.segments import Segments
    from settings import Settings
    from store.segments import Counted

app = noun("segment", "Groups of customers: who is in them, who came and went.")
_WIDTH = 46


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the segments, with how many customers are in each.

    They stand in segments.yaml; 'journey:NAME' is one that a journey has of its own,
    under start. Members are counted as soon as 'sojourn serve' or 'sojourn dev' runs.
    """
    asyncio.run(_list(context, output))


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the segment.")],
    page: Page = 1,
    output: Output = Format.text,
) -> None:
    """Show one segment: its definition, its members, and who entered or left it last."""
    asyncio.run(_show(context, name, page, output))


async def _list(context: typer.Context, output: Format) -> None:
    settings = settings_of(context)
    rows = await _rows(settings)
    shown = (
        [row | {"who": _cut(row["if"]), "count": _count(row)} for row in rows] if output is Format.text else rows
    )
    columns = {"SEGMENT": "name", "MEMBERS": "count", "WHO": "who"}
    print_listing(shown, columns, output, "There are no segments. Write them in segments.yaml.")


async def _show(context: typer.Context, name: str, page: int, output: Format) -> None:
    from store.segments import latest_changes
    from yamlfile import instead_of

    settings = settings_of(context)
    rows = {row["name"]: row for row in await _rows(settings)}
    if name not in rows:
        hint = instead_of(name, rows)
        raise CommandFailed(f"There is no segment '{name}' ({hint}).")
    async with open_store(settings) as database, database.reading() as session:
        found = await latest_changes(session, name, page)
    changes = [
        {"customer": row.customer_id, "change": "entered" if row.member else "left", "at": row.since}
        for row in found.rows
    ]
    if output is Format.json:
        print_json(rows[name] | {"changes": changes, "page": found.number, "more": found.more})
        return
    facts = rows[name]
    print_facts({**{key: facts[key] for key in ("name", "description", "if")}, "members": _count(facts)})
    typer.echo("")
    columns = {"AT (UTC)": "at", "CHANGE": "change", "CUSTOMER": "customer"}
    print_listing(changes, columns, output, "Nobody entered or left it yet.")
    print_more(found.more, page, output)


async def _rows(settings: "Settings") -> list[dict[str, Any]]:
    """Every segment that is declared or counted."""
    from journeys.segments import load_segments
    from journeys.shapes import load_shapes
    from store.segments import counted_segments

    declared = load_segments(settings.project_dir, load_shapes(settings.project_dir / "events.yaml"))
    async with open_store(settings) as database, database.reading() as session:
        counted = {row.name: row for row in await counted_segments(session)}
    return [_row(name, declared, counted.get(name)) for name in sorted({*declared, *counted})]


def _row(name: str, declared: "Segments", counted: "Counted | None") -> dict[str, Any]:
    segment = declared.get(name)
    return {
        "name": name,
        "description": segment.description if segment else "",
        "if": segment.condition if segment else counted.condition if counted else "",
        "members": counted.members if counted else None,
        "counted": counted.counted if counted else False,
        "changed_at": counted.changed_at if counted else None,
    }


def _count(row: dict[str, Any]) -> str:
    """How many are in it, and whether there may be more."""
    if row["members"] is None:
        return "not counted yet"
    return f"{row['members']}" if row["counted"] else f"{row['members']}, still counting"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
