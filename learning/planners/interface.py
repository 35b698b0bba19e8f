"""What a planner is asked, and what it answers. Every decision goes through these two."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from learning.sampler.design import Design
    from learning.sampler.model import Habits, Model


class Advice(BaseModel):
    """What was said by somebody outside who was asked first, word for word: nobody has checked it yet."""

    model_config = ConfigDict(frozen=True)

    plans: tuple[tuple[str, ...], ...] = ()
    """The best first: each an option to take now, and those that might follow."""
    confidence: float = 0.0
    """How sure the one who was asked is, from 0 to 1."""
    because: str = ""
    missing: str = ""
    """Why there is no advice; empty when there is."""


@dataclass(frozen=True)
class Inquiry:
    """What a planner wants asked of a language model before it plans."""

    instructions: str
    facts: str
    """JSON. All that leaves: nothing else of the customer does."""
    options: Sequence[str]
    """What plans may be made of."""
    proposals: int
    """Plans at the most."""
    ahead: int
    """Options in each of them at the most."""
    patience: float
    """Seconds to wait."""
    daily_tokens: int
    """What all such inquiries of the journey may cost in one day, in UTC."""


@dataclass(frozen=True)
class Question:
    """One decision: among which options, for whom, and what is known."""

    decision_id: str
    """Takes the place of chance: the same decision is always answered alike."""
    options: Sequence[str]
    """The options that are open, at least one, in the order they are written; what the policies forbid is not
    here."""
    turn: int = 0
    """The so-many-eth time this decision is taken in the run, from 0."""
    features: Mapping[str, float] = field(default_factory=dict[str, float])
    """What the decision declares that it looks at, as numbers."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the decision says about its planner."""
    true: Collection[str] = ()
    """Those of the conditions in the settings that hold."""
    model: "Model | None" = None
    """What was learned so far, for planners that learn."""
    advice: Advice | None = None
    """What came of the planner's inquiry, for planners that make one."""


@dataclass(frozen=True)
class Plan:
    """What a planner chose, how likely that was, and why."""

    option: str
    probability: float
    why: str
    probabilities: Mapping[str, float] = field(default_factory=dict[str, float])
    """How likely each open option was."""
    version: str = ""
    """Of what was learned, for planners that learn."""
    confidence: float | None = None
    """How sure the planner is, where that is less than the option was likely."""
    expected: Mapping[str, float] = field(default_factory=dict[str, float])
    """The reward that is expected of each open option, from planners that have learned."""


@dataclass(frozen=True)
class Learner:
    """How the decisions at one point are learned from."""

    design: "Design"
    habits: "Habits"

    @property
    def key(self) -> str:
        """Differs for every way of counting: what was counted in one way is of no use to another."""
        return f"{self.design.fingerprint.hex()}:{self.habits.forgets:g}"


Planner = Callable[[Question], Plan]
"""Answers the same question with the same plan, whenever and wherever it is asked."""


def certain(question: Question, option: str, why: str) -> Plan:
    """A plan that left nothing to chance."""
    return Plan(option, 1.0, why, {each: float(each == option) for each in question.options})


def drawn(question: Question, probabilities: Sequence[float], why: str, version: str = "") -> Plan:
    """A plan drawn with these probabilities, which add up to one and stand in the order of the options.

    What is logged is exactly what was drawn from, and the draw can be repeated from the decision's id.
    """
    point, passed, chosen = point_of(question.decision_id), 0.0, 0
    for place, probability in enumerate(probabilities):
        if probability > 0:
            chosen = place
        passed += probability
        if point < passed:
            break
    spread = dict(zip(question.options, probabilities, strict=True))
    return Plan(question.options[chosen], probabilities[chosen], why, spread, version)


def point_of(decision_id: str) -> float:
    """The number from 0 to below 1 that a decision's id stands for: the first 53 bits of its SHA-256."""
    return (int.from_bytes(hashlib.sha256(decision_id.encode()).digest()[:8]) >> 11) / 2**53
