"""The root of the command line: its nouns, and the options that go before them."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from starter.cli import (
    approvals,
    audit,
    catalogue,
    changes,
    channels,
    contents,
    customers,
    decisions,
    deliveries,
    erasures,
    evaluating,
    events,
    experiments,
    guardrails,
    init,
    journeys,
    keys,
    lifting,
    planners,
    policies,
    processes,
    runs,
    scores,
    segments,
    suppressions,
    tokens,
    webhooks,
)
from starter.cli.invocation import Commands, Invocation

app = typer.Typer(
    cls=Commands,
    help="Customer journeys as durable workflows.\n\nNew here? Run 'sojourn demo'.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sojourn {version('sojourn')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option(
            "--project", metavar="DIR", help="The project folder. Default: SOJOURN_PROJECT_DIR, or here."
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Say which version this is.")
    ] = False,
) -> None:
    context.obj = Invocation(project=project)


_NOUNS = (
    journeys,
    contents,
    catalogue,
    policies,
    events,
    customers,
    segments,
    suppressions,
    scores,
    planners,
    decisions,
    experiments,
    guardrails,
    approvals,
    changes,
    runs,
    deliveries,
    channels,
    audit,
    keys,
    tokens,
    webhooks,
)
for noun in _NOUNS:
    app.add_typer(noun.app)
for verb in (erasures.erase, erasures.erased):
    customers.app.command()(verb)
for verb in (
    init.init,
    evaluating.evaluate,
    lifting.lift,
    processes.demo,
    processes.dev,
    processes.worker,
    processes.serve,
):
    app.command()(verb)
