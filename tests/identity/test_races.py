"""Merges at the same moment: none waits for ever, none is lost, nobody is left between two."""

import asyncio
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event as sql_event
from sqlmodel import SQLModel

from store import append_only
from store.database import Database
from store.tables import Customer, EventRecord, Identity, Merge, OutboxEntry
from tests.identity.conftest import Shop, alias, identify, view

PEOPLE = 6


async def test_crossed_merges_at_the_same_time_end_and_lose_no_event(shop: Shop):
    """Every visitor belongs to a user, and many senders say so at once, in other orders."""
    users, visitors = [f"user{n}" for n in range(PEOPLE)], [f"visitor{n}" for n in range(PEOPLE)]
    await shop.takes(*(identify(user=user) for user in users), *(view(anonymous=visitor) for visitor in visitors))
    calls = [identify(user=u, anonymous=v) for u, v in zip(users, visitors, strict=True)]
    senders = [random.Random(number).sample(calls, PEOPLE) for number in range(8)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(shop.takes(*sender) for sender in senders))
    assert await shop.people() == {frozenset({f"user:user{n}", f"anonymous:visitor{n}"}) for n in range(PEOPLE)}
    assert len(await shop.all(Merge)) == PEOPLE
    await no_event_is_with_who_is_gone(shop)
    assert len(await shop.all(EventRecord)) == len(await shop.all(OutboxEntry)) == 2 * PEOPLE + 8 * PEOPLE


async def test_merges_into_a_chain_at_the_same_time_leave_one_customer(shop: Shop):
    ids = [f"visitor{n}" for n in range(5)]
    await shop.takes(identify(user="lena"), *(view(anonymous=visitor) for visitor in ids))
    async with asyncio.timeout(60):
        await asyncio.gather(*(shop.takes(alias("lena", visitor)) for visitor in ids))
    (lena,) = [c for c in await shop.all(Customer) if c.merged_into is None]
    assert len(lena.absorbed) == len(ids)
    assert {i.customer_id for i in await shop.all(Identity)} == {lena.id}
    await no_event_is_with_who_is_gone(shop)


async def test_an_event_of_one_who_is_merged_at_that_moment_reaches_the_survivor(shop: Shop):
    await shop.takes(identify(user="lena"), view(anonymous="a1"))
    lena = (await shop.customer("lena")).id
    async with asyncio.timeout(60):
        await asyncio.gather(
            shop.takes(identify(user="lena", anonymous="a1")),
            *(shop.takes(view(anonymous="a1")) for _ in range(6)),
        )
    assert len(await shop.events(lena)) == 2 + 1 + 6


async def no_event_is_with_who_is_gone(shop: Shop) -> None:
    live = {c.id for c in await shop.all(Customer) if c.merged_into is None}
    assert {e.customer_id for e in await shop.all(EventRecord)} <= live


WHO = st.sampled_from(["lena", "omar", ""])
DEVICE = st.sampled_from(["a1", "a2", ""])
MAIL = st.sampled_from(["lena@example.com", "omar@example.com", ""])
CALLS = st.lists(st.tuples(WHO, DEVICE, MAIL).filter(lambda ids: ids[0] or ids[1]), min_size=1, max_size=8)


@given(CALLS, st.lists(st.integers(1, 3), max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_merged_no_event_is_lost_and_all_can_be_undone(
    sqlite_database: Database, calls: list[tuple[str, str, str]], cuts: list[int]
):
    shop = Shop(sqlite_database)
    await emptied(shop)
    items = [identify(u, a, traits={"email": mail} if mail else {}) for u, a, mail in calls]
    sent = len(items)
    for cut in [*cuts, sent]:
        await shop.takes(*items[:cut])
        del items[:cut]
    assert len(await shop.all(EventRecord)) == sent
    await no_event_is_with_who_is_gone(shop)
    for merge in sorted(await shop.all(Merge), key=lambda merge: -merge.id):
        await shop.unmerge(merge)
    assert all(c.merged_into is None and c.absorbed == [] for c in await shop.all(Customer))
    assert len(await shop.all(EventRecord)) == sent


async def emptied(shop: Shop) -> None:
    """Hypothesis plays many examples on one store."""
    async with shop.database.connection() as connection:
        await connection.run_sync(append_only.unguard)
        await connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in reversed(SQLModel.metadata.sorted_tables):
            await connection.execute(table.delete())
        await connection.run_sync(append_only.guard)


async def test_who_is_known_is_recognised_by_two_reads(shop: Shop):
    """The hot path: whose the ids are, and a lock on the customer."""
    await shop.takes(identify(user="lena", anonymous="a1", traits={"email": "lena@example.com"}))
    statements: list[str] = []
    engine = shop.database._engine.sync_engine  # pyright: ignore
    sql_event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await shop.takes(view(user="lena", anonymous="a1"), view(anonymous="a1"))
    assert sum("FROM identity" in statement for statement in statements) == 1
    assert sum(statement.startswith("SELECT customer.id, customer.traits") for statement in statements) == 1
    assert not any("INTO identity" in s or "UPDATE customer SET" in s for s in statements)
