"""`sojourn run`: what journey runs are doing and what they did."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import Format, Output, Page, noun, open_store, settings_of
from starter.cli.output import moment, paragraph, print_facts, print_json, print_listing, print_more

if TYPE_CHECKING:
    from settings import Settings
    from store.database import Database
    from store.tables import Run, Span
    from workflows.state import Progress

app = noun("run", "What journeys do with customers: list, show, explain.")


@app.command("list")
def list_(
    context: typer.Context,
    journey: Annotated[str, typer.Option(help="Only runs of this journey.")] = "",
    state: Annotated[str, typer.Option(help="open, closed, or an outcome such as goal or opt_out.")] = "",
    customer: Annotated[str, typer.Option(help="Only runs of this customer id.")] = "",
    page: Page = 1,
    output: Output = Format.text,
) -> None:
    """List runs, the latest first."""
    asyncio.run(_list(context, {"journey": journey, "state": state, "customer_id": customer}, page, output))


@app.command()
def show(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's workflow id, as 'run list' shows it.")],
    output: Output = Format.text,
) -> None:
    """Show what a run is doing now, what it waits for, and its timeline."""
    asyncio.run(_show(context, run, output))


@app.command()
def explain(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's workflow id, as 'run list' shows it.")],
    step: Annotated[str, typer.Option(metavar="STEP", help="Only of this step.")] = "",
    output: Output = Format.text,
) -> None:
    """Say why each message left or did not, and each business action was done or not.

    Who and what decided it: the policies with their versions, the planner or the
    experiment, the people. It reads the store, and needs neither Temporal nor a worker.
    """
    asyncio.run(_explain(settings_of(context), run, step, output))


async def _list(context: typer.Context, only: dict[str, str], page: int, output: Format) -> None:
    from store.history import list_runs

    async with open_store(settings_of(context)) as database, database.reading() as session:
        found = await list_runs(session, **only, number=page)
    rows = [row.model_dump() | {"stage": row.outcome or row.state} for row in found.rows]
    columns = {"STARTED (UTC)": "started_at", "STAGE": "stage", "RUN": "workflow_id"}
    print_listing(rows, columns, output, "There are no such runs.")
    print_more(found.more, page, output)


async def _show(context: typer.Context, workflow_id: str, output: Format) -> None:
    from starter.runs.trees import in_tree_order

    settings = settings_of(context)
    async with open_store(settings) as database:
        run, spans = await _read(database, workflow_id)
    progress = None if run.state == "closed" else await _progress(settings, workflow_id)
    if output is Format.json:
        print_json(
            run.model_dump()
            | {"progress": progress and progress.model_dump(), "timeline": [s.model_dump() for s in spans]}
        )
        return
    _print_standing(run, progress)
    if spans:
        typer.echo("\nTimeline (UTC)")
    for span, depth in in_tree_order(spans):
        head = f"  {moment(span.started_at)}  {'  ' * depth}"
        typer.echo(paragraph(_told(span), head, " " * (len(head) + 2)))


async def _explain(settings: "Settings", workflow_id: str, step: str, output: Format) -> None:
    from starter.cli.explained import explained
    from starter.runs.explaining import explain_run

    async with open_store(settings) as database:
        run, spans = await _read(database, workflow_id)
        async with database.reading() as session:
            why = await explain_run(session, run, spans)
    meant = [doing for doing in why.explained if step in ("", doing.step)]
    if step and not meant:
        there = ", ".join(dict.fromkeys(doing.step for doing in why.explained)) or "none so far"
        raise CommandFailed(f"The run sends, does and asks nothing at a step '{step}'; there are: {there}.")
    if output is Format.json:
        print_json(run.model_dump() | why.model_copy(update={"explained": meant}).model_dump())
        return
    _print_standing(run, None)
    if why.began:
        typer.echo(paragraph(f"{why.began[:1].upper()}{why.began[1:]}."))
    if run.state != "closed":
        typer.echo("It has not ended: 'sojourn run show' asks it what it waits for.")
    for doing in meant:
        typer.echo("\n" + "\n".join(explained(doing)))
    if not meant:
        typer.echo("\nIt sent, did and asked nothing" + ("." if run.state == "closed" else " so far."))


def _told(span: "Span") -> str:
    """A span in a sentence: a step by its id, the run or a part of a step by its name."""
    named = span.name if span.kind in ("run", "internal", "producer") else span.step_id
    return f"{named}: {span.outcome}" + (f" ({span.detail})" if span.detail else "")


async def _read(database: "Database", workflow_id: str) -> "tuple[Run, Sequence[Span]]":
    """The newest run with a workflow id, and its spans. Raises CommandFailed when there is none."""
    from journeys.ids import trace_id
    from store.history import find_runs, spans_of_trace

    async with database.reading() as session:
        runs = await find_runs(session, workflow_id)
        if not runs:
            raise CommandFailed(f"There is no run '{workflow_id}'. See 'sojourn run list'.")
        return runs[0], await spans_of_trace(session, trace_id(workflow_id, runs[0].first_run_id))


async def _progress(settings: "Settings", workflow_id: str) -> "Progress":
    """What the run itself says. Raises TemporalUnreachable, or CommandFailed when no worker answers."""
    from temporalio.service import RPCError

    from keys.customers import open_keys
    from starter.temporal import connect
    from workflows.state import Progress

    async with open_keys(settings) as keys:
        client = await connect(settings, keys)
        try:
            return await client.get_workflow_handle(workflow_id).query("progress", result_type=Progress)
        except RPCError as error:
            raise CommandFailed(f"The run does not answer: {error.message}. Is a worker running?") from error


def _print_standing(run: "Run", progress: "Progress | None") -> None:
    facts: dict[str, object] = {"run": run.workflow_id, "journey": f"{run.journey} (version {run.version})"}
    facts["started"] = f"{moment(run.started_at)} UTC"
    if run.ended_at:
        facts |= {"ended": f"{moment(run.ended_at)} UTC", "outcome": run.outcome, "because": run.reason}
    if progress:
        facts |= {"now": f"{progress.doing} at step {progress.at}"}
        facts |= {"until": f"{moment(progress.waiting_until)} UTC"} if progress.waiting_until else {}
        facts |= {"waits for": ", ".join(progress.waiting_for)}
        facts |= {"approval": progress.approval and f"{progress.approval.approval_id} ({progress.approval.group})"}
    print_facts(facts)
