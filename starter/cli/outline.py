"""A journey in words, one step a line, with the ids by which runs and traces name the steps."""

from collections.abc import Iterator

from journeys.model import Branch, Journey, Send, Step, Wait, WaitFor


def outline(journey: Journey) -> str:
    """What a journey does, from its start to its end."""
    head = [f"{journey.journey}  (version {journey.version}, owner {journey.owner})"]
    head += [f"  starts   {journey.start.event}, key {journey.start.key}, again: {_again(journey)}"]
    if journey.goal:
        head.append(f"  goal     {journey.goal.event} where {journey.goal.where}")
    head += [f"  stops    {match.event} where {match.where}" for match in journey.stop]
    return "\n".join([*head, "", *_steps(journey.steps, "  ")])


def _again(journey: Journey) -> str:
    from journeys.times import format_duration

    again = journey.start.again
    return again if isinstance(again, str) else f"after {format_duration(again)}"


def _steps(steps: list[Step], indent: str) -> Iterator[str]:
    for step in steps:
        yield f"{indent}{step.id}: {_words(step)}"
        if isinstance(step, Branch):
            for case in step.branch:
                yield f"{indent}  if {case.when}"
                yield from _steps(case.then, indent + "    ")
            yield from _block("otherwise", step.otherwise, indent)
        elif isinstance(step, WaitFor):
            yield from _block("when it came", step.then, indent)
            yield from _block("otherwise", step.otherwise, indent)


def _block(title: str, steps: list[Step], indent: str) -> Iterator[str]:
    if steps:
        yield f"{indent}  {title}"
        yield from _steps(steps, indent + "    ")


def _words(step: Step) -> str:
    if isinstance(step, Wait):
        return f"wait {step.wait}"
    if isinstance(step, WaitFor):
        return f"wait for {' or '.join(m.event for m in step.wait_for)} within {step.within}"
    if isinstance(step, Branch):
        return "branch"
    if isinstance(step, Send):
        offer = f", {step.offer.discount:g} % off" if step.offer else ""
        approval = f", approved by {step.approval.group}" if step.approval else ""
        return f"send {step.content} by {step.send}{offer}{approval}"
    return f"stop: {step.stop}"
