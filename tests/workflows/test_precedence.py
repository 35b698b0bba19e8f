"""A journey's priority as Temporal has it: from 1, the first, to 5."""

import pytest

from workflows.precedence import precedence


@pytest.mark.parametrize(("priority", "place"), [(0, 5), (19, 5), (20, 4), (50, 3), (79, 2), (80, 1), (100, 1)])
def test_a_higher_priority_comes_first(priority: int, place: int) -> None:
    assert precedence(priority).priority_key == place
