"""`sojourn customer`: who is known, what happened to them, and what the law lets them ask for."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, deciding
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun
from starter.cli.output import moment, print_facts, print_json, print_listing, print_more

if TYPE_CHECKING:
    from starter.client import Sojourn

app = noun("customer", "Who is known: list, show, export, erase.")

_LOOK_AGAIN_S = 0.5
_PATIENCE_S = 120.0
_WIDTH = 80

Named = Annotated[
    str, typer.Argument(metavar="ID", help="A customer id, or a user id, anonymous id, mail address or phone.")
]


@app.command("list")
def list_(
    named: Annotated[str, typer.Argument(metavar="[ID]", help="Only who is known by this id or address.")] = "",
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List customers, the newest first."""
    asyncio.run(_list(named, page, url, token, output))


@app.command()
def show(
    named: Named,
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Show what is known of a customer, and what happened to them."""
    asyncio.run(_show(named, page, url, token, output))


@app.command()
def export(
    named: Named,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file only you can read.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Give out everything that is known of a customer, as one JSON document.

    It needs the group 'privacy'. It is the answer to a request for access or portability.
    """
    document = asyncio.run(_export(named, url, token))
    if to is None:
        print_json(document)
        return
    to.touch(mode=0o600)
    to.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    typer.echo(f"Written to {to}: {len(document['events'])} events, {len(document['deliveries'])} messages.")


@app.command()
def erase(
    named: Named,
    suppress: Annotated[
        bool, typer.Option("--suppress", help="Never send to their addresses again, whoever gives them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Erase a customer everywhere, for good.

    Their open runs end, their rows go, and the key of their part of Temporal's histories is destroyed. What
    was counted stays counted. It needs the group 'privacy'.
    """
    asyncio.run(_erase(named, suppress, yes, url, token, output))


@app.command()
def erased(
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List the erasures, with their proofs. It needs the group 'privacy'."""
    asyncio.run(_erased(page, url, token, output))


async def _list(named: str, page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        found = await client.customers(named, page)
    rows = [_with_times(row, "created_at") | {"known": _known(row)} for row in found["customers"]]
    columns = {"SINCE (UTC)": "created_at", "CUSTOMER": "id", "KNOWN AS": "known"}
    print_listing(rows, columns, output, "There are no such customers.")
    print_more(found["more"], page, output)


async def _erased(page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        found = await client.erasures(page)
    rows = [_with_times(row, "requested_at", "done_at") for row in found["erasures"]]
    columns = {
        "ASKED FOR (UTC)": "requested_at",
        "DONE (UTC)": "done_at",
        "BY": "requested_by",
        "CUSTOMER": "customer_id",
    }
    print_listing(rows, columns, output, "Nobody was erased.")
    print_more(found["more"], page, output)


async def _show(named: str, page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        profile = await client.customer(await _one(client, named))
        timeline = await client.customer_timeline(profile["id"], page)
    if output is Format.json:
        print_json(profile | {"timeline": timeline})
        return
    _print_profile(profile)
    typer.echo("\nWhat happened (UTC), the latest first")
    for entry in timeline["entries"]:
        typer.echo(_line(entry))
    print_more(timeline["more"], page, output)


async def _export(named: str, url: str, token: str) -> dict[str, Any]:
    async with deciding(url, token) as client:
        return await client.export_customer(await _one(client, named))


async def _erase(named: str, suppress: bool, yes: bool, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        profile = await client.customer(await _one(client, named))
        if not yes:
            _print_profile(profile)
            typer.confirm("\nErase this customer everywhere? It cannot be taken back.", abort=True)
        proof = await client.erase_customer(profile["id"], suppress=suppress)
        proof = await _until_done(client, proof)
    if output is Format.json:
        print_json(proof)
        return
    print_facts(
        {
            "erased": proof["customer_id"],
            "asked for by": proof["requested_by"],
            "done": f"{_minute(proof['done_at'])} UTC",
            **{f"  {name}": number for name, number in sorted(proof["counts"].items()) if number},
        }
    )


async def _one(client: "Sojourn", named: str) -> str:
    """The id of the one customer whom an id or an address names. Raises CommandFailed when there are several;
    where there is none, the id is given as it is."""
    found = [row["id"] for row in (await client.customers(named))["customers"]]
    if len(found) > 1:
        raise CommandFailed(f"'{named}' belongs to several customers: {', '.join(found)}. Name one of these.")
    return found[0] if found else named


async def _until_done(client: "Sojourn", proof: dict[str, Any]) -> dict[str, Any]:
    """The proof once it is whole. Raises CommandFailed when that takes long; the erasure goes on by itself."""
    waited = 0.0
    while not proof["done_at"]:
        if waited >= _PATIENCE_S:
            raise CommandFailed(
                f"The erasure of {proof['customer_id']} has begun and goes on by itself: nothing more is sent. "
                "It waits for Temporal or a worker; 'sojourn customer erased' says when it is done."
            )
        await asyncio.sleep(_LOOK_AGAIN_S)
        waited += _LOOK_AGAIN_S
        proof = await client.erasure(proof["customer_id"])
    return proof


def _print_profile(profile: dict[str, Any]) -> None:
    groups = {
        "customer": [profile["id"]],
        "since": [f"{_minute(profile['created_at'])} UTC"],
        "known as": [f"{row['kind']} {row['value']}" for row in profile["known_as"]],
        "reached at": [f"{row['value']}{_why_not(row)}" for row in profile["addresses"]],
        "consents": [_consent(row) for row in profile["consents"]],
        "time zone": [profile["time_zone"]],
        "locale": [profile["locale"]],
        "segments": [row["journey"] for row in profile["segments"] if row["member"]],
        "open runs": profile["open_runs"],
        "traits": [f"{name}: {value}" for name, value in profile["traits"].items()],
    }
    for name, values in groups.items():
        for number, value in enumerate(filter(None, values)):
            typer.echo(f"{'' if number else name:<10}  {value}")


def _known(row: dict[str, Any]) -> str:
    return ", ".join(f"{known['kind']} {known['value']}" for known in row["known_as"]) or "-"


def _why_not(address: dict[str, Any]) -> str:
    why = address["suppressed"] or ("" if address["active"] else address["why_inactive"] or "dead")
    return f" ({address['kind']}, not used: {why})" if why else f" ({address['kind']})"


def _consent(row: dict[str, Any]) -> str:
    about = " ".join(word for word in (row["purpose"], row["topic"], row["channel"]) if word)
    return f"{'yes' if row['granted'] else 'no '} to {about}, {row['source']}, {_minute(row['at'])[:10]}"


def _line(entry: dict[str, Any]) -> str:
    told = ": ".join(word for word in (entry["title"], entry["outcome"]) if word)
    detail = f" ({entry['detail']})" if entry["detail"] else ""
    line = f"  {_minute(entry['at'])}  {entry['kind']:<8}  {told}{detail}"
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _with_times(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return row | {name: datetime.fromisoformat(row[name]) for name in names if row[name]}


def _minute(time: str) -> str:
    return moment(datetime.fromisoformat(time))
