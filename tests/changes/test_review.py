"""A change on its whole way: proposed, refused to whoever may not decide it, approved, live, and taken back."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from journeys.model import Journey
from starter.app import create_app
from starter.changes.journeys import proposal_of, who_must_agree
from starter.changes.proposing import propose, workflow_of
from starter.changes.reviewing import Changes
from store.audit import list_entries
from store.autonomy import tighten, tightening_of
from store.database import Database
from store.tables import Change
from store.versions import live_versions, publish
from tests.living import LivingShop, living_shop
from workflows.approval import DecisionSigner
from workflows.ports import Decision, ReviewOutcome
from workflows.review import ChangeReview

pytestmark = pytest.mark.xdist_group("living")

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AREAS = {"price": "marketing", "autonomy": "support"}
GUS, ADA, OMAR = (f"{name}@northwind.example" for name in ("gus", "ada", "omar"))


@pytest.fixture
async def shop(sqlite_database: Database, tmp_path: Path, temporal: Client) -> AsyncGenerator[LivingShop]:
    async with living_shop(sqlite_database, tmp_path / "shop", temporal) as living:
        async with sqlite_database.transaction() as session:
            await publish(session, living.services.journeys["hello"], "the project's files", NOW)
        yield living


@pytest.fixture
async def api(shop: LivingShop) -> AsyncGenerator[httpx.AsyncClient]:
    doors = httpx.ASGITransport(create_app(shop.services, dispatch=False))
    async with httpx.AsyncClient(transport=doors, base_url="http://sojourn.test") as client:
        yield client


def new_version(shop: LivingShop) -> Journey:
    return shop.services.journeys["hello"].model_copy(update={"description": "Said better."})


async def proposed(shop: LivingShop, by: str = GUS) -> Change:
    services = shop.services
    async with services.database.reading() as session:
        proposal = await proposal_of(session, new_version(shop), AREAS)
    return await propose(services.database, services.temporal, services.settings, services.secret, proposal, by)


async def decides(
    api: httpx.AsyncClient, change: Change, who: str, decision: str = "approve", reason: str = "too much"
) -> httpx.Response:
    body = {"decision": decision, "reason": reason}
    headers = {"Authorization": f"Bearer token-{who}"}
    return await api.post(f"/v1/changes/{change.id}/decision", json=body, headers=headers)


async def outcome(shop: LivingShop, change: Change) -> ReviewOutcome:
    review = shop.services.temporal.get_workflow_handle_for(ChangeReview.run, workflow_of(change.id))
    return await review.result()


async def live(shop: LivingShop) -> str:
    async with shop.services.database.reading() as session:
        return (await live_versions(session))["hello"]


async def test_it_is_live_when_every_group_agreed_and_is_taken_back_in_one_call(
    shop: LivingShop, api: httpx.AsyncClient
) -> None:
    old, change = await live(shop), await proposed(shop)
    assert (await decides(api, change, "ada")).json()["missing"] == ["support"]
    assert await live(shop) == old
    assert (await decides(api, change, "omar")).json()["missing"] == []
    assert (await outcome(shop, change)).by == (ADA, OMAR)
    assert await live(shop) == change.version
    back = await api.post(f"/v1/changes/{change.id}/rollback", headers={"Authorization": "Bearer token-ada"})
    assert (back.json()["state"], await live(shop)) == ("rolled_back", old)


async def test_a_tightened_journey_is_loosened_by_whoever_did_not_ask_for_it(
    shop: LivingShop, api: httpx.AsyncClient
) -> None:
    """Maria owns the journey, Omar asks, and Ada agrees for the group that decides since it was tightened."""
    async with shop.services.database.transaction() as session:
        await tighten(session, "hello", "human", group="marketing", reason="complaints", by="guardrail", at=NOW)
    body, headers = {"journey": "hello", "reason": "it was a bad list"}, {"Authorization": "Bearer token-omar"}
    answer = await api.post("/v1/changes/loosenings", json=body, headers=headers)
    change = await Changes(shop.services).get(answer.json()["id"])
    assert [(await decides(api, change, who)).status_code for who in ("omar", "maria", "ada")] == [403, 403, 200]
    assert (await outcome(shop, change)).state == "approved"
    async with shop.services.database.reading() as session:
        assert await tightening_of(session, "hello") is None


async def test_one_rejection_ends_it(shop: LivingShop, api: httpx.AsyncClient) -> None:
    old, change = await live(shop), await proposed(shop)
    for silent_or_endless in (" ", "a" * 2_001):
        assert (await decides(api, change, "omar", "reject", silent_or_endless)).status_code == 400
    await decides(api, change, "omar", "reject")
    ended = await outcome(shop, change)
    assert (ended.state, ended.reason) == ("rejected", "too much")
    assert await live(shop) == old
    assert (await decides(api, change, "ada")).status_code == 403


async def test_nobody_approves_what_they_wrote_or_proposed(shop: LivingShop, api: httpx.AsyncClient) -> None:
    """Maria owns the journey, and Ada proposed it."""
    change = await proposed(shop, by=ADA)
    for who in ("maria", "ada"):
        answer = await decides(api, change, who)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


async def test_the_review_itself_refuses_what_no_door_made_and_the_log_is_told(shop: LivingShop) -> None:
    """Ada has agreed for marketing; support is still to decide."""
    change = await proposed(shop)
    sound = Decision(
        approval_id=change.id,
        content_hash=change.version,
        approved=True,
        approver=ADA,
        groups=("marketing",),
        decided_at=NOW,
    )
    ours, forger = shop.services.signer, DecisionSigner("the secret of another installation, also long")
    other, elsewhere = {"content_hash": "another version"}, {"approval_id": "ch_2", "approver": OMAR}
    tokens = {
        forger.sign(sound): ("the decision is not signed by the approvals service", ""),
        ours.sign(sound.model_copy(update=other)): ("the decision is about something else", ADA),
        ours.sign(sound.model_copy(update=elsewhere)): ("the decision is about something else", OMAR),
        ours.sign(sound.model_copy(update={"approver": GUS})): ("nobody decides what they wrote or proposed", GUS),
        ours.sign(sound): ("only these groups must still decide: support", ADA),
    }
    review = shop.services.temporal.get_workflow_handle_for(ChangeReview.run, workflow_of(change.id))
    await review.execute_update(ChangeReview.decide_change, ours.sign(sound))
    for token, (why, _) in tokens.items():
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await review.execute_update(ChangeReview.decide_change, token)
        assert why in str(refused.value.cause)
    await shop.refused.tell()
    async with shop.services.database.reading() as session:
        rows = reversed((await list_entries(session, kind="refusal", subject=f"change:{change.id}")).rows)
    assert [(row.facts["reason"], row.facts["decision_of"]) for row in rows] == list(tokens.values())


async def test_the_same_version_is_proposed_once(shop: LivingShop) -> None:
    assert (await proposed(shop)).id == (await proposed(shop)).id


async def test_only_what_a_group_is_named_for_waits(shop: LivingShop) -> None:
    journey = shop.services.journeys["hello"]
    dearer = journey.model_copy(update={"policies": {"discount_cap": {"most": 20}}})
    async with shop.services.database.reading() as session:
        assert await who_must_agree(session, {}, dearer) == {}
        assert await who_must_agree(session, {"autonomy": "support"}, dearer) == {}
        assert await who_must_agree(session, {"price": "support"}, dearer) == {"price": "support"}
        assert await who_must_agree(session, {"price": "support"}, journey) == {}
