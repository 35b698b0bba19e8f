"""What a run does, told as journeys: the file, what happens, what was done."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError

from tests.waiting import continues_as_new, eventually
from tests.workflows.conftest import Runs
from workflows.journey import CustomerJourney
from workflows.ports import DeliverRequest, DeliverResult, Denied, Held, Overtaken, Rejected

BROWSE = """
journey: browse
owner: maria
start: {event: Product Viewed}
goal: {event: Order Completed, where: event.product_id == start.product_id}
stop: [{event: Ticket Opened, where: event.urgent}]
steps:
  - {wait: 30m}
  - {id: reminder, send: email, content: reminder}
  - {wait: 4h}
  - branch:
      - if: run.reminder.opened && !run.reminder.clicked
        then: [{id: second_look, send: push, content: second-look}]
    otherwise: [{id: related, send: push, content: related}]
"""


async def test_a_shopper_who_opens_but_does_not_click_gets_other_content(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await runs.passes(timedelta(minutes=31))
    await runs.outcome(run, "Email Opened", "reminder")
    assert (await run.result()).outcome == "completed"
    assert runs.world.sent == ["reminder", "second_look"]


async def test_a_shopper_who_clicks_gets_related_products(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await runs.passes(timedelta(minutes=31))
    await runs.outcome(run, "Email Link Clicked", "reminder")
    await run.result()
    assert runs.world.sent == ["reminder", "related"]


async def test_a_shopper_who_never_opens_gets_related_products(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await run.result()
    assert runs.world.sent == ["reminder", "related"]


async def test_buying_the_product_ends_the_run_at_once(runs: Runs) -> None:
    run = await runs.start(BROWSE, product_id="p1")
    await runs.passes(timedelta(minutes=10))
    await runs.happens(run, "Order Completed", product_id="p1")
    result = await run.result()
    assert (result.outcome, runs.world.sent) == ("goal", [])
    assert runs.world.closed[0].ended_at - runs.world.closed[0].started_at < timedelta(minutes=11)


async def test_buying_another_product_changes_nothing(runs: Runs) -> None:
    run = await runs.start(BROWSE, product_id="p1")
    await runs.happens(run, "Order Completed", product_id="p2")
    assert (await run.result()).outcome == "completed"


async def test_a_stop_event_ends_the_run_only_when_its_condition_holds(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await runs.happens(run, "Ticket Opened", urgent=False)
    await runs.passes(timedelta(minutes=31))
    await runs.happens(run, "Ticket Opened", urgent=True)
    result = await run.result()
    assert (result.outcome, runs.world.sent) == ("stop", ["reminder"])


async def test_opting_out_ends_the_run(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await runs.happens(run, "Unsubscribed")
    assert (await run.result()).outcome == "opt_out"


async def test_opting_out_of_one_channel_leaves_the_rest_to_the_consent_policy(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await runs.happens(run, "Unsubscribed", channel="push")
    assert (await run.result()).outcome == "completed"


async def test_an_event_delivered_twice_counts_once(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: twice
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {wait_for: Cart Updated, within: 1h}
          - {id: second, wait_for: Cart Updated, within: 1h}
        """
    )
    await runs.happens(run, "Cart Updated", event_id="same")
    await runs.happens(run, "Cart Updated", event_id="same")
    await run.result()
    assert runs.world.story == ["wait_for_1 came", "second timed_out"]


async def test_waiting_for_an_event_goes_either_way(runs: Runs) -> None:
    text = """
        journey: either
        owner: maria
        start: {event: Product Viewed}
        steps:
          - wait_for: [{event: Cart Updated, where: event.value > 50}, Wishlist Updated]
            within: 2h
            then: [{id: came, send: email, content: came}]
            otherwise: [{id: nothing, send: email, content: nothing}]
        """
    patient = await runs.start(text)
    await runs.happens(patient, "Cart Updated", value=20)
    await patient.result()
    quick = await runs.start(text)
    await runs.happens(quick, "Cart Updated", value=80)
    await quick.result()
    assert runs.world.sent == ["nothing", "came"]


