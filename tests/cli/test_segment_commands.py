"""`sojourn segment`: who is in each segment, and who came and went."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from journeys.segments import version_of
from store.database import Database
from store.segments import define
from store.tables import Membership
from tests import seeding
from tests.cli.conftest import Command

WHO = "customer.orders.count >= 2"


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment that two came into, of whom one has left."""
    Path("segments.yaml").write_text(f"buyers: {{if: {WHO}, description: Bought twice}}\n", encoding="utf-8")
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    asyncio.run(_fill(sqlite_url))


async def _fill(url: str) -> None:
    database = Database(url)
    async with database.transaction() as session:
        await define(session, {"buyers": (WHO, version_of(WHO))}, seeding.NOW)
    for number, member in enumerate((True, False)):
        row = Membership(
            segment="buyers",
            customer_id=f"c_{number}",
            member=member,
            since=seeding.NOW - timedelta(hours=number),
            version="1",
        )
        await seeding.put(database, seeding.customer(f"c_{number}"), row)
    await database.close()


def test_each_is_listed_with_its_members(sojourn: Command, project: None) -> None:
    assert sojourn("segment", "list").out.splitlines() == [
        "SEGMENT  MEMBERS            WHO",
        "buyers   1, still counting  customer.orders.count >= 2",
    ]


def test_one_is_shown_with_who_came_and_went(sojourn: Command, project: None) -> None:
    shown = json.loads(sojourn("segment", "show", "buyers", "-o", "json").out)
    assert (shown["description"], shown["if"], shown["members"]) == ("Bought twice", WHO, 1)
    assert [(row["customer"], row["change"]) for row in shown["changes"]] == [("c_0", "entered"), ("c_1", "left")]
    assert "entered  c_0" in sojourn("segment", "show", "buyers").out


def test_a_name_that_is_mistyped_is_told(sojourn: Command, project: None) -> None:
    answer = sojourn("segment", "show", "buyer")
    assert (answer.code, answer.err) == (1, "There is no segment 'buyer' (did you mean 'buyers'?).\n")
