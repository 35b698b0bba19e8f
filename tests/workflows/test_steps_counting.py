"""What a run counts: the events that its journey's conditions name, from its start on."""

from tests.workflows.conftest import Runs
from workflows.journey import CustomerJourney
from workflows.ports import Overtaken

VIEWS = """
journey: views
owner: maria
start: {event: Product Viewed}
stop: [{event: Page Left, where: 'run.events["Page Left"] >= 3'}]
steps:
  - {wait: 1h}
  - branch:
      - {if: 'run.events["Product Viewed"] >= 2', then: [{id: keen, send: email, content: keen}]}
    otherwise: [{id: shy, send: email, content: shy}]
"""


async def test_a_branch_asks_how_often_something_happened_since_the_start(runs: Runs) -> None:
    for times in (1, 2):
        run = await runs.start(VIEWS)
        for _ in range(times):
            await runs.happens(run, "Product Viewed")
        await run.result()
    assert runs.world.sent == ["shy", "keen"]


async def test_a_stop_counts_the_event_that_is_judged(runs: Runs) -> None:
    run = await runs.start(VIEWS)
    for _ in range(3):
        await runs.happens(run, "Page Left")
    assert (await run.result()).reason == "stop event: Page Left"


async def test_a_run_remembers_only_what_is_counted_and_shows_it(runs: Runs) -> None:
    run = await runs.start(VIEWS)
    await runs.happens(run, "Product Viewed")
    await runs.happens(run, "Cart Updated")
    progress = await run.query(CustomerJourney.progress)
    assert progress.facts["events"] == {"Page Left": 0, "Product Viewed": 1}


GOLD = """
journey: gold
owner: maria
start: {event: Product Viewed}
stop: [{event: Ticket Opened, where: customer.tier == 'gold'}]
steps:
  - {wait: 1h}
  - {id: mail, send: email, content: mail}
"""


async def test_a_stop_asks_for_the_customer_who_comes_with_the_event(runs: Runs) -> None:
    run = await runs.start(GOLD)
    await runs.happens(run, "Ticket Opened", customer={"tier": "silver"})
    await runs.happens(run, "Ticket Opened", customer={"tier": "gold"})
    assert (await run.result()).outcome == "stop"
    assert runs.world.sent == []


async def test_what_has_become_a_stop_since_it_was_heard_ends_the_run_when_the_guard_says_so(runs: Runs) -> None:
    run = await runs.start(GOLD)
    await runs.happens(run, "Ticket Opened", customer={"tier": "silver"})
    runs.world.answers("mail", Overtaken(kind="stop", reason="stop event: Ticket Opened"))
    result = await run.result()
    assert (result.outcome, result.reason) == ("stop", "stop event: Ticket Opened")
    assert runs.world.sent == ["mail"]
