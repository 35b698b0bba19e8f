"""What one look at one guardrail found, and the look's own terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.guardrails import Guardrails
from learning.experiments.document import Document
from learning.guardrails.level import Reading
from store.tables import Guardrail


@dataclass(frozen=True)
class Look:
    """What is looked at: one journey until `now` (UTC), with its guardrails as they stood, by name and channel."""

    session: AsyncSession
    journey: str
    rules: Guardrails
    known: Mapping[tuple[str, str], Guardrail]
    now: datetime

    def rearmed_at(self, name: str, channel: str = "") -> datetime | None:
        """Before when nothing counts any more, in UTC."""
        row = self.known.get((name, channel))
        return row.rearmed_at if row else None


@dataclass(frozen=True)
class Harm:
    """What does harm, as an experiment found."""

    experiment: str
    split: str
    """Empty where it is the journey as a whole, or its planners."""
    arm: str
    conclusion: Document
    """What the experiment said by then."""


@dataclass(frozen=True)
class Sight:
    """How a guardrail was found."""

    name: str
    channel: str
    reading: Reading
    score: float = 0.0
    counted_to: datetime | None = None
    """For those that add up: the score of what is counted for good, and up to when that is."""
    harm: Harm | None = None
    """For the guardrail metrics of experiments."""
