"""Gathers what policies may know of a message that is about to leave. What costs a query is read only for a
policy that asks for it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.delivering.contacts import contacts_of, refused_of
from activities.delivering.draft import Draft
from activities.delivering.places import destination_of, place_of
from learning.features.sight import see
from policies.model import (
    Action,
    Consent,
    Facts,
    Health,
    Need,
    NeedsApproval,
    OpenRun,
    Place,
    Policy,
    Suppressed,
)
from store.autonomy import tightening_of
from store.consents import consents_of
from store.customers import scope_of
from store.events import last_reply
from store.features import features_of
from store.ledger import deliveries_since, given_by_journey, horizon, lock_sends, sent_by_journey
from store.runs import other_open_runs
from store.suppressions import KINDS, find_suppression
from store.tables import Customer
from store.volumes import channel_health, daily_spending, daily_starts, daily_volumes
from workflows.ports import ActRequest, ApprovalTerms, DeliverRequest

T = TypeVar("T")
_FRESH_FOR = timedelta(minutes=1)
_DAYS = 7


@dataclass(frozen=True)
class Case:
    """What the guard is asked: may this draft leave for this request, now?"""

    request: DeliverRequest
    draft: Draft
    delivery_id: str
    now: datetime


class _Lately(Generic[T]):
    """A count over many messages, made once a minute: one message more or less does not change it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, T]] = {}

    async def get(self, of: str, now: datetime, count: Callable[[], Awaitable[T]]) -> T:
        known = self._kept.get(of)
        if known is None or not known[0] <= now < known[0] + _FRESH_FOR:
            known = self._kept[of] = (now, await count())
        return known[1]


@dataclass
class Gathering:
    """Gathers facts for the guard of one project."""

    time_zone: str
    brand: str
    _health: _Lately[tuple[int, int, int]] = field(default_factory=_Lately, init=False)
    _volumes: _Lately[tuple[int, ...]] = field(default_factory=_Lately, init=False)
    _audiences: _Lately[tuple[int, ...]] = field(default_factory=_Lately, init=False)

    async def facts(
        self, session: AsyncSession, case: Case, policies: Sequence[Policy], *, approved: bool
    ) -> Facts:
        """Everything the policies may know. The customer is locked, so none of it changes before the reservation;
        only how a channel and a journey did of late may be a minute old."""
        customer, now, journey = case.draft.customer, case.now, case.request.run.journey
        needs = frozenset[Need]().union(*(policy.needed for policy in policies))
        since = horizon(now, max((policy.horizon for policy in policies), default=0))
        action, deliveries = _action(case, approved), await deliveries_since(session, customer.id, since)
        return Facts(
            now=now,
            action=action,
            time_zone=customer.time_zone,
            place=place_of(customer.traits, customer.locale) if "country" in needs else Place(),
            project_zone=self.time_zone,
            consents=tuple(
                Consent.model_validate(row.model_dump()) for row in await consents_of(session, customer.id)
            ),
            suppressed=await _suppressed(session, case),
            contacts=contacts_of(deliveries, but=case.delivery_id),
            refused=refused_of(deliveries),
            attributes=await _known(session, customer, now, with_features="features" in needs),
            customer_id=customer.id,
            locale=customer.locale,
            brand=self.brand,
            journey_sent=await _sent(session, journey, now, policies),
            journey_gave=await _gave(session, journey, now, policies) if "spending" in needs else {},
            open_runs=await _rivals(session, customer.id, journey) if "open_runs" in needs else (),
            last_inbound=await last_reply(session, customer.id, action.channel) if "inbound" in needs else None,
            health=await self._channel_health(session, action.channel, now) if "health" in needs else Health(),
            volumes=await self._journey_volumes(session, journey, now) if "volumes" in needs else (),
            audiences=await self._journey_audiences(session, journey, now) if "audiences" in needs else (),
            asked=_asked(case.request.approval),
            tightened=await _tightened(session, journey),
        )

    async def action_facts(
        self, session: AsyncSession, request: ActRequest, action: Action, customer: Customer | None,
        policies: Sequence[Policy], now: datetime,
    ) -> Facts:  # fmt: skip
        """What the policies that judge business actions may know of one."""
        needs = frozenset[Need]().union(*(policy.needed for policy in policies))
        owner, journey = customer.id if customer else request.run.customer_id, request.run.journey
        days = max((policy.horizon for policy in policies), default=0)
        deliveries = await deliveries_since(session, owner, horizon(now, days)) if days else []
        return Facts(
            now=now,
            action=action,
            time_zone=customer.time_zone if customer else None,
            project_zone=self.time_zone,
            attributes=await _known(session, customer, now, with_features="features" in needs) if customer else {},
            contacts=contacts_of(deliveries),
            customer_id=owner,
            locale=customer.locale if customer else None,
            brand=self.brand,
            journey_sent=await _sent(session, journey, now, policies) if "spending" in needs else {},
            journey_gave=await _gave(session, journey, now, policies) if "spending" in needs else {},
            daily_spending=await daily_spending(session, journey, now, _DAYS) if "daily_spending" in needs else {},
            asked=_asked(request.approval),
            tightened=await _tightened(session, journey),
        )

    async def _channel_health(self, session: AsyncSession, channel: str, now: datetime) -> Health:
        count = partial(channel_health, session, channel, now - timedelta(days=_DAYS))
        delivered, bounced, complained = await self._health.get(channel, now, count)
        return Health(delivered=delivered, bounced=bounced, complained=complained)

    async def _journey_volumes(self, session: AsyncSession, journey: str, now: datetime) -> tuple[int, ...]:
        return await self._volumes.get(journey, now, partial(daily_volumes, session, journey, now, _DAYS))

    async def _journey_audiences(self, session: AsyncSession, journey: str, now: datetime) -> tuple[int, ...]:
        return await self._audiences.get(journey, now, partial(daily_starts, session, journey, now, _DAYS))


