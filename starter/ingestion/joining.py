"""Makes two customers one as the rules or a person say, and two again; explains why they are one."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from starter.ingestion.joined_features import HOW, part_features
from starter.ingestion.resolution import Link
from store.customers import lock_customers
from store.events import last_event
from store.identity import change_ids
from store.merging import NotMerged, absorb, find_merge, unmerge
from store.segments import look_soon
from store.tables import Customer, IdentityChange, Merge


async def apply_links(session: AsyncSession, links: Sequence[Link], now: datetime) -> None:
    """Do in order what the rules decided. The customers are locked already."""
    for link in links:
        if link.rule == "merged":
            by_kind, by_value = link.by or ("", "")
            pair = await lock_customers(session, (link.customer_id, link.other_id))
            why = Merge(
                survivor_id=link.customer_id,
                gone_id=link.other_id,
                rule="alias" if link.stated else "linked",
                event_id=link.event_id,
                at=now,
                evidence={},
                kind=link.id[0],
                value=link.id[1],
                by_kind=by_kind,
                by_value=by_value,
            )
            await _absorb(session, pair[link.customer_id], pair[link.other_id], why)
        elif link.customer_id != link.other_id:
            await change_ids(session, [_change(link, now)])


async def _absorb(session: AsyncSession, survivor: Customer, gone: Customer, why: Merge) -> Merge:
    merge = await absorb(session, survivor, gone, why, HOW)
    # By it the survivor's own events since are known, should the two be told apart.
    merge.evidence = {**merge.evidence, "last_event": await last_event(session)}
    await session.flush()
    return merge


def _change(link: Link, now: datetime) -> IdentityChange:
    by_kind, by_value = link.by or ("", "")
    return IdentityChange(
        rule=link.rule,
        customer_id=link.customer_id,
        other_id=link.other_id,
        event_id=link.event_id,
        at=now,
        kind=link.id[0],
        value=link.id[1],
        by_kind=by_kind,
        by_value=by_value,
    )


async def merge_customers(
    session: AsyncSession, keep: str, gone: str, by: str, reason: str, now: datetime
) -> Merge:
    """Make two customers one, because a person says so; `keep` survives. `now` is UTC.

    It goes beyond every limit, and ends that the two were told apart. Raises NotMerged when one of them does not
    exist or both are one already.
    """
    found = await lock_customers(session, (keep, gone))
    survivor, other = found.get(keep), found.get(gone)
    if survivor is None or other is None:
        raise NotMerged(f"there is no customer {keep if survivor is None else gone}")
    why = Merge(
        survivor_id=survivor.id, gone_id=other.id, rule="person", by=by, reason=reason, at=now, evidence={}
    )
    await look_soon(session, [survivor.id], now)
    return await _absorb(session, survivor, other, why)


async def unmerge_customers(
    session: AsyncSession, merge_id: int, by: str, now: datetime
) -> tuple[Customer, Customer]:
    """Undo a merge, and give both customers: the survivor, and the one who was gone. `now` is UTC.

    Raises NotMerged when there is no such merge or it is undone already.
    """
    merge = await find_merge(session, merge_id)
    if merge is None:
        raise NotMerged(f"there is no merge {merge_id}")
    pair = await unmerge(session, merge, by, now, HOW)
    await part_features(session, merge, now)
    return pair
