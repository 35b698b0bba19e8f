"""The ids by which the world knows customers: whose each is, since when, and by which event."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import and_, or_
from sqlmodel import col, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Identity, IdentityChange, Merge

KnownAs = tuple[str, str]
"""An id by which the world knows a customer: its kind and its value."""


@dataclass(frozen=True, slots=True)
class NewId:
    """An id about to become a customer's, and why: see store.tables.Identity. `since` is in UTC."""

    kind: str
    value: str
    customer_id: str
    since: datetime
    event_id: str
    by_kind: str
    by_value: str


async def owners_of(session: AsyncSession, known_as: Collection[KnownAs]) -> dict[KnownAs, str]:
    """The customer ids of those of the world's ids that have an owner."""
    by_kind = [
        and_(col(Identity.kind) == kind, col(Identity.value).in_([v for k, v in known_as if k == kind]))
        for kind in sorted({kind for kind, _ in known_as})
    ]
    if not by_kind:
        return {}
    found = await session.exec(select(Identity.kind, Identity.value, Identity.customer_id).where(or_(*by_kind)))
    return {(kind, value): customer_id for kind, value, customer_id in found.all()}


async def ids_of(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, list[Identity]]:
    """The ids of some customers, each customer's in the order in which they came."""
    query = select(Identity).where(col(Identity.customer_id).in_(customer_ids))
    found: defaultdict[str, list[Identity]] = defaultdict(list)
    for identity in await session.exec(query.order_by(col(Identity.since), col(Identity.kind))):
        found[identity.customer_id].append(identity)
    return found


async def add_ids(session: AsyncSession, ids: Iterable[NewId]) -> None:
    """Keep new ids. Raises sqlalchemy.exc.IntegrityError when one has an owner."""
    # In one order, so that two transactions with the same new ids never wait for each other in a circle.
    if in_order := sorted(ids, key=attrgetter("kind", "value")):
        await session.exec(insert(Identity), params=[asdict(new) for new in in_order])


async def change_ids(session: AsyncSession, changes: Sequence[IdentityChange]) -> None:
    """Keep changes in order, and give each id that moved to the one whose it now is."""
    for change in changes:
        if change.rule == "moved":
            await session.exec(
                update(Identity)
                .where(col(Identity.kind) == change.kind, col(Identity.value) == change.value)
                .values(
                    customer_id=change.customer_id,
                    since=change.at,
                    event_id=change.event_id,
                    by_kind=change.by_kind,
                    by_value=change.by_value,
                )
            )
    session.add_all(changes)
    await session.flush()


async def changes_of(session: AsyncSession, customer_ids: Collection[str]) -> Sequence[IdentityChange]:
    """The ids that came to some customers from others or left them, and what was refused, in order."""
    concerned = or_(
        col(IdentityChange.customer_id).in_(customer_ids), col(IdentityChange.other_id).in_(customer_ids)
    )
    return (await session.exec(select(IdentityChange).where(concerned).order_by(col(IdentityChange.id)))).all()


async def merges_of(session: AsyncSession, customer_ids: Collection[str]) -> Sequence[Merge]:
    """The merges that some customers took part in, those undone as well, in order."""
    concerned = or_(col(Merge.survivor_id).in_(customer_ids), col(Merge.gone_id).in_(customer_ids))
    return (await session.exec(select(Merge).where(concerned).order_by(col(Merge.id)))).all()
