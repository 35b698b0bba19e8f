"""What approver groups are told of approvals, at a real HTTP endpoint: each thing once, and while it is so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from activities.asking.notifying import Notifying
from project.model import load_project
from settings import Settings
from store.approvals import mark_decided, put_to, tell_approval
from store.database import Database
from store.notices import Taken, note_told, remind, take_notices
from tests.activities.conftest import CONSOLE, Endpoint, alerts_of
from tests.seeding import ADA, NOW, approval, customer, put


def notifying(folder: Path, database: Database, endpoint: Endpoint) -> Notifying:
    """What tells marketing and support, each at an address of its own."""
    groups = "groups: {marketing: {hours: {time_zone: Europe/Berlin}}, support: {}}"
    where = f"alerts: {{marketing: ['json://{endpoint.host}/m'], support: ['json://{endpoint.host}/s']}}"
    alerts = alerts_of(folder, database, where, groups=groups)
    return Notifying(database, alerts, load_project(Settings(project_dir=folder)), CONSOLE)


async def _asked(database: Database, approval_id: str = "a_1") -> None:
    asked = approval(approval_id)
    await put(database, *([customer()] if approval_id == "a_1" else []), asked)
    async with database.transaction() as session:
        tell_approval(session, asked, "asked", "sojourn", NOW, None)


async def test_a_group_is_told_once_with_a_link_to_the_card_and_no_customer_in_it(
    tmp_path: Path, database: Database, endpoint: Endpoint
) -> None:
    telling = notifying(tmp_path, database, endpoint)
    await _asked(database)

    assert [await telling.tell_next(), await telling.tell_next()] == [1, 0]

    [heard] = endpoint.heard
    assert heard["title"] == "An approval waits: browse-abandonment, offer"
    said, _, link = heard["message"].partition("\n\n")
    assert said.startswith("A message by whatsapp, 10 % off, for 'marketing' to decide by ")
    assert "(Europe/Berlin); otherwise the message is skipped." in said
    assert link == f"{CONSOLE}/approvals/a_1"
    assert not {"Lena", "+4915112345642", "c_lena"} & set(said.replace(",", " ").split())


async def test_whoever_has_it_by_then_is_reminded_once_and_told_when_it_is_withdrawn(
    tmp_path: Path, database: Database, endpoint: Endpoint
) -> None:
    telling = notifying(tmp_path, database, endpoint)
    await _asked(database)
    await telling.tell_next()
    async with database.transaction() as session:
        await put_to(session, "a_1", group="support", assignee="", agreed=[], by=ADA.email, at=NOW)
    await telling.tell_next()
    for _ in range(2):
        async with database.transaction() as session:
            await remind(session, "a_1", NOW)
    await telling.tell_next()
    async with database.transaction() as session:
        await mark_decided(session, "a_1", state="withdrawn", reason="they bought", at=NOW)
    await telling.tell_next()

    assert [heard["title"].partition(":")[0] for heard in endpoint.heard] == [
        "An approval waits",
        "An approval was handed to you",
        "An approval is still waiting",
        "Nothing is left to decide",
        "Nothing is left to decide",
    ]


async def test_what_a_worker_took_and_died_over_is_told_by_another_when_its_time_is_over(
    tmp_path: Path, database: Database, endpoint: Endpoint
) -> None:
    telling = notifying(tmp_path, database, endpoint)
    await _asked(database)
    await _asked(database, "a_2")
    died = datetime.now(UTC) - timedelta(minutes=12)

    async def taken(minutes: int) -> list[Taken]:
        async with database.transaction() as session:
            return await take_notices(session, died + timedelta(minutes=minutes))

    assert [one.approval.id for one in await taken(0)] == ["a_1", "a_2"]
    assert await taken(4) == []
    first, _ = await taken(6)
    async with database.transaction() as session:
        await note_told(session, first.notice, died)
    assert await telling.tell_next() == 1

    [heard] = endpoint.heard
    assert heard["message"].endswith(f"{CONSOLE}/approvals/a_2")
    assert await taken(60) == []


async def test_what_is_over_before_anybody_was_told_is_not_told(
    tmp_path: Path, database: Database, endpoint: Endpoint
) -> None:
    telling = notifying(tmp_path, database, endpoint)
    await _asked(database)
    await _asked(database, "a_2")
    async with database.transaction() as session:
        await mark_decided(session, "a_1", state="approved", by=ADA.email, at=NOW)
        await mark_decided(session, "a_2", state="withdrawn", at=NOW)

    assert await telling.tell_next() == 0
    assert endpoint.heard == []