def _action(case: Case, approved: bool) -> Action:
    request, draft = case.request, case.draft
    rendered, message = draft.rendered, draft.message
    return Action(
        journey=request.run.journey,
        step_id=request.step_id,
        channel=message.channel,
        purpose=request.purpose,
        content=request.content,
        destination=destination_of(draft.provider.kind_of(message.recipient), message.recipient),
        topic=rendered.topic,
        discount=draft.discount,
        margin=rendered.margin,
        approved=approved,
        priority=request.priority,
        categories=rendered.categories,
        language=rendered.language,
        valid_from=rendered.valid_from,
        valid_until=rendered.valid_until,
        form="template" if rendered.channel != "whatsapp" or rendered.fields.get("template") else "free",
        text=str(rendered.fields.get("text", "")),
        one_click=message.channel == "email" and bool(rendered.unsubscribe_url),
        confidence=request.confidence,
    )


def _asked(terms: ApprovalTerms) -> NeedsApproval | None:
    if terms.group is None:
        return None
    return NeedsApproval(group=terms.group, tier=terms.tier, people=terms.people, reason="the journey asks for it")


async def _tightened(session: AsyncSession, journey: str) -> NeedsApproval | None:
    found = await tightening_of(session, journey)
    if found is None:
        return None
    tier = "human" if found.tier == "human" else "supervised"
    return NeedsApproval(group=found.group, tier=tier, reason=f"the journey was tightened: {found.reason}")


async def _known(
    session: AsyncSession, customer: Customer, now: datetime, *, with_features: bool
) -> dict[str, Any]:
    attributes = scope_of(customer)
    return see(attributes, await features_of(session, customer.id), now, None) if with_features else attributes


async def _suppressed(session: AsyncSession, case: Case) -> Suppressed | None:
    kind = case.draft.provider.kind_of(case.draft.message.recipient)
    found = await find_suppression(session, kind, case.draft.message.recipient) if kind in KINDS else None
    return Suppressed.model_validate(found.model_dump()) if found else None


async def _sent(
    session: AsyncSession, journey: str, now: datetime, policies: Sequence[Policy]
) -> dict[timedelta, dict[str, int]]:
    spans = _budget_spans(policies)
    if not spans:
        return {}
    # Customers are locked one by one; a budget is shared by all of them.
    await lock_sends(session, journey)
    return {span: await sent_by_journey(session, journey, now - span) for span in spans}


async def _gave(
    session: AsyncSession, journey: str, now: datetime, policies: Sequence[Policy]
) -> dict[timedelta, dict[str, float]]:
    """What business actions gave, by currency. Whoever asks has locked the journey's sends."""
    return {span: await given_by_journey(session, journey, now - span) for span in _budget_spans(policies)}


def _budget_spans(policies: Sequence[Policy]) -> list[timedelta]:
    return sorted({policy.budget_span for policy in policies if policy.budget_span})


async def _rivals(session: AsyncSession, customer_id: str, journey: str) -> tuple[OpenRun, ...]:
    rows = await other_open_runs(session, customer_id, but=journey)
    return tuple(OpenRun(journey=row.journey, priority=row.priority) for row in rows)
