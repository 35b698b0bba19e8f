"""Where a run stands, in words: asked of the run itself, or read from the store when it does not answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError

from starter.console.words import channel_name, plain
from store.tables import Run, Span
from workflows.journey import CustomerJourney
from workflows.state import Progress

_ANSWER_WITHIN = timedelta(seconds=2)


@dataclass(frozen=True)
class Standing:
    """What a run does now, why, and until when it waits (UTC). `live` says whether the run itself told."""

    doing: str
    why: str
    until: datetime | None = None
    live: bool = True
    open: bool = True


async def ask_run(temporal: Client, run: Run) -> Progress | None:
    """The run's own answer, or None when no worker gives one within two seconds."""
    handle = cast(Any, temporal.get_workflow_handle(run.workflow_id))
    try:
        return cast(Progress, await handle.query(CustomerJourney.progress, rpc_timeout=_ANSWER_WITHIN))
    except (RPCError, WorkflowQueryFailedError, RuntimeError):  # the last from a client that cannot connect
        return None


def standing(run: Run, steps: Sequence[Span], progress: Progress | None) -> Standing:
    """Put together what the run says and what the store knows of its finished `steps`."""
    if run.state == "closed":
        return Standing(f"Ended: {plain(run.outcome)}", run.reason, open=False)
    last = f"Last step: {sentence(steps[-1])[0]}" if steps else "No step has finished yet"
    if run.state == "starting":
        return Standing("Is about to start", "The event that starts it is on its way to Temporal")
    if progress is None:
        return Standing("Under way", last, live=False)
    why = f"It ends: {progress.interrupt}" if progress.interrupt else last
    return Standing(_doing(progress), why, progress.waiting_until)


def _doing(progress: Progress) -> str:
    if progress.doing == "asking" and progress.approval:
        return f"Asks {progress.approval.group} whether '{plain(progress.at)}' may leave"
    if progress.doing == "sending":
        return f"Sends '{plain(progress.at)}'"
    if progress.doing == "ended":
        return "Has reached its end"
    awaited = " or ".join(progress.waiting_for)
    return f"Waits for {awaited}" if awaited else f"Waits at '{plain(progress.at)}'"


def sentence(span: Span) -> tuple[str, str]:
    """A finished step as a line of the timeline: what it did, and the detail."""
    said = span.attributes.get
    message = f"{channel_name(said('journey.channel', 'message'))} '{said('journey.content', span.step_id)}'"
    told = {
        ("wait", "elapsed"): (f"Waited {span.detail}", ""),
        ("wait_for", "came"): (f"{span.detail} came", ""),
        ("wait_for", "timed_out"): ("Waited in vain", span.detail),
        ("branch", "matched"): ("Took a branch", span.detail),
        ("branch", "otherwise"): ("Took the other branch", "no condition held"),
        ("send", "sent"): (f"Sent {message}", span.detail),
        ("send", "denied"): (f"Did not send {message}", span.detail),
        ("send", "expired"): (f"Did not send {message}", span.detail),
    }
    if span.outcome == "interrupted":
        return f"Left '{plain(span.step_id)}'", span.detail
    known = told.get((span.kind, span.outcome))
    return known or (
        f"{plain(span.kind).capitalize()} '{plain(span.step_id)}': {plain(span.outcome)}",
        span.detail,
    )
