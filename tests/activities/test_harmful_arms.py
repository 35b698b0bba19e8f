"""An arm of an experiment that does harm is closed: who comes goes the control's way, until a person re-arms."""

from datetime import timedelta

from activities.planning.assigning import Assigning
from activities.watching.rolled_back import closed_around
from journeys.guardrails import Guardrails
from store.database import Database
from store.experiments import find_experiment
from store.guardrails import guardrails, rearm
from store.tables import EventRecord, Experiment, Guardrail, Tightening
from store.versions import publish
from tests.activities.conftest import NOON, attempt, rows
from tests.activities.test_watching import look, watching
from tests.experiments.conftest import came, running, winback
from workflows.ports import Assigned, AssignRequest

SINCE = NOON - timedelta(days=5)
CLOSED = (
    "the arm 'bold' is closed, because the guardrail on unsubscribed in bold of subject-line "
    f"tripped at {NOON:%Y-%m-%d %H:%M} UTC"
)


async def seed(database: Database, *left: int, **plan: object) -> None:
    """Fifty customers went each arm in an experiment that runs; those of some numbers unsubscribed the day after.
    Every number that is 1 more than a multiple of 4 went 'bold', and every even one was left alone."""
    async with database.transaction() as session:
        await publish(session, winback(), "maria", SINCE)
    await came(database, SINCE)
    async with database.transaction() as session:
        session.add(Experiment(**running(SINCE).model_dump() | plan))
        session.add_all(unsubscribed(number) for number in left)


def unsubscribed(number: int) -> EventRecord:
    at = SINCE + timedelta(days=1)
    return EventRecord(
        id=f"u_{number}", customer_id=f"c_{number}", name="Unsubscribed", properties={},
        occurred_at=at, received_at=at,
    )  # fmt: skip


async def assigned(database: Database, arm: str, customer: str = "c_new") -> Assigned:
    request = AssignRequest(customer_id=customer, journey="winback", split="subject", arm=arm, control="plain")
    return await attempt(Assigning(database).assign, request)


async def closed(database: Database, **arms: str) -> str:
    """Why a run inside some arms does nothing more."""
    async with database.reading() as session:
        return await closed_around(session, "winback", arms)


async def test_a_harmful_arm_is_closed_until_it_is_armed_again(database: Database) -> None:
    """Half of the bold unsubscribed after a day, and nobody else. The window of 14 days is over for nobody."""
    await seed(database, *range(1, 101, 4))
    assert await assigned(database, "bold") == Assigned(arm="bold")
    await look(watching(database))
    async with database.reading() as session:
        stopped = await find_experiment(session, "subject-line")
        (row,) = [row for row in await guardrails(session, "winback") if row.split]
    assert stopped is not None
    assert (stopped.state, stopped.stopped_by) == ("stopped", "guardrail watch")
    assert stopped.reason == (
        "unsubscribed in bold of subject-line: worse by more than 25%: 0.5 with it, 0 without"
    )
    assert stopped.conclusion["says"].startswith("Stopped before anything can be said")
    assert (row.state, row.arm, row.value, row.limit) == ("tripped", "bold", 0.5, 0.0)
    assert await rows(database, Tightening) == []

    assert await assigned(database, "bold") == Assigned(arm="plain", why_not_counted=CLOSED)
    assert await assigned(database, "plain") == Assigned(arm="plain", why_not_counted=CLOSED)
    assert await closed(database, subject="bold") == CLOSED
    assert await closed(database, subject="plain", other="bold") == ""
    async with database.transaction() as session:
        await rearm(session, "winback", reason="mended", by="olga", at=NOON)
    assert await assigned(database, "bold") == Assigned(arm="bold")


async def test_arms_that_are_alike_stay_open(sqlite_database: Database) -> None:
    """Ten of the bold unsubscribed, and ten of the plain."""
    await seed(sqlite_database, *range(1, 41, 4), *range(3, 43, 4))
    await look(watching(sqlite_database))
    (experiment,) = await rows(sqlite_database, Experiment)
    assert (experiment.state, experiment.watched_at) == ("running", NOON)
    assert await assigned(sqlite_database, "bold") == Assigned(arm="bold")


async def test_those_who_went_a_closed_arm_before_keep_it_where_the_project_says_so(
    sqlite_database: Database,
) -> None:
    await seed(sqlite_database, *range(1, 101, 4))
    await look(watching(sqlite_database, Guardrails(closed_arms="keep")))
    assert (await assigned(sqlite_database, "bold", "c_1")).arm == "bold"
    assert (await assigned(sqlite_database, "bold", "c_new")).arm == "plain"
    assert await closed(sqlite_database, subject="bold") == ""


async def test_a_journey_that_does_harm_against_its_holdout_is_rolled_back_and_its_splits_give_the_control(
    sqlite_database: Database,
) -> None:
    arms = [{"arm": "holdout", "weight": 50.0}, {"arm": "journey", "weight": 50.0}]
    await seed(sqlite_database, *range(1, 101, 4), split="", arms=arms)
    await look(watching(sqlite_database))
    (experiment,) = await rows(sqlite_database, Experiment)
    (tightened,) = await rows(sqlite_database, Tightening)
    assert (experiment.state, tightened.tier) == ("stopped", "supervised")
    (row,) = [row for row in await rows(sqlite_database, Guardrail) if row.state == "tripped"]
    assert (row.name, row.split, row.arm) == ("unsubscribed in journey of subject-line", "", "")
    given = await assigned(sqlite_database, "bold")
    assert given.arm == "plain"
    assert await closed(sqlite_database, subject="bold") == ""
    assert given.why_not_counted.startswith("business as usual, because the guardrail on unsubscribed in journey")
