"""Standing grants: a person agrees once to all that is like what they approve, so often and until then."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from project.access import Person
from starter.approvals.refusals import NotAllowed, NotFound, NotSimilar
from starter.identity.callers import noting_refusals
from starter.services import Services
from store.grants import find_grant, list_grants, revoke_grant
from store.paging import Page
from store.tables import Approval, StandingGrant

MOST_USES = 10_000
LONGEST = timedelta(days=90)


@dataclass(frozen=True)
class Similar:
    """How often, and for how long from now on, others like it may leave without a person."""

    most: int
    lasts: timedelta


def check_similar(approval: Approval, similar: Similar) -> None:
    """Raises NotSimilar when there can be no such grant."""
    if not approval.similar:
        raise NotSimilar("Each of these is decided for itself: its tier is 'human', or more than one must agree.")
    if not 1 <= similar.most <= MOST_USES or not timedelta(0) < similar.lasts <= LONGEST:
        raise NotSimilar(f"Say how often, 1 to {MOST_USES}, and for how long, up to {LONGEST.days} days.")


def grant_of(approval: Approval, person: Person, similar: Similar, now: datetime) -> StandingGrant:
    """The grant that a person gives with their approval. One approval gives one."""
    return StandingGrant(
        id=f"g_{approval.id}",
        journey=approval.journey,
        similar=approval.similar,
        approval_id=approval.id,
        group=approval.group,
        discount=approval.discount,
        amount=approval.amount,
        currency=approval.currency,
        most=similar.most,
        given_by=person.email,
        given_at=now,
        ends_at=now + similar.lasts,
    )


class Grants:
    """Lists standing grants, and ends them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list(self, *, over: bool = False, number: int = 1) -> Page[StandingGrant]:
        """The grants that last, or those that are over."""
        async with self._services.database.reading() as session:
            return await list_grants(session, datetime.now(UTC), over=over, number=number)

    async def revoke(self, grant_id: str, person: Person) -> StandingGrant:
        """End a grant at once. Twice is as good as once. Raises NotFound or NotAllowed."""
        async with self._services.database.transaction() as session:
            grant = await find_grant(session, grant_id)
            if grant is None:
                raise NotFound("There is no such grant. Look in the list of those that last.")
            if grant.group in person.groups:
                await revoke_grant(session, grant_id, by=person.email, at=datetime.now(UTC))
                await session.refresh(grant)
                return grant
        # Told once this transaction is over: on SQLite one at a time writes.
        async with noting_refusals(self._services, f"grant:{grant_id}", person):
            raise NotAllowed(f"Only people of the group '{grant.group}' end this. Ask one of them.")