async def test_a_click_that_comes_before_the_send_is_recorded_is_not_missed(runs: Runs) -> None:
    """The provider's webhook can be faster than the answer to the send."""

    run = await runs.start(
        """
        journey: quick-click
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {wait: 1m}
          - {id: mail, send: email, content: mail}
          - {id: clicked, wait_for: Email Link Clicked, within: 1h}
        """
    )
    await runs.outcome(run, "Email Link Clicked", "mail")
    await run.result()
    assert runs.world.story[-1] == "clicked timed_out"  # before the send it was nobody's click

    async def is_sending() -> bool:
        return runs.world.sent == ["mail", "mail"]

    runs.world.answers("mail", ApplicationError("busy"))
    run = await runs.start(
        """
        journey: quick-click
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {id: mail, send: email, content: mail}
          - {id: clicked, wait_for: Email Link Clicked, within: 1h}
        """
    )
    await eventually(is_sending)
    await runs.outcome(run, "Email Link Clicked", "mail")
    await run.result()
    assert runs.world.story[-1] == "clicked came"


async def test_a_held_message_is_judged_again_when_the_hold_ends(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    until = runs.now + timedelta(hours=9)
    runs.world.answers("reminder", Held(until=until, reason="quiet hours"))
    await run.result()
    first, second = [r for r in runs.world.deliveries if r.step_id == "reminder"]
    assert first.now < until <= second.now
    (hold,) = runs.world.pauses
    assert (hold.step_id, hold.kind, hold.outcome, hold.detail) == ("reminder", "hold", "over", "quiet hours")
    assert first.now <= hold.started_at < until <= hold.ended_at <= second.now


async def test_a_goal_ends_a_hold(runs: Runs) -> None:
    run = await runs.start(BROWSE, product_id="p1")
    runs.world.answers("reminder", Held(until=runs.now + timedelta(hours=9), reason="quiet hours"))
    await runs.passes(timedelta(hours=1))
    await runs.happens(run, "Order Completed", product_id="p1")
    result = await run.result()
    assert (result.outcome, len(runs.world.deliveries)) == ("goal", 1)
    assert [(hold.kind, hold.outcome) for hold in runs.world.pauses] == [("hold", "interrupted")]


async def test_a_denied_or_rejected_message_does_not_end_the_journey(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    runs.world.answers("reminder", Denied(reason="no consent"))
    runs.world.answers("related", Rejected(delivery_id="d", code="fcm.UNREGISTERED", reason="dead token"))
    assert (await run.result()).outcome == "completed"
    assert "reminder denied" in runs.world.story
    assert "related rejected" in runs.world.story


async def test_when_the_guard_saw_a_stop_first_the_run_waits_for_its_signal(runs: Runs) -> None:
    run = await runs.start(BROWSE, product_id="p1")
    runs.world.answers("reminder", Overtaken(kind="goal", reason="goal reached: Order Completed"))
    await runs.passes(timedelta(minutes=31))
    await runs.happens(run, "Order Completed", product_id="p1")
    assert (await run.result()).outcome == "goal"
    assert len(runs.world.deliveries) == 1


async def test_a_provider_that_fails_for_a_day_is_given_up_and_the_journey_goes_on(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    down = ApplicationError("HTTP 503", next_retry_delay=timedelta(hours=3))
    runs.world.answers("reminder", *[down] * 9)
    assert (await run.result()).outcome == "completed"
    assert "reminder gave_up" in runs.world.story


async def test_the_day_after_which_a_send_is_given_up_is_not_begun_anew_by_a_hold(runs: Runs) -> None:
    def until_morning(request: DeliverRequest) -> DeliverResult:
        return Held(until=request.now + timedelta(hours=27), reason="quiet hours")

    down = ApplicationError("HTTP 503", next_retry_delay=timedelta(hours=3))
    run = await runs.start(BROWSE)
    runs.world.answers("reminder", *[down] * 5, until_morning, *[down] * 9)
    await run.result()
    assert "reminder gave_up" in runs.world.story
    # 0 h to 15 h, and then the 9 h that are left.
    assert len([r for r in runs.world.deliveries if r.step_id == "reminder"]) == 9


async def test_a_goal_ends_the_retries_of_a_provider_that_is_down(runs: Runs) -> None:
    run = await runs.start(BROWSE, product_id="p1")
    runs.world.answers("reminder", *[ApplicationError("HTTP 503")] * 400)
    await runs.passes(timedelta(hours=1))
    await runs.happens(run, "Order Completed", product_id="p1")
    assert (await run.result()).outcome == "goal"
    assert set(runs.world.sent) == {"reminder"}


async def test_a_run_ends_at_its_maximum_life(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: short
        owner: maria
        life: 3d
        start: {event: Product Viewed}
        steps: [{wait: 30d}]
        """
    )
    result = await run.result()
    assert result.outcome == "life"
    assert runs.world.closed[0].ended_at - runs.now < timedelta(days=3, minutes=1)


async def test_a_time_of_day_is_the_customers_own(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: morning
        owner: maria
        start: {event: Product Viewed}
        steps: [{wait: next day at 10:00}, {id: mail, send: email, content: mail}]
        """
    )
    await run.result()
    local = runs.world.deliveries[0].now.astimezone(ZoneInfo("Europe/Berlin"))
    assert (local.hour, local.minute) == (10, 0)


async def test_a_stop_step_ends_the_run_with_its_reason(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: stops
        owner: maria
        start: {event: Product Viewed}
        steps: [{stop: nothing to say}, {id: mail, send: email, content: mail}]
        """
    )
    result = await run.result()
    assert (result.outcome, result.reason, runs.world.sent) == ("stopped", "nothing to say", [])


async def test_cancelling_a_run_closes_it_properly(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await runs.passes(timedelta(minutes=1))
    await run.cancel()
    with pytest.raises(WorkflowFailureError) as failure:
        await run.result()
    assert isinstance(failure.value.cause, CancelledError)
    assert runs.world.closed[0].outcome == "operator"


async def test_every_step_is_recorded_once_with_its_own_times(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    await run.result()
    assert runs.world.story == [
        "wait_1 elapsed",
        "reminder sent",
        "wait_3 elapsed",
        "branch_4 otherwise",
        "related sent",
    ]
    wait = runs.world.records[0]
    assert timedelta(minutes=30) <= wait.ended_at - wait.started_at < timedelta(minutes=31)


async def test_progress_says_what_the_run_waits_for(runs: Runs) -> None:
    run = await runs.start(BROWSE)
    progress = await run.query(CustomerJourney.progress)
    assert (progress.at, progress.doing) == ("wait_1", "waiting")
    assert progress.waiting_until is not None
    assert timedelta(minutes=29) < progress.waiting_until - runs.now < timedelta(minutes=31)
    await run.terminate()


async def test_thousands_of_signals_continue_the_run_as_new_and_none_is_lost(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: busy
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {id: early, wait_for: [{event: Cart Updated, where: event.number == 7}], within: 1d}
          - {id: middle, wait_for: [{event: Cart Updated, where: event.number == 1600}], within: 1d}
          - {id: late, wait_for: [{event: Cart Updated, where: event.number == 2099}], within: 1d}
          - {id: last, wait_for: [{event: Cart Updated, where: event.number == 3000}], within: 1d}
        """
    )
    for first in range(0, 2100, 50):
        await asyncio.gather(*(runs.happens(run, "Cart Updated", number=n) for n in range(first, first + 50)))
    latest = runs.client.get_workflow_handle(run.id)
    await continues_as_new(latest, run.first_execution_run_id)
    await runs.happens(latest, "Cart Updated", number=3000)
    assert (await run.result()).outcome == "completed"
    assert runs.world.story == ["early came", "middle came", "late came", "last came"]
