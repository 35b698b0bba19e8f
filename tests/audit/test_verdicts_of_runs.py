"""What the policies said of the messages of one run is found again, whoever its customer turned out to be."""

from activities.delivering.verdicts import Judged, keep_verdict
from policies.model import Allow, Ruling
from store.audit import verdicts_on
from store.database import Database
from store.grants import grants_used_for
from store.tables import GrantUse
from tests import seeding
from tests.policies.conftest import facts


async def test_the_verdicts_of_a_run_are_found_and_not_those_of_others(database: Database) -> None:
    run, other = seeding.run_ref(), seeding.run_ref("lumen-2")
    async with database.transaction() as session:
        for delivery, ref, customer in (("d_1", run, "c_lena"), ("d_2", other, "c_lena"), ("d_3", run, "c_old")):
            judged = Judged((), 0, facts(customer_id=customer), Ruling(verdict=Allow(), findings=()))
            keep_verdict(session, delivery, ref, judged)
    async with database.reading() as session:
        of_one = await verdicts_on(session, ["c_lena"], run.workflow_id)
        of_both = await verdicts_on(session, ["c_lena", "c_old"], run.workflow_id)
    assert [entry.subject for entry in of_one] == ["delivery:d_1"]
    assert [entry.subject for entry in of_both] == ["delivery:d_1", "delivery:d_3"]


async def test_a_grant_is_found_by_what_left_under_it(database: Database) -> None:
    used = GrantUse(delivery_id="d_1", grant_id="g_1", at=seeding.NOW)
    await seeding.put(database, seeding.customer(), seeding.approval("a_1"), seeding.grant("g_1"), used)
    async with database.reading() as session:
        found = await grants_used_for(session, ["d_1", "d_2"])
    assert {delivery: grant.id for delivery, grant in found.items()} == {"d_1": "g_1"}
