"""`sojourn guardrail`: what is watched while journeys run, what tripped, and arming it again. Over HTTP."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, answered
from starter.cli.invocation import Format, Output, Page, noun
from starter.cli.output import minute, paragraph, print_json, print_listing, print_more

app = noun(
    "guardrail",
    "What is watched while journeys run: list, show, rearm.",
    "A guardrail warns the operators, and when it trips the journey is back to business as usual at once. "
    "One of an experiment closes the arm that does harm.",
)
Journey = Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey's name.")]
_COLUMNS = {"STATE": "state", "JOURNEY": "journey", "GUARDRAIL": "about", "AT": "at", "SINCE (UTC)": "since"}


class State(StrEnum):
    """How a guardrail stands."""

    ok = "ok"
    warned = "warned"
    tripped = "tripped"


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List the guardrails of every journey, those that tripped first.

    AT is what was found and the limit at which it trips; exploration and fairness
    only warn there. The first look is ten minutes after the start.
    """
    found = answered(url, token, lambda client: client.guardrails.list(state or "", page))
    shown = found["guardrails"] if output is Format.json else [_row(row) for row in found["guardrails"]]
    nothing = (
        "No guardrail was looked at yet: the watch goes by every ten minutes."
        if state is None
        else f"No guardrail is {state.value}."
    )
    print_listing(shown, _COLUMNS, output, nothing)
    print_more(found["more"], page, output)


@app.command()
def show(journey: Journey, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Show every guardrail of one journey, and why it stands as it does."""
    found = answered(url, token, lambda client: client.guardrails.get(journey))
    if output is Format.json:
        print_json(found)
        return
    _tell_standing(found)
    for row in found["guardrails"]:
        about = f"{row['state']}: {_about(row)}, at {_at(row)}, since {minute(row['since'])} UTC"
        typer.echo(f"\n{paragraph(about, '', '  ')}")
        if row["arm"] and row["state"] == "tripped":
            typer.echo(paragraph(f"The arm '{row['arm']}' of '{row['split']}' is closed.", "  "))
        typer.echo(paragraph(row["why"], "  "))


@app.command()
def rearm(
    journey: Journey,
    reason: Annotated[str, typer.Option(help="Why it is safe to go on; it stands in the audit log.")],
    name: Annotated[
        str, typer.Option(help="Only this guardrail, such as complaints. Default: all that tripped.")
    ] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Arm again what tripped: what came before counts no more, planners choose again, closed arms are open.

    The journey's tier stays as it is: only an approved change loosens it.
    It needs the role ops or strategy_owner.
    """
    found = answered(url, token, lambda client: client.guardrails.rearm(journey, reason, name))
    if output is Format.json:
        print_json(found)
        return
    typer.echo(f"Armed again: {', '.join(found['rearmed'])}.")
    _tell_standing(found)


def _tell_standing(found: dict[str, Any]) -> None:
    """Whether the journey is rolled back, and its tier."""
    if found["rolled_back"]:
        usual = (
            f"{found['journey']} is rolled back: its planners take options in the order they are written, and its "
            "splits give the control."
        )
        typer.echo(paragraph(usual))
    elif not found["guardrails"]:
        not_yet = f"Nothing of '{found['journey']}' was looked at yet. 'sojourn guardrail list' shows what was."
        typer.echo(paragraph(not_yet))
    else:
        typer.echo(f"The planners of {found['journey']} choose as its file says.")
    if tier := found["tightening"]:
        typer.echo(paragraph(f"Its tier is lowered to {tier['tier']}, {tier['group']} decides: {tier['reason']}."))
        typer.echo(
            paragraph(f"To propose that it be loosened: sojourn change loosen {found['journey']} --reason WHY")
        )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"about": _about(row), "at": _at(row), "since": minute(row["since"])}


def _at(row: dict[str, Any]) -> str:
    return f"{row['value']:.3g}/{row['limit']:.3g}"


def _about(row: dict[str, Any]) -> str:
    return f"{row['name']} ({row['channel']})" if row["channel"] else str(row["name"])
