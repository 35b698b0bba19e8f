"""Whose turn it is when runs have more to do than the workers can: a journey's priority, as Temporal has it."""

from temporalio.common import Priority


def precedence(priority: int) -> Priority:
    """The place of a journey with a priority from 0 to 100 in the workers' queue: from 1, the first, to 5.

    50 is Temporal's own middle, 3. Activities have the place of their run.
    """
    return Priority(priority_key=5 - min(priority, 99) // 20)
