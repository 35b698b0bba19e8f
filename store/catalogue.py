"""The catalogue: products as they are now, changes to tell of, and what customers touch together."""

import hashlib
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, cast, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from store.paging import Page, read_page
from store.tables import (
    CatalogueProduct,
    CatalogueState,
    EventRecord,
    ProductChange,
    ProductCount,
    ProductPair,
    ProductSource,
    ProductTouch,
)

_ONE = "catalogue"
_AGAIN = 1_000
"""Events that are looked at once more on PostgreSQL, where one may become visible after another with a higher
number; SQLite has one writer at a time."""
_LOOK_AFTER_S = 5.0
_IDS_AT_ONCE = 500
"""In one statement: databases limit its parameters."""
NEIGHBOURS = 6
"""Products that are kept in reach for each product."""
_TRENDING = 24


@dataclass(frozen=True)
class News:
    """The catalogue as it is now. `together` is by kind and product, the nearest first."""

    products: list[dict[str, Any]]
    together: dict[str, dict[str, list[str]]]
    trending: list[str]


class Watch:
    """Tells one process when the catalogue has changed; it asks the store every few seconds at most."""

    def __init__(self) -> None:
        self._again, self._revision = 0.0, 0

    async def news(self, session: AsyncSession, fewest: int) -> News | None:
        """The catalogue, when it is another than the last time; pairs have at least `fewest` customers."""
        if time.monotonic() < self._again:
            return None
        self._again = time.monotonic() + _LOOK_AFTER_S
        state = await session.get(CatalogueState, _ONE)
        if state is None or state.revision == self._revision:
            return None
        self._revision = state.revision
        return await read_catalogue(session, fewest)


async def read_catalogue(session: AsyncSession, fewest: int) -> News:
    """All products that were told, and what goes with them."""
    products = (await session.exec(select(CatalogueProduct).order_by(col(CatalogueProduct.product_id)))).all()
    ranked = select(ProductCount.product_id).group_by(col(ProductCount.product_id))
    trending = await session.exec(ranked.order_by(func.max(ProductCount.rank).desc()).limit(_TRENDING))
    together = await _together(session, fewest)
    return News([row.facts for row in products], together, list(trending.all()))


async def _together(session: AsyncSession, fewest: int) -> dict[str, dict[str, list[str]]]:
    one, other = aliased(ProductCount), aliased(ProductCount)
    both = type_coerce(cast(col(ProductPair.customers), Float), Float)
    # The square of the cosine, which orders alike: not every SQLite has square roots.
    near = both * both / (col(one.customers) * col(other.customers))
    place = func.row_number().over(
        partition_by=(col(ProductPair.product_id), col(ProductPair.kind)),
        order_by=(near.desc(), col(ProductPair.other_id)),
    )
    pairs = (
        select(ProductPair.kind, ProductPair.product_id, ProductPair.other_id, place.label("place"))
        .join(one, (col(one.product_id) == ProductPair.product_id) & (col(one.kind) == ProductPair.kind))
        .join(other, (col(other.product_id) == ProductPair.other_id) & (col(other.kind) == ProductPair.kind))
        .where(col(ProductPair.customers) >= fewest)
        .subquery()
    )
    chosen = select(pairs.c.kind, pairs.c.product_id, pairs.c.other_id).where(pairs.c.place <= NEIGHBOURS)
    found: dict[str, dict[str, list[str]]] = {}
    rows = await session.exec(chosen.order_by(pairs.c.kind, pairs.c.product_id, pairs.c.place))
    for kind, product_id, other_id in rows.all():
        found.setdefault(kind, {}).setdefault(product_id, []).append(other_id)
    return found


async def lock_state(session: AsyncSession) -> CatalogueState:
    """The state of the catalogue, which no other transaction changes until this one ends."""
    state = await session.get(CatalogueState, _ONE, with_for_update=True, populate_existing=True)
    if state is None:
        state = CatalogueState(name=_ONE)
        session.add(state)
        await session.flush()
    return state


async def products_told(session: AsyncSession, ids: Collection[str]) -> dict[str, CatalogueProduct]:
    """Products by id, of those that were told."""
    query = select(CatalogueProduct).where(col(CatalogueProduct.product_id).in_(ids))
    return {row.product_id: row for row in (await session.exec(query)).all()}


async def products_beside(
    session: AsyncSession, ids: Collection[str], source: ProductSource | None = None
) -> tuple[list[CatalogueProduct], int]:
    """The products that were told and are not among these ids, and how many were told in all; of one source or of
    any."""
    query = select(CatalogueProduct.product_id)
    query = query.where(col(CatalogueProduct.source) == source) if source else query
    told = (await session.exec(query)).all()
    others = [product_id for product_id in told if product_id not in ids]
    pages = [others[start : start + _IDS_AT_ONCE] for start in range(0, len(others), _IDS_AT_ONCE)]
    rows = [row for page in pages for row in (await products_told(session, page)).values()]
    return rows, len(told)


