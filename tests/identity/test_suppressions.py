"""The list of addresses that nothing is sent to."""

from datetime import UTC, datetime

import pytest

from store.database import Database
from store.suppressions import find_suppression, list_suppressions, release, suppress

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


async def test_a_suppressed_mail_address_is_one_however_it_is_written(database: Database):
    async with database.transaction() as session:
        assert await suppress(session, "email", "Lena@Example.com", "hard_bounce", "smtp.550", NOW)
    async with database.reading() as session:
        found = await find_suppression(session, "email", "lena@example.com")
    assert found is not None
    assert (found.reason, found.source, found.at) == ("hard_bounce", "smtp.550", NOW)


async def test_the_list_does_not_hold_the_address_itself(database: Database):
    async with database.transaction() as session:
        await suppress(session, "phone", "+4915112345642", "manual", "maria@northwind.example", NOW)
    async with database.reading() as session:
        (row,) = (await list_suppressions(session)).rows
    assert "15112345642" not in str(row.model_dump())


async def test_a_complaint_outweighs_a_bounce_and_nothing_outweighs_a_complaint(database: Database):
    async with database.transaction() as session:
        for reason, source in (("hard_bounce", "a"), ("complaint", "b"), ("manual", "c")):
            await suppress(session, "email", "lena@example.com", reason, source, NOW)
    async with database.reading() as session:
        (row,) = (await list_suppressions(session)).rows
        assert (await list_suppressions(session, "hard_bounce")).rows == []
    assert (row.reason, row.source) == ("complaint", "b")


async def test_what_is_released_may_be_written_to_again(database: Database):
    async with database.transaction() as session:
        await suppress(session, "email", "lena@example.com", "manual", "maria", NOW)
        assert await release(session, "email", "LENA@example.com", by="maria", at=NOW)
        assert not await release(session, "email", "lena@example.com", by="maria", at=NOW)
        assert await find_suppression(session, "email", "lena@example.com") is None


async def test_a_device_cannot_be_suppressed(database: Database):
    async with database.transaction() as session:
        with pytest.raises(ValueError, match="there are: email, phone"):
            await suppress(session, "push_token", "fcm-1", "manual", "maria", NOW)
