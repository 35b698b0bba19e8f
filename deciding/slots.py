"""Decides what stands in the slots of a surface that have a planner, on a page and in a mail.

A decision is taken once and kept: on a page for as long as the slot says, in a mail for good. Its id takes the
place of chance, so that whoever puts the same surface together again gets the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from content.assembly import Chosen, Pick, Place
from content.surfaces import Slot, Surface
from deciding.knowing import Knowledge
from deciding.log import row_of, tell
from deciding.usual import rolled_back
from journeys.ids import decision_id, surface_id, surface_journey
from journeys.rewards import Rewards, Worth
from journeys.usual import COMPARED, PLANNER, goes_as_usual
from learning.planners.interface import Plan, Question, certain
from learning.planners.registry import known_planners, learner_of
from learning.sampler.model import Model
from store.planning import decisions_with
from store.tables import PlannerDecision

USUAL = Rewards(outcomes={"clicked": Worth(value=1.0, within=timedelta(days=1))})
"""What is worth something in a slot that does not say what."""


@dataclass(frozen=True)
class Occasion:
    """Where a surface is put together for a customer: on a page, or in a mail that a run sends."""

    surface: str
    customer_id: str
    workflow_id: str
    journey: str = ""
    """The journey that sends the mail; empty on a page."""
    first_run_id: str = ""
    start_id: str = ""
    """The event that started the run; empty on a page."""
    step_id: str = ""
    """The step that sends the mail; empty on a page."""
    pass_: int = 0
    usual: str = ""
    """Why no planner may choose for this customer, where the surface does not say so itself."""

    @classmethod
    def on_page(cls, surface: str, customer_id: str, usual: str = "") -> "Occasion":
        """A surface of the project's own site or app."""
        return cls(surface, customer_id, surface_id(surface, customer_id), usual=usual)

    def point(self, slot: str, number: int) -> str:
        """What of the surface, and of the run, is decided: the first place of a slot has the slot's name."""
        return ".".join(filter(None, (self.step_id, slot, str(number + 1) if number else "")))

    async def why_usual(self, session: AsyncSession, surface: Surface) -> str:
        """Why no planner chooses, so that slots are filled as they are written; empty when planners do."""
        own = surface_journey(self.surface)
        if self.usual or goes_as_usual(own, surface.as_usual, self.customer_id):
            return self.usual or COMPARED
        return await rolled_back(session, *filter(None, (own, self.journey)))

    def turn(self, slot: Slot, now: datetime) -> int:
        """The pass of the step; on a page, the so-many-eth time for which a choice is kept, since 1970."""
        return self.pass_ if self.step_id else int(now.timestamp() // slot.keep.total_seconds())

    def decision(self, name: str, slot: Slot, number: int, now: datetime) -> str:
        """The id of the decision on one place."""
        return decision_id(self.workflow_id, self.start_id, self.point(name, number), self.turn(slot, now))


class SlotPlanning:
    """Takes the decisions of one process."""

    def __init__(self) -> None:
        self._knowledge = Knowledge()

    async def look(
        self, session: AsyncSession, surface: Surface, occasion: Occasion, seen: Mapping[str, Any], now: datetime
    ) -> "SlotChoices":
        """What there is to decide by: earlier decisions, and what was learned. `seen` is the customer as
        conditions see them, at `now` in UTC."""
        chosen = {name: slot for name, slot in surface.slots.items() if slot.is_chosen}
        ids = [
            occasion.decision(name, slot, number, now)
            for name, slot in chosen.items()
            for number in range(min(slot.most, len(slot.variants)))
        ]
        known = {
            row.id: row for row in await decisions_with(session, ids) if row.first_run_id == occasion.first_run_id
        }
        models = {name: await self._model(session, occasion, name, slot, now) for name, slot in chosen.items()}
        usual = await occasion.why_usual(session, surface) if chosen else ""
        return SlotChoices(surface, occasion, {"customer": seen, "now": now}, now, known, models, usual)

    async def _model(
        self, session: AsyncSession, occasion: Occasion, name: str, slot: Slot, now: datetime
    ) -> Model | None:
        learner = learner_of(slot.planner, slot.settings, slot.features)
        if learner is None:
            return None
        return await self._knowledge.model(session, surface_journey(occasion.surface), name, learner, now)


@dataclass
class SlotChoices:
    """Chooses for one customer at one moment: a `content.assembly.Choose`."""

    surface: Surface
    occasion: Occasion
    scope: Mapping[str, Any]
    """What conditions see."""
    now: datetime
    known: Mapping[str, PlannerDecision]
    """The decisions that were taken before, by id."""
    models: Mapping[str, Model | None]
    """What was learned, by slot."""
    usual: str
    """Why no planner chooses; empty when planners do."""
    _made: dict[str, PlannerDecision] = field(default_factory=dict[str, PlannerDecision])

    def __call__(self, place: Place) -> Chosen | None:
        """Choose for a place. Where what was chosen for it may not be shown any more, nobody chooses anew."""
        slot = self.surface.slots[place.slot]
        drawn_by = self.occasion.decision(place.slot, slot, place.number, self.now)
        row = self.known.get(drawn_by) or self._decide(place, slot, drawn_by)
        if self.usual and row.planner != PLANNER and not self.occasion.step_id:
            # A page no longer shows what was chosen before planners were stopped; a mail stays as a person saw it.
            return Chosen(place.open[0], self.usual, 1.0, "")
        return Chosen(row.option, row.why, row.probability, row.id) if row.option in place.open else None

    def keep(self, session: AsyncSession, customer_id: str, picks: Sequence[Pick]) -> None:
        """Write the new decisions by which something stands in a slot into the logs."""
        for pick in picks:
            if row := self._made.get(pick.decision):
                row.customer_id = customer_id
                session.add(row)
                tell(session, row)

    def is_news(self, picks: Sequence[Pick]) -> bool:
        """Whether anything stands in a slot by a decision that was not taken before."""
        return any(pick.decision in self._made for pick in picks)

    def _decide(self, place: Place, slot: Slot, drawn_by: str) -> PlannerDecision:
        question = Question(
            drawn_by,
            place.open,
            turn=self.occasion.turn(slot, self.now),
            features=slot.numbers(self.scope),
            settings={"because": self.usual} if self.usual else slot.settings,
            true=slot.true_in(self.scope),
            model=self.models[place.slot],
        )
        planner, plan = self._plan(slot, question)
        self._made[drawn_by] = row_of(
            question,
            plan,
            learner_of(planner, slot.settings, slot.features) if planner == slot.planner else None,
            slot.rewards or USUAL,
            slot.features,
            self.now,
            workflow_id=self.occasion.workflow_id,
            first_run_id=self.occasion.first_run_id,
            journey=surface_journey(self.occasion.surface),
            version=self.surface.version,
            step_id=self.occasion.point(place.slot, place.number),
            decision=place.slot,
            agent=False,
            planner=planner,
            closed_options=dict(place.closed),
            judged={},
            advice={},
            # In a mail, what becomes of the message counts for it.
            steps=[self.occasion.step_id] if self.occasion.step_id else [],
            goal={},
            start_id=self.occasion.start_id,
        )
        return self._made[drawn_by]

    def _plan(self, slot: Slot, question: Question) -> tuple[str, Plan]:
        """Who chooses, and what. As usual, the first that fits, whatever the turn."""
        if self.usual:
            return PLANNER, certain(question, question.options[0], self.usual)
        return slot.planner, known_planners()[slot.planner](question)
