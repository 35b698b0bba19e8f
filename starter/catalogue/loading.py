"""Takes products in: keeps them as they are told, and notes what changed about those that were known."""

import asyncio
import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from content.catalogue import Catalogue, Product
from starter.catalogue.changes import changes
from store.catalogue import lock_state, products_beside, products_told
from store.database import Database
from store.tables import CatalogueProduct, ProductChange, ProductSource

_MOST_GONE = 0.5
"""The share of what is sold that one feed takes off sale without being asked twice: a feed that was cut off would
take nearly all of it."""


_IF_MEANT = "If that is meant: sojourn catalogue load --sure."
_SHOWN = 20
_log = logging.getLogger(__name__)


class TooManyGone(Exception):
    """A feed would take more off sale than is likely to be meant. The message says how many."""


@dataclass(frozen=True)
class Loaded:
    """What a feed brought: products that are new, that changed, the events that tell of changes, and the ids of
    what it took off sale by not naming it."""

    products: int
    new: int
    changed: int
    events: int
    withdrawn: tuple[str, ...] = ()


async def load_products(
    session: AsyncSession, products: Sequence[Product], now: datetime, source: ProductSource | None
) -> Loaded:
    """Keep products as they are told at `now`, in UTC. What is not among them stays as it is. What a feed ever
    told is the feed's, whatever the folder says of it; without a `source` nothing changes about whose they are."""
    state = await lock_state(session)
    known = await products_told(session, [product.product_id for product in products])
    new = changed = events = 0
    for product in {each.product_id: each for each in products}.values():
        row, facts = known.get(product.product_id), product.facts
        if row is not None and source == "feed":
            row.source = source
            session.add(row)
        if row is not None and row.facts == facts:
            continue
        told = changes(Product.model_validate(row.facts), product) if row else []
        session.add_all(
            ProductChange(product_id=product.product_id, event=name, facts=each, at=now) for name, each in told
        )
        new, changed, events = new + (row is None), changed + (row is not None), events + len(told)
        row = row or CatalogueProduct(
            product_id=product.product_id, facts=facts, source=source or "feed", changed_at=now
        )
        row.facts, row.changed_at = facts, now
        session.add(row)
    if new or changed:
        state.revision += 1
        session.add(state)
    return Loaded(products=len(products), new=new, changed=changed, events=events)


async def withdraw_others(
    session: AsyncSession, kept: Collection[str], now: datetime, *, sure: bool, source: ProductSource | None = None
) -> Loaded:
    """Withdraw every product whose id is not among those `kept`; with a `source` only what that told. Raises
    TooManyGone, unless one is `sure`."""
    others, told = await products_beside(session, frozenset(kept), source)
    gone = [product for row in others if not (product := Product.model_validate(row.facts)).withdrawn]
    sold = told - len(others) + len(gone)
    if gone and not sure and len(gone) > sold * _MOST_GONE:
        raise TooManyGone(
            f"It names {len(kept)} products, and {len(gone)} of the {sold} on sale are not among them."
        )
    loaded = await load_products(
        session, [each.model_copy(update={"withdrawn": True}) for each in gone], now, None
    )
    return replace(loaded, withdrawn=tuple(sorted(each.product_id for each in gone)))


async def take_in_file(database: Database, file: Path, now: datetime) -> None:
    """Take the project's own `catalogue.yaml` in when it is another than the last time, so that an older file
    undoes nothing that was told since. What it no longer names, and no feed told of, is withdrawn; where that
    would be most of it, nothing is, and the log says what to do. Raises yamlfile.FileProblems."""
    products, digest = await asyncio.to_thread(_read, file)
    async with database.transaction() as session:
        state = await lock_state(session)
        if products and state.feed != digest:
            await load_products(session, products, now, "folder")
            state.feed = digest
            session.add(state)
            await session.flush()
        try:
            named = [product.product_id for product in products]
            gone = await withdraw_others(session, named, now, sure=False, source="folder")
        except TooManyGone as error:
            _log.warning("catalogue.yaml: %s Nothing was withdrawn. %s", error, _IF_MEANT)
            return
    if gone.withdrawn:
        _log.warning("catalogue.yaml no longer names what is now withdrawn: %s", some(gone.withdrawn))


def some(ids: Sequence[str]) -> str:
    """Ids of products as people read them: the first of many, and how many there are beside."""
    beside = len(ids) - _SHOWN
    return ", ".join(ids[:_SHOWN]) + (f" and {beside} more" if beside > 0 else "")


def _read(file: Path) -> tuple[list[Product], str]:
    """The products of a file, and its SHA-256."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    return Catalogue.load(file).products, digest
