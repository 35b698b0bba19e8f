"""`sojourn decision`: what planners chose, why, how likely that was, and what came of it."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun, open_store, settings_of
from starter.cli.output import print_facts, print_json, print_listing, print_more

if TYPE_CHECKING:
    from settings import Settings
    from store.tables import PlannerDecision

app = noun("decision", "What planners chose, and what came of it.")


@app.command("list")
def list_(
    context: typer.Context,
    journey: Annotated[str, typer.Option(help="Of this journey only.")] = "",
    decision: Annotated[str, typer.Option(help="At this decision point only.")] = "",
    customer: Annotated[str, typer.Option(help="For this customer only: c_...")] = "",
    event: Annotated[str, typer.Option(help="Those that this event counted for, by its id.")] = "",
    page: Page = 1,
    output: Output = Format.text,
) -> None:
    """List decisions, the latest first. REWARD is empty until something came of one, or its time is over."""
    wanted = {"journey": journey, "decision": decision, "customer_id": customer}
    rows, more = asyncio.run(_list(settings_of(context), event, wanted, page))
    columns = {"DECIDED (UTC)": "decided_at", "OPTION": "option", "ODDS": "odds", "REWARD": "worth", "ID": "id"}
    print_listing(rows, columns, output, "There are no such decisions.")
    print_more(more, page, output)


@app.command()
def show(
    context: typer.Context,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The id of a decision: c_...")],
    output: Output = Format.text,
) -> None:
    """Show one decision: what it saw, the odds of every option, why, and the events that it was rewarded for."""
    row = asyncio.run(_show(settings_of(context), decision))
    if output is Format.json:
        print_json(row)
        return
    print_facts(
        {
            "decision": f"{row['decision']} of {row['journey']}, turn {row['turn'] + 1}",
            "customer": row["customer_id"],
            "run": row["workflow_id"],
            "decided": row["decided_at"],
            "planner": f"{row['planner']} {row['model']}".strip(),
            "chose": f"{row['option']}, at {row['probability']:.1%}",
            "why": row["why"],
            "saw": ", ".join(f"{name} = {value:g}" for name, value in row["features"].items()),
            "odds": ", ".join(f"{name} {odds:.1%}" for name, odds in row["probabilities"].items()),
            "expected": ", ".join(f"{name} {worth:.3g}" for name, worth in row["expected"].items()),
            "advice": _advice(row["advice"]),
            "closed": "; ".join(f"{name} ({why})" for name, why in row["closed_options"].items()),
            "reward": row["worth"],
            "came of it": ", ".join(f"{p['kind']} {p['amount']:+g} ({p['event_id']})" for p in row["parts"]),
            "cost": f"{row['cost']:g}" if row["cost"] else "",
            "counts": f"{row['credit']:g}" if row["credit"] is not None else "not yet",
        }
    )


def _advice(advice: dict[str, Any]) -> str:
    """What a language model said before, and what that cost; empty when none was to be asked."""
    if not advice:
        return ""
    said = advice["missing"] or "; ".join(", then ".join(plan) for plan in advice["plans"])
    tokens = advice["input_tokens"] + advice["output_tokens"]
    return f"{said} ({tokens} tokens, {advice['seconds']:g} s)"


async def _list(
    settings: "Settings", event: str, wanted: dict[str, str], page: int
) -> tuple[list[dict[str, Any]], bool]:
    from store.planning import decisions_rewarded_by, list_decisions

    async with open_store(settings) as database, database.reading() as session:
        if event:
            return [_row(row) for row in await decisions_rewarded_by(session, event)], False
        found = await list_decisions(session, **wanted, number=page)
    return [_row(row) for row in found.rows], found.more


async def _show(settings: "Settings", decision_id: str) -> dict[str, Any]:
    from store.planning import find_decision

    async with open_store(settings) as database, database.reading() as session:
        row = await find_decision(session, decision_id)
    if row is None:
        raise CommandFailed(
            f"There is no decision '{decision_id}'; 'sojourn decision list' shows those there are."
        )
    return _row(row)


def _row(row: "PlannerDecision") -> dict[str, Any]:
    worth = "" if row.reward is None else f"{row.reward:g}" + ("" if row.closed else " so far")
    return {**row.model_dump(exclude={"judged"}), "odds": f"{row.probability:.1%}", "worth": worth}
