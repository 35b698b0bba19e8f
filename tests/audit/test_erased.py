"""After an erasure the log still proves itself and tells of nobody."""

from datetime import timedelta
from pathlib import Path

from settings import Settings
from starter.auditing.proving import verify_extract
from starter.auditing.reading import Wanted, check_export, export_lines, verify_log
from store.approvals import mark_decided, tell_approval
from store.audit import list_entries, record
from store.database import Database
from store.erasing import begin_erasure, finish_erasure
from store.tables import Approval
from tests import seeding
from tests.seeding import ADA, NOW, SECRET

LENA = "Lena Koch, lena.koch@example.com"


async def test_an_erased_customer_is_told_of_by_no_entry_and_the_chain_holds(
    database: Database, tmp_path: Path
) -> None:
    there = Settings(state_dir=tmp_path, secret=SECRET)
    await seeding.put(database, seeding.customer(), seeding.approval())
    async with database.transaction() as session:
        asked = await session.get(Approval, "a_1")
        assert asked is not None
        tell_approval(session, asked, "asked", "sojourn", NOW, None)
        await mark_decided(session, "a_1", state="rejected", by=ADA.email, reason=f"{LENA} moved away", at=NOW)
        about = {"at": NOW, "customer_id": "c_lena", "evidence": {"contacts": [LENA]}}
        record(session, "verdict", "delivery:d_1", "policies", {"verdict": "deny"}, **about)
    before = await _told(database, there)
    async with database.transaction() as session:
        await begin_erasure(session, "c_lena", by="priya@northwind.example", suppress_addresses=True, at=NOW)
    async with database.transaction() as session:
        await finish_erasure(session, "c_lena", NOW + timedelta(minutes=1))
    after = await _told(database, there)
    assert ("Lena" in before, "lena.koch" in before) == (True, True)
    assert ("Lena" in after, "lena.koch" in after, "Koch" in after) == (False, False, False)
    assert (await verify_log(database, there)).faults == []


async def _told(database: Database, there: Settings) -> str:
    """All that the log says, and an extract of what is about the customer, which is verified."""
    wanted = Wanted(customer_id="c_lena")
    await check_export(database, there, wanted, "priya@northwind.example")
    lines = [line async for line in export_lines(database, wanted)]
    found = verify_extract(lines)
    assert found.entries
    assert found.faults == []
    async with database.reading() as session:
        return str([row.model_dump() for row in (await list_entries(session)).rows]) + "".join(lines)
