"""What judging a message and judging a business action have in common: what ends or forbids both, the policies in
force, and the word of a person."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.questions import Questions
from activities.delivering.alarm import Alarm
from activities.delivering.facts import Gathering
from activities.delivering.verdicts import Judged
from activities.live import Live
from activities.watching.rolled_back import closed_around
from deciding.sight import seen_of
from journeys.counting import COUNTS
from policies.model import Facts, Policy, Ruling, rule
from policies.registry import known_policies, with_always
from store.approvals import find_approval, mark_decided
from store.events import as_event
from store.ledger import events_since
from store.tables import Approval, Customer
from workflows.ports import ActRequest, DeliverRequest, Denied, Grant, Overtaken


@dataclass(frozen=True)
class InForce:
    """The policies that judge something. The last ones, `own` many, are the journey's own."""

    policies: tuple[Policy, ...]
    own: int

    @property
    def fingerprint(self) -> str:
        """Changes when a policy or one of its numbers does."""
        rules = "\n".join(f"{policy.name} {policy.version}" for policy in self.policies)
        return hashlib.sha256(rules.encode()).hexdigest()[:16]

    def judge(self, facts: Facts) -> Judged:
        """What every one of them says."""
        return Judged(self.policies, self.own, facts, rule(self.policies, facts))


@dataclass(frozen=True)
class Judging:
    """What it takes to judge: the project's policies, the facts, how people are asked, how operators are told."""

    policies: Live[tuple[Policy, ...]]
    gathering: Gathering
    questions: Questions
    alarm: Alarm

    def in_force(self, request: DeliverRequest | ActRequest) -> InForce:
        """The policies that judge a message; or, of a business action, those that judge such."""
        project, own = with_always(self.policies.now), _own_policies(json.dumps(request.policies))
        if isinstance(request, ActRequest):
            project, own = _of_actions(project), _of_actions(own)
        return InForce((*project, *own), len(own))


async def ended(
    session: AsyncSession, request: DeliverRequest | ActRequest, customer: Customer | None, now: datetime
) -> Overtaken | Denied | None:
    """Whether an event that is already accepted ends the run, though the run may not know it yet, or the arm that
    it is inside is closed. `customer` is whose run it is now: the one whom the run names may have been merged."""
    if found := await _overtaken(session, request, customer, now):
        return found
    why = await closed_around(session, request.run.journey, request.arms)
    return Denied(reason=why) if why else None


async def granted(
    session: AsyncSession, grant: Grant | None, delivery_id: str, basis: str, content_hash: str
) -> Approval | None:
    """The approval under which exactly this may leave or be done; None when it was about anything else, or other
    policies judge it by now."""
    approval = await find_approval(session, grant.approval_id) if grant else None
    if grant is None or approval is None or approval.state not in ("open", "approved"):
        return None
    if (approval.delivery_id, approval.basis) != (delivery_id, basis):
        return None
    return approval if content_hash == approval.content_hash == grant.content_hash else None


async def settle(session: AsyncSession, grant: Grant) -> None:
    """Write down that the question is decided by this grant."""
    await mark_decided(session, grant.approval_id, state="approved", by=grant.by, reason=grant.reason, at=grant.at)


def findings_of(ruling: Ruling | None) -> list[dict[str, Any]]:
    """What every policy said, as the ledger keeps it."""
    return [finding.model_dump(mode="json") for finding in ruling.findings] if ruling else []


async def _overtaken(
    session: AsyncSession, request: DeliverRequest | ActRequest, customer: Customer | None, now: datetime
) -> Overtaken | None:
    rules, counts = request.interrupts, dict.fromkeys(request.interrupts.counted(), 0)
    seen = await seen_of(session, customer, rules.asked(), now) if customer else {}
    owner = customer.id if customer else request.run.customer_id
    for row in await events_since(session, owner, rules.names() | counts.keys(), request.start.seq):
        if row.name in counts:
            counts[row.name] += 1
        facts = {**request.facts, COUNTS: counts} if counts else request.facts
        if interrupt := rules.judge(as_event(row), request.start, facts, now, seen):
            return Overtaken(kind=interrupt.kind, reason=interrupt.reason)
    return None


def _of_actions(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    return tuple(policy for policy in policies if policy.judges_tools)


@lru_cache(maxsize=256)
def _own_policies(written: str) -> tuple[Policy, ...]:
    """A journey's own policies. They were checked when the journey was loaded."""
    return tuple(known_policies()[name].model_validate(given) for name, given in json.loads(written).items())
