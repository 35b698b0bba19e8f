"""A worker is killed with SIGKILL in the middle of an erasure; another ends it, and nothing is left."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select
from temporalio.client import Client

from store.erasing import begin_erasure
from store.tables import Address, Customer, CustomerKey, Erasure, EventRecord, Run
from tests.faults import doomed_worker
from tests.faults.doomed_worker import Point
from tests.faults.noticing import the_server_notices
from tests.faults.sending import Sending
from worker import make_worker
from workflows.erasing import EraseCustomer
from workflows.ports import EraseRequest

POINTS = {
    "runs ended, not reported": Point("after", "activities.erasing:Erasing.end_runs"),
    "erased, not committed": Point("after", "activities.erasing:finish_erasure"),
    "erased, not reported": Point("after", "activities.erasing:Erasing.erase_customer"),
}


@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize("point", POINTS.values(), ids=POINTS.keys())
async def test_an_erasure_that_was_cut_short_ends_as_if_it_had_not_been(
    small_sending: Sending, temporal: Client, temporal_address: str, point: Point
) -> None:
    sending, lena = small_sending, await small_sending.shopper("lena")
    settings = sending.settings.model_copy(update={"task_queue": f"erasing-{point.function}-{point.when}"})
    async with sending.database.transaction() as session:
        session.add(_lost_run(lena.id))
        await begin_erasure(session, lena.id, by="priya", suppress_addresses=False, at=datetime.now(UTC))
    doomed = doomed_worker.start(temporal_address, settings, point)
    erasure = await temporal.start_workflow(
        EraseCustomer.run,
        EraseRequest(customer_id=lena.id),
        id=f"erase:{settings.task_queue}",
        task_queue=settings.task_queue,
        task_timeout=timedelta(seconds=2),
    )
    await asyncio.to_thread(doomed.join, 60)
    assert doomed.exitcode == -signal.SIGKILL
    await the_server_notices(temporal, erasure)
    async with make_worker(temporal, settings, sending.database, sending.parts[-1]):
        erased = await erasure.result()
    assert erased.counts["runs ended"] == 1
    [proof] = await sending.rows(Erasure)
    assert (proof.counts, proof.traces, proof.done_at is not None) == (erased.counts, {}, True)
    assert await sending.rows(EventRecord) == await sending.rows(Address) == []
    assert [run.state for run in await sending.rows(Run)] == ["closed"]
    async with sending.database.reading() as session:
        [key] = (await session.exec(select(CustomerKey))).all()
        [customer] = (await session.exec(select(Customer))).all()
    assert (key.wrapped, customer.traits) == (b"", {})


def _lost_run(customer_id: str) -> Run:
    """A run that Temporal does not have any more, and that still looks open."""
    return Run(
        workflow_id=f"welcome:{customer_id}:gone",
        first_run_id="gone",
        journey="welcome",
        version="1",
        customer_id=customer_id,
        start_seq=1,
        state="open",
        started_at=datetime.now(UTC),
    )
