"""When an experiment ends: by how many came, and never by what they did, so that no result chooses the end."""

from collections.abc import Iterable
from datetime import datetime, timedelta

_WEEK = timedelta(weeks=1)


def last_entry(started: datetime, came: Iterable[datetime], planned: int) -> datetime | None:
    """The end of the first whole week since the start by which as many customers came as were planned.

    Who comes later does not count: the conclusion is the same whenever it is drawn. None while too few came.
    """
    times = sorted(at for at in came if at >= started)
    if len(times) < planned:
        return None
    return started + ((times[planned - 1] - started) // _WEEK + 1) * _WEEK
