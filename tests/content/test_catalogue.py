from decimal import Decimal
from pathlib import Path

import pytest

from content.catalogue import Catalogue
from yamlfile import FileProblems

ROW = '  - {{product_id: {id}, name: {id}, price: {price}, currency: EUR, category: {category}, url: "https://shop.example/{id}"}}\n'


def catalogue(tmp_path: Path, *products: tuple[str, str, str]) -> Catalogue:
    file = tmp_path / "catalogue.yaml"
    rows = "".join(ROW.format(id=i, price=price, category=category) for i, price, category in products)
    file.write_text("products:\n" + rows)
    return Catalogue.load(file)


def test_a_project_without_a_catalogue_has_an_empty_one(tmp_path: Path):
    assert Catalogue.load(tmp_path / "catalogue.yaml").product("a") is None


def test_a_price_is_read_to_the_cent(tmp_path: Path):
    product = catalogue(tmp_path, ("boots", "129.90", "shoes")).product("boots")

    assert product is not None
    assert product.price == Decimal("129.90")


def test_related_products_share_the_category_and_come_nearest_in_price_first(tmp_path: Path):
    shop = catalogue(tmp_path, ("a", "100", "x"), ("far", "190", "x"), ("near", "110", "x"), ("other", "100", "y"))

    assert [p.product_id for p in shop.related("a", 5)] == ["near", "far"]


def test_related_products_equally_near_come_in_the_order_of_their_ids(tmp_path: Path):
    shop = catalogue(tmp_path, ("m", "100", "x"), ("z", "110", "x"), ("b", "90", "x"))

    assert [p.product_id for p in shop.related("m", 1)] == ["b"]


def test_a_product_the_shop_does_not_have_has_no_relatives(tmp_path: Path):
    assert catalogue(tmp_path, ("a", "1", "x")).related("nothing", 3) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("products:\n  - {product_id: a, nam: b}\n", "2:21: unknown key 'nam' (did you mean 'name'?)"),
        ("product: []\n", "1:1: unknown key 'product' (did you mean 'products'?)"),
        ("products:\n" + ROW.format(id="a", price="-1", category="x"), "2:30: Input should be greater than or"),
        ("products:\n" + ROW.format(id="a", price="1", category="x") * 2, "3:6: a product 'a' exists already"),
        ("products: [\n", "2:1: "),
    ],
)
def test_a_wrong_catalogue_is_told_at_its_place(tmp_path: Path, text: str, problem: str):
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)

    with pytest.raises(FileProblems) as caught:
        Catalogue.load(file)

    assert f"{file}:{problem}" in str(caught.value)


def test_a_product_page_must_be_a_web_address(tmp_path: Path):
    file = tmp_path / "catalogue.yaml"
    file.write_text(
        'products:\n  - {product_id: a, name: a, price: 1, currency: EUR, category: x, url: "javascript:x"}\n'
    )

    with pytest.raises(FileProblems, match=r":2:68: String should match pattern"):
        Catalogue.load(file)


def test_what_is_told_by_a_feed_counts_before_the_file(tmp_path: Path):
    shop = catalogue(tmp_path, ("boots", "129.90", "shoes"), ("socks", "9", "shoes"))
    boots = shop.product("boots")
    assert boots is not None

    shop.renew([boots.facts | {"price": "99.00", "stock": 0}], {}, [])

    assert [(p.product_id, p.price, p.available) for p in shop.products] == [
        ("boots", Decimal("99.00"), False),
        ("socks", Decimal("9"), True),
    ]
    assert shop.related("socks", 3) == []


def test_what_is_withdrawn_is_known_and_recommended_no_more(tmp_path: Path):
    shop = catalogue(tmp_path, ("boots", "129.90", "shoes"), ("socks", "9", "shoes"))
    boots = shop.product("boots")
    assert boots is not None

    shop.renew([boots.facts | {"withdrawn": True}], {"bought": {"socks": ["boots"]}}, ["boots"])

    assert shop.product("boots") is not None
    assert [*shop.related("socks", 3), *shop.together("bought", "socks", 3), *shop.trending("", 3)] == []


def test_what_customers_touch_together_is_recommended_but_for_what_is_restricted(tmp_path: Path):
    shop = catalogue(tmp_path, ("tent", "300", "x"), ("mat", "40", "y"), ("gin", "30", "z"))
    gin = shop.product("gin")
    assert gin is not None

    shop.renew(
        [gin.facts | {"restricted": ["alcohol"]}], {"bought": {"tent": ["gin", "mat", "gone"]}}, ["gin", "tent"]
    )

    assert [p.product_id for p in shop.together("bought", "tent", 3)] == ["mat"]
    assert shop.together("viewed", "tent", 3) == []
    assert [p.product_id for p in shop.trending("mat", 3)] == ["tent"]
