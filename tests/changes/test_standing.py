"""How long a proposal stands, and what waits for a review before it is live."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from starter.runs.publishing import published
from starter.services import Services
from store.changes import find_change, keep_change, settle_change
from store.database import Database
from store.versions import live_versions
from tests import seeding
from tests.access.conftest import browser_of, services_with
from tests.changes.test_change_rows import change
from tests.console.test_pages import form_token
from worker import sandboxed_runner
from workflows.approval import DecisionSigner
from workflows.ports import Decision, ReviewOutcome, ReviewRequest
from workflows.review import ChangeReview

OFFERING = "browse-abandonment"


@pytest.fixture
async def shop(sqlite_database: Database) -> Services:
    """A shop in which marketing must agree to prices."""
    services = await seeding.services(sqlite_database)
    return services_with(services, project=services.project.model_copy(update={"review": {"price": "marketing"}}))


class Late:
    """Tells nobody but the test, writes how a review ended, and agrees to the change just before."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self.told: tuple[str, ...] = ()
        self.refusal = ""

    @activity.defn
    async def tell_of_review(self, request: ReviewRequest) -> None:
        self.told = request.groups

    @activity.defn(name="settle_change")
    async def settle_change(self, outcome: ReviewOutcome) -> None:
        review = self._client.get_workflow_handle_for(ChangeReview.run, activity.info().workflow_id or "")
        given = {"approval_id": outcome.change_id, "content_hash": "any", "approver": seeding.ADA.email}
        agreed = Decision(approved=True, groups=("marketing",), decided_at=outcome.at, **given)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await review.execute_update(ChangeReview.decide_change, DecisionSigner(seeding.SECRET).sign(agreed))
        self.refusal = str(refused.value.cause)
        async with self._database.transaction() as session:
            await settle_change(session, outcome.change_id, outcome.state, outcome.by, outcome.reason, outcome.at)


async def test_a_proposal_that_nobody_answers_expires_and_is_agreed_to_no_more(sqlite_database: Database) -> None:
    async with sqlite_database.transaction() as session:
        await keep_change(session, change())
    request = ReviewRequest(
        change_id="ch_1",
        about="journey browse-abandonment",
        content_hash="any",
        groups=("marketing",),
        authors=(),
        decision_key=DecisionSigner(seeding.SECRET).public_key,
        life=timedelta(days=14),
    )
    server = str(Path(sys.executable).parent / "temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=pydantic_data_converter
    ) as env:
        began, late = await env.get_current_time(), Late(sqlite_database, env.client)
        async with Worker(
            env.client,
            task_queue="reviews",
            workflows=[ChangeReview],
            activities=[late.tell_of_review, late.settle_change],
            workflow_runner=sandboxed_runner(),
        ):
            outcome = await env.client.execute_workflow(
                ChangeReview.run, request, id="change:ch_1", task_queue="reviews"
            )
    assert (outcome.state, outcome.reason) == ("expired", "without an answer from marketing")
    assert outcome.at - began >= timedelta(days=14)
    assert late.told == ("marketing",)
    assert late.refusal.endswith("the review is over")
    async with sqlite_database.reading() as session:
        row = await find_change(session, "ch_1")
    assert row is not None
    assert row.state == "expired"


async def test_a_restart_puts_nothing_live_that_must_be_agreed_to(shop: Services) -> None:
    assert OFFERING in shop.journeys
    async with published(shop):
        assert OFFERING not in shop.journeys
    async with shop.database.reading() as session:
        assert OFFERING not in await live_versions(session)


async def test_without_a_review_everything_is_published_directly(sqlite_database: Database) -> None:
    shop = await seeding.services(sqlite_database)
    async with published(shop):
        assert OFFERING in shop.journeys


@pytest.mark.parametrize(
    ("who", "offered"),
    [(seeding.ADA, True), (seeding.MARIA, False), (seeding.OMAR, False)],
    ids=lambda who: str(who),
)
async def test_the_page_offers_the_decision_to_whoever_may_take_it(
    shop: Services, who: seeding.Person, offered: bool
) -> None:
    async with shop.database.transaction() as session:
        await keep_change(session, change(diff="-discount: 10\n+discount: 12\n", proposed_at=datetime.now(UTC)))
    async with browser_of(shop) as browser:
        await browser.post("/sign-in", data={"token": who.token})
        page = (await browser.get("/changes/ch_1")).text
        assert OFFERING in (await browser.get("/changes")).text
    assert "+discount: 12" in page
    assert ('value="approve"' in page) is offered


@pytest.mark.parametrize(
    ("who", "state", "decision", "words"),
    [
        (seeding.MARIA, "open", "approve", "nobody approves what is their own"),
        (seeding.OMAR, "open", "reject", "Only people of these groups decide it"),
        (seeding.ADA, "expired", "approve", "It is expired already"),
        (seeding.ADA, "open", "rollback", "Only a change that was approved"),
        (seeding.OMAR, "approved", "rollback", "Only people of these groups take it back"),
    ],
    ids=["one's own", "of another group", "too late", "nothing to take back", "taken back by others"],
)
async def test_a_refused_decision_is_told_on_the_page_and_changes_nothing(
    shop: Services, who: seeding.Person, state: Any, decision: str, words: str
) -> None:
    await seeding.put(shop.database, change(state=state))
    async with browser_of(shop) as browser:
        await browser.post("/sign-in", data={"token": who.token})
        form = {"form_token": form_token((await browser.get("/changes/ch_1")).text), "decision": decision}
        answer = await browser.post("/changes/ch_1/decision", data=form | {"reason": "no"})
    assert (answer.status_code in (403, 409), words in answer.text) == (True, True)
    async with shop.database.reading() as session:
        row = await find_change(session, "ch_1")
    assert row is not None
    assert row.state == state


async def test_the_page_of_a_change_whose_review_is_lost_says_so(shop: Services) -> None:
    lost = change(state="lost", settled_at=datetime.now(UTC), reason="its review was terminated in Temporal")
    await seeding.put(shop.database, lost)
    async with browser_of(shop) as browser:
        await browser.post("/sign-in", data={"token": seeding.ADA.token})
        page = (await browser.get("/changes/ch_1")).text
    assert "It was not decided" in page
    assert "Its review was terminated in Temporal" in page
    assert 'value="approve"' not in page


async def test_a_forged_form_decides_nothing(shop: Services) -> None:
    async with shop.database.transaction() as session:
        await keep_change(session, change())
    async with browser_of(shop) as browser:
        await browser.post("/sign-in", data={"token": seeding.ADA.token})
        answer: httpx.Response = await browser.post("/changes/ch_1/decision", data={"decision": "approve"})
    assert answer.status_code == 403
