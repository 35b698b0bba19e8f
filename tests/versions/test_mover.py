"""Moving the runs of a journey: each is asked what would become of it before any is told."""

from starter.runs.moving import Mover, Outlook
from store.tables import Run
from tests.versions.conftest import Handle, Shop, journey

OLD = journey("[{id: rest, wait: 3d}, {id: ask, approve: marketing, about: is it good?}]")
NEW = journey("[{id: rest, wait: 3d}, {id: over, stop: the new end}]")


async def _rows(shop: Shop, *runs: Handle) -> list[Run]:
    return [await shop.row(run) for run in runs]


async def test_what_would_become_of_each_run_is_told_and_nothing_changes(shop: Shop) -> None:
    asking = await shop.start(journey("[{id: ask, approve: marketing, about: is it good?}]"), "c_ben")
    waiting = await shop.start(OLD, "c_ada")
    await shop.waits(asking, "ask")
    await shop.waits(waiting, "rest")
    outlook = await Mover(shop.client, NEW).look(await _rows(shop, waiting, asking))
    assert outlook == [
        Outlook(waiting.id, moves=True, said="rest"),
        Outlook(asking.id, moves=False, said="it asks marketing for approval at 'ask'"),
    ]
    assert (await shop.row(waiting)).version == OLD.version


async def test_those_that_can_move_do_and_the_others_say_why_not(shop: Shop) -> None:
    waiting = await shop.start(OLD, "c_ada")
    elsewhere = await shop.start(journey("[{id: pause, wait: 3d}]"), "c_ben")
    await shop.waits(waiting, "rest")
    await shop.waits(elsewhere, "pause")
    outlook = await Mover(shop.client, NEW).move(await _rows(shop, waiting, elsewhere))
    assert outlook == [
        Outlook(waiting.id, moves=True, said="rest"),
        Outlook(elsewhere.id, moves=False, said="it is at 'pause', which the new version does not have"),
    ]
    assert (await waiting.result()).reason == "the new end"


async def test_to_move_again_is_refused_run_by_run(shop: Shop) -> None:
    run = await shop.start(OLD)
    await shop.waits(run, "rest")
    mover, rows = Mover(shop.client, NEW), await _rows(shop, run)
    await mover.move(rows)
    await shop.waits(run, "rest")
    assert await mover.move(rows) == [Outlook(run.id, moves=False, said="it has this version already")]


async def test_a_run_that_has_ended_meanwhile_is_left(shop: Shop) -> None:
    run = await shop.start(OLD)
    rows = await _rows(shop, run)
    await run.terminate("by hand")
    (outlook,) = await Mover(shop.client, NEW).move(rows)
    assert not outlook.moves
    assert outlook.said == "Temporal has no such run any more"
