"""What a run says of itself in the Temporal UI: markdown, for whoever looks at it at night."""

from datetime import datetime
from urllib.parse import quote

from journeys.course import Course
from journeys.steps import verb
from journeys.times import zone_or_utc
from workflows.state import RunInput, RunState


def describe(given: RunInput, state: RunState, course: Course, doing: str) -> str:
    """The run in a few lines: the step it is at, what it waits for and until when, and what it did so far."""
    step = course.step(state.at)
    lines = [f"**{given.journey.journey}** is {_doing(state, doing)} at `{step.id}` ({verb(step)})."]
    if state.deadline and doing != "ended":
        lines.append(f"Until {_local(state.deadline, state.time_zone)}.")
    if state.interrupt:
        lines.append(f"It ends: {state.interrupt.reason}.")
    done = [f"- `{name}`: {', '.join(sorted(k for k, v in facts.items() if v is True)) or 'not sent'}"
            for name, facts in state.facts.items()]  # fmt: skip
    return "\n\n".join([*lines, "\n".join(done), f"[Console]({given.console_url})"]).replace("\n\n\n\n", "\n\n")


def timeline_url(public_url: str, workflow_id: str) -> str:
    """The page of a run in the console."""
    return f"{public_url}/runs/{quote(workflow_id, safe='')}"


def _doing(state: RunState, doing: str) -> str:
    if state.approval:
        return f"asking {state.approval.assignee or state.approval.group} for approval"
    return doing


def _local(moment: datetime, zone: str | None) -> str:
    return f"{moment.astimezone(zone_or_utc(zone)):%a %d %b %Y %H:%M} {zone or 'UTC'}"
