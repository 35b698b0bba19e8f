"""The products a shop sells, from `catalogue.yaml` and from feeds: what a message may show beside the event."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

import yamlfile


class Product(BaseModel):
    """One thing on sale. `price` is in `currency`, an ISO 4217 code; `url` is its page in the shop; `cost` is
    what the shop pays for it, in the same currency, and shown to nobody. `restricted` says what keeps it from some
    customers, such as `alcohol`: see the policy restricted_categories."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    price: Decimal = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    category: str
    categories: tuple[str, ...] = ()
    """Others that it belongs to as well."""
    stock: int | None = Field(default=None, ge=0)
    """How many there are; None when nobody counts them."""
    restricted: frozenset[str] = frozenset()
    url: str = Field(pattern=r"^https?://\S+$")
    image: str = Field(default="", pattern=r"^(https?://\S+)?$")
    withdrawn: bool = False
    """Whether the shop sells it no more. Nothing advertises it then, but content that asks for this itself."""
    cost: Decimal | None = Field(default=None, ge=0, exclude=True)

    @property
    def margin(self) -> float | None:
        """Per cent of the price that are not cost; None when the cost is unknown."""
        if self.cost is None or not self.price:
            return None
        return float((self.price - self.cost) / self.price * 100)

    @property
    def available(self) -> bool:
        """Whether it is sold and there is any, as far as is known."""
        return not self.withdrawn and self.stock != 0

    @property
    def about(self) -> frozenset[str]:
        """Every category that it belongs to, and what restricts it."""
        return frozenset({self.category, *self.categories}) | self.restricted

    @property
    def facts(self) -> dict[str, Any]:
        """All of it as JSON, as a store keeps it, its cost included."""
        cost = None if self.cost is None else str(self.cost)
        return {**self.model_dump(mode="json"), "restricted": sorted(self.restricted), "cost": cost}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    products: tuple[Product, ...]


class Catalogue:
    """Finds products by id, and those that go with them. What is sold out or withdrawn is not recommended, nor
    what is restricted in a way that the product in hand is not."""

    def __init__(self, products: tuple[Product, ...] = ()) -> None:
        self._file = products
        self._products = {product.product_id: product for product in products}
        self._together: Mapping[str, Mapping[str, Sequence[str]]] = {}
        self._trending: Sequence[str] = ()

    @classmethod
    def load(cls, file: Path) -> "Catalogue":
        """Read a catalogue; a project without one has an empty one. Raises yamlfile.FileProblems."""
        if not file.is_file():
            return cls()
        document = yamlfile.read(file)
        products = yamlfile.validate(_File, document).products
        ids = [product.product_id for product in products]
        doubled = [
            document.problem(("products", place, "product_id"), f"a product '{product_id}' exists already")
            for place, product_id in enumerate(ids)
            if product_id in ids[:place]
        ]
        if doubled:
            raise yamlfile.FileProblems(doubled)
        return cls(products)

    def renew(
        self,
        products: Iterable[Mapping[str, Any]],
        together: Mapping[str, Mapping[str, Sequence[str]]],
        trending: Sequence[str],
    ) -> None:
        """Take over what feeds told since, which counts before the file, and what customers do: by kind (`viewed`,
        `bought`) and product what is touched together with it, and what is touched most."""
        told = (Product.model_validate(facts) for facts in products)
        self._products = {product.product_id: product for product in (*self._file, *told)}
        self._together, self._trending = together, trending

    @property
    def products(self) -> list[Product]:
        """Everything there is, that of the file first; withdrawn products too, which are not for sale."""
        return list(self._products.values())

    def product(self, product_id: str) -> Product | None:
        """The product with this id, or None when the shop has none."""
        return self._products.get(product_id)

    def related(self, product_id: str, count: int) -> list[Product]:
        """Up to `count` other products of the same category, nearest in price first; ties by id."""
        product = self.product(product_id)
        if product is None:
            return []
        others = [other for other in self._products.values() if other.category == product.category]
        others.sort(key=lambda other: (abs(other.price - product.price), other.product_id))
        return self._fit(product, others)[:count]

    def together(self, kind: str, product_id: str, count: int) -> list[Product]:
        """Up to `count` products that customers `viewed` or `bought` beside this one, the nearest first."""
        named = self._together.get(kind, {}).get(product_id, ())
        return self._fit(self.product(product_id), self._known(named))[:count]

    def trending(self, product_id: str, count: int) -> list[Product]:
        """Up to `count` products that customers touch most of late, but for the one in hand."""
        return self._fit(self.product(product_id), self._known(self._trending))[:count]

    def _known(self, ids: Iterable[str]) -> list[Product]:
        return [self._products[each] for each in ids if each in self._products]

    def _fit(self, product: Product | None, others: Iterable[Product]) -> list[Product]:
        """Those that may stand beside a product."""
        allowed = product.restricted if product else frozenset[str]()
        return [each for each in others if each != product and each.available and each.restricted <= allowed]
