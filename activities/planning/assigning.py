"""Which arm of a split a customer goes: that of their assignment, while it is open."""

from temporalio import activity

from deciding.usual import why_as_usual
from store.database import Database
from store.exposures import arm_before
from store.guardrails import tripped_at
from workflows.ports import Assigned, AssignRequest


class Assigning:
    """The `assign` activity of one worker."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn
    async def assign(self, request: AssignRequest) -> Assigned:
        """The arm that is given, or the control while that arm is closed or the journey rolled back.

        Meanwhile nobody counts, whatever their arm: those who do would no longer be alike.
        """
        async with self._database.reading() as session:
            rows = await tripped_at(session, request.journey, request.split)
            shut = next((row for row in rows if row.arm in ("", request.arm)), None)
            before = ""
            if shut is not None and shut.keeps:
                before = await arm_before(session, request.customer_id, request.journey, request.split)
        if not rows:
            return Assigned(arm=request.arm)
        if shut is None or before == request.arm:
            return Assigned(arm=request.arm, why_not_counted=why_as_usual(rows[0]))
        return Assigned(arm=request.control, why_not_counted=why_as_usual(shut))
