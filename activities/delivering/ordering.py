"""Puts the channels of a message in the order that is best for its customer, where the step asks for it."""

from collections.abc import Mapping

from activities.channels.model import Provider
from activities.delivering.attempt import Attempt
from learning.channels import Standing, best_first
from learning.features.document import view
from store.approvals import find_approval
from store.customers import find_customer
from store.database import Database
from store.features import features_of
from store.ledger import reachable_at
from store.timeline import write_spans
from workflows.ports import DeliverRequest, Grant


class Ordering:
    """Orders the channels of one installation. `providers` are those by channel."""

    def __init__(self, database: Database, providers: Mapping[str, Provider]) -> None:
        self._database = database
        self._providers = providers

    async def channels(self, attempt: Attempt, request: DeliverRequest) -> tuple[str, ...]:
        """The channels in the order in which they are tried. That of an answer is written down with its reasons.

        What was approved is tried over its own channel first: over another it is another message.
        """
        if request.order == "as written" or len(request.channels) < 2:
            return request.channels
        if request.grant is not None:
            approved = await self._approved_over(request.grant)
            return tuple(sorted(request.channels, key=lambda channel: channel != approved))
        standings = await self._standings(attempt, request)
        told = "; ".join(f"{one.channel}: {one.reason}" for one in standings)
        chosen = standings[0].channel
        attributes = {"journey.channel": chosen}
        span = attempt.span("order channels", chosen, told, started_at=attempt.began_at, **attributes)
        async with self._database.transaction() as session:
            await write_spans(session, [span])
        return tuple(one.channel for one in standings)

    async def _approved_over(self, grant: Grant) -> str | None:
        async with self._database.reading() as session:
            approval = await find_approval(session, grant.approval_id)
        return approval.channel if approval else None

    async def _standings(self, attempt: Attempt, request: DeliverRequest) -> list[Standing]:
        async with self._database.reading() as session:
            customer = await find_customer(session, request.run.customer_id)
            owner = customer.id if customer else request.run.customer_id
            features = await features_of(session, owner, ("messages",))
            unreachable = [
                channel
                for channel in request.channels
                if (provider := self._providers.get(channel)) is None
                or await reachable_at(session, owner, provider.kinds()) is None
            ]
        seen = view(features, attempt.now(), {"messages": request.channels})
        return best_first(request.channels, seen["messages"], unreachable)
