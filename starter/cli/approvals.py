"""`sojourn approval`: what waits for a person, and their decisions. Over HTTP, as every approver decides."""

import sys
from difflib import unified_diff
from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.cli.cards import print_card
from starter.cli.connection import DEFAULT_URL, Token, Url, answered
from starter.cli.editing import edit_of, edited_by_hand
from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun
from starter.cli.output import minute, paragraph, print_json, print_listing

app = noun("approval", "What waits for a person: list, show, approve, edit, reject, hand.")
Id = Annotated[str, typer.Argument(metavar="APPROVAL", help="Its id, as 'approval list' shows it.")]
Seen = Annotated[
    str,
    typer.Option(
        metavar="HASH", help="What you looked at, as 'approval show' names it. Without it you are shown."
    ),
]


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
    found = answered(url, token, lambda client: client.approvals.list(state))
    rows = found if output is Format.json else [row | {"until": minute(row["deadline"])} for row in found]
    columns = {
        "UNTIL (UTC)": "until",
        "GROUP": "group",
        "JOURNEY": "journey",
        "CHANNEL": "channel",
        "APPROVAL": "id",
    }
    print_listing(rows, columns, output, f"There are no {state} approvals.")


@app.command()
def show(approval: Id, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Show one approval: what would leave, to whom, and why it is asked."""
    found = answered(url, token, lambda client: client.approvals.get(approval))
    if output is Format.json:
        print_json(found)
    else:
        print_card(found)


@app.command()
def approve(
    approval: Id,
    seen: Seen = "",
    reason: Annotated[str, typer.Option(help="Why, if there is something to say.")] = "",
    similar: Annotated[int, typer.Option(min=0, help="How many others like it may leave, too.")] = 0,
    days: Annotated[float, typer.Option(min=0, help="For how many days others like it may leave.")] = 7,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Let exactly this message leave, and with --similar others like it.

    What is another by then than what you looked at is not approved: you are told, and look again.
    """
    seen = seen or _shown(url, token, approval, "Approve exactly this?")
    decided = answered(
        url, token, lambda client: client.approvals.approve(approval, seen, reason, similar=similar, days=days)
    )
    _tell(decided, output)


@app.command()
def edit(
    approval: Id,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=TEXT", help="Other words for a field; FIELD=@FILE reads them."),
    ] = None,
    seen: Seen = "",
    reason: Annotated[str, typer.Option(help="Why, if there is something to say.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Put other words into a message, and let it leave so.

    'approval show' names the fields. Without --set they are opened in your editor. Words alone can be edited:
    prices, links and markup are approved elsewhere. What was changed is kept, see 'approval labels'.
    """
    if change:
        edits = dict(map(edit_of, change))
        seen = seen or _shown(url, token, approval, "Put these words into it, and let it leave?")
    else:
        card = answered(url, token, lambda client: client.approvals.get(approval))
        edits, seen = edited_by_hand(card), card["content_hash"]
    _tell(answered(url, token, lambda client: client.approvals.edit(approval, seen, edits, reason)), output)


@app.command()
def labels(
    approval: Annotated[str, typer.Option(metavar="APPROVAL", help="Of this one only.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List what people changed in messages before they agreed, to learn from."""
    found = answered(url, token, lambda client: client.approvals.labels(approval))
    if output is Format.json or not found:
        print_listing(found, {}, output, "Nobody has edited anything.")
        return
    for row in found:
        about = f"{minute(row['at'])}  {row['content']} by {row['channel']}: {row['field']}, by {row['by']}"
        typer.echo(paragraph(about, "", "  "))
        before, after = row["before"].splitlines(), row["after"].splitlines()
        for line in [*unified_diff(before, after, lineterm="", n=0)][2:]:
            typer.echo(f"  {line}")


@app.command()
def reject(
    approval: Id,
    reason: Annotated[str, typer.Option(help="Why: the author learns from it.")],
    seen: Seen = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Keep this message from leaving."""
    seen = seen or _shown(url, token, approval, "Keep it from leaving?")
    _tell(answered(url, token, lambda client: client.approvals.reject(approval, seen, reason)), output)


@app.command()
def hand(
    approval: Id,
    to: Annotated[str, typer.Option(help="A group, or a person of its group by their address.")],
    reason: Annotated[str, typer.Option(help="Why, if there is something to say.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Let others decide."""
    _tell(answered(url, token, lambda client: client.approvals.hand(approval, to, reason)), output)


@app.command()
def grants(
    over: Annotated[bool, typer.Option(help="Those that are over instead.")] = False,
    revoke: Annotated[str, typer.Option(metavar="GRANT", help="End this one at once.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List standing grants: what leaves without a person, because one agreed to all that is like it."""
    if revoke:
        ended = answered(url, token, lambda client: client.approvals.revoke(revoke))
        if output is Format.json:
            print_json(ended)
        else:
            typer.echo(f"{ended['id']} is over, revoked by {ended['revoked_by'] or 'nobody: it had ended'}.")
        return
    found = answered(url, token, lambda client: client.approvals.grants(over=over))
    if output is Format.text:
        found = [
            row | {"until": minute(row["ends_at"]), "times": f"{row['used']} of {row['most']}"} for row in found
        ]
    columns = {"UNTIL (UTC)": "until", "USED": "times", "JOURNEY": "journey", "GRANT": "id"}
    print_listing(found, columns, output, f"There are no grants that {'are over' if over else 'last'}.")


def _shown(url: str, token: str, approval: str, question: str) -> str:
    """The hash of an approval that the person at the terminal was shown just now, and wants decided.

    Raises CommandFailed when nobody is at a terminal, and typer.Abort when they do not want it.
    """
    card = answered(url, token, lambda client: client.approvals.get(approval))
    if card["state"] != "open" or not card["may_decide"]:
        return card["content_hash"]  # The server says why nothing is decided.
    if not sys.stdin.isatty():
        raise CommandFailed(
            f"Say what you decide about: --seen HASH, as 'sojourn approval show {approval}' names it."
        )
    print_card(card)
    typer.confirm(f"\n{question}", abort=True)
    return card["content_hash"]


def _tell(decided: dict[str, Any], output: Format) -> None:
    if output is Format.json:
        print_json(decided)
    else:
        typer.echo(f"{decided['state'].capitalize()} by {decided['by']}.")
