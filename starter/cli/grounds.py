"""How `approval show` and `run explain` tell on what grounds a run came to something, within 80 columns."""

from collections.abc import Iterator
from typing import Any

from starter.cli.output import minute, paragraph


def tell_grounds(grounds: dict[str, Any]) -> Iterator[str]:
    """Why now, why this and what else it could have been, line by line. `grounds` is as the API gives it."""
    if grounds["now"]:
        yield "\nWhy now (UTC):"
        for one in grounds["now"]:
            yield paragraph(f"{minute(one['at'])}  {one['what']}", "  ", " " * 20)
    yield "\nWhy this:"
    for way in grounds["ways"]:
        yield paragraph(f"the journey led here: {way}", "  ", "    ")
    if grounds["chosen"]:
        yield from tell_chosen(grounds["chosen"])
    elif not grounds["ways"]:
        yield "  everyone who gets this far in the journey comes to this step"
    if grounds["channels"]:
        yield paragraph(f"channels: {grounds['channels']}", "  ", "    ")


def tell_chosen(chosen: dict[str, Any]) -> Iterator[str]:
    """What a planner chose, how likely that was, and what it passed over: a journeys.grounds.Chosen."""
    yield paragraph(f"{chosen['planner']} chose {_likely(chosen)} at {chosen['decision']}", "  ", "    ")
    if chosen["why"]:
        yield paragraph(chosen["why"], "    ")
    for other in chosen["others"]:
        yield paragraph(f"not {_likely(other)}", "    ", "      ")
    for option, why in chosen["closed"].items():
        yield paragraph(f"not {option}: closed, {why}", "    ", "      ")


def _likely(option: dict[str, Any]) -> str:
    """`mail (62 %, 4.20 expected)`."""
    expected = f", {option['expected']:.2f} expected" if option["expected"] is not None else ""
    return f"{option['option']} ({option['probability']:.0%}{expected})".replace("%", " %")
