"""`sojourn approval`: what waits for a person, and their decisions. Over HTTP, as every approver decides."""

import asyncio
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, deciding
from starter.cli.invocation import Format, Output, noun
from starter.cli.output import print_facts, print_json, print_listing

app = noun("approval", "What waits for a person: list, show, approve, reject.")
Id = Annotated[str, typer.Argument(metavar="APPROVAL", help="Its id, as 'approval list' shows it.")]


class State(StrEnum):
    open = "open"
    approved = "approved"
    rejected = "rejected"
    expired = "expired"
    withdrawn = "withdrawn"


@app.command("list")
def list_(
    state: Annotated[State, typer.Option(help="Which approvals.")] = State.open,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List approvals; open ones by their deadline."""
    found = asyncio.run(_list(url, token, state))
    rows = found if output is Format.json else [row | {"until": _minute(row["deadline"])} for row in found]
    columns = {"UNTIL (UTC)": "until", "GROUP": "group", "CHANNEL": "channel", "APPROVAL": "id"}
    print_listing(rows, columns, output, f"There are no {state} approvals.")


@app.command()
def show(approval: Id, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Show one approval: what would leave, to whom, and why it is asked."""
    found = asyncio.run(_show(url, token, approval))
    if output is Format.json:
        print_json(found)
    else:
        _print_card(found)


@app.command()
def approve(
    approval: Id,
    reason: Annotated[str, typer.Option(help="Why, if there is something to say.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Let exactly this message leave."""
    _tell(asyncio.run(_decide(url, token, approval, "approve", reason)), output)


@app.command()
def reject(
    approval: Id,
    reason: Annotated[str, typer.Option(help="Why: the author learns from it.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Keep this message from leaving."""
    _tell(asyncio.run(_decide(url, token, approval, "reject", reason)), output)


async def _list(url: str, token: str, state: str) -> list[dict[str, Any]]:
    async with deciding(url, token) as client:
        return await client.approvals(state)


async def _show(url: str, token: str, approval_id: str) -> dict[str, Any]:
    async with deciding(url, token) as client:
        return await client.approval(approval_id)


async def _decide(url: str, token: str, approval_id: str, decision: str, reason: str) -> dict[str, Any]:
    async with deciding(url, token) as client:
        decide = client.approve if decision == "approve" else client.reject
        return await decide(approval_id, reason)


def _tell(decided: dict[str, Any], output: Format) -> None:
    if output is Format.json:
        print_json(decided)
    else:
        typer.echo(f"{decided['state'].capitalize()} by {decided['by']}.")


def _print_card(card: dict[str, Any]) -> None:
    discount = card["discount"]
    print_facts(
        {
            "approval": card["id"],
            "state": card["state"],
            "asked of": card["group"],
            "because": card["reason"],
            "until": f"{_minute(card['deadline'])} UTC, then: {card['otherwise']}",
            "journey": f"{card['journey']}, step {card['step_id']}, by {card['author']}",
            "run": card["workflow_id"],
            "to": f"{card['recipient']} over {card['channel']}",
            "discount": f"{discount:g} %" if discount is not None else "",
            "decided": f"{card['decided_by']} {card['decision_reason']}".strip(),
            "you": "may decide" if card["may_decide"] else card["why_not"],
        }
    )
    typer.echo("\nWhat would leave:")
    print_json(card["message"])


def _minute(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}"