async def list_products(session: AsyncSession, number: int = 1) -> Page[CatalogueProduct]:
    """Products that were told, by their ids."""
    return await read_page(session, select(CatalogueProduct).order_by(col(CatalogueProduct.product_id)), number)


async def next_change(session: AsyncSession) -> ProductChange | None:
    """The change that waits longest to be told of."""
    return (await session.exec(select(ProductChange).order_by(col(ProductChange.id)).limit(1))).first()


async def who_cares(
    session: AsyncSession, product_id: str, since: datetime, after: str, most: int
) -> tuple[list[str], str]:
    """The next customers, by id, who looked at a product since a moment and did not buy it after that, and the
    last who was asked about: empty when there was nobody left."""
    viewed = (
        select(ProductTouch)
        .where(
            col(ProductTouch.product_id) == product_id,
            col(ProductTouch.kind) == "viewed",
            col(ProductTouch.customer_id) > after,
            col(ProductTouch.at) >= since,
        )
        .order_by(col(ProductTouch.customer_id))
        .limit(most)
    )
    looked = {row.customer_id: row.at for row in (await session.exec(viewed)).all()}
    bought = select(ProductTouch).where(
        col(ProductTouch.product_id) == product_id,
        col(ProductTouch.kind) == "bought",
        col(ProductTouch.customer_id).in_(looked),
    )
    has = {row.customer_id: row.at for row in (await session.exec(bought)).all()}
    return [who for who, at in looked.items() if who not in has or has[who] < at], max(looked, default="")


async def is_behind(session: AsyncSession) -> bool:
    """Whether there are events that were not folded yet, without a lock."""
    state = await session.get(CatalogueState, _ONE)
    return await _last(session) > (state.seq if state else 0)


async def events_to_fold(
    session: AsyncSession, state: CatalogueState, names: Collection[str], most: int
) -> tuple[Sequence[EventRecord], int]:
    """The next events of these names, in order, and the number up to which that is all there are."""
    last = await _last(session)
    if last <= state.seq:
        return [], state.seq
    again = _AGAIN if session.get_bind().dialect.name == "postgresql" else 0
    query = (
        select(EventRecord)
        .where(col(EventRecord.seq) > state.seq - again, col(EventRecord.name).in_(names))
        .order_by(col(EventRecord.seq))
        .limit(most + again)
    )
    rows = (await session.exec(query)).all()
    return rows, last if len(rows) < most + again else rows[-1].seq or last


async def touches_of(session: AsyncSession, customer_ids: Collection[str]) -> Sequence[ProductTouch]:
    """What some customers touched."""
    query = select(ProductTouch).where(col(ProductTouch.customer_id).in_(customer_ids))
    return (await session.exec(query)).all()


async def keep_touches(session: AsyncSession, rows: Iterable[tuple[str, str, str, datetime]]) -> None:
    """Keep when customers last touched products: customer, product, kind and moment, in UTC."""
    values = [
        {"id": _touch_id(who, product, kind), "customer_id": who, "product_id": product, "kind": kind, "at": at}
        for who, product, kind, at in rows
    ]
    insert = _insert(session, ProductTouch)
    newer = insert.on_conflict_do_update(index_elements=["id"], set_={"at": insert.excluded.at})
    await _execute(session, newer, values)


async def add_pairs(session: AsyncSession, new: Iterable[tuple[str, str, str, int]]) -> None:
    """Add customers who touched both of two products."""
    names = ("product_id", "other_id", "kind", "customers")
    insert = _insert(session, ProductPair)
    more = {"customers": col(ProductPair.customers) + insert.excluded.customers}
    added = insert.on_conflict_do_update(index_elements=list(names[:3]), set_=more)
    await _execute(session, added, [dict(zip(names, each, strict=True)) for each in sorted(new)])


async def counts_of(session: AsyncSession, products: Collection[str]) -> dict[tuple[str, str], ProductCount]:
    """How often products were touched, by product and kind."""
    query = select(ProductCount).where(col(ProductCount.product_id).in_(products))
    return {(row.product_id, row.kind): row for row in (await session.exec(query)).all()}


async def _last(session: AsyncSession) -> int:
    return (await session.exec(select(func.max(EventRecord.seq)))).one() or 0


def _insert(session: AsyncSession, table: Any) -> Any:
    dialect = session.get_bind().dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


async def _execute(session: AsyncSession, statement: Any, rows: list[dict[str, Any]]) -> None:
    """Run a statement for many rows at once."""
    if rows:
        await (await session.connection()).execute(statement, rows)


def _touch_id(customer_id: str, product_id: str, kind: str) -> str:
    return hashlib.sha256("\n".join((customer_id, product_id, kind)).encode()).hexdigest()[:32]
