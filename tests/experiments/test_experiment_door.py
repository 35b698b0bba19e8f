"""An experiment over HTTP: planned before it starts, reported on while it runs, concluded when it stops."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from journeys.usual import goes_as_usual
from starter.services import Services
from store.audit import list_entries
from store.tables import Experiment
from tests.experiments.conftest import came, winback
from tests.seeding import MARIA

PATH = "/v1/experiments"
PLAN: dict[str, Any] = {
    "name": "subject-line", "journey": "winback", "split": "subject", "lift": 0.5, "rate": 0.1, "daily": 100,
}  # fmt: skip
LONG_AGO = datetime.now(UTC) - timedelta(days=40)


async def planned(api: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await api.post(PATH, json={**PLAN, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def started(api: httpx.AsyncClient, shop: Services, at: datetime = LONG_AGO, **more: Any) -> None:
    """Plan an experiment and start it, as if it had been then."""
    await planned(api, **more)
    assert (await api.post(f"{PATH}/subject-line/start")).status_code == 200
    async with shop.database.transaction() as session:
        row = (await session.exec(select(Experiment))).one()
        row.started_at = at
        session.add(row)


async def test_a_plan_says_how_many_and_how_long_before_the_start(api: httpx.AsyncClient) -> None:
    made = await planned(api)
    assert made["state"] == "planned"
    assert made["arms"] == [{"arm": "plain", "weight": 1}, {"arm": "bold", "weight": 1}]
    # Textbook: 2 (1.96 + 0.84)² 0.09 / 0.05² = 565 an arm.
    assert made["customers"] == pytest.approx(2 * 565, abs=10)
    assert made["days"] == 14 + 14
    assert [guard["metric"] for guard in made["guards"]] == ["unsubscribed", "complained"]


async def test_what_is_not_said_is_taken_from_the_journey_as_it_was(
    api: httpx.AsyncClient, shop: Services
) -> None:
    await came(shop.database, LONG_AGO)
    made = await planned(api, rate=None, daily=None)
    assert made["rate"] == pytest.approx((10 + 50) / 200)
    assert made["daily"] == pytest.approx(200 / 40, rel=0.01)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"journey": "winbak"}, "did you mean 'winback'?"),
        ({"split": "sender"}, "has no split 'sender' (there are: subject, as-usual)"),
        ({"rate": None}, "0 customers with their window over came into 'winback'"),
        ({"event": "Email Opened"}, "says what became of a message and not what it was good for"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    api: httpx.AsyncClient, wrong: dict[str, Any], said: str
) -> None:
    answer = await api.post(PATH, json={**PLAN, **wrong})
    assert answer.status_code == 422
    assert said in answer.json()["message"]


async def test_only_who_may_plans_and_starts_and_everyone_looks(api: httpx.AsyncClient) -> None:
    maria = {"Authorization": f"Bearer {MARIA.token}"}
    refused = await api.post(PATH, json=PLAN, headers=maria)
    assert (refused.status_code, "strategy_owner" in refused.json()["message"]) == (403, True)
    await planned(api)
    assert (await api.post(f"{PATH}/subject-line/start", headers=maria)).status_code == 403
    listed = (await api.get(PATH, headers=maria)).json()["experiments"]
    assert [row["name"] for row in listed] == ["subject-line"]


async def test_on_the_way_an_experiment_is_concluded_by_the_confidence_sequence(
    api: httpx.AsyncClient, shop: Services
) -> None:
    await started(api, shop)
    await came(shop.database, LONG_AGO + timedelta(days=1))
    told = (await api.get(f"{PATH}/subject-line/report")).json()
    assert [(arm["arm"], arm["customers"], arm["rate"]) for arm in told["arms"]] == [
        ("plain", 50, 0),
        ("bold", 50, 1),
    ]
    stopped = (await api.post(f"{PATH}/subject-line/stop", json={"reason": "seen enough"})).json()
    assert (stopped["state"], stopped["reason"]) == ("stopped", "seen enough")
    assert stopped["conclusion"]["method"] == "confidence sequence"
    assert stopped["conclusion"]["results"][0]["verdict"] == "better"


async def test_without_business_as_usual_the_journey_is_told_to_have_one(
    api: httpx.AsyncClient, shop: Services
) -> None:
    shop.journeys["winback"] = winback().model_copy(update={"as_usual": None})
    answer = await api.post(PATH, json={**PLAN, "split": "as-usual"})
    assert (answer.status_code, "give it 'as_usual', such as 10%" in answer.json()["message"]) == (422, True)


async def test_planners_are_tried_against_business_as_usual(api: httpx.AsyncClient, shop: Services) -> None:
    await started(api, shop, split="as-usual")
    await came(shop.database, LONG_AGO + timedelta(days=1))
    told = (await api.get(f"{PATH}/subject-line/report")).json()
    usual = sum(goes_as_usual("winback", 20, f"c_{number}") for number in range(1, 200, 2))
    assert [(arm["arm"], arm["customers"]) for arm in told["arms"]] == [
        ("as-usual", usual),
        ("planned", 100 - usual),
    ]


async def test_at_the_planned_end_it_is_concluded_by_welch(api: httpx.AsyncClient, shop: Services) -> None:
    await started(api, shop, rate=0.5, lift=0.9)
    await came(shop.database, LONG_AGO + timedelta(days=1))
    stop = {"reason": "the season is over"}
    conclusion = (await api.post(f"{PATH}/subject-line/stop", json=stop)).json()["conclusion"]
    assert (conclusion["method"], conclusion["done"]) == ("Welch with CUPED", True)
    # Who comes after the stop changes nothing of what it says.
    await came(shop.database, datetime.now(UTC), prefix="late")
    told = (await api.get(f"{PATH}/subject-line/report")).json()
    assert told == {**conclusion, "stopped": "the season is over"}


async def test_one_without_customers_can_be_stopped_and_says_that_it_says_nothing(
    api: httpx.AsyncClient, shop: Services
) -> None:
    await started(api, shop)
    early = await api.get(f"{PATH}/subject-line/report")
    assert (early.status_code, early.json()["code"]) == (409, "too_early")
    stopped = (await api.post(f"{PATH}/subject-line/stop", json={})).json()
    assert stopped["conclusion"]["says"].startswith("Stopped before anything can be said")


async def test_a_plan_stays_as_it_is_once_it_runs_and_every_step_is_in_the_audit_log(
    api: httpx.AsyncClient, shop: Services
) -> None:
    assert (await api.post(f"{PATH}/subject-line/start")).status_code == 404
    await planned(api)
    await planned(api, lift=0.4)
    assert (await api.post(f"{PATH}/subject-line/stop", json={})).status_code == 409
    await api.post(f"{PATH}/subject-line/start")
    for again in (api.post(PATH, json=PLAN), api.post(f"{PATH}/subject-line/start")):
        assert (await again).status_code == 409
    await api.post(f"{PATH}/subject-line/stop", json={"reason": "enough"})
    async with shop.database.reading() as session:
        entries = (await list_entries(session, subject="experiment:subject-line")).rows
    assert [entry.facts["what"] for entry in reversed(entries)] == ["planned", "planned", "started", "stopped"]
    assert {entry.by for entry in entries} == {"stella@northwind.example"}


async def test_a_plan_whose_arms_the_journey_has_no_longer_does_not_start(
    api: httpx.AsyncClient, shop: Services
) -> None:
    await planned(api)
    shop.journeys["winback"] = winback(bold=2)
    answer = await api.post(f"{PATH}/subject-line/start")
    assert (answer.status_code, "plan 'subject-line' again" in answer.json()["message"]) == (409, True)
