"""To whom a question can be handed: to those who could decide it, and to nobody else."""

import pytest

from project.access import Group
from starter.approvals.refusals import NobodyThere
from starter.approvals.rights import recipient_of, who_may_be_handed
from store.database import Database
from tests import seeding


async def test_a_group_that_decides_nothing_is_offered_to_nobody(sqlite_database: Database):
    shop = await seeding.services(sqlite_database)
    groups = {"support": Group(roles=("approver",)), "marketing": Group(), "privacy": Group(roles=("reader",))}
    omar = seeding.OMAR.model_copy(update={"groups": ("support", "privacy")})
    people = (seeding.ADA, omar)
    project = shop.project.model_copy(update={"groups": groups, "people": people})
    assert who_may_be_handed(project, seeding.approval(), seeding.ADA) == ["support", seeding.ADA.email]
    with pytest.raises(NobodyThere):
        recipient_of(project, seeding.approval(), "privacy")
