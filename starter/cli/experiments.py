"""`sojourn experiment`: how large one must be, its plan, its start, what it says, and its stop."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from starter.cli.connection import DEFAULT_URL, Token, Url, answered
from starter.cli.failures import CommandFailed
from starter.cli.intervals import amount, points, share
from starter.cli.invocation import Format, Output, Page, noun
from starter.cli.output import paragraph, print_facts, print_json, print_listing, print_more, with_times

app = noun("experiment", "What an arm of a journey, or the journey, brings: planned, run, concluded.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The experiment.")]
_TIMES = ("planned_at", "started_at", "stopped_at")


class State(StrEnum):
    """Where an experiment is."""

    planned = "planned"
    running = "running"
    stopped = "stopped"


@app.command()
def size(
    rate: Annotated[float, typer.Option(min=0.0001, max=0.9999, help="The share who convert without it.")],
    lift: Annotated[float, typer.Option(min=0.001, help="The smallest lift that matters: 0.1 is a tenth.")],
    daily: Annotated[float, typer.Option(min=0.1, help="How many customers come in a day.")],
    control: Annotated[float, typer.Option(min=0.1, max=99, help="Per cent in the control or holdout.")] = 50,
    arms: Annotated[int, typer.Option(min=1, help="Arms beside the control.")] = 1,
    window: Annotated[int, typer.Option(min=0, help="Days in which a conversion counts.")] = 14,
    power: Annotated[float, typer.Option(min=0.5, max=0.99, help="How often the lift shall be found.")] = 0.8,
    output: Output = Format.text,
) -> None:
    """Say how many customers and days an experiment would need. Nothing is kept; see 'plan'."""
    from learning.experiments.planning import plan as planned

    weights = [control, *([(100 - control) / arms] * arms)]
    found = planned(rate * lift, rate * (1 - rate), daily, weights, window, power)
    row = {"effect": found.effect, "customers": found.customers, "by_arm": list(found.by_arm), "days": found.days}
    if output is Format.json:
        print_json(row)
        return
    print_facts(
        {
            "to find": f"{rate:.2%} becoming {rate * (1 + lift):.2%}, {power:.0%} of the time",
            "customers": f"{found.customers:,} ({', '.join(f'{count:,}' for count in found.by_arm)})",
            "days": f"{found.days}, whole weeks and the window of {window} days",
        }
    )


@app.command()
def plan(
    name: Name,
    journey: Annotated[str, typer.Option(help="The journey.")],
    lift: Annotated[float, typer.Option(min=0.001, help="The smallest lift that matters: 0.1 is a tenth.")],
    split: Annotated[
        str, typer.Option(help="Its arms are compared; as-usual: planners against none. Default: the holdout.")
    ] = "",
    event: Annotated[str, typer.Option(help="The event that counts as a conversion.")] = "Order Completed",
    window: Annotated[int, typer.Option(min=1, help="Days in which it counts.")] = 14,
    rate: Annotated[float | None, typer.Option(help="The share who convert. Default: as it was.")] = None,
    daily: Annotated[float | None, typer.Option(help="Customers in a day. Default: as it was.")] = None,
    power: Annotated[float, typer.Option(min=0.5, max=0.99, help="How often the lift shall be found.")] = 0.8,
    guard: Annotated[
        list[str] | None,
        typer.Option(help="What must not get worse by more than a share: returned:0.1. Several may be given."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Plan an experiment, and keep the plan: customers, days, what counts, what must not get worse.

    As long as it has not started, the same name plans it anew. A split watches unsubscribes and complaints unless
    --guard says something else. It needs the role strategy_owner or ops.
    """
    guards = [_guard(each) for each in guard] if guard else None
    fields: dict[str, Any] = {
        "name": name, "journey": journey, "split": split, "event": event, "window_days": window, "lift": lift,
        "rate": rate, "daily": daily, "power": power, "guards": guards,
    }  # fmt: skip
    row = answered(url, token, lambda client: client.experiments.plan(**fields))
    _tell(row, output, f"\nIt is kept. Start it with: sojourn experiment start {name}")


