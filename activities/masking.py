"""The mask of a decision: options that the policies forbid at this moment are not offered to the planner.

An option that begins with a message is judged as the guard would judge that message now, or at the end of the
waits that go before it. The guard judges it again when it leaves: the mask only spares the planner choices that
would come to nothing.
"""

from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.composing import Composer, Draft
from activities.facts import Case
from activities.guard import Guard
from journeys.ids import delivery_key
from journeys.interrupts import InterruptRules
from store.tables import Customer
from workflows.ports import ApprovalTerms, DecideRequest, DeliverRequest, FirstSend

_UNASKED = ApprovalTerms(group=None, author="", within=timedelta(0), otherwise="skip")


class Mask:
    """Judges the options of decisions by the policies of one project."""

    def __init__(self, composer: Composer, guard: Guard) -> None:
        self._composer = composer
        self._guard = guard

    async def closed(self, session: AsyncSession, request: DecideRequest, customer: Customer) -> dict[str, str]:
        """The options of which no message may leave now, each with the reason. To hold a message, or to ask a
        person, closes nothing."""
        reasons = {
            option: await self._why_not(session, request, send, customer) for option, send in request.sends.items()
        }
        return {option: why for option, why in reasons.items() if why}

    async def _why_not(
        self, session: AsyncSession, request: DecideRequest, send: FirstSend, customer: Customer
    ) -> str:
        """Why nothing can leave over any of the channels; empty when something can."""
        asked = _as_delivery(request, send)
        run, now, reasons = request.run, send.at or request.now, list[str]()
        delivery_id = delivery_key(
            run.workflow_id, run.first_run_id, f"{request.step_id}?{send.step_id}", request.pass_
        )
        for channel in send.channels:
            draft = await self._composer.compose(session, asked, channel, customer, delivery_id, now)
            if isinstance(draft, Draft):
                why = await self._guard.forbids(session, Case(asked, draft, delivery_id, now))
                if not why:
                    return ""
                reasons.append(f"{channel}: {why}")
            else:
                reasons.append(f"{channel}: {draft.reason}")
        return "; ".join(reasons)


def _as_delivery(request: DecideRequest, send: FirstSend) -> DeliverRequest:
    """The request by which the step would ask for its message."""
    return DeliverRequest(
        run=request.run,
        step_id=send.step_id,
        pass_=0,
        now=send.at or request.now,
        channels=send.channels,
        content=send.content,
        purpose=send.purpose,
        offer=send.offer,
        approval=_UNASKED,
        policies=request.policies,
        priority=request.priority,
        start=request.start,
        interrupts=InterruptRules(),
        facts={},
        attributes=request.attributes,
    )
