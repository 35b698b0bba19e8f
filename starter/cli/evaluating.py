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
    from collections.abc import Sequence

    from learning.evaluation.asking import Logged
    from learning.evaluation.promotion import Evidence
    from settings import Settings
    from starter.judging.masks import WhatIf
    from store.tables import PlannerDecision

_MOST = 20_000


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
    wanted = _settings(planner, planner_settings)
    what_if = _what_if(policies, options)
    asked = _evaluate(settings_of(context), planner, wanted, journey, decision, days, what_if)
    evidence = asyncio.run(asked)
    if output is Format.json:
        print_json(_document(evidence))
    else:
        _tell(evidence)
    raise typer.Exit(0 if evidence.promoted else 1)


def _settings(planner: str, text: str) -> dict[str, Any]:
    """The settings, checked. Raises CommandFailed."""
    from pydantic import ValidationError

    from journeys.steps import conditions_of
    from learning.planners.registry import planner_settings
    from yamlfile import nearest

    known = planner_settings()
    if planner not in known:
        raise CommandFailed(
            f"There is no planner '{planner}' ({nearest(planner, list(known)) or ', '.join(known)})."
        )
    try:
        given = json.loads(text)
        known[planner].model_validate(given)
    except (ValueError, ValidationError) as error:
        raise CommandFailed(f"These are no settings of '{planner}': {str(error).splitlines()[0]}") from error
    if any(conditions_of(given)):
        raise CommandFailed(
            "The log keeps features, not which conditions held: a rule with an 'if' cannot be judged by it."
        )
    return given


def _what_if(policies: Path | None, options: str) -> "WhatIf":
    """What is supposed to have been otherwise. Raises yamlfile.FileProblems."""
    from policies.registry import load_policies
    from starter.judging.masks import WhatIf

    only = {name.strip() for name in options.split(",") if name.strip()}
    return WhatIf(load_policies(policies) if policies else None, only)


async def _evaluate(
    settings: "Settings",
    planner: str,
    given: dict[str, Any],
    journey: str,
    decision: str,
    days: int,
    what_if: "WhatIf",
) -> "Evidence":
    from dataclasses import replace
    from datetime import UTC, datetime, timedelta

    from learning.evaluation.asking import judge_planner
    from learning.planners.registry import asks, known_planners, learner_of
    from learning.sampler.model import seen
    from store.lessons import sums_of
    from store.planning import log_of

    now = datetime.now(UTC)
    async with open_store(settings) as database, database.reading() as session:
        rows = await log_of(session, journey, decision, now - timedelta(days=days), _MOST)
        looks_at = rows[-1].looks_at if rows else []
        given = _made_of(rows, planner) | given
        learner = learner_of(planner, given, looks_at)
        stored = await sums_of(session, journey, decision, learner.key) if learner else {}
    if unknown := set(what_if.only) - {option for row in rows for option in (*row.options, *row.closed_options)}:
        raise CommandFailed(f"Nobody was ever offered '{min(unknown)}': what was never tried cannot be judged.")
    logged = _logged(_drawn([row for row in rows if row.closed and row.credit is not None]), what_if)
    if not logged:
        raise CommandFailed(
            f"No decision '{decision}' of '{journey}' in the last {days} days has a final reward yet; "
            "'sojourn decision list' shows what there is."
        )
    if asks(planner) and not all(each.advice for each in logged):
        raise CommandFailed(
            f"'{planner}' has a language model asked, and the log has decisions where none was: nobody knows "
            "what it would have said. Let it run beside the planner of today, in an arm of a 'split'."
        )
    model = seen(stored, now, learner.design, learner.habits) if learner and stored else None
    evidence = judge_planner(logged, known_planners()[planner], given, model)
    return replace(evidence, refused=(*evidence.refused, *what_if.doubts()))


def _made_of(rows: "Sequence[PlannerDecision]", planner: str) -> dict[str, Any]:
    """The settings that say what the options are made of, as today's decisions have them, if the planner takes
    them: it is judged by what was learned with them."""
    from learning.planners.registry import planner_settings

    taken = planner_settings()[planner].model_fields.keys() & {"factors", "interacting"}
    return {name: rows[-1].settings[name] for name in taken if rows and name in rows[-1].settings}


def _drawn(rows: "Sequence[PlannerDecision]") -> "Sequence[PlannerDecision]":
    """Those that were drawn among several options, if any were.

    Business as usual, for a share or after a roll-back, left nothing to chance: there the options that
    were not taken would count as if they never paid.
    """
    return [row for row in rows if row.probability < 1 or len(row.options) == 1] or rows


def _logged(rows: "Sequence[PlannerDecision]", what_if: "WhatIf") -> "list[Logged]":
    """The decisions as they could have been. Raises CommandFailed for policies that the log cannot judge."""
    from learning.evaluation.asking import Logged
    from learning.planners.interface import Advice
    from starter.judging.masks import NotJudgeable

    found: list[Logged] = []
    for row in rows:
        try:
            options = what_if.options(row)
        except NotJudgeable as error:
            raise CommandFailed(f"These policies cannot be judged by this log: {error}.") from error
        advice = Advice.model_validate(row.advice) if row.advice else None
        seen = (row.features, row.option, row.probability, row.credit or 0.0, advice)
        if options:
            found.append(Logged(row.id, row.customer_id, row.turn, options, *seen))
    return found


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
