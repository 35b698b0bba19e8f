"""Rehearsals in pytest: the fixture `rehearsal`, which is there as soon as Sojourn is installed.

    async def test_second_look(rehearsal):
        story = await rehearsal("journeys/browse-abandonment.yaml", customer={...}, events=[...])
        assert story.sent == ["reminder", "second_look"]

What a story has is in `starter.rehearsal.story`. A test that awaits needs pytest-asyncio or anyio.
"""

from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from starter.rehearsal.story import Story


class Rehearse(Protocol):
    """Plays a rehearsal."""

    def __call__(
        self,
        path: str | Path,
        *,
        customer: Mapping[str, Any] | None = None,
        events: Sequence[Mapping[str, Any]] | None = None,
        start: str | None = None,
    ) -> "Awaitable[Story]": ...


@pytest.fixture
def rehearsal() -> Rehearse:
    """Plays rehearsals: call it with a file."""
    return rehearse


async def rehearse(
    path: str | Path,
    *,
    customer: Mapping[str, Any] | None = None,
    events: Sequence[Mapping[str, Any]] | None = None,
    start: str | None = None,
) -> "Story":
    """Play a rehearsal file, or a journey file for a customer. What is given goes before what the file says.

    Raises AssertionError with the differences when the file expects something else and nothing else was given;
    pydantic.ValidationError when a customer or an event is not well formed; and what `play` raises.
    """
    from starter.rehearsal.comparison import differences
    from starter.rehearsal.model import Happenings, RehearsedCustomer
    from starter.rehearsal.play import assemble, play, project_of

    file = Path(path)
    who = None if customer is None else RehearsedCustomer.model_validate(customer)
    what = None if events is None else Happenings.model_validate(list(events)).root
    given = assemble(file, who, what, start)
    story = await play(project_of(file), given)
    as_written = customer is None and events is None and start is None
    if as_written and given.expect is not None and (told := differences(given.expect, story.entries)):
        raise AssertionError("\n".join([f"{file.stem} is not as expected", *told]))
    return story
