"""The mask of a decision: options that the policies forbid at this moment are not offered to the planner.

An option that begins with a message is judged as the guard would judge that message now, or at the end of the
waits that go before it. The guard judges it again when it leaves: the mask only spares the planner choices that
would come to nothing.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.delivering.composing import Composer, Errand
from activities.delivering.draft import Draft
from activities.delivering.facts import Case
from activities.delivering.guard import Guard
from activities.delivering.verdicts import Judged
from journeys.ids import delivery_key
from journeys.interrupts import InterruptRules
from policies.inputs import keep_inputs
from policies.model import Deny
from store.tables import Customer
from workflows.ports import ApprovalTerms, DecideRequest, DeliverRequest, FirstSend

_UNASKED = ApprovalTerms(group=None, author="", within=timedelta(0), otherwise="skip")


@dataclass(frozen=True)
class Seen:
    """What the policies said of the options that begin with a message."""

    closed: dict[str, str] = field(default_factory=dict[str, str])
    """Why, by option."""
    judged: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    """By option, what the policies were given for each channel that they judged."""


class Mask:
    """Judges the options of decisions by the policies of one project."""

    def __init__(self, composer: Composer, guard: Guard) -> None:
        self._composer = composer
        self._guard = guard

    async def look(self, session: AsyncSession, request: DecideRequest, customer: Customer) -> Seen:
        """The options of which no message may leave, each with the reason, and what the policies were given. To
        hold a message, or to ask a person, closes nothing."""
        seen = Seen()
        for option, send in request.sends.items():
            why = await self._why_not(session, request, option, send, customer, seen)
            if why:
                seen.closed[option] = why
        return seen

    async def _why_not(
        self,
        session: AsyncSession,
        request: DecideRequest,
        option: str,
        send: FirstSend,
        customer: Customer,
        seen: Seen,
    ) -> str:
        """Why nothing can leave over any of the channels; empty when something can."""
        asked = _as_delivery(request, send)
        run, now, reasons = request.run, send.at or request.now, list[str]()
        delivery_id = delivery_key(
            run.workflow_id, run.first_run_id, f"{request.step_id}?{send.step_id}", request.pass_
        )
        for channel in send.channels:
            draft = await self._composer.compose(session, Errand(asked, channel, customer, delivery_id), now)
            if not isinstance(draft, Draft):
                reasons.append(f"{channel}: {draft.reason}")
                continue
            judged = await self._guard.foretell(session, Case(asked, draft, delivery_id, now))
            seen.judged.setdefault(option, []).append(_kept(judged))
            if not isinstance(verdict := judged.ruling.verdict, Deny):
                return ""
            reasons.append(f"{channel}: {verdict.reason}")
        return "; ".join(reasons)


def _kept(judged: Judged) -> dict[str, Any]:
    """What other policies of the project need to judge the same again; the journey's own said what they said."""
    findings = zip(judged.ruling.findings, judged.sources, strict=True)
    own = any(isinstance(one.verdict, Deny) for one, source in findings if source == "journey")
    return {"inputs": keep_inputs(judged.policies, judged.facts), "journey_denies": own}


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
