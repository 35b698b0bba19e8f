"""A journey in words, one step a line, with the ids by which runs and traces name the steps."""

from collections.abc import Iterator

from journeys.model import Journey
from journeys.steps import Step
from journeys.wording import say_again, say_blocks, say_event, say_start, say_step


def outline(journey: Journey) -> str:
    """What a journey does, from its start to its end."""
    head = [f"{journey.journey}  (version {journey.version}, owner {journey.owner})"]
    head += [f"  starts   {say_start(journey.start)}, key {journey.start.key}, again: {say_again(journey)}"]
    if journey.goal:
        head.append(f"  goal     {say_event(journey.goal)}")
    head += [f"  stops    {say_event(match)}" for match in journey.stop]
    return "\n".join([*head, "", *_steps(journey.steps, "  ")])


def _steps(steps: list[Step], indent: str) -> Iterator[str]:
    for step in steps:
        yield f"{indent}{step.id}: {say_step(step)}"
        for title, block in say_blocks(step):
            yield f"{indent}  {title}"
            yield from _steps(block, indent + "    ")
