"""What a feed tells of products, and who hears of a change of price or stock."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from starter.catalogue.changes import changes
from starter.catalogue.feed import read_feed
from starter.catalogue.keeping import Keeper
from starter.catalogue.loading import take_in_file
from starter.services import Services
from store.catalogue import read_catalogue
from store.database import Database
from store.tables import EventRecord, OutboxEntry
from tests import seeding
from tests.catalogue.conftest import NOW, happens, product
from yamlfile import FileProblems

PATH = "/v1/catalogue/products"


def names(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name, _ in changes(product(**before), product(**after))]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"price": "100"}, {"price": "80"}, ["Price Dropped"]),
        ({"price": "80"}, {"price": "100"}, ["Price Rose"]),
        ({"price": "100"}, {"price": "80", "currency": "USD"}, []),
        ({"stock": 0}, {"stock": 7}, ["Back in Stock"]),
        ({"stock": 7}, {"stock": 0, "price": "80"}, ["Price Dropped", "Sold Out"]),
        ({"stock": 7}, {"stock": 3}, []),
        ({}, {"stock": 3}, []),
        ({"name": "Tent"}, {"name": "Tent 2"}, []),
        ({"stock": 7}, {"stock": 0, "price": "80", "withdrawn": True}, ["Product Withdrawn"]),
        ({"withdrawn": True}, {"withdrawn": True, "price": "80"}, []),
        ({"withdrawn": True, "stock": 0}, {"stock": 3}, ["Back on Sale", "Back in Stock"]),
    ],
)
def test_only_a_price_and_a_stock_that_runs_out_or_comes_back_are_told(
    before: dict[str, Any], after: dict[str, Any], told: list[str]
):
    assert names(before, after) == told


def test_a_drop_is_told_with_its_size():
    [(_, facts)] = changes(product(price="80"), product(price="60"))

    assert (facts["price"], facts["price_before"], facts["drop_percent"]) == (60.0, 80.0, 25.0)


async def tell(feed: httpx.AsyncClient, **changed: Any) -> dict[str, int]:
    answer = await feed.put(PATH, json={"products": [product(**changed).facts]})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(database: Database) -> list[tuple[str, str]]:
    """Who was told what, as it waits for their journeys."""
    query = select(EventRecord).join(OutboxEntry, col(OutboxEntry.seq) == EventRecord.seq)
    async with database.reading() as session:
        rows = (await session.exec(query.order_by(col(EventRecord.seq)))).all()
    return [(row.customer_id, row.name) for row in rows if row.id.startswith("catalogue_")]


async def work(keeper: Keeper) -> None:
    while await keeper.work(NOW + timedelta(seconds=1)):
        pass


async def test_those_who_looked_and_did_not_buy_hear_of_a_lower_price_once(
    feed: httpx.AsyncClient, keeper: Keeper, database: Database
):
    await happens(database, ("c_ann", "Product Viewed", "tent"), ("c_ben", "Product Viewed", "tent"))
    await happens(database, ("c_ben", "Order Completed", "tent"), ago=timedelta(minutes=5))
    await happens(database, ("c_cat", "Product Viewed", "tent"), ago=timedelta(days=61))
    first, again = await tell(feed, price="100"), await tell(feed, price="80")
    same = await tell(feed, price="80")

    await work(keeper)

    assert (first["new"], again["changed"], again["events"], same["changed"]) == (1, 1, 1, 0)
    assert await told(database) == [("c_ann", "Price Dropped")]


async def test_a_stock_can_be_told_alone(feed: httpx.AsyncClient, keeper: Keeper, database: Database):
    await tell(feed, stock=0)
    await happens(database, ("c_ann", "Product Added to Wishlist", "tent"))

    answer = await feed.patch(f"{PATH}/tent", json={"stock": 4})
    unknown = await feed.patch(f"{PATH}/boat", json={"stock": 4})
    await work(keeper)

    assert (answer.json()["events"], unknown.status_code) == (1, 404)
    assert await told(database) == [("c_ann", "Back in Stock")]
    [kept] = (await feed.get(PATH)).json()["products"]
    assert (kept["stock"], kept["price"]) == (4, "100")


async def keep_only(feed: httpx.AsyncClient, *ids: str, sure: bool = False) -> httpx.Response:
    return await feed.put("/v1/catalogue/range", json={"product_ids": ids, "sure": sure})


async def test_what_a_full_feed_no_longer_names_is_withdrawn_and_told_until_it_is_back(
    feed: httpx.AsyncClient, keeper: Keeper, database: Database
):
    for product_id in ("tent", "mat", "boat"):
        await tell(feed, product_id=product_id)
    await happens(database, ("c_ann", "Product Viewed", "boat"))

    first, again = await keep_only(feed, "tent", "mat"), await keep_only(feed, "tent", "mat")
    await work(keeper)
    async with database.reading() as session:
        withdrawn = [row["product_id"] for row in (await read_catalogue(session, 3)).products if row["withdrawn"]]
    await tell(feed, product_id="boat")
    await work(keeper)

    assert (first.json()["changed"], again.json()["changed"], withdrawn) == (1, 0, ["boat"])
    assert await told(database) == [("c_ann", "Product Withdrawn"), ("c_ann", "Back on Sale")]


async def test_a_feed_that_was_cut_off_withdraws_nothing_unless_one_is_sure(feed: httpx.AsyncClient):
    for product_id in ("tent", "mat", "boat"):
        await tell(feed, product_id=product_id)

    refused, sure = await keep_only(feed, "tent"), await keep_only(feed, "tent", sure=True)

    assert (refused.status_code, refused.json()["code"]) == (409, "unlikely")
    assert "2 of the 3 on sale" in refused.json()["message"]
    assert sure.json()["changed"] == 2


async def test_who_may_not_write_the_catalogue_is_refused(feed: httpx.AsyncClient):
    reader = {"Authorization": f"Bearer {seeding.ADA.token}"}

    answer = await feed.put(PATH, json={"products": [product().facts]}, headers=reader)

    assert (answer.status_code, (await feed.get(PATH, headers=reader)).status_code) == (403, 200)


async def test_what_is_touched_together_and_most_is_counted_as_events_come(
    shop: Services, keeper: Keeper, database: Database
):
    for who in ("c_ann", "c_ben", "c_cat"):
        await happens(database, (who, "Product Viewed", "tent"), (who, "Product Viewed", "mat"))
        await keeper.count()
    await happens(database, ("c_ann", "Product Viewed", "boat"), ("c_ann", "Order Completed", "tent mat"))
    await keeper.count()

    async with database.reading() as session:
        news = await read_catalogue(session, fewest=3)

    assert news.together == {"viewed": {"tent": ["mat"], "mat": ["tent"]}}
    assert news.trending[-1] == "boat"
    assert not await keeper.count()


def written(file: Path, **prices: int) -> None:
    """The project's own file, with products at these prices."""
    url = "https://s.example"
    rows = [
        f"  - {{product_id: {name}, name: {name}, price: {price}, currency: EUR, category: x, url: '{url}'}}\n"
        for name, price in prices.items()
    ]
    file.write_text("products:\n" + "".join(rows) if rows else "products: []\n")


