"""The steps that wait, told as journeys: for a moment, for a date, for events."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from temporalio.exceptions import ApplicationError

from tests.workflows.conftest import Runs

BERLIN = ZoneInfo("Europe/Berlin")
HEAD = "{journey: waits, owner: maria, start: {event: Product Viewed}, life: 90d, steps: "


async def woke_at(runs: Runs, wait: str, **viewed: object) -> datetime:
    """When the run went on after a wait, on the customer's clock."""
    run = await runs.start(f"{HEAD}[{wait}, {{id: mail, send: email, content: mail}}]}}", **viewed)
    await run.result()
    return runs.world.deliveries[0].now.astimezone(BERLIN)


async def test_until_a_weekday_on_the_customers_clock(runs: Runs) -> None:
    woke = await woke_at(runs, "{wait: monday at 09:00}")
    assert (woke.weekday(), woke.hour, woke.minute) == (0, 9, 0)
    assert timedelta(0) < woke - runs.now <= timedelta(days=7, hours=1)


async def test_until_a_date_on_the_customers_clock(runs: Runs) -> None:
    day = ((await runs.env.get_current_time()) + timedelta(days=20)).date()
    woke = await woke_at(runs, f"{{wait: {day} at 18:30}}")
    assert (woke.date(), woke.hour, woke.minute) == (day, 18, 30)


async def test_until_some_days_before_a_date_property_at_a_time_of_day(runs: Runs) -> None:
    renews = (await runs.env.get_current_time()).date() + timedelta(days=30)
    woke = await woke_at(
        runs, '{wait: {until: start.renews_on, minus: 7d, at: "09:00"}}', renews_on=renews.isoformat()
    )
    assert (woke.date(), woke.hour) == (renews - timedelta(days=7), 9)


async def test_until_some_time_after_a_date_property_with_its_own_offset(runs: Runs) -> None:
    departs = (await runs.env.get_current_time() + timedelta(days=2)).astimezone(UTC)
    woke = await woke_at(runs, "{wait: {until: start.departs_at, plus: 3h}}", departs_at=departs.isoformat())
    assert timedelta(0) <= woke - (departs + timedelta(hours=3)) < timedelta(minutes=1)


async def test_a_date_that_is_past_ends_the_wait_at_once(runs: Runs) -> None:
    woke = await woke_at(runs, "{wait: {until: start.renews_on, minus: 7d}}", renews_on="2020-01-01")
    assert woke - runs.now < timedelta(minutes=1)
    assert runs.world.story[0] == "wait_1 elapsed"


async def test_a_property_that_is_no_date_skips_the_wait(runs: Runs) -> None:
    woke = await woke_at(runs, "{wait: {until: start.renews_on}}", renews_on="next spring")
    assert woke - runs.now < timedelta(minutes=1)
    assert runs.world.records[0].detail == "start.renews_on gives no date"


async def test_until_an_hour_of_the_customers_day_within_which_there_is_no_wait(runs: Runs) -> None:
    at_hour = "{wait: {hour: start.best}}"
    steps = f"{at_hour}, {{id: first, send: email, content: mail}}, {{wait: 10m}}, {at_hour}"
    now = await runs.env.get_current_time()
    hour = (now.astimezone(BERLIN).hour + 3) % 24
    woke = await woke_at(runs, steps, best=hour)
    again = runs.world.deliveries[1].now.astimezone(BERLIN)

    assert (woke.hour, woke.minute) == (hour, 0)
    assert timedelta(hours=1) <= woke - now <= timedelta(hours=5)
    assert timedelta(minutes=10) <= again - woke < timedelta(minutes=11)


async def test_what_is_no_hour_of_the_day_skips_the_wait(runs: Runs) -> None:
    woke = await woke_at(runs, "{wait: {hour: start.best}}", best=24)
    assert woke - runs.now < timedelta(minutes=1)
    assert runs.world.records[0].detail == "start.best gives no hour"


async def test_a_date_of_the_customer_is_looked_up_when_the_wait_begins(runs: Runs) -> None:
    birthday = (await runs.env.get_current_time()).date() + timedelta(days=5)
    runs.world.customer = {"birthday": birthday.isoformat()}
    woke = await woke_at(runs, '{wait: {until: customer.birthday, at: "08:00"}}')
    assert (woke.date(), woke.hour) == (birthday, 8)


