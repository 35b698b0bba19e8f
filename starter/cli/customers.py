"""`sojourn customer`: who is known, what happened to them, and what the law lets them ask for."""

import asyncio
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, deciding
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun
from starter.cli.output import minute, print_json, print_listing, print_more, with_times

if TYPE_CHECKING:
    from starter.client import Sojourn

app = noun("customer", "Who is known: list, show, explain, merge, export, erase.")

_WIDTH = 80
_NAMES = 12

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

    It needs the role privacy_officer. It is the answer to a request for access or portability.
    """
    document = asyncio.run(_export(named, url, token))
    if to is None:
        print_json(document)
        return
    to.touch(mode=0o600)
    to.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    typer.echo(f"Written to {to}: {len(document['events'])} events, {len(document['deliveries'])} messages.")


@app.command()
def explain(
    named: Named,
    journey: Annotated[str, typer.Option(help="Only why this journey did or did not start.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Explain why a customer did not enter a journey or get a message.

    And why their ids are one person's, with the numbers by which merges can be undone.
    """
    asyncio.run(_explain(named, journey, url, token, output))


@app.command()
def merge(
    keep: Annotated[str, typer.Argument(metavar="ID", help="Who keeps the customer id; any id or address.")],
    gone: Annotated[str, typer.Argument(metavar="GONE", help="Who turned out to be the same person.")],
    reason: Annotated[str, typer.Option(help="How you know that they are one.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Make two customers one: runs, consents and caps move with them.

    It needs the role ops or privacy_officer. It can be undone.
    """
    asyncio.run(_merge(keep, gone, reason, url, token, output))


@app.command()
def unmerge(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Of the merge, as 'customer explain' says it.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Make one customer two again, and keep them apart."""
    asyncio.run(_unmerge(number, url, token, output))


async def _list(named: str, page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        found = await client.customers.search(named, page)
    rows = [with_times(row, "created_at") | {"known": _known(row)} for row in found["customers"]]
    columns = {"SINCE (UTC)": "created_at", "CUSTOMER": "id", "KNOWN AS": "known"}
    print_listing(rows, columns, output, "There are no such customers.")
    print_more(found["more"], page, output)


async def _show(named: str, page: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        profile = await client.customers.get(await one(client, named))
        timeline = await client.customers.timeline(profile["id"], page)
    if output is Format.json:
        print_json(profile | {"timeline": timeline})
        return
    print_profile(profile)
    typer.echo("\nWhat happened (UTC), the latest first")
    for entry in timeline["entries"]:
        typer.echo(_line(entry))
    print_more(timeline["more"], page, output)


async def _export(named: str, url: str, token: str) -> dict[str, Any]:
    async with deciding(url, token) as client:
        return await client.customers.export(await one(client, named))


async def _explain(named: str, journey: str, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        found = await client.customers.explain(await one(client, named), journey)
    if output is Format.json:
        print_json(found)
        return
    for answer in found["journeys"]:
        typer.echo(f"{answer['journey']}: {answer['verdict']}")
        print_lines([f"starts with {answer['starts']}", *answer["why"]])
    _print_group("Messages that did not leave, or waited", [_message(row) for row in found["messages"]])
    _print_group("What keeps marketing from them", found["reach"])
    if not journey and found["identity"]:
        _print_group("Why their ids are one person's", [_evidence(row) for row in found["identity"]["chain"]])


async def _merge(keep: str, gone: str, reason: str, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        done = await client.customers.merge(await one(client, keep), await one(client, gone), reason)
    if output is Format.json:
        print_json(done)
        return
    typer.echo(f"{done['gone']} is {done['customer_id']} now.")
    typer.echo(f"To undo it: sojourn customer unmerge {done['merge']}")


async def _unmerge(number: int, url: str, token: str, output: Format) -> None:
    async with deciding(url, token) as client:
        done = await client.customers.unmerge(number)
    if output is Format.json:
        print_json(done)
        return
    typer.echo(f"{' and '.join(done['customers'])} are two again, and are kept apart.")


async def one(client: "Sojourn", named: str) -> str:
    """The id of the one customer whom an id or an address names. Raises CommandFailed when there are several;
    where there is none, the id is given as it is."""
    found = [row["id"] for row in (await client.customers.search(named))["customers"]]
    if len(found) > 1:
        raise CommandFailed(f"'{named}' belongs to several customers: {', '.join(found)}. Name one of these.")
    return found[0] if found else named


def _print_group(title: str, lines: list[str]) -> None:
    if lines:
        typer.echo(f"\n{title}")
        print_lines(lines)


def print_lines(lines: list[str]) -> None:
    """Sentences, set in and broken at 80 columns."""
    for line in lines:
        typer.echo(textwrap.fill(line, _WIDTH, initial_indent="  - ", subsequent_indent="    "))


def _message(row: dict[str, Any]) -> str:
    policies = f" [{row['policies']}]" if row["policies"] else ""
    return f"{minute(row['at'])} {row['step_id']} of {row['run']}: {row['outcome']}, {row['why']}{policies}"


def _messages(channel: str, of: dict[str, Any]) -> str:
    told = [f"{found['count']} {outcome}" for outcome, found in of.items() if found["count"]]
    return f"{channel}: {', '.join(told) or 'nothing came of any'}"


def _score(row: dict[str, Any]) -> str:
    line = f"{row['score']} {row['value']:.3g}, {row['confidence']:.0%} sure, from {row['basis']}"
    return textwrap.fill(line, _WIDTH - _NAMES, subsequent_indent=" " * _NAMES)


def _evidence(row: dict[str, Any]) -> str:
    undo = f" (merge {row['merge_id']})" if row["merge_id"] else ""
    return f"{minute(row['at'])} {row['rule']}: {row['reason']}{undo}"


def print_profile(profile: dict[str, Any]) -> None:
    """What is known of a customer, name by name."""
    groups = {
        "customer": [profile["id"]],
        "since": [f"{minute(profile['created_at'])} UTC"],
        "known as": [f"{row['kind']} {row['value']}" for row in profile["known_as"]],
        "reached at": [f"{row['value']}{_why_not(row)}" for row in profile["addresses"]],
        "consents": [_consent(row) for row in profile["consents"]],
        "time zone": [profile["time_zone"]],
        "locale": [profile["locale"]],
        "segments": [row["segment"] for row in profile["segments"] if row["member"]],
        "messages": [_messages(channel, of) for channel, of in profile["features"]["messages"].items()],
        "scores": [_score(row) for row in profile["scores"]],
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
    terms = f" ({row['terms']})" if row["terms"] else ""
    line = f"{'yes' if row['granted'] else 'no '} to {about}{terms}, {row['source']}, {minute(row['at'])[:10]}"
    return textwrap.fill(line, _WIDTH - _NAMES, subsequent_indent=" " * _NAMES)


def _line(entry: dict[str, Any]) -> str:
    told = ": ".join(word for word in (entry["title"], entry["outcome"]) if word)
    detail = f" ({entry['detail']})" if entry["detail"] else ""
    line = f"  {minute(entry['at'])}  {entry['kind']:<8}  {told}{detail}"
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
