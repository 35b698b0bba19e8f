"""What is tightened about a journey stays so until a person loosens it, and can only become stricter."""

from datetime import UTC, datetime

from store.autonomy import NeedingPeople, loosen, tighten, tightening_of, tightenings
from store.database import Database

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


async def tightened(database: Database, tier: NeedingPeople, journey: str = "winback") -> bool:
    async with database.transaction() as session:
        return await tighten(session, journey, tier, group="ops", reason="complaints", by="guardrail", at=NOON)


async def test_it_only_becomes_stricter(database: Database):
    said = [await tightened(database, tier) for tier in ("supervised", "supervised", "human", "supervised")]
    assert said == [True, False, True, False]
    async with database.reading() as session:
        now = await tightening_of(session, "winback")
        other = await tightening_of(session, "welcome")
    assert now is not None
    assert (now.tier, now.group, now.reason, now.by) == ("human", "ops", "complaints", "guardrail")
    assert other is None


async def test_a_person_loosens_it_and_it_can_be_tightened_again(database: Database):
    await tightened(database, "supervised")
    await tightened(database, "human")
    async with database.transaction() as session:
        assert await loosen(session, "winback", by="ada", at=NOON)
        assert not await loosen(session, "winback", by="ada", at=NOON)
        assert await tightening_of(session, "winback") is None
    assert await tightened(database, "supervised")
    async with database.reading() as session:
        assert [(row.journey, row.tier) for row in await tightenings(session)] == [("winback", "supervised")]
