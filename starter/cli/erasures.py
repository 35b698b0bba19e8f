"""`sojourn customer erase` and `erased`: customers taken out for good, and the proofs of it."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, deciding
from starter.cli.customers import Named, one, print_profile
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page
from starter.cli.output import minute, print_facts, print_json, print_listing, print_more, with_times

if TYPE_CHECKING:
    from starter.client import Sojourn

_LOOK_AGAIN_S = 0.5
_PATIENCE_S = 120.0


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
    was counted stays counted. It needs the role privacy_officer.
    """
    asyncio.run(_erase(named, suppress, yes, url, token, output))


def erased(
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List the erasures, with their proofs. It needs the role privacy_officer."""
    asyncio.run(_erased(page, url, token, output))


async def _erase(named: str, suppress: bool, yes: bool, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        profile = await client.customers.get(await one(client, named))
        if not yes:
            print_profile(profile)
            typer.confirm("\nErase this customer everywhere? It cannot be taken back.", abort=True)
        proof = await client.customers.erase(profile["id"], suppress=suppress)
        proof = await _until_done(client, proof)
    if output is Format.json:
        print_json(proof)
        return
    print_facts(
        {
            "erased": proof["customer_id"],
            "asked for by": proof["requested_by"],
            "done": f"{minute(proof['done_at'])} UTC",
            **{f"  {name}": number for name, number in sorted(proof["counts"].items()) if number},
        }
    )


async def _erased(page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        found = await client.customers.erasures(page)
    rows = [with_times(row, "requested_at", "done_at") for row in found["erasures"]]
    columns = {
        "ASKED FOR (UTC)": "requested_at",
        "DONE (UTC)": "done_at",
        "BY": "requested_by",
        "CUSTOMER": "customer_id",
    }
    print_listing(rows, columns, output, "Nobody was erased.")
    print_more(found["more"], page, output)


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
        proof = await client.customers.erasure(proof["customer_id"])
    return proof