async def sold(database: Database) -> dict[str, str]:
    """The prices of what is on sale."""
    async with database.reading() as session:
        rows = (await read_catalogue(session, 3)).products
    return {row["product_id"]: row["price"] for row in rows if not row["withdrawn"]}


async def test_the_projects_own_file_is_taken_in_again_only_when_it_changed(
    shop: Services, database: Database, tmp_path: Path, feed: httpx.AsyncClient
):
    file = tmp_path / "catalogue.yaml"
    written(file, tent=100)
    await take_in_file(database, file, NOW)
    await tell(feed, price="80")

    await take_in_file(database, file, NOW)
    kept = await sold(database)
    written(file, tent=70)
    await take_in_file(database, file, NOW)

    assert (kept, await sold(database)) == ({"tent": "80"}, {"tent": "70"})


async def test_what_the_projects_own_file_no_longer_names_is_withdrawn_unless_a_feed_told_of_it(
    shop: Services, database: Database, tmp_path: Path, feed: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
):
    file = tmp_path / "catalogue.yaml"
    written(file, tent=100, mat=40, boat=900, stove=60)
    await take_in_file(database, file, NOW)
    await tell(feed, product_id="mat", price="40")
    await tell(feed, product_id="kayak")
    await feed.patch(f"{PATH}/boat", json={"stock": 3})

    written(file, tent=100, stove=60)
    await take_in_file(database, file, NOW)

    assert (await sold(database)).keys() == {"tent", "mat", "kayak", "stove"}
    assert "no longer names what is now withdrawn: boat" in caplog.text


@pytest.mark.parametrize("left", ["products: []\n", None])
async def test_a_file_that_was_emptied_or_lost_withdraws_nothing_and_says_what_to_do(
    shop: Services, sqlite_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, left: str | None
):
    file = tmp_path / "catalogue.yaml"
    written(file, tent=100, mat=40)
    await take_in_file(sqlite_database, file, NOW)

    file.unlink() if left is None else file.write_text(left)
    await take_in_file(sqlite_database, file, NOW)

    assert (await sold(sqlite_database)).keys() == {"tent", "mat"}
    assert "2 of the 2 on sale are not among them. Nothing was withdrawn." in caplog.text
    assert "sojourn catalogue load --sure" in caplog.text


async def test_the_folders_range_withdraws_what_the_folder_told_and_nothing_of_a_feed(feed: httpx.AsyncClient):
    folder = {"products": [product("tent").facts, product("mat").facts], "source": "folder"}
    await feed.put(PATH, json=folder)
    await tell(feed, product_id="kayak")

    answer = await feed.put("/v1/catalogue/range", json={"product_ids": ["tent"], "source": "folder"})

    assert answer.json()["withdrawn"] == ["mat"]


def test_a_feed_may_be_csv(tmp_path: Path):
    file = tmp_path / "feed.csv"
    file.write_text(
        "product_id,name,price,currency,category,url,stock,restricted\n"
        "gin,Gin,29.90,EUR,Spirits,https://shop.example/gin,0,alcohol\n"
        "mug,Mug,9,EUR,Kitchen,https://shop.example/mug,,\n"
    )

    gin, mug = read_feed(file)

    assert (gin.available, gin.restricted, mug.stock) == (False, {"alcohol"}, None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("product_id,prize\n", "feed.csv:1:1: unknown column 'prize' (did you mean 'price'?)"),
        (
            "product_id,name,price,currency,category,url\na,A,-1,EUR,x,https://s.example\n",
            "feed.csv:2:1: price: Input should be greater than or equal to 0",
        ),
    ],
)
def test_a_wrong_feed_is_told_at_its_line(tmp_path: Path, text: str, problem: str):
    file = tmp_path / "feed.csv"
    file.write_text(text)

    with pytest.raises(FileProblems) as caught:
        read_feed(file)

    assert problem in str(caught.value)
