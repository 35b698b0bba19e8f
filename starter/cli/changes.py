"""`sojourn change`: what waits for a review before it is live. Over HTTP, as every reviewer decides."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, answered
from starter.cli.invocation import Format, Output, Page, noun
from starter.cli.output import print_facts, print_json, print_listing, print_more

app = noun(
    "change",
    "Changes under review: list, show, approve, reject, rollback, loosen.",
    "What touches price, compliance or autonomy waits here until the groups concerned agree.",
)
Id = Annotated[str, typer.Argument(metavar="CHANGE", help="Its id, as 'change list' shows it.")]


class State(StrEnum):
    """What became of a change."""

    open = "open"
    approved = "approved"
    rejected = "rejected"
    expired = "expired"
    lost = "lost"
    rolled_back = "rolled_back"


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List changes, those proposed last first.

    TOUCHES are the areas of sojourn.yaml's 'review' whose groups must agree;
    'change show' names them.
    """
    found = answered(url, token, lambda client: client.changes.list(state or "", page))
    rows = [row | {"touches": ", ".join(row["areas"])} for row in found["changes"]]
    columns = {"STATE": "state", "WHAT": "subject", "VERSION": "version", "TOUCHES": "touches", "CHANGE": "id"}
    nothing = "No change was ever proposed. 'sojourn journey publish' proposes."
    print_listing(rows, columns, output, nothing if state is None else f"No change is {state.value}.")
    print_more(found["more"], page, output)


@app.command()
def show(change: Id, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Show one change: what differs, what it touches, and who must agree."""
    found = answered(url, token, lambda client: client.changes.get(change))
    if output is Format.json:
        print_json(found)
        return
    print_facts(
        {
            "change": found["id"],
            "state": found["state"],
            found["kind"]: f"{found['subject']}@{found['version']}",
            "instead of": found["was"] or "nothing: it is new",
            "touches": ", ".join(f"{area} (asks {group})" for area, group in found["areas"].items()),
            "by": found["author"],
            "written by": found["owner"],
            "settled by": ", ".join(found["settled_by"]),
            "why": found["why"],
            "because": found["reason"],
            "you": "may decide" if not found["why_not"] else found["why_not"],
        }
    )
    if found["preview"]:
        typer.echo(f"\n{found['preview']}")
    typer.echo(f"\n{found['diff'] or 'There is nothing to compare it with.'}")


@app.command()
def approve(change: Id, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Agree for your groups. It is live once every group concerned has agreed."""
    _tell(answered(url, token, lambda client: client.changes.approve(change)), output)


@app.command()
def reject(
    change: Id,
    reason: Annotated[str, typer.Option(help="Why: the author learns from it.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Keep a change from going live."""
    _tell(answered(url, token, lambda client: client.changes.reject(change, reason)), output)


@app.command()
def rollback(change: Id, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Make live again what was so before a change. Runs under way keep the journey they began with."""
    found = answered(url, token, lambda client: client.changes.roll_back(change))
    if output is Format.json:
        print_json(found)
    else:
        typer.echo(f"Live again: {found['subject']}@{found['was']}.")


@app.command()
def loosen(
    journey: Annotated[str, typer.Argument(metavar="JOURNEY", help="A journey that was tightened.")],
    reason: Annotated[str, typer.Option(help="Why: whoever decides reads it.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Propose that a tightened journey may do again what its own tier says.

    A guardrail, or a person, tightened it; its own tier counts again once the group that 'review' in sojourn.yaml
    names for autonomy agrees, or else the group that decides since it was tightened. Not you: you asked for it.
    """
    found = answered(url, token, lambda client: client.changes.loosen(journey, reason))
    if output is Format.json:
        print_json(found)
        return
    typer.echo(f"Proposed: {found['id']}. {found['areas']['autonomy']} must agree before it is live.")
    typer.echo(f"  sojourn change show {found['id']}")


def _tell(reviewed: dict[str, Any], output: Format) -> None:
    if output is Format.json:
        print_json(reviewed)
    elif reviewed["decision"] == "reject":
        typer.echo("Rejected.")
    elif reviewed["missing"]:
        typer.echo(f"Approved by you. Still to agree: {', '.join(reviewed['missing'])}.")
    else:
        typer.echo("Approved by everyone concerned: it goes live now.")
