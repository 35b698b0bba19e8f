"""`sojourn scores`: what is predicted of customers, and the fits that the predictions rest on."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, noun, open_store, settings_of
from starter.cli.noting import note
from starter.cli.output import print_listing

if TYPE_CHECKING:
    from settings import Settings

app = noun("scores", "What is predicted of customers: churn, value, purchase and more.")


@app.command("list")
def list_(context: typer.Context, output: Output = Format.text) -> None:
    """List the scores there are, and when each was last fitted. One that never was rests on assumptions."""
    rows = asyncio.run(_list(settings_of(context)))
    columns = {"SCORE": "score", "FITTED (UTC)": "fitted_at", "TO": "customers", "WHAT IT IS": "description"}
    print_listing(rows, columns, output, "There are no scores.")


@app.command()
def fit(context: typer.Context, output: Output = Format.text) -> None:
    """Fit every score to the customers there are. It takes up to some minutes.

    'sojourn serve' has it done each night, by a schedule in Temporal; this does it now.
    What there are too few customers for keeps the parameters it had.
    """
    typer.echo("fitting the scores to what customers did ...", err=True)
    rows = asyncio.run(_fit(settings_of(context)))
    columns = {"SCORE": "score", "CUSTOMERS": "customers", "FITTED (UTC)": "fitted_at"}
    print_listing(rows, columns, output, "There are too few customers yet; every score stays as it was.")


@app.command()
def show(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The id of a customer: c_...")],
    output: Output = Format.text,
) -> None:
    """Show what is predicted of a customer now, how sure that is, and what it was worked out from."""
    rows = asyncio.run(_show(settings_of(context), customer))
    columns = {"SCORE": "score", "VALUE": "value", "CONFIDENCE": "confidence", "FROM": "basis"}
    if output is Format.text:
        rows = [{**row, "value": f"{row['value']:.2f}", "confidence": f"{row['confidence']:.2f}"} for row in rows]
    print_listing(rows, columns, output, "Too little is known of this customer.")


async def _list(settings: "Settings") -> list[dict[str, Any]]:
    from learning.scores.registry import known_scores
    from store.scores import list_fits

    async with open_store(settings) as database, database.reading() as session:
        fits = await list_fits(session)
    return [
        {
            "score": name,
            "description": model.description,
            "fitted_at": fits[name].fitted_at if name in fits else None,
            "customers": fits[name].customers if name in fits else None,
            "parameters": fits[name].parameters if name in fits else dict(model.prior),
        }
        for name, model in known_scores().items()
    ]


async def _fit(settings: "Settings") -> list[dict[str, Any]]:
    from datetime import UTC, datetime

    from activities.planning.fitting import fit_scores

    async with open_store(settings) as database:
        fits = await fit_scores(database, datetime.now(UTC))
        await note(database, "scores", "fitted", scores=[fit.score for fit in fits])
    return [fit.model_dump() for fit in fits]


async def _show(settings: "Settings", customer_id: str) -> list[dict[str, Any]]:
    from datetime import UTC, datetime

    from starter.customers.scoring import read_scores
    from store.customers import find_customer
    from store.features import features_of

    async with open_store(settings) as database, database.reading() as session:
        customer = await find_customer(session, customer_id)
        if customer is None:
            raise CommandFailed(f"There is no customer '{customer_id}'; 'sojourn customer list' finds ids.")
        features = await features_of(session, customer.id)
    return [row.model_dump() for row in read_scores(customer, features, datetime.now(UTC))]
