"""`sojourn evaluate`: what another planner would have brought, from the log of the one that acted."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, open_store, settings_of
from starter.cli.output import print_json, print_listing

if TYPE_CHECKING:
    from learning.evaluation.promotion import Evidence
    from settings import Settings
    from starter.judging.evidence import Candidate
    from starter.judging.masks import WhatIf


def evaluate(
    context: typer.Context,
    planner: Annotated[str, typer.Argument(metavar="PLANNER", help="The planner that might take over.")],
    journey: Annotated[str, typer.Option(help="The journey whose log is used.")],
    decision: Annotated[str, typer.Option(help="The decision point in it.")],
    planner_settings: Annotated[
        str, typer.Option("--settings", metavar="JSON", help="The planner's settings, as JSON.")
    ] = "{}",
    policies: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="As if these policies had held: they close options.", exists=True),
    ] = None,
    options: Annotated[
        str, typer.Option(metavar="NAMES", help="As if only these options had been there, by commas.")
    ] = "",
    days: Annotated[int, typer.Option(min=1, help="How far back the log is read.")] = 90,
    output: Output = Format.text,
) -> None:
    """Estimate from the log what another planner would have brought, and say whether it may take over.

    With the planner of today and --policies or --options it is other policies, or a smaller set of options, that
    are judged.

    The log must come from a planner that explores: what was never tried cannot be judged. Ends with 1 when the
    evidence is too weak, and says why. To let it take over is a change of the journey, by a person.
    """
    from starter.judging.evidence import Candidate

    wanted = _settings(planner, planner_settings)
    candidate = Candidate(journey, decision, planner, wanted, what_if=_what_if(policies, options))
    evidence = asyncio.run(_evaluate(settings_of(context), candidate, days))
    if output is Format.json:
        print_json(_document(evidence))
    else:
        _tell(evidence)
    raise typer.Exit(0 if evidence.promoted else 1)


def _settings(planner: str, text: str) -> dict[str, Any]:
    """The settings, checked. Raises CommandFailed."""
    from pydantic import ValidationError

    from learning.planners.registry import planner_settings
    from yamlfile import instead_of

    known = planner_settings()
    if planner not in known:
        raise CommandFailed(f"There is no planner '{planner}' ({instead_of(planner, known)}).")
    try:
        given = json.loads(text)
        known[planner].model_validate(given)
    except (ValueError, ValidationError) as error:
        raise CommandFailed(f"These are no settings of '{planner}': {str(error).splitlines()[0]}") from error
    return given


def _what_if(policies: Path | None, options: str) -> "WhatIf":
    """What is supposed to have been otherwise. Raises yamlfile.FileProblems."""
    from policies.registry import load_policies
    from starter.judging.masks import WhatIf

    only = {name.strip() for name in options.split(",") if name.strip()}
    return WhatIf(load_policies(policies) if policies else None, only)


async def _evaluate(settings: "Settings", candidate: "Candidate", days: int) -> "Evidence":
    from starter.judging.evidence import NoEvidence, evidence_for

    async with open_store(settings) as database:
        try:
            return await evidence_for(database, candidate, days)
        except NoEvidence as error:
            raise CommandFailed(str(error)) from error


def _tell(evidence: "Evidence") -> None:
    rows = [{"estimator": "what runs now", **vars(evidence.baseline)}]
    rows += [{"estimator": name, **vars(each)} for name, each in evidence.estimates.items()]
    shown = [{key: f"{v:.4g}" if isinstance(v, float) else v for key, v in row.items()} for row in rows]
    columns = {"REWARD A DECISION BY": "estimator", "ESTIMATE": "estimate", "FROM": "low", "TO": "high"}
    print_listing(shown, columns, Format.text, "")
    weights = evidence.weights
    typer.echo(
        f"\n{weights.decisions} decisions, worth {weights.effective:.0f} of its own; largest weight "
        f"{weights.largest:.1f},\nmean {weights.mean:.2f} (1 where the log is what it says), "
        f"{weights.unused:.0%} it would never take."
    )
    if evidence.promoted:
        typer.echo("\nIt may take over: change the journey, and have the change reviewed.")
    for reason in evidence.refused:
        typer.echo(f"\nRefused: {reason}.")


def _document(evidence: "Evidence") -> dict[str, Any]:
    return {
        "baseline": vars(evidence.baseline),
        "estimates": {name: vars(each) for name, each in evidence.estimates.items()},
        "weights": vars(evidence.weights),
        "promoted": evidence.promoted,
        "refused": list(evidence.refused),
    }
