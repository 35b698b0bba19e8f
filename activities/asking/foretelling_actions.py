"""Foretells what every policy would say of a business action now: judged as a real one is, and never done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.permission import Permission, misgiven
from activities.delivering.foretelling import beginning, nobodys_run
from activities.delivering.standing import Foretold
from activities.tools.model import Tool
from deciding.sight import seen_of
from journeys.conditions import value
from journeys.events import Event
from journeys.features import asked_of
from journeys.interrupts import InterruptRules
from journeys.model import Journey
from journeys.steps import Act
from store.database import Database
from store.tables import Customer
from workflows.conduct import terms_of
from workflows.ports import ActRequest


class Misgiven(Exception):
    """The tool cannot take what the action gives it. The message says why."""


class ForetellingActions:
    """Foretells for the journeys of one project."""

    def __init__(self, database: Database, tools: Mapping[str, Tool], permission: Permission) -> None:
        self._database = database
        self._tools = tools
        self._permission = permission

    async def foretell(
        self, customer_id: str, journey: Journey, step: Act, said: Mapping[str, str], now: datetime,
        confidence: float | None = None,
    ) -> tuple[Foretold, dict[str, Any]]:  # fmt: skip
        """What every policy would say of a step's action at `now` (UTC), as long as nobody has approved it and
        whether a standing grant would, and what the tool would be given: as the step works it out, but for what is
        `said`. `confidence` is the probability with which a planner would have chosen it.

        Nothing is written. Raises NobodyThere, Misgiven, and KeyError for a tool that is not set up.
        """
        tool = self._tools[step.act]
        async with self._database.reading() as session:
            customer, start = await beginning(session, customer_id, journey, now)
            worked_out = await _worked_out(session, step, customer, start, now)
            given = _given(tool, worked_out, said)
            request = ActRequest(
                run=nobodys_run(journey, customer),
                step_id=step.id,
                pass_=0,
                now=now,
                tool=step.act,
                given=given,
                approval=terms_of(journey, step.approval),
                start=start,
                interrupts=InterruptRules.of(journey),
                facts={},
                policies=journey.own_policies(),
                confidence=confidence,
            )
            judged = await self._permission.foretell(session, request, tool, customer)
            return Foretold(judged, await self._permission.standing(session, request, judged)), given


async def _worked_out(
    session: AsyncSession, step: Act, customer: Customer, start: Event, now: datetime
) -> dict[str, Any]:
    """What a step gives its tool, without what only the steps before it would tell."""
    seen = await seen_of(session, customer, asked_of(step.given.values()), now)
    scope = {"start": start.scope(), "run": {}, "customer": seen, "now": now}
    found = {name: value(expression, scope) for name, expression in step.given.items()}
    return {name: each for name, each in found.items() if each is not None}


def _given(tool: Tool, worked_out: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """What a tool is given, with what is said in words read as it takes it. Raises Misgiven."""
    given = {**worked_out, **said}
    if why := misgiven(tool, given):
        raise Misgiven(why)
    read = tool.arguments.model_validate(given)
    return {**worked_out, **{name: to_jsonable_python(getattr(read, name)) for name in said}}
