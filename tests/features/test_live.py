"""Features change in the transaction that accepts their events."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as listening
from sqlmodel import select

from learning.features.document import view
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from starter.ingestion.items import Envelope, read_item
from store.database import Database
from store.tables import CustomerFeatures
from tests.features.conftest import NOON


def incoming(number: int, name: str = "Product Viewed", user: str = "lena", **properties: Any) -> Incoming:
    return Incoming(f"m{number}", name, Who(user), NOON - timedelta(hours=1), properties)


@pytest.fixture
def ingestion(database: Database) -> Ingestion:
    return Ingestion(database, [], lambda: None)


async def seen(database: Database) -> dict[str, Any]:
    """The features of the only customer."""
    async with database.reading() as session:
        return view((await session.exec(select(CustomerFeatures))).one().document, NOON)


async def test_an_event_is_folded_in_when_it_is_accepted(ingestion: Ingestion, database: Database) -> None:
    await ingestion.accept([incoming(1)], now=NOON)
    await ingestion.accept([incoming(2), incoming(3, "Order Completed", total=9)], now=NOON)
    features = await seen(database)
    assert (features["events"]["Product Viewed"]["count"], features["orders"]["value"]) == (2, 9)


async def test_a_batch_that_is_sent_again_is_not_folded_in_again(ingestion: Ingestion, database: Database) -> None:
    for _ in range(2):
        await ingestion.accept([incoming(1), incoming(1), incoming(2)], now=NOON)
    assert (await seen(database))["events"]["Product Viewed"]["count"] == 2


async def test_an_event_from_the_future_counts_as_of_now(ingestion: Ingestion, database: Database) -> None:
    wrong = Incoming("m1", "Product Viewed", Who("lena"), NOON + timedelta(days=4000))
    await ingestion.accept([wrong], now=NOON)
    await ingestion.accept([incoming(2)], now=NOON)
    assert (await seen(database))["events"]["Product Viewed"]["last_24h"] == 2


async def test_a_request_reads_and_writes_features_once_however_many_events_it_has(
    ingestion: Ingestion, database: Database
) -> None:
    counted = [await statements(ingestion, database, first, number) for first, number in ((0, 2), (100, 40))]
    assert counted[0] == counted[1] == 2


async def statements(ingestion: Ingestion, database: Database, first: int, number: int) -> int:
    """How many statements touch the features while so many events of two customers are accepted."""
    told: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        told.append(statement)

    engine = database._engine.sync_engine
    listening.listen(engine, "before_cursor_execute", note)
    try:
        events = [incoming(first + n, user=f"user{n % 2}") for n in range(number)]
        await ingestion.accept(events, now=NOON)
    finally:
        listening.remove(engine, "before_cursor_execute", note)
    return sum("customer_features" in statement for statement in told)


ON_PAGE = {"path": "/c", "url": "https://shop.example/c", "referrer": "https://shop.example/b"}


@pytest.mark.parametrize(
    ("item", "page", "referrer"),
    [
        ({"type": "page", "properties": {"url": "https://www.shop.example/a?token=1"}}, "/a", ""),
        (
            {"type": "page", "properties": {"path": "/b", "referrer": "https://a.example/?q=x"}},
            "/b",
            "a.example",
        ),
        ({"type": "screen", "name": "Home"}, "Home", ""),
        ({"type": "track", "event": "X", "context": {"page": ON_PAGE}}, "/c", ""),
    ],
)
def test_a_visit_is_read_without_what_may_be_secret(item: dict[str, Any], page: str, referrer: str) -> None:
    visit = read_item({"userId": "lena", **item}, Envelope(received_at=NOON)).visit
    assert visit is not None
    assert (visit.page, visit.referrer) == (page, referrer)


def test_a_servers_call_is_no_visit() -> None:
    item = {"userId": "lena", "type": "track", "event": "Order Completed", "context": {"page": "?"}}
    assert read_item(item, Envelope(received_at=NOON)).visit is None