@app.command()
def start(name: Name, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Let the customers count who come from now on. The plan stays as it is from here.

    The journey divides its customers with or without this; what starts is the counting.
    """
    row = answered(url, token, lambda client: client.experiments.start(name))
    ends = f"{row['customers']:,} customers, about {row['days']} days from now"
    _tell(row, output, f"\nIt runs. The planned end: {ends}.")


@app.command()
def stop(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for whoever reads it later.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """Stop an experiment and keep the conclusion: by Welch's test with CUPED if the planned end is reached, and by
    the confidence sequence before it.

    The journey goes on dividing its customers: to let an arm win, publish the journey without the split.
    """
    row = answered(url, token, lambda client: client.experiments.stop(name, reason))
    _tell(row, output, "")


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    page: Page = 1,
    url: Url = DEFAULT_URL,
    token: Token = "",
    output: Output = Format.text,
) -> None:
    """List experiments, those planned last first."""
    found = answered(url, token, lambda client: client.experiments.list(state or "", page))
    rows = [_row(row) for row in found["experiments"]] if output is Format.text else found["experiments"]
    columns = {"STATE": "state", "SINCE (UTC)": "since", "PLANNED": "customers", "NAME": "name", "OF": "of"}
    print_listing(rows, columns, output, "There are no experiments; 'sojourn experiment plan' makes one.")
    print_more(found["more"], page, output)


@app.command()
def show(name: Name, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Show the plan of an experiment, when it ran, and what was concluded."""
    _tell(answered(url, token, lambda client: client.experiments.get(name)), output, "")


@app.command()
def report(name: Name, url: Url = DEFAULT_URL, token: Token = "", output: Output = Format.text) -> None:
    """Say what an experiment shows now, or showed at its stop.

    Before the planned end the intervals hold at every look, so look as often as you like. Who came before the
    start does not count, and who came lately does not count yet.
    """
    found = answered(url, token, lambda client: client.experiments.report(name))
    if output is Format.json:
        print_json(found)
    else:
        _tell_report(found)


def _guard(given: str) -> dict[str, Any]:
    """A metric with its margin, as in 'returned:0.1'; the margin may be left out."""
    metric, _, margin = given.partition(":")
    try:
        return {"metric": metric.strip(), **({"margin": float(margin)} if margin else {})}
    except ValueError:
        raise CommandFailed(
            f"'{given}' is no guardrail; write a metric and a share, as in returned:0.1."
        ) from None


def _row(row: dict[str, Any]) -> dict[str, Any]:
    told = with_times(row, *(name for name in _TIMES if row[name]))
    since = {"planned": "planned_at", "running": "started_at", "stopped": "stopped_at"}[row["state"]]
    return told | {"since": told[since], "of": f"{row['journey']} {row['split'] or '(holdout)'}"}


def _tell(row: dict[str, Any], output: Format, after: str) -> None:
    if output is Format.json:
        print_json(row)
        return
    shown = _row(row)
    arms = ", ".join(f"{arm['arm']} {arm['weight']:g}" for arm in row["arms"])
    found = f"{row['rate']:.2%} becoming {row['rate'] * (1 + row['lift']):.2%}"
    print_facts(
        {
            "experiment": f"{row['name']}, {row['state']}",
            "compares": f"{shown['of']}: {arms}",
            "counts": f"{row['event']} within {row['window_days']} days",
            "to find": f"{found}, {row['power']:.0%} of the time",
            "customers": f"{row['customers']:,} in {row['days']} days",
            "must not rise": ", ".join(f"{guard['metric']} by {guard['margin']:.0%}" for guard in row["guards"]),
            "planned": f"{shown['planned_at']:%Y-%m-%d %H:%M} by {row['planned_by']}",
            "started": f"{shown['started_at']:%Y-%m-%d %H:%M} by {row['started_by']}" if row["started_at"] else "",
            "stopped": f"{shown['stopped_at']:%Y-%m-%d %H:%M} by {row['stopped_by']}" if row["stopped_at"] else "",
            "because": row["reason"],
        }
    )
    _tell_conclusion(row["conclusion"])
    if after:
        typer.echo(after)


def _tell_conclusion(conclusion: dict[str, Any]) -> None:
    if "results" in conclusion:
        typer.echo(f"\nConcluded by: {conclusion['method']}.")
        for result in conclusion["results"]:
            typer.echo(paragraph(result["says"]))
    elif conclusion:
        typer.echo(f"\n{paragraph(conclusion['says'])}")


def _tell_report(found: dict[str, Any]) -> None:
    rows = [{**arm, "rate": f"{arm['rate']:.2%}", "money": f"{arm['money']:.2f}"} for arm in found["arms"]]
    columns = {"ARM": "arm", "CAME": "came", "COUNT": "customers", "CONVERTED": "rate", "MONEY EACH": "money"}
    print_listing(rows, columns, Format.text, "")
    for each in found["results"]:
        typer.echo(f"\n{each['arm']} over {found['arms'][0]['arm']}:")
        typer.echo(f"  conversion  {points(each['rate'])}")
        if each["lift"]:
            typer.echo(f"  lift        {share(each['lift'])}")
        typer.echo(f"  money each  {amount(each['money'])}")
        typer.echo(f"  in all      {amount(each['money_in_all'])} more money")
        for guard in each["guards"]:
            typer.echo(paragraph(f"{guard['metric']}: {guard['state']}, {guard['why']}", "  ", "    "))
        typer.echo(paragraph(each["says"], "  "))
        _tell_segments(each["segments"])
    if found["stopped"]:
        typer.echo(paragraph(f"\nStopped, because: {found['stopped']}"))
    if found["waiting"]:
        typer.echo(f"\n{found['waiting']} customers do not count yet: their window is still open.")
    typer.echo(f"\nBy {found['method']}, at 95 %. The split: p = {found['split_p']:.2g}, {_split(found)}.")


def _tell_segments(segments: list[dict[str, Any]]) -> None:
    if not segments:
        return
    typer.echo(f"\n  By segment, as customers were when they came; made for {len(segments)} at once:")
    width = max(len(each["segment"]) for each in segments)
    for each in segments:
        told = "" if each["differ"]["low"] <= 0 <= each["differ"]["high"] else ", unlike the others"
        typer.echo(f"    {each['segment']:<{width}}  {points(each['inside'])}{told}")


def _split(found: dict[str, Any]) -> str:
    return "sound" if found["sound"] else "broken; something loses customers, so believe nothing here"