EITHER = """
journey: either
owner: maria
start: {event: Product Viewed}
steps:
  - id: next
    wait_for:
      - {event: Cart Updated, then: [{id: cart, send: email, content: cart}]}
      - {event: Wishlist Updated, where: event.items > start.items, then: [{id: wish, send: email, content: wish}]}
      - Question Asked
    within: 2h
    then: [{id: any_other, send: email, content: other}]
    otherwise: [{id: nothing, send: email, content: nothing}]
  - {id: after, send: push, content: after}
"""


async def test_each_event_has_its_own_way(runs: Runs) -> None:
    run = await runs.start(EITHER, items=1)
    await runs.happens(run, "Wishlist Updated", items=1)
    await runs.happens(run, "Wishlist Updated", items=2)
    await run.result()
    assert runs.world.sent == ["wish", "after"]
    assert runs.world.records[0].detail == "Wishlist Updated"


async def test_an_event_without_its_own_way_goes_the_common_one(runs: Runs) -> None:
    run = await runs.start(EITHER, items=1)
    await runs.happens(run, "Question Asked")
    await run.result()
    assert runs.world.sent == ["any_other", "after"]


async def test_nothing_in_time_goes_the_other_way(runs: Runs) -> None:
    run = await runs.start(EITHER, items=1)
    await runs.passes(timedelta(hours=2, minutes=1))
    await run.result()
    assert runs.world.sent == ["nothing", "after"]


async def test_what_came_together_with_an_awaited_event_is_there_for_the_next_wait(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: twice
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {id: mail, send: email, content: mail}
          - {id: first, wait_for: Cart Updated, within: 1h}
          - {id: second, wait_for: Card Added, within: 1h}
        """
    )
    runs.world.answers("mail", ApplicationError("busy"))
    # Both are there when the mail has left and the first wait begins.
    await runs.happens(run, "Cart Updated")
    await runs.happens(run, "Card Added")
    await run.result()
    assert runs.world.story == ["mail sent", "first came", "second came"]


BOTH = """
journey: both
owner: maria
start: {event: Product Viewed}
steps:
  - {wait_for: [Profile Completed, Card Added], need: all, within: 1d, then: [{stop: ready}]}
  - {id: remind, send: email, content: remind}
"""


async def test_all_events_are_needed_in_any_order(runs: Runs) -> None:
    run = await runs.start(BOTH)
    await runs.happens(run, "Card Added")
    await runs.passes(timedelta(hours=3))
    await runs.happens(run, "Profile Completed")
    assert (await run.result()).reason == "ready"


async def test_one_of_two_events_twice_is_not_both(runs: Runs) -> None:
    run = await runs.start(BOTH)
    await runs.happens(run, "Card Added")
    await runs.happens(run, "Card Added")
    await run.result()
    assert runs.world.story == ["wait_for_1 timed_out", "remind sent"]


async def test_a_repeated_event_starts_the_clock_anew(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: idle
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {wait_for: Submitted, within: 1h, restart: [{event: Section Saved, where: event.section != "draft"}]}
          - {id: come_back, send: email, content: come-back}
        """
    )
    for section in ("income", "address", "draft"):
        await runs.passes(timedelta(minutes=40))
        await runs.happens(run, "Section Saved", section=section)
    await run.result()
    idle = runs.world.deliveries[0].now - runs.now
    assert timedelta(minutes=140) <= idle < timedelta(minutes=142)


async def test_what_came_during_a_wait_after_a_send_is_still_known_to_the_next_wait_for(runs: Runs) -> None:
    run = await runs.start(
        """
        journey: later
        owner: maria
        start: {event: Product Viewed}
        steps:
          - {id: mail, send: email, content: mail}
          - {wait: 1h}
          - {wait_for: {event: Email Link Clicked, where: event.step == "mail"}, within: 1d}
        """
    )
    await runs.passes(timedelta(minutes=10))
    await runs.outcome(run, "Email Link Clicked", "mail")
    await run.result()
    assert runs.world.story[-1] == "wait_for_3 came"
