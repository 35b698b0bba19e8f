"""What was learned at decision points, as a worker keeps it in its memory until the store knows more."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from learning.planners.interface import Learner
from learning.sampler.model import Model, seen
from store.lessons import find_point, sums_of

_MOST = 200
"""Models in memory: some megabytes each at the most."""


class Knowledge:
    """The models of one worker."""

    def __init__(self) -> None:
        self._models: dict[tuple[str, str, str], tuple[tuple[int, datetime], Model]] = {}

    async def model(
        self, session: AsyncSession, journey: str, decision: str, learner: Learner, now: datetime
    ) -> Model | None:
        """What is known at a point, as it counts on the day of `now` in UTC; None while nothing is."""
        point = await find_point(session, journey, decision, learner.key)
        if point is None:
            return None
        key, day = (journey, decision, learner.key), now.replace(hour=0, minute=0, second=0, microsecond=0)
        known = self._models.get(key)
        if known is None or known[0] != (point.revision, day) or known[1].habits != learner.habits:
            stored = await sums_of(session, journey, decision, learner.key)
            known = ((point.revision, day), seen(stored, day, learner.design, learner.habits))
            if len(self._models) >= _MOST:
                self._models.clear()
            self._models[key] = known
        return known[1]
