"""`sojourn experiment`: how large one must be, and what it says: a journey against its holdout, or a split."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.output import print_facts, print_json, print_listing

if TYPE_CHECKING:
    from datetime import timedelta

    from learning.experiments.comparing import Interval
    from learning.experiments.report import Report
    from settings import Settings

app = noun("experiment", "What a journey, or an arm of it, brings that would not have come anyway.")


@app.command()
def plan(
    rate: Annotated[float, typer.Option(min=0.0001, max=0.9999, help="The share who convert without it.")],
    lift: Annotated[float, typer.Option(min=0.001, help="The smallest lift that matters: 0.1 is a tenth.")],
    daily: Annotated[float, typer.Option(min=0.1, help="How many customers come in a day.")],
    control: Annotated[float, typer.Option(min=0.1, max=99, help="Per cent in the control or holdout.")] = 50,
    arms: Annotated[int, typer.Option(min=1, help="Arms beside the control.")] = 1,
    window: Annotated[int, typer.Option(min=0, help="Days in which a conversion counts.")] = 14,
    power: Annotated[float, typer.Option(min=0.5, max=0.99, help="How often the lift shall be found.")] = 0.8,
    output: Output = Format.text,
) -> None:
    """Say before the start how many customers and days an experiment needs."""
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
    typer.echo(f"\nName the size when you look: sojourn experiment report JOURNEY --planned {found.customers}")


@app.command()
def report(
    context: typer.Context,
    journey: Annotated[str, typer.Argument(metavar="JOURNEY", help="The journey.")],
    split: Annotated[str, typer.Option(help="Compare the arms of this split. Default: against the holdout.")] = "",
    event: Annotated[str, typer.Option(help="The event that counts.")] = "Order Completed",
    window: Annotated[int, typer.Option(min=1, help="Days in which it counts.")] = 14,
    planned: Annotated[int, typer.Option(min=4, help="Customers that were planned.")] = 10_000,
    output: Output = Format.text,
) -> None:
    """Say what a journey brings over its holdout, or the arms of a split over the first one.

    The intervals of LIFT and MONEY hold at every look, so look as often as you like. What it brought in all is
    said at the planned size. Customers whose window is still open do not count yet.
    """
    from datetime import timedelta

    found = asyncio.run(_report(settings_of(context), journey, split, event, timedelta(days=window), planned))
    if output is Format.json:
        print_json(_document(found))
    else:
        _tell(found)


async def _report(
    settings: "Settings", journey: str, split: str, event: str, window: "timedelta", planned: int
) -> "Report":
    from datetime import UTC, datetime

    from learning.experiments.report import Seen
    from learning.experiments.report import report as made
    from learning.experiments.samples import TooFew
    from learning.features.orders import amount_of
    from store.experiments import events_of, in_holdout, in_split

    weights = _weights(settings, journey, split)
    async with open_store(settings) as database, database.reading() as session:
        units = await (in_split(session, journey, split) if split else in_holdout(session, journey))
        if not units:
            raise CommandFailed(f"Nobody came into this experiment of '{journey}' yet.")
        since = min(unit.since for unit in units) - window
        happened = await events_of(session, {unit.customer_id for unit in units}, event, since)
    seen = [
        Seen(
            unit.arm,
            unit.since,
            [(each.at, amount_of(each.properties)) for each in happened.get(unit.customer_id, [])],
        )
        for unit in units
    ]
    try:
        return made(seen, weights, window, datetime.now(UTC), planned)
    except TooFew as error:
        raise CommandFailed(f"It is too early: {error} in every arm, with their window over.") from error


def _weights(settings: "Settings", name: str, split: str) -> dict[str, float]:
    """The shares of the arms, the control first. Raises CommandFailed when there is no such experiment."""
    from journeys.loader import load_journeys
    from journeys.steps import Split, walk
    from store.experiments import ALONE, TREATED
    from yamlfile import nearest

    journeys = load_journeys(settings.project_dir / "journeys")
    if name not in journeys:
        raise CommandFailed(f"There is no journey '{name}' ({nearest(name, list(journeys)) or 'none is near'}).")
    journey = journeys[name]
    if not split:
        if journey.holdout is None:
            raise CommandFailed(f"'{name}' leaves nobody alone: give it a 'holdout', or name a --split.")
        return {ALONE: journey.holdout, TREATED: 100 - journey.holdout}
    splits = {step.split: step for step in walk(journey.steps) if isinstance(step, Split)}
    if split not in splits:
        raise CommandFailed(f"'{name}' has no split '{split}' (there are: {', '.join(splits) or 'none'}).")
    return {arm.arm: float(arm.weight) for arm in splits[split].arms}


def _tell(found: "Report") -> None:
    rows = [
        {
            "arm": arm.name,
            "customers": arm.conversions.customers,
            "rate": f"{arm.conversions.mean:.2%}",
            "money": f"{arm.money.mean:.2f}",
        }
        for arm in found.arms
    ]
    columns = {"ARM": "arm", "CUSTOMERS": "customers", "CONVERTED": "rate", "MONEY EACH": "money"}
    print_listing(rows, columns, Format.text, "")
    for each in found.results:
        base = found.arms[0].name
        typer.echo(f"\n{each.arm} over {base}:")
        typer.echo(f"  conversion  {_points(each.rate)}")
        if each.lift:
            typer.echo(f"  lift        {_share(each.lift)}")
        typer.echo(f"  money each  {_amount(each.money)}")
        typer.echo(f"  {_verdict(each.rate, each.money)}")
        if found.done:
            typer.echo(f"  in all      {_amount(each.incremental.money)} more money")
    if found.waiting:
        typer.echo(f"\n{found.waiting} customers do not count yet: their window is still open.")
    if not found.sound:
        typer.echo(
            f"\nThe split is broken (p = {found.split:.2g}): something loses customers. Believe nothing here."
        )


def _verdict(rate: "Interval", money: "Interval") -> str:
    """What may be said at this look."""
    if money.low > 0 or rate.low > 0:
        what = "more money" if money.low > 0 else "more conversions"
        return f"It brings {what}, and that is no chance."
    if money.high < 0 or rate.high < 0:
        return "It does harm, and that is no chance."
    return "Nothing is shown so far: both intervals hold zero."


def _points(interval: "Interval") -> str:
    return f"{interval.estimate:+.2%} ({interval.low:+.2%} to {interval.high:+.2%})"


def _share(interval: "Interval") -> str:
    return f"{interval.estimate:+.1%} ({interval.low:+.1%} to {interval.high:+.1%})"


def _amount(interval: "Interval") -> str:
    return f"{interval.estimate:+,.2f} ({interval.low:+,.2f} to {interval.high:+,.2f})"


def _document(found: "Report") -> dict[str, Any]:
    return {
        "arms": [
            {
                "arm": arm.name,
                "customers": arm.conversions.customers,
                "rate": arm.conversions.mean,
                "money": arm.money.mean,
            }
            for arm in found.arms
        ],
        "results": [
            {
                "arm": each.arm,
                "rate": vars(each.rate),
                "lift": vars(each.lift) if each.lift else None,
                "money": vars(each.money),
                "conversions_in_all": vars(each.incremental.conversions),
                "money_in_all": vars(each.incremental.money),
            }
            for each in found.results
        ],
        "waiting": found.waiting,
        "split_p": found.split,
        "sound": found.sound,
        "planned": found.planned,
        "done": found.done,
    }
