"""The products a shop sells, read from `catalogue.yaml`: what a message may show, beside the event itself."""

from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

import yamlfile


class Product(BaseModel):
    """One thing on sale. `price` is in `currency`, an ISO 4217 code; `url` is its page in the shop; `cost` is
    what the shop pays for it, in the same currency, and shown to nobody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    price: Decimal = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    category: str
    url: str = Field(pattern=r"^https?://\S+$")
    image: str = Field(default="", pattern=r"^(https?://\S+)?$")
    cost: Decimal | None = Field(default=None, ge=0, exclude=True)

    @property
    def margin(self) -> float | None:
        """Per cent of the price that are not cost; None when the cost is unknown."""
        if self.cost is None or not self.price:
            return None
        return float((self.price - self.cost) / self.price * 100)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    products: tuple[Product, ...]


class Catalogue:
    """Finds products by id, and those that go with them."""

    def __init__(self, products: tuple[Product, ...] = ()) -> None:
        self._products = {product.product_id: product for product in products}

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

    @property
    def products(self) -> list[Product]:
        """Everything on sale, in the order of the file."""
        return list(self._products.values())

    def product(self, product_id: str) -> Product | None:
        """The product with this id, or None when the shop has none."""
        return self._products.get(product_id)

    def related(self, product_id: str, count: int) -> list[Product]:
        """Up to `count` other products of the same category, nearest in price first; ties by id."""
        product = self.product(product_id)
        if product is None:
            return []
        others = [
            other
            for other in self._products.values()
            if other.category == product.category and other.product_id != product.product_id
        ]
        others.sort(key=lambda other: (abs(other.price - product.price), other.product_id))
        return others[:count]
