"""Segments are entered and left in the transaction of the event that makes it so, and when time makes it so."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from journeys.events import SEGMENT_ENTERED, SEGMENT_LEFT
from journeys.segments import version_of
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import ConsentChange, Incoming, Profile, Who
from starter.ingestion.pressure import Limits
from starter.segments.keeping import count_page, look_at_due
from store.database import Database
from store.segments import counted_segments, define
from store.tables import CustomerFeatures, EventRecord, Membership, OutboxEntry

NOW = datetime(2035, 1, 8, 12, 0, tzinfo=UTC)
BUYERS = {"buyers": "customer.orders.count >= 2"}


class Shop:
    """Takes in events at moments of its own."""

    def __init__(self, database: Database, segments: Mapping[str, str]) -> None:
        self.database = database
        self.segments: dict[str, str] = dict(segments)

    async def hears(
        self, user: str, name: str, at: datetime = NOW, *, event_id: str = "", profile: Profile = Profile()
    ) -> None:
        event = Incoming(event_id or secrets.token_hex(8), name, Who(user), at, profile=profile)
        # Nobody dispatches what is accepted here, so it waits for as long as a test says.
        patient = Limits(behind=timedelta.max)
        ingestion = Ingestion(self.database, ["email"], lambda: None, patient, segments=lambda: self.segments)
        await ingestion.accept([event], now=at)

    async def time_passes(self, to: datetime) -> int:
        return await look_at_due(self.database, self.segments, to)

    async def defines(self, segments: Mapping[str, str], at: datetime) -> None:
        self.segments = dict(segments)
        async with self.database.transaction() as session:
            await define(session, {name: (c, version_of(c)) for name, c in segments.items()}, at)

    async def told(self) -> list[tuple[str, str, str]]:
        """What was told of segments: the event, the segment, and because of what."""
        query = select(EventRecord).where(col(EventRecord.name).in_((SEGMENT_ENTERED, SEGMENT_LEFT)))
        async with self.database.reading() as session:
            rows = (await session.exec(query.order_by(col(EventRecord.seq)))).all()
            waiting = set((await session.exec(select(OutboxEntry.seq))).all())
        assert {row.seq for row in rows} <= waiting
        return [(row.name, row.properties["segment"], row.properties["because"]) for row in rows]

    async def members(self) -> dict[str, int]:
        async with self.database.reading() as session:
            return {row.name: row.members for row in await counted_segments(session)}


@pytest.fixture
async def shop(database: Database) -> Shop:
    return Shop(database, BUYERS)


async def test_the_event_that_makes_it_so_enters(shop: Shop) -> None:
    await shop.hears("lena", "Order Completed")
    assert await shop.told() == []
    await shop.hears("lena", "Order Completed")
    assert await shop.told() == [(SEGMENT_ENTERED, "buyers", "Order Completed")]


async def test_the_same_event_again_enters_nobody_twice(shop: Shop) -> None:
    await shop.hears("lena", "Order Completed")
    for _ in range(3):
        await shop.hears("lena", "Order Completed", event_id="second")
    assert len(await shop.told()) == 1


async def test_it_comes_after_its_event_and_before_the_next(shop: Shop) -> None:
    for number in range(3):
        await shop.hears("lena", "Order Completed", event_id=f"order-{number}")
    async with shop.database.reading() as session:
        rows = (await session.exec(select(EventRecord).order_by(col(EventRecord.seq)))).all()
    assert [row.name for row in rows] == ["Order Completed", "Order Completed", SEGMENT_ENTERED, "Order Completed"]


async def test_what_a_customer_allows_counts(shop: Shop) -> None:
    shop.segments = {
        "reachable": "customer.consents.marketing.email",
        "weekly": "customer.consents.topics['weekly']",
    }
    for granted in (True, False):
        said = ConsentChange("email", "marketing", granted=granted)
        await shop.hears("lena", "Customer Identified", profile=Profile(consents=(said,)))
    joined = ConsentChange("", "marketing", granted=True, topic="weekly")
    await shop.hears("lena", "Topic Joined", profile=Profile(consents=(joined,)))
    assert await shop.told() == [
        (SEGMENT_ENTERED, "reachable", "Customer Identified"),
        (SEGMENT_LEFT, "reachable", "Customer Identified"),
        (SEGMENT_ENTERED, "weekly", "Topic Joined"),
    ]


async def test_a_consent_that_ends_by_itself_counts_until_then(shop: Shop) -> None:
    shop.segments = {"reachable": "customer.consents.marketing.email"}
    said = ConsentChange("email", "marketing", granted=True, until=NOW + timedelta(days=2))
    await shop.hears("lena", "Order Completed", profile=Profile(consents=(said,)))
    assert await shop.time_passes(NOW + timedelta(days=2, seconds=-1)) == 0
    assert await shop.time_passes(NOW + timedelta(days=2)) == 1
    assert [(name, because) for name, _, because in await shop.told()] == [
        (SEGMENT_ENTERED, "Order Completed"),
        (SEGMENT_LEFT, "time"),
    ]


async def test_who_stays_away_enters_when_the_time_has_come_and_not_before(shop: Shop) -> None:
    shop.segments = {"gone-quiet": "customer.events['Order Completed'].days_since > 30"}
    await shop.hears("lena", "Order Completed")
    await shop.hears("omar", "Order Completed", NOW + timedelta(days=10))
    assert await shop.time_passes(NOW + timedelta(days=30)) == 0
    assert await shop.time_passes(NOW + timedelta(days=30, seconds=1)) == 1
    assert await shop.told() == [(SEGMENT_ENTERED, "gone-quiet", "time")]
    assert await shop.time_passes(NOW + timedelta(days=31)) == 0
    await shop.hears("lena", "Order Completed", NOW + timedelta(days=32))
    assert (await shop.told())[1:] == [(SEGMENT_LEFT, "gone-quiet", "Order Completed")]


async def test_a_window_that_runs_out_ends_a_membership(shop: Shop) -> None:
    shop.segments = {"active": "customer.events['Product Viewed'].last_7d >= 2"}
    await shop.hears("lena", "Product Viewed")
    await shop.hears("lena", "Product Viewed", NOW + timedelta(days=2))
    due = datetime(2035, 1, 15, tzinfo=UTC)  # midnight, when the eighth has left the last seven days
    assert await shop.time_passes(due - timedelta(seconds=1)) == 0
    assert await shop.time_passes(due) == 1
    assert [name for name, _, _ in await shop.told()] == [SEGMENT_ENTERED, SEGMENT_LEFT]


async def test_nobody_is_looked_at_whom_time_cannot_move(shop: Shop) -> None:
    await shop.hears("lena", "Order Completed")
    async with shop.database.reading() as session:
        assert (await session.exec(select(CustomerFeatures.look_at))).all() == [None]


async def test_who_is_in_it_when_it_is_defined_is_counted_and_does_not_enter(shop: Shop) -> None:
    shop.segments = {}
    for user in ("lena", "omar", "ada"):
        for _ in range(1 if user == "ada" else 2):
            await shop.hears(user, "Order Completed")
    await shop.defines(BUYERS, NOW + timedelta(hours=1))
    await shop.hears("lena", "Product Viewed", NOW + timedelta(hours=2))  # before she was counted
    while await count_page(shop.database, shop.segments, NOW + timedelta(hours=2), page=1):
        pass
    assert (await shop.members(), await shop.told()) == ({"buyers": 2}, [])
    await shop.hears("ada", "Order Completed", NOW + timedelta(hours=3))
    assert (await shop.members(), len(await shop.told())) == ({"buyers": 3}, 1)


async def test_a_definition_that_changes_moves_people_without_a_word(shop: Shop) -> None:
    await shop.defines(BUYERS, NOW)
    for _ in range(2):
        await shop.hears("lena", "Order Completed", NOW + timedelta(minutes=1))
    assert len(await shop.told()) == 1
    await shop.defines({"buyers": "customer.orders.count >= 3"}, NOW + timedelta(hours=1))
    while await count_page(shop.database, shop.segments, NOW + timedelta(hours=1)):
        pass
    assert (await shop.members(), len(await shop.told())) == ({"buyers": 0}, 1)
    await shop.hears("lena", "Order Completed", NOW + timedelta(hours=2))
    assert (await shop.members(), len(await shop.told())) == ({"buyers": 1}, 2)


async def test_a_segment_that_is_no_more_leaves_nothing_behind(shop: Shop) -> None:
    await shop.defines(BUYERS, NOW)
    for _ in range(2):
        await shop.hears("lena", "Order Completed")
    await shop.defines({}, NOW)
    async with shop.database.reading() as session:
        assert (await session.exec(select(Membership))).all() == []
