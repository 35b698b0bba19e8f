"""The catalogue over HTTP: what a shop's own system tells of its products, and what is known of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from content.catalogue import Product
from project.access import Person
from starter.catalogue.loading import Loaded, TooManyGone, load_products, withdraw_others
from starter.identity.callers import CallerRoute, Refusal, may
from starter.services import Shared
from store.audit import record
from store.catalogue import list_products, products_told
from store.tables import ProductSource

router = APIRouter(prefix="/v1/catalogue", route_class=CallerRoute, tags=["catalogue"])
_Reader = Annotated[Person, may("catalogue:read")]
_Writer = Annotated[Person, may("catalogue:write")]
MOST = 1_000
"""Products that one request may bring."""
_MOST_NAMED = 200_000


class NoProduct(Refusal):
    """Nothing was told of a product of this id yet."""

    code, status = "not_found", 404


class Unlikely(Refusal):
    """More would be taken off sale than is likely to be meant."""

    code, status = "unlikely", 409


class ProductsBody(BaseModel):
    """Products as they are now. Those that are not among them stay as they are. `source` is `folder` for what the
    project's own `catalogue.yaml` says."""

    model_config = ConfigDict(extra="forbid")

    products: list[Product] = Field(min_length=1, max_length=MOST)
    source: ProductSource = "feed"


class RangeBody(BaseModel):
    """The ids of everything that is sold, or that one `source` tells of. With `sure` however many others are
    withdrawn."""

    model_config = ConfigDict(extra="forbid")

    product_ids: list[str] = Field(min_length=1, max_length=_MOST_NAMED)
    source: ProductSource | None = None
    sure: bool = False


class ChangeBody(BaseModel):
    """What changed about a product."""

    model_config = ConfigDict(extra="forbid")

    price: Decimal | None = Field(default=None, ge=0)
    stock: int | None = Field(default=None, ge=0)


class Products(BaseModel):
    """One page of products; ask for the page after it while `more` is true."""

    products: list[dict[str, Any]]
    page: int
    more: bool


@router.put("/products")
async def tell(body: ProductsBody, caller: _Writer, services: Shared) -> Loaded:
    """Take products in. A price or a stock that changed becomes an event of those who looked at the product."""
    async with services.database.transaction() as session:
        done = await load_products(session, body.products, datetime.now(UTC), body.source)
        return _noted(session, caller, "catalogue", done)


@router.put("/range")
async def keep_only(body: RangeBody, caller: _Writer, services: Shared) -> Loaded:
    """Withdraw all products but these. It becomes an event of those who looked at them."""
    async with services.database.transaction() as session:
        try:
            now = datetime.now(UTC)
            done = await withdraw_others(session, body.product_ids, now, sure=body.sure, source=body.source)
        except TooManyGone as error:
            raise Unlikely(f"{error} If that is meant, say 'sure': true.") from error
        return _noted(session, caller, "catalogue:range", done)


@router.patch("/products/{product_id}")
async def change(product_id: str, body: ChangeBody, caller: _Writer, services: Shared) -> Loaded:
    """Take in another price or stock of a product that was told before."""
    async with services.database.transaction() as session:
        row = (await products_told(session, [product_id])).get(product_id)
        if row is None:
            raise NoProduct(
                f"Nothing was told of a product '{product_id}'. PUT it to /v1/catalogue/products first."
            )
        facts = row.facts | body.model_dump(exclude_none=True)
        done = await load_products(session, [Product.model_validate(facts)], datetime.now(UTC), None)
        return _noted(session, caller, f"product:{product_id}", done)


@router.get("/products")
async def show(_: _Reader, services: Shared, page: Annotated[int, Query(ge=1, le=100_000)] = 1) -> Products:
    """The products that were told, by their ids."""
    async with services.database.reading() as session:
        found = await list_products(session, page)
    rows = [{**row.facts, "source": row.source, "changed_at": row.changed_at} for row in found.rows]
    return Products(products=rows, page=found.number, more=found.more)


def _noted(session: AsyncSession, caller: Person, subject: str, done: Loaded) -> Loaded:
    """What came of telling of products; the audit log has it where it changed anything."""
    if done.new or done.changed:
        facts = {"what": "told", "new": done.new, "changed": done.changed}
        record(session, "change", subject, caller.email, facts, at=datetime.now(UTC))
    return done
