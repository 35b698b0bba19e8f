"""Which journey of the project, and which of its steps, a command is about."""

from typing import TYPE_CHECKING

from starter.cli.failures import CommandFailed

if TYPE_CHECKING:
    from journeys.model import Journey
    from journeys.steps import Act, Send
    from settings import Settings


def journey_named(settings: "Settings", name: str) -> "Journey":
    """The journey of a name. Raises CommandFailed with those that there are."""
    from journeys.loader import load_journeys
    from yamlfile import instead_of

    journeys = load_journeys(settings.project_dir / "journeys")
    if name not in journeys:
        fix = instead_of(name, sorted(journeys))
        raise CommandFailed(f"There is no journey '{name}' ({fix}).")
    return journeys[name]


def step_meant(journey: "Journey", step_id: str, tool: str) -> "Send | Act":
    """The step that sends or does a business action: of an id, or that which does `tool`. A `tool` that no step
    does gives a step that says nothing else of it. Raises CommandFailed with those that there are."""
    from journeys.steps import Act, Send, walk

    steps = {step.id: step for step in walk(journey.steps) if isinstance(step, Send | Act)}
    fitting = {
        key: step for key, step in steps.items() if not tool or (isinstance(step, Act) and step.act == tool)
    }
    if step_id in steps and step_id not in fitting:
        raise CommandFailed(f"The step '{step_id}' does not do '{tool}'; leave out --step or --action.")
    if tool and not fitting and not step_id:
        return Act(act=tool)
    if not step_id and len(fitting) == 1:
        return next(iter(fitting.values()))
    if step_id not in fitting:
        told = f"there are: {', '.join(fitting or steps) or 'none'}"
        raise CommandFailed(f"Name a step that sends or acts with --step; {told}.")
    return fitting[step_id]
