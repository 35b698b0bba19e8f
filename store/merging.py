"""Makes two customers one, and two again: everything that names the one who is gone moves to the survivor.

The evidence of a merge is what it takes to undo it. `moved` has, by table, the keys of the rows that changed
hands. `combined` has, for the tables of which a customer has one row a subject, the rows `gone` as they were, and
of the survivor's the rows `before` and `after`. `gone` and `survivor` are the two as they were.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, tuple_
from sqlmodel import SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.combining import COMBINED, Combining, combine, name_of, uncombine
from store.tables import Customer, Merge

KEPT = frozenset({"identity_change", "erasure", "audit_entry"})
"""Tables that tell what was whose at the time: their rows never change hands."""
_AT_ONCE = 500
"""Keys in one statement: databases limit its parameters."""
_FIELDS = ("traits", "time_zone", "time_zone_from", "locale", "locale_from", "said_at", "created_at", "apart_from")


class NotMerged(Exception):
    """Two customers cannot be made one, or one cannot be made two. The message says why."""


def owned_tables() -> list[Table]:
    """Every table whose rows each belong to one customer, but for those whose key names the customer. A table
    that is added later moves with the others without being told."""
    return [
        table
        for table in SQLModel.metadata.sorted_tables
        if "customer_id" in table.c and table.name not in KEPT and "customer_id" not in table.primary_key.columns
    ]


async def absorb(
    session: AsyncSession, survivor: Customer, gone: Customer, merge: Merge, how: Combining = COMBINED
) -> Merge:
    """Make `gone` one with `survivor`. Both are locked. `merge` says why and when; its evidence is filled in.
    `how` combines the rows of tables whose key names the customer.

    Raises NotMerged when they are one already.
    """
    if survivor.id == gone.id or gone.merged_into or survivor.merged_into:
        raise NotMerged("they are one customer already")
    await session.flush()
    merge.survivor_id, merge.gone_id = survivor.id, gone.id
    merge.evidence = {
        "moved": await _move_all(session, gone.id, survivor.id),
        "combined": {name_of(table): await combine(session, table, how, gone.id, survivor.id) for table in how},
        **_become_one(survivor, gone),
    }
    if len(gone.absorbed) > 0:
        await _lead_to(session, gone.absorbed, survivor.id)
    session.add_all([survivor, gone, merge])
    await session.flush()
    _tell(session, merge, "merged", merge.by or "the rules of identity", merge.at)
    return merge


async def unmerge(
    session: AsyncSession, merge: Merge, by: str, at: datetime, how: Combining = COMBINED
) -> tuple[Customer, Customer]:
    """Tell two customers apart again, and give both: the survivor, and the one who was gone.

    What was the one's before the merge is theirs again; what came since stays with the survivor. No event makes
    them one again. Both are locked by this. Raises NotMerged when the merge is undone already, or when the
    survivor was merged as well since.
    """
    locked = await _lock_pair(session, merge.gone_id)
    if merge.undone_at or locked is None:
        raise NotMerged("this merge is undone already")
    survivor, gone = locked
    if survivor.id != merge.survivor_id:
        raise NotMerged(f"{merge.survivor_id} was merged into {survivor.id} since; undo that first")
    for name, keys in cast(dict[str, list[Any]], merge.evidence["moved"]).items():
        await _move_back(session, name, keys, survivor.id, gone.id)
    for table in how:
        await uncombine(session, table, merge.evidence["combined"].get(name_of(table), {}), survivor.id)
    _become_two(survivor, gone, merge.evidence)
    await _lead_to(session, gone.absorbed, gone.id)
    merge.undone_at, merge.undone_by = at, by
    session.add_all([survivor, gone, merge])
    await session.flush()
    _tell(session, merge, "told apart", by, at)
    return survivor, gone


def _tell(session: AsyncSession, merge: Merge, what: str, by: str, at: datetime) -> None:
    facts = {"what": what, "merge": merge.id, "rule": merge.rule, "gone": merge.gone_id}
    survivor = merge.survivor_id
    record(session, "change", f"customer:{survivor}", by, facts, at=at, customer_id=survivor)


async def find_merge(session: AsyncSession, merge_id: int) -> Merge | None:
    return await session.get(Merge, merge_id, with_for_update=True)


async def _lock_pair(session: AsyncSession, gone_id: str) -> tuple[Customer, Customer] | None:
    gone = await session.get(Customer, gone_id)
    if gone is None or gone.merged_into is None:
        return None
    pair = (gone_id, gone.merged_into)
    query = select(Customer).where(col(Customer.id).in_(pair)).order_by(col(Customer.id)).with_for_update()
    locked = {c.id: c for c in (await session.exec(query.execution_options(populate_existing=True))).all()}
    survivor = locked.get(pair[1])
    return (survivor, locked[gone_id]) if survivor and locked[gone_id].merged_into == survivor.id else None


async def _move_all(session: AsyncSession, giver: str, taker: str) -> dict[str, list[Any]]:
    """Give every row of one customer to another, and tell their keys by table."""
    moved: dict[str, list[Any]] = {}
    for table in owned_tables():
        keys = table.primary_key.columns.values()
        change = update(table).where(table.c.customer_id == giver).values(customer_id=taker).returning(*keys)
        # The columns are known only when this runs, so that their types are not.
        rows: Sequence[Any] = (await cast(Any, session).exec(change)).all()
        if rows:
            moved[table.name] = [list(row) for row in rows]
    return moved


async def _move_back(session: AsyncSession, name: str, keys: list[Any], giver: str, taker: str) -> None:
    table = SQLModel.metadata.tables[name]
    columns = table.primary_key.columns.values()
    for start in range(0, len(keys), _AT_ONCE):
        chosen = [tuple(key) for key in keys[start : start + _AT_ONCE]]
        among = columns[0].in_([key[0] for key in chosen]) if len(columns) == 1 else tuple_(*columns).in_(chosen)
        # What has gone to a third customer meanwhile stays there.
        await session.exec(update(table).where(among, table.c.customer_id == giver).values(customer_id=taker))


def _become_one(survivor: Customer, gone: Customer) -> dict[str, Any]:
    """Fill what the survivor does not have from the other, and give both as they were."""
    before = {
        "survivor": survivor.model_dump(mode="json", include={*_FIELDS}),
        "gone": gone.model_dump(mode="json", include={*_FIELDS}),
    }
    survivor.traits = {**gone.traits, **survivor.traits}
    if not survivor.time_zone:
        survivor.time_zone, survivor.time_zone_from = gone.time_zone, gone.time_zone_from
    if not survivor.locale:
        survivor.locale, survivor.locale_from = gone.locale, gone.locale_from
    survivor.said_at = max(filter(None, (survivor.said_at, gone.said_at)), default=None)
    survivor.created_at = min(survivor.created_at, gone.created_at)
    survivor.absorbed = [*survivor.absorbed, *gone.ids]
    survivor.apart_from = sorted({*survivor.apart_from, *gone.apart_from} - {survivor.id, gone.id})
    gone.merged_into = survivor.id
    gone.traits, gone.time_zone, gone.locale = {}, None, None
    return before


def _become_two(survivor: Customer, gone: Customer, evidence: dict[str, Any]) -> None:
    """Give the one who was gone back what they had, and take it from the survivor where nothing newer is."""
    theirs = Customer.model_validate({**gone.model_dump(), **evidence["gone"]})
    own = Customer.model_validate({**survivor.model_dump(), **evidence["survivor"]})
    borrowed = {name for name in theirs.traits if name not in own.traits}
    survivor.traits = {
        name: value
        for name, value in survivor.traits.items()
        if name not in borrowed or value != theirs.traits[name]
    }
    if survivor.time_zone == theirs.time_zone and not own.time_zone:
        survivor.time_zone, survivor.time_zone_from = None, ""
    if survivor.locale == theirs.locale and not own.locale:
        survivor.locale, survivor.locale_from = None, ""
    survivor.created_at = own.created_at
    survivor.absorbed = [known for known in survivor.absorbed if known not in gone.ids]
    for name in _FIELDS:
        setattr(gone, name, getattr(theirs, name))
    gone.merged_into = None
    survivor.apart_from = sorted({*survivor.apart_from, gone.id} - {survivor.id})
    gone.apart_from = sorted({*gone.apart_from, survivor.id})


async def _lead_to(session: AsyncSession, customer_ids: list[str], target: str) -> None:
    """Those who turned out to be one customer before lead to another now."""
    await session.exec(update(Customer).where(col(Customer.id).in_(customer_ids)).values(merged_into=target))
