"""A run goes on under another version of its journey, where it is, or says why it does not."""

from datetime import timedelta

from temporalio.worker import Replayer

from tests.versions.conftest import Shop, journey, migrate
from worker import sandboxed_runner
from workflows.journey import CustomerJourney

OLD = journey("[{id: rest, wait: 3d}, {id: over, stop: the old end}]")
NEW = journey("[{id: hello, set: {run.seen: 'true'}}, {id: rest, wait: 9d}, {id: over, stop: the new end}]")


async def test_a_waiting_run_ends_as_the_new_version_says(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    assert await migrate(run, NEW) == "rest"
    assert (await run.result()).reason == "the new end"


async def test_a_wait_that_has_begun_keeps_its_end(shop: Shop) -> None:
    run = await shop.start(OLD)
    until = (await shop.waits(run, "rest")).waiting_until
    await shop.environment.sleep(timedelta(days=1))
    await migrate(run, NEW)
    assert (await shop.waits(run, "rest")).waiting_until == until
    await run.result()
    over = next(span for span in await shop.timeline(run) if span.step_id == "rest")
    assert until is not None
    assert abs(over.ended_at - until) < timedelta(minutes=1)


async def test_the_run_row_and_the_timeline_tell_of_it(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    await migrate(run, NEW)
    await shop.waits(run, "rest")
    assert (await shop.row(run)).version == NEW.version
    moves = [span for span in await shop.timeline(run) if span.kind == "migrate"]
    assert [(move.outcome, move.detail) for move in moves] == [
        ("moved", f"from version {OLD.version} to {NEW.version}, at rest")
    ]


async def test_a_run_may_move_there_and_back(shop: Shop) -> None:
    run = await shop.start(OLD)
    for version in (NEW, OLD, NEW):
        await shop.waits(run, "rest")
        assert await migrate(run, version) == "rest"
    assert (await run.result()).reason == "the new end"
    assert len([span for span in await shop.timeline(run) if span.kind == "migrate"]) == 3


async def test_events_wake_a_run_that_has_moved(shop: Shop) -> None:
    old = journey("[{id: look, wait_for: Bought, within: 3d}, {stop: old}]")
    new = journey("[{id: look, wait_for: [Bought, Came Back], within: 3d, then: [{stop: came}]}, {stop: new}]")
    run = await shop.start(old)
    await shop.waits(run, "look")
    await migrate(run, new)
    await shop.waits(run, "look")
    await shop.happens(run, "Came Back")
    assert (await run.result()).reason == "came"


async def test_a_run_at_a_step_that_is_gone_stays(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    gone = journey("[{id: pause, wait: 3d}]")
    assert await migrate(run, gone) == "refused: it is at 'rest', which the new version does not have"
    assert (await run.result()).reason == "the old end"


async def test_a_run_at_a_step_that_is_another_kind_now_stays(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    other = journey("[{id: rest, wait_for: Bought, within: 3d}]")
    answer = await migrate(run, other)
    assert answer == "refused: it is at 'rest', which is a wait_for in the new version, not a wait"


async def test_a_run_that_has_the_version_stays(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    assert await migrate(run, OLD) == "refused: it has this version already"


async def test_a_run_is_never_moved_to_another_journey(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    other = journey("[{id: rest, wait: 3d}]", journey="goodbye")
    assert await migrate(run, other) == "refused: it is a run of 'welcome', not of 'goodbye'"


async def test_a_run_that_asks_a_person_stays(shop: Shop) -> None:
    asking = "[{id: ask, approve: marketing, about: is it good?}, {stop: %s}]"
    run = await shop.start(journey(asking % "old"))
    await shop.waits(run, "ask")
    answer = await migrate(run, journey(asking % "new"))
    assert answer == "refused: it asks marketing for approval at 'ask'"


async def test_a_run_for_which_half_has_come_stays_when_the_other_half_changed(shop: Shop) -> None:
    both = "[{id: both, wait_for: [Paid, %s], need: all, within: 3d}]"
    run = await shop.start(journey(both % "Shipped"))
    await shop.waits(run, "both")
    await shop.happens(run, "Paid")
    answer = await migrate(run, journey(both % "Delivered"))
    assert answer.startswith("refused: some of what it waits for at 'both' has come")


async def test_every_execution_of_a_run_that_moved_replays(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    await migrate(run, NEW)
    await run.result()
    first = shop.client.get_workflow_handle(run.id, run_id=run.first_execution_run_id)
    last = shop.client.get_workflow_handle(run.id)
    replayer = Replayer(
        workflows=[CustomerJourney],
        data_converter=shop.client.data_converter,
        workflow_runner=sandboxed_runner(),
    )
    for execution in (first, last):
        await replayer.replay_workflow(await execution.fetch_history())
