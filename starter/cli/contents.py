"""`sojourn content`: what there is to say, whether it may leave, and how it looks."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.content_publish import open_shelf, publish, record, shelf_of
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.known import published_content
from starter.cli.output import print_json, print_listing

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from settings import Settings
    from starter.contents.previewing import Previewed
    from store.tables import Customer

app = noun("content", "The project's content: check, publish, list, preview.")
app.command()(publish)
app.command()(record)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The content's name: that of its folder.")]


@app.command()
def check(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(help="A project folder. Default: the project.")] = None,
    output: Output = Format.text,
) -> None:
    """Check all content against the rules: links, lengths, alt texts, brand.

    Every problem is told as file:line:column, with the rule it breaks. A content that breaks a rule knowingly
    names it at its head, as 'accept: [spam]'. No network is asked.
    """
    # The rules look at files alone, whatever is live.
    shelf, now = open_shelf(path or settings_of(context).project_dir, {}), datetime.now(UTC)
    found = list(
        dict.fromkeys(f for e in shelf.entries() for f in shelf.findings(e, now) if e.standing.state != "retired")
    )
    if output is Format.json:
        print_json([{"rule": f.rule, **vars(f.problem)} for f in found])
        if found:
            raise typer.Exit(1)
    elif found:
        raise CommandFailed("\n".join([*map(str, found), f"{len(found)} problem{'s' if len(found) > 1 else ''}."]))
    else:
        names = sorted({entry.name for entry in shelf.entries()})
        typer.echo(f"All right: {', '.join(names) or 'no content yet'}.")


@app.command("list")
def list_(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="draft, in_review, approved or retired.")] = "",
    output: Output = Format.text,
) -> None:
    """List content by name and channel: where it stands as its files are, and why."""
    shelf = asyncio.run(shelf_of(settings_of(context)))
    rows = [
        {
            "content": entry.name,
            "channel": entry.variant.channel,
            "state": entry.standing.state,
            "why": entry.standing.why + (" (a machine wrote it)" if entry.variant.front.generated else ""),
            "hash": entry.variant.version,
            **entry.variant.front.model_dump(mode="json", exclude={"status"}),
        }
        for entry in shelf.entries()
        if state in ("", entry.standing.state)
    ]
    columns = {"CONTENT": "content", "CHANNEL": "channel", "STATE": "state", "WHY": "why"}
    print_listing(rows, columns, output, "There is no such content.")


@app.command()
def preview(
    context: typer.Context,
    name: Name,
    customer: Annotated[
        str, typer.Option(metavar="ID", help="For this customer or user id. Default: someone made up.")
    ] = "",
    channel: Annotated[str, typer.Option(help="Only over this channel.")] = "",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the mail's HTML to a file.")] = None,
    output: Output = Format.text,
) -> None:
    """Show a content as a customer would get it over each channel, and why each part of it is theirs.

    What nobody has approved is shown too. Nothing is sent, and the links in it do nothing.
    """
    settings = settings_of(context)
    found = [
        p for p in asyncio.run(_previews(settings, name, customer)) if channel in ("", p.entry.variant.channel)
    ]
    if not found:
        raise CommandFailed(f"The content '{name}' has nothing for {channel}.")
    if html is not None:
        html.write_text(_html(found), encoding="utf-8")
    if output is Format.json:
        print_json([_as_json(previewed) for previewed in found])
    else:
        _print(found)


@app.command()
def assemble(
    context: typer.Context,
    surface: Annotated[str, typer.Argument(metavar="SURFACE", help="Of surfaces.yaml.")],
    customer: Annotated[
        str, typer.Option(metavar="ID", help="For this customer or user id. Default: a visitor nobody knows.")
    ] = "",
    locale: Annotated[str, typer.Option(help="The page's language. Default: the customer's, or en.")] = "",
    output: Output = Format.text,
) -> None:
    """Fill the slots of a surface as a customer would get it, and say why.

    Only what is approved is shown. What was passed over is told with its reason.
    In a slot with a planner it is what the planner chose, or would choose now; to
    look decides nothing.
    """
    settings = settings_of(context)
    rows, withheld = asyncio.run(_assembled(settings, surface, customer, locale))
    if output is Format.json:
        print_json({"surface": surface, "withheld": withheld, "contents": rows})
        return
    columns = {"SLOT": "slot", "CONTENT": "content", "SHOWN": "shown", "WHY": "why"}
    print_listing([row | {"shown": "yes" if row["shown"] else "no"} for row in rows], columns, output, "Nothing.")
    if withheld:
        typer.echo(f"Nothing at all is shown: {withheld}.")


async def _assembled(
    settings: "Settings", surface: str, customer: str, locale: str
) -> tuple[list[dict[str, Any]], str]:
    """What stands in the slots and what does not, and why nothing at all is shown, if so."""
    from content.library import load_library
    from deciding.sight import seen_of
    from deciding.slots import Occasion, SlotPlanning
    from starter.contents.assembling import surface_context
    from store.customers import scope_of
    from yamlfile import instead_of

    shelf = await shelf_of(settings)
    library, project = load_library(settings.project_dir, review=shelf.project.review), shelf.project
    library = library.with_published(await published_content(settings))
    if surface not in library.surfaces:
        known = list(library.surfaces)
        hint = instead_of(surface, known) if known else "it declares none yet"
        raise CommandFailed(f"surfaces.yaml has no surface '{surface}' ({hint}).")
    now, declared = datetime.now(UTC), library.surfaces[surface]
    context = surface_context(project, None, locale, now)
    if customer:
        async with open_store(settings) as database, database.reading() as session:
            found = await _customer(session, customer)
            if not library.leaves_alone(scope_of(found)):
                seen = await seen_of(session, found, library.asks(surface), now)
                held_out = library.held_out(found.id)
                there = Occasion.on_page(surface, found.id, held_out)
                choices = await SlotPlanning().look(session, declared, there, seen, now)
                known, shown = (None, None) if held_out else (found, seen)
                context = surface_context(project, known, locale, now, seen=shown, choose=choices)
    assembly = library.assemble(surface, context).assembly
    rows = [vars(pick) | {"shown": True} for pick in assembly.picks]
    return [*rows, *(vars(pick) | {"shown": False} for pick in assembly.passed_over)], assembly.withheld


async def _previews(settings: "Settings", name: str, customer: str) -> "list[Previewed]":
    from starter.contents.previewing import preview_entry, preview_for

    shelf, now = await shelf_of(settings), datetime.now(UTC)
    if not customer:
        return [preview_entry(shelf, entry, now) for entry in shelf.entries(name)]
    async with open_store(settings) as database, database.reading() as session:
        return await preview_for(session, shelf, name, await _customer(session, customer), now)


async def _customer(session: "AsyncSession", named: str) -> "Customer":
    """The customer of an id or a user id. Raises CommandFailed when there is none."""
    from store.customers import find_customer
    from store.identity import owners_of

    found = await find_customer(session, (await owners_of(session, [("user", named)])).get(("user", named), named))
    if found is None or found.erased_at:
        raise CommandFailed(f"There is no customer '{named}'. See 'sojourn customer list'.")
    return found


def _html(found: "list[Previewed]") -> str:
    pages = [str(p.rendered.fields["html"]) for p in found if p.rendered and p.rendered.fields.get("html")]
    if not pages:
        raise CommandFailed("This content has no HTML that could be made.")
    return pages[0]


def _as_json(previewed: "Previewed") -> dict[str, Any]:
    return {
        "content": previewed.entry.name,
        "channel": previewed.entry.variant.channel,
        "state": previewed.entry.standing.state,
        "fields": previewed.rendered.fields if previewed.rendered else None,
        "problem": previewed.problem,
        "reasons": [reason.model_dump() for reason in previewed.reasons],
    }


def _print(found: "list[Previewed]") -> None:
    for previewed in found:
        entry = previewed.entry
        typer.echo(f"== {entry.variant.channel} ({entry.standing.state}: {entry.standing.why})")
        if previewed.problem:
            typer.echo(f"It cannot be made: {previewed.problem}")
        for name, value in (previewed.rendered.fields if previewed.rendered else {}).items():
            if value and name != "html":
                typer.echo(f"{name}: {value}" if "\n" not in str(value) else f"{name}:\n{value}\n")
        typer.echo("Because:")
        for reason in previewed.reasons:
            typer.echo(f"  {reason.part}: {reason.shows or '-'} ({reason.why})")
        typer.echo("")
