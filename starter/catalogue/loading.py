"""Takes products in: keeps them as they are told, and notes what changed about those that were known."""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from content.catalogue import Catalogue, Product
from starter.catalogue.changes import changes
from store.catalogue import lock_state, products_beside, products_told
from store.database import Database
from store.tables import CatalogueProduct, ProductChange

_MOST_GONE = 0.5
"""The share of what is sold that one feed takes off sale without being asked twice: a feed that was cut off would
take nearly all of it."""


class TooManyGone(Exception):
    """A feed would take more off sale than is likely to be meant. The message says how many."""


@dataclass(frozen=True)
class Loaded:
    """What a feed brought: products that are new, that changed, and the events that tell of changes."""

    products: int
    new: int
    changed: int
    events: int


async def load_products(session: AsyncSession, products: Sequence[Product], now: datetime) -> Loaded:
    """Keep products as they are told at `now`, in UTC. What is not among them stays as it is."""
    state = await lock_state(session)
    known = await products_told(session, [product.product_id for product in products])
    new = changed = events = 0
    for product in {each.product_id: each for each in products}.values():
        row, facts = known.get(product.product_id), product.facts
        if row is not None and row.facts == facts:
            continue
        told = changes(Product.model_validate(row.facts), product) if row else []
        session.add_all(
            ProductChange(product_id=product.product_id, event=name, facts=each, at=now) for name, each in told
        )
        new, changed, events = new + (row is None), changed + (row is not None), events + len(told)
        row = row or CatalogueProduct(product_id=product.product_id, facts=facts, changed_at=now)
        row.facts, row.changed_at = facts, now
        session.add(row)
    if new or changed:
        state.revision += 1
        session.add(state)
    return Loaded(products=len(products), new=new, changed=changed, events=events)


async def withdraw_others(session: AsyncSession, kept: Collection[str], now: datetime, *, sure: bool) -> Loaded:
    """Withdraw every product whose id is not among those `kept`. Raises TooManyGone, unless one is `sure`."""
    others, told = await products_beside(session, frozenset(kept))
    gone = [product for row in others if not (product := Product.model_validate(row.facts)).withdrawn]
    sold = told - len(others) + len(gone)
    if gone and not sure and len(gone) > sold * _MOST_GONE:
        raise TooManyGone(
            f"It names {len(kept)} products, and {len(gone)} of the {sold} on sale are not among them."
        )
    return await load_products(session, [each.model_copy(update={"withdrawn": True}) for each in gone], now)


async def take_in_file(database: Database, file: Path, now: datetime) -> None:
    """Take the project's own `catalogue.yaml` in when it is another than the last time, so that an older file
    undoes nothing that was told since. Raises yamlfile.FileProblems."""
    products, digest = await asyncio.to_thread(_read, file)
    if not products:
        return
    async with database.transaction() as session:
        state = await lock_state(session)
        if state.feed != digest:
            await load_products(session, products, now)
            state.feed = digest
            session.add(state)


def _read(file: Path) -> tuple[list[Product], str]:
    """The products of a file, and its SHA-256."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    return Catalogue.load(file).products, digest
