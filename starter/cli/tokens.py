"""`sojourn token`: what services prove themselves with, on the machine where the store is."""

import asyncio
import getpass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.output import print_json, print_listing

if TYPE_CHECKING:
    from project.access import Permission
    from settings import Settings
    from store.tables import ApiToken

app = noun(
    "token",
    "What services prove themselves with, and what each may do.",
    "They say 'Authorization: Bearer TOKEN'. Each has the scopes it needs.",
)


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which service gets it, such as 'checkout'.", metavar="NAME")],
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="What it may do, such as events:write. As often as needed.")
    ],
    days: Annotated[int, typer.Option(min=1, max=3650, help="After how many days it expires.")] = 90,
    event: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only events of this name. Default: every one.")
    ] = None,
    acts_for: Annotated[
        str, typer.Option("--for", metavar="EMAIL", help="Whose decisions it brings; deciding needs it.")
    ] = "",
    group: Annotated[
        list[str] | None, typer.Option(metavar="GROUP", help="Whose approvals and changes it may decide.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who makes it. Default: you.")] = "",
    output: Output = Format.text,
) -> None:
    """Make a token for a service. It is shown once: only its digest is kept.

    Scopes: events:write, runs:write, customers:read and so on; an unknown one lists them all. One that
    decides needs the person whose decisions it brings: what they wrote, it does not approve either.
    """
    from starter.identity.tokens import make_token

    scopes = _checked(scope)
    decides = any(scope.endswith(":decide") for scope in scopes)
    if (decides and not (acts_for and group)) or (not decides and (acts_for or group)):
        raise CommandFailed("Deciding needs --for EMAIL and --group GROUP; nothing else takes them.")
    maker, life = by or getpass.getuser(), timedelta(days=days)
    secret, row = make_token(name, scopes, maker, life, acts_for=acts_for, groups=group or (), events=event)
    asyncio.run(_keep(settings_of(context), row))
    if output is Format.json:
        print_json({**_told(row), "token": secret})
        return
    typer.echo(f"{secret}\n")
    typer.echo(
        f"{row.id} for '{name}', until {row.expires_at:%Y-%m-%d}. Keep it now: it is not shown again.", err=True
    )


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the tokens: what each may do, until when, and when it was last used."""
    rows = [_told(row) for row in asyncio.run(_all(settings_of(context)))]
    columns = {"TOKEN": "id", "NAME": "name", "STATE": "state", "LAST USED": "last_used_at", "SCOPES": "may"}
    print_listing(rows, columns, output, "There are no tokens. 'sojourn token create' makes one.")


@app.command()
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(help="As 'token list' shows it.", metavar="TOKEN")],
    by: Annotated[str, typer.Option("--by", help="Who revokes it. Default: you.")] = "",
) -> None:
    """End a token for good. Every door refuses it within five seconds."""
    row = asyncio.run(_revoke(settings_of(context), token_id, by or getpass.getuser()))
    if row is None:
        raise CommandFailed(f"There is no token '{token_id}'. 'sojourn token list' shows them.")
    typer.echo(f"Revoked: {row.id}, of '{row.name}'.")


def _checked(scopes: list[str]) -> "list[Permission]":
    from project.access import Permission
    from yamlfile import instead_of

    known: dict[str, Permission] = {scope: scope for scope in get_args(Permission)}
    for scope in scopes:
        if scope not in known:
            fix = instead_of(scope, known)
            raise CommandFailed(f"There is no scope '{scope}' ({fix}).")
    return [known[scope] for scope in dict.fromkeys(scopes)]


async def _keep(settings: "Settings", row: "ApiToken") -> None:
    from store.tokens import keep_token

    async with open_store(settings) as database, database.transaction() as session:
        await keep_token(session, row)


async def _all(settings: "Settings") -> "list[ApiToken]":
    from store.tokens import list_tokens

    async with open_store(settings) as database, database.reading() as session:
        return list(await list_tokens(session))


async def _revoke(settings: "Settings", token_id: str, by: str) -> "ApiToken | None":
    from store.tokens import revoke_token

    async with open_store(settings) as database, database.transaction() as session:
        return await revoke_token(session, token_id, by, datetime.now(UTC))


def _told(row: "ApiToken") -> dict[str, object]:
    """A token as a row of a listing; without its digest, which is nobody's business."""
    now = datetime.now(UTC)
    state = (
        "revoked" if row.revoked_at else "expired" if row.expires_at <= now else f"until {row.expires_at:%Y-%m-%d}"
    )
    return {**row.model_dump(exclude={"digest"}), "state": state, "may": ", ".join(row.scopes)}
