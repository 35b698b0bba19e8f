"""The ids by which the world knows customers: whose each is, since when, and by which event."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import and_, or_
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.tables import Identity, IdentityChange, Merge

KnownAs = tuple[str, str]
"""An id by which the world knows a customer: its kind and its value."""


async def owners_of(session: AsyncSession, known_as: Collection[KnownAs]) -> dict[KnownAs, str]:
    """The customer ids of those of the world's ids that have an owner."""
    by_kind = [
        and_(col(Identity.kind) == kind, col(Identity.value).in_([v for k, v in known_as if k == kind]))
        for kind in sorted({kind for kind, _ in known_as})
    ]
    if not by_kind:
        return {}
    found = await session.exec(select(Identity).where(or_(*by_kind)))
    return {(identity.kind, identity.value): identity.customer_id for identity in found.all()}


async def ids_of(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, list[Identity]]:
    """The ids of some customers, each customer's in the order in which they came."""
    query = select(Identity).where(col(Identity.customer_id).in_(customer_ids))
    found: defaultdict[str, list[Identity]] = defaultdict(list)
    for identity in await session.exec(query.order_by(col(Identity.since), col(Identity.kind))):
        found[identity.customer_id].append(identity)
    return found


async def add_ids(session: AsyncSession, identities: Iterable[Identity]) -> None:
    """Keep new ids. Raises sqlalchemy.exc.IntegrityError when one has an owner."""
    # In one order, so that two transactions with the same new ids never wait for each other in a circle.
    in_order: list[Identity] = sorted(identities, key=lambda identity: (identity.kind, identity.value))
    session.add_all(in_order)
    await session.flush()


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
