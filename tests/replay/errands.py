"""What runs beside the journeys, a workflow of each kind: recorded and replayed as the stories are."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio.client import WorkflowHandle

from journeys.loader import load_journeys
from starter.changes.journeys import proposal_of
from starter.changes.proposing import propose, workflow_of
from store.tables import Guardrail
from tests.conftest import RETAIL
from tests.replay.stories import start_event
from tests.retail import ADA, OMAR, SECRET, TENT, RetailShop, Shopper
from workflows.broadcast import Broadcast, BroadcastInput
from workflows.fitting import FitScores
from workflows.learning import LearnFromOutcomes, LearningInput
from workflows.watching import GuardrailWatch

Errand = Callable[[RetailShop], Awaitable[WorkflowHandle[Any, Any]]]


async def a_scheduled_journey_asks_everyone(shop: RetailShop) -> WorkflowHandle[Any, Any]:
    """Nobody is a customer for whom it is meant, so that no run begins."""
    given = BroadcastInput(
        journey="retail",
        schedule="0 9 * * 1",
        time_zone="Europe/Berlin",
        where="customer.tier == 'gold'",
        scheduled_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
    )
    return await shop.services.temporal.start_workflow(
        Broadcast.run, given, id="broadcast:retail", task_queue=shop.services.settings.task_queue
    )


async def a_customer_is_erased(shop: RetailShop) -> WorkflowHandle[Any, Any]:
    """They have a run that waits."""
    lena = Shopper(shop, "erased")
    await lena.arrives()
    await lena.does(start_event("retail"), **TENT)
    await lena.run()
    customer_id = await lena.customer_id()
    answer = await shop.api.post(
        f"/v1/customers/{customer_id}/erase",
        json={"confirm": customer_id},
        headers={"Authorization": f"Bearer {OMAR}"},
    )
    assert answer.status_code == 202, answer.text
    return shop.services.temporal.get_workflow_handle(f"erase:{customer_id}")


async def what_came_of_decisions_is_learned(shop: RetailShop) -> WorkflowHandle[Any, Any]:
    """At night, so that the log is gone through as well."""
    return await shop.services.temporal.start_workflow(
        LearnFromOutcomes.run,
        LearningInput(refit=True),
        id="learning:sojourn:nightly",
        task_queue=shop.services.settings.task_queue,
    )


async def the_scores_are_fitted(shop: RetailShop) -> WorkflowHandle[Any, Any]:
    """There are too few customers, so that every score stays as it is."""
    return await shop.services.temporal.start_workflow(
        FitScores.run, id="scores:retail", task_queue=shop.services.settings.task_queue
    )


async def the_guardrails_are_looked_at(shop: RetailShop) -> WorkflowHandle[Any, Any]:
    """One has tripped and the operators do not know yet."""
    now = datetime.now(UTC)
    tripped = Guardrail(
        journey="retail", channel="email", name="complaints", state="tripped", value=9.0, limit=7.7,
        why="30 of 1000 messages", since=now, looked_at=now,
    )  # fmt: skip
    async with shop.services.database.transaction() as session:
        session.add(tripped)
    return await shop.services.temporal.start_workflow(
        GuardrailWatch.run, id="guardrails:retail", task_queue=shop.services.settings.task_queue
    )


async def a_change_is_reviewed(shop: RetailShop) -> WorkflowHandle[Any, Any]:
    """One group agrees and another does not, so that it never goes live."""
    services = shop.services
    journey = load_journeys(RETAIL / "journeys")["browse-abandonment"]
    areas = {"price": "marketing", "autonomy": "support"}
    temporal, settings = services.temporal, services.settings
    async with services.database.reading() as session:
        proposal = await proposal_of(session, journey, areas)
    change = await propose(services.database, temporal, settings, SECRET, proposal, "someone@northwind.example")
    for token, decision in ((ADA, "approve"), (OMAR, "reject")):
        answer = await shop.api.post(
            f"/v1/changes/{change.id}/decision",
            json={"decision": decision, "reason": "the offer is too high"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.text
    return temporal.get_workflow_handle(workflow_of(change.id))


ERRANDS: dict[str, Errand] = {
    "broadcast": a_scheduled_journey_asks_everyone,
    "review": a_change_is_reviewed,
    "erasure": a_customer_is_erased,
    "learning": what_came_of_decisions_is_learned,
    "fit": the_scores_are_fitted,
    "guardrails": the_guardrails_are_looked_at,
}
