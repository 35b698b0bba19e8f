"""The picture of a journey as a Mermaid flowchart, for Markdown pages and pull requests."""

from collections.abc import Iterator

from journeys.course import Course
from journeys.drawing.ways import ways
from journeys.model import Journey
from journeys.steps import Agent, Approve, Branch, Choose, Repeat, Split, Step, Stop, Wait, WaitFor, walk
from journeys.times import format_duration
from journeys.wording import say_start, say_step

_LONGEST = 90
"""Characters of a label; conditions can be long, and Mermaid gives them all the room they want."""


def draw_mermaid(journey: Journey) -> str:
    """The picture as the text of a flowchart."""
    course = Course(journey)
    lines = ["flowchart TD", f'  start(["When: {_quoted(say_start(journey.start))}"])']
    lines += [f"  {_id(step)}{_node(step)}" for step in walk(journey.steps)]
    edges = [f"  start --> step_{course.first}"]
    edges += [f"  {_id(step)} {edge}" for step in walk(journey.steps) for edge in _edges(course, step)]
    if any(edge.endswith(" finish") for edge in edges):
        lines.append('  finish(["end"])')
    return "\n".join([*lines, *edges, *_always(journey)]) + "\n"


def _node(step: Step) -> str:
    text = f'"{_quoted(step.id)}<br>{_quoted(say_step(step))}"'
    match step:
        case Wait() | WaitFor():
            return f"({text})"
        case Branch() | Split() | Choose() | Agent() | Repeat():
            return f"{{{{{text}}}}}"
        case Approve():
            return f"[/{text}/]"
        case Stop():
            return f"([{text}])"
        case _:
            return f"[{text}]"


def _edges(course: Course, step: Step) -> Iterator[str]:
    """The arrows out of a step."""
    if isinstance(step, Stop):
        return
    after = _target(course.after(step))
    found = ways(step)
    if not found:
        yield f"--> {after}"
    for way in found:
        silent = _id(step) if way.back else after
        yield f'-- "{_quoted(way.when)}" --> {_id(way.steps[0]) if way.steps else silent}'


def _always(journey: Journey) -> Iterator[str]:
    """What ends the journey at any time, beside its course."""
    told = [f"stop on {match.event}" for match in journey.stop]
    if journey.goal:
        told.insert(0, f"goal {journey.goal.event}")
    yield '  subgraph always ["at any time"]'
    for number, end in enumerate([*told, f"the latest end, after {format_duration(journey.life)}"], start=1):
        yield f'    always_{number}(["{_quoted(end)}"])'
    yield "  end"


def _id(step: Step) -> str:
    # A step may be named like one of Mermaid's own words, such as `end`.
    return f"step_{step.id}"


def _target(step_id: str | None) -> str:
    return f"step_{step_id}" if step_id else "finish"


def _quoted(text: str) -> str:
    """A text that cannot end its quotes, nor be taken for markup."""
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    marks = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;"}
    return "".join(marks.get(character, character) for character in cut)
