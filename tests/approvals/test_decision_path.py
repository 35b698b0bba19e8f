"""A decision on its whole way: through the API to a real run, and from there to the mail server."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import httpx
import pytest
from sqlmodel import select
from temporalio.client import Client

from journeys.model import Journey
from starter.approvals.decisions import Approvals
from starter.approvals.grants import Grants, Similar
from starter.approvals.refusals import Closed, RefusedByRun, RunGone, TemporalUnavailable
from starter.local.ports import free_ports
from store.approvals import find_approval
from store.tables import Approval, Delivery, Run
from tests.living import LivingShop
from tests.seeding import ADA
from tests.waiting import asks

pytestmark = pytest.mark.xdist_group("living")

ADA_IS_ASKING = {"Authorization": "Bearer token-ada"}


async def _row(living: LivingShop, approval_id: str) -> Approval:
    async with living.services.database.reading() as session:
        found = await find_approval(session, approval_id)
    assert found is not None
    return found


async def _seen(living: LivingShop, approval_id: str) -> str:
    """The hash of what the card shows now."""
    return (await _row(living, approval_id)).content_hash


async def test_what_is_approved_leaves_as_it_was_shown(living: LivingShop, living_api: httpx.AsyncClient) -> None:
    run = await living.start()
    approval_id = await asks(run)
    shown = (await living_api.get(f"/v1/approvals/{approval_id}", headers=ADA_IS_ASKING)).json()

    answer = await living_api.post(
        f"/v1/approvals/{approval_id}/decision",
        json={"decision": "approve", "seen": shown["content_hash"]},
        headers=ADA_IS_ASKING,
    )

    assert answer.json()["state"] == "approved"
    assert (await run.result()).outcome == "completed"
    [mail] = living.mailbox.messages
    assert mail.recipient == "lena.koch@example.com"
    assert mail.content["html"].split() == shown["message"]["body"]["html"].split()
    assert (await _row(living, approval_id)).decided_by == ADA.email


async def test_what_was_edited_leaves_as_it_was_edited_and_the_change_is_kept_to_learn_from(
    living: LivingShop, living_api: httpx.AsyncClient
) -> None:
    run = await living.start()
    approval_id = await asks(run)
    decision, headers = f"/v1/approvals/{approval_id}/decision", ADA_IS_ASKING
    shown = (await living_api.get(f"/v1/approvals/{approval_id}", headers=headers)).json()
    text = shown["texts"]["text"]

    decided = {"decision": "edit", "seen": shown["content_hash"]}
    dearer = {**decided, "edits": {"text": f"{text}\nAnd 30 % off!"}}
    refused = await living_api.post(decision, json=dearer, headers=headers)
    words = {"subject": "Three sleep in it", "text": text.replace("It sleeps three.", "Three of you sleep in it.")}
    answer = await living_api.post(decision, json={**decided, "edits": words}, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (422, "edit_refused")
    assert "'30%' was not there before" in refused.json()["message"]
    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    assert (await run.result()).outcome == "completed"
    [mail] = living.mailbox.messages
    row = await _row(living, approval_id)
    assert mail.title == "Three sleep in it"
    assert mail.content["text"].split() == words["text"].split()
    assert mail.content["html"].split() == shown["message"]["body"]["html"].split()
    async with living.services.database.reading() as session:
        sent = (await session.exec(select(Delivery))).one()
    assert sent.content_hash == row.content_hash != shown["content_hash"]
    labels = (await living_api.get("/v1/approvals/labels", headers=headers)).json()["labels"]
    assert {label["field"]: (label["before"], label["after"], label["by"]) for label in labels} == {
        field: (shown["texts"][field], after, ADA.email) for field, after in words.items()
    }


async def test_whoever_agreed_before_an_edit_is_asked_again(living: LivingShop) -> None:
    """Two must agree: Ada does, Lars edits it, and so Ada has to agree to what he made of it."""
    journeys = living.services.journeys
    by_two = journeys["hello"].model_dump(mode="json", by_alias=True)
    by_two["steps"][0]["approval"] = {"group": "marketing", "people": 2}
    journeys["hello"] = Journey.model_validate(by_two)
    run = await living.start()
    approval_id, lars = await asks(run), ADA.model_copy(update={"email": "lars@northwind.example"})
    decide = partial(Approvals(living.services).decide, approval_id, approve=True)

    first = await decide(ADA, seen=await _seen(living, approval_id))
    words = {"subject": "Three sleep in it"}
    edited = await decide(lars, edits=words, seen=await _seen(living, approval_id))
    again = await decide(ADA, seen=await _seen(living, approval_id))

    assert [each.state for each in (first, edited, again)] == ["agreed", "agreed", "approved"]
    await run.result()
    assert [mail.title for mail in living.mailbox.messages] == ["Three sleep in it"]
    assert (await _row(living, approval_id)).decided_by == "lars@northwind.example, ada@northwind.example"


async def test_what_is_rejected_stays(living: LivingShop, living_api: httpx.AsyncClient) -> None:
    run = await living.start()
    approval_id = await asks(run)

    seen = (await _row(living, approval_id)).content_hash
    body = {"decision": "reject", "seen": seen, "reason": "Too soon after the last one"}
    await living_api.post(f"/v1/approvals/{approval_id}/decision", json=body, headers=ADA_IS_ASKING)

    assert (await run.result()).outcome == "completed"
    assert living.mailbox.messages == []
    row = await _row(living, approval_id)
    assert (row.state, row.decision_reason) == ("rejected", "Too soon after the last one")


async def test_two_clicks_are_one_decision_and_give_one_grant_for_others_like_it(living: LivingShop) -> None:
    run = await living.start()
    approval_id, similar = await asks(run), Similar(5, timedelta(days=7))
    decide = partial(Approvals(living.services).decide, approval_id, ADA, approve=True, similar=similar)

    first = await decide(seen=await _seen(living, approval_id))
    second = await decide(seen=await _seen(living, approval_id))

    await run.result()
    assert (first.state, second.state) == ("approved", "approved")
    assert len(living.mailbox.messages) == 1
    [given] = (await Grants(living.services).list()).rows
    assert (given.approval_id, given.given_by, given.most, given.used) == (approval_id, ADA.email, 5, 0)
    assert given.ends_at - given.given_at == timedelta(days=7)


async def test_an_answer_lost_on_the_way_back_is_found_again(living: LivingShop) -> None:
    run = await living.start()
    approval_id = await asks(run)
    service = Approvals(living.services)
    await service.decide(approval_id, ADA, approve=True, seen=await _seen(living, approval_id))
    await run.result()

    again = await service.decide(approval_id, ADA, approve=True, seen=await _seen(living, approval_id))

    assert (again.state, again.by) == ("approved", ADA.email)


async def test_the_run_refuses_what_is_not_what_it_asked_about(living: LivingShop) -> None:
    run = await living.start()
    approval_id = await asks(run)
    async with living.services.database.transaction() as session:
        row = (await session.exec(select(Approval))).one()
        row.content_hash = "of something else"
        session.add(row)

    with pytest.raises(RefusedByRun, match="The content has changed since it was shown"):
        await Approvals(living.services).decide(
            approval_id, ADA, approve=True, seen=await _seen(living, approval_id)
        )
    assert (await _row(living, approval_id)).state == "open"


async def test_the_approval_of_a_run_that_was_killed_leaves_the_list_and_the_run_is_lost(
    living: LivingShop,
) -> None:
    run = await living.start()
    approval_id = await asks(run)
    await run.terminate()

    with pytest.raises(Closed, match="its run is over: terminated in Temporal"):
        await Approvals(living.services).decide(
            approval_id, ADA, approve=True, seen=await _seen(living, approval_id)
        )
    assert (await _row(living, approval_id)).state == "withdrawn"
    async with living.services.database.reading() as session:
        lost = (await session.exec(select(Run))).one()
    assert (lost.state, lost.outcome) == ("closed", "lost")


async def test_a_later_run_with_the_same_id_is_not_decided_about(living: LivingShop) -> None:
    run = await living.start()
    approval_id = await asks(run)
    async with living.services.database.transaction() as session:
        row = (await session.exec(select(Approval))).one()
        row.first_run_id = "00000000-0000-4000-8000-000000000009"
        session.add(row)

    with pytest.raises(RunGone):
        await Approvals(living.services).decide(
            approval_id, ADA, approve=True, seen=await _seen(living, approval_id)
        )
    assert (await asks(run)) == approval_id


async def test_without_a_worker_the_approver_may_try_again(living: LivingShop) -> None:
    run = await living.start()
    approval_id = await asks(run)
    await living.worker.aclose()

    with pytest.raises(TemporalUnavailable, match="Decide again in a minute"):
        await Approvals(living.services).decide(
            approval_id, ADA, approve=True, seen=await _seen(living, approval_id)
        )
    assert (await _row(living, approval_id)).state == "open"


async def test_without_the_server_the_approver_may_try_again(living: LivingShop) -> None:
    run = await living.start()
    approval_id = await asks(run)
    (nowhere,) = free_ports(1)
    gone = replace(living.services, temporal=await Client.connect(f"127.0.0.1:{nowhere}", lazy=True))

    with pytest.raises(TemporalUnavailable):
        await Approvals(gone).decide(approval_id, ADA, approve=True, seen=await _seen(living, approval_id))
