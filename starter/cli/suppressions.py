"""`sojourn suppression`: the addresses that nothing is sent to, whoever gives them."""

import asyncio
from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, deciding
from starter.cli.invocation import Format, Output, Page, noun
from starter.cli.output import print_json, print_listing, print_more, with_times

app = noun("suppression", "Addresses that nothing is sent to: list, add, remove.")
_COLUMNS = {"SINCE (UTC)": "at", "KIND": "kind", "REASON": "reason", "DIGEST": "short", "BY": "source"}

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address, or a phone number: +49 ...")]


class Why(StrEnum):
    """Why an address is on the list."""

    hard_bounce = "hard_bounce"
    complaint = "complaint"
    manual = "manual"


@app.command("list")
def list_(
    address: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="Only whether this one is listed.")] = "",
    reason: Annotated[Why | None, typer.Option(help="Only those listed for this reason.")] = None,
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List suppressed addresses, the latest first.

    Only digests of them are kept. To know whether an address is there, name it.
    """
    asyncio.run(_list(address, reason, page, url, token, output))


@app.command()
def add(
    address: Address,
    reason: Annotated[Why, typer.Option(help="Why nothing is to be sent to it.")] = Why.manual,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Send nothing to an address from now on, whoever gives it, order mails included.

    It needs the role privacy_officer or ops, and stands in the audit log.
    """
    row = asyncio.run(_add(address, reason, url, token))
    _tell(row, f"Nothing is sent to it from now on ({row['reason']}, by {row['source']}).", output)


@app.command()
def remove(
    address: Address,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Take an address off the list. Consents and policies still say what may be sent.

    It needs the role privacy_officer or ops, and stands in the audit log.
    """
    row = asyncio.run(_remove(address, url, token))
    _tell(row, f"It is off the list. It stood there for: {row['reason']}, by {row['source']}.", output)


async def _list(address: str, reason: Why | None, page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        one = [await client.suppressions.find(address)] if address else []
        found = {} if address else await client.suppressions.list(reason or "", page)
    rows: list[dict[str, Any]] = one or found["suppressions"]
    shown = (
        [with_times(row, "at") | {"short": row["digest"][:12]} for row in rows] if output is Format.text else rows
    )
    print_listing(shown, _COLUMNS, output, "No address is suppressed.")
    print_more(bool(found.get("more")), page, output)


async def _add(address: str, reason: Why, url: str, token: str) -> dict[str, Any]:
    async with deciding(url, token) as client:
        return await client.suppressions.add(address, reason)


async def _remove(address: str, url: str, token: str) -> dict[str, Any]:
    async with deciding(url, token) as client:
        return await client.suppressions.remove(address)


def _tell(row: dict[str, Any], sentence: str, output: Format) -> None:
    if output is Format.json:
        print_json(row)
    else:
        typer.echo(sentence)
