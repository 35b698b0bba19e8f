"""What a planner puts into a slot of a page: drawn once, logged with its odds, learned from what follows."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from activities.planning.learning import Learning
from content.library import load_library
from deciding.checking import check_planners
from starter.app import create_app
from starter.contents.previewing import preview_for
from starter.contents.shelf import Shelf
from starter.services import Services
from store.customers import find_customer
from store.database import Database
from store.guardrails import rearm
from store.tables import Guardrail, PlannerDecision
from tests.conftest import RETAIL
from tests.seeding import put
from workflows.ports import LearnRequest
from yamlfile import FileProblems

NOW = datetime.now(UTC)
SURFACES = """\
surfaces:
  homepage:
    slots:
      hero:
        planner: sampler
        features: {orders: customer.orders.count}
        rewards: {outcomes: {clicked: {value: 2, within: 1d}}}
        variants: [{content: home-club, if: customer.orders.count > 0}, home-tent-sale, home-autumn]
"""


RULED = SURFACES.replace("planner: sampler", "planner: rules\n        settings: {rules: [{choose: home-autumn}]}")
"""The hero is the autumn, though the tents are written first."""
BECAUSE = "business as usual, because the guardrail on forecasts tripped at 2026-03-03 12:00 UTC"


def tripped(journey: str) -> Guardrail:
    """A guardrail that tripped on the third of March."""
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    return Guardrail(
        journey=journey, channel="", name="forecasts", state="tripped", value=1, limit=0.25, since=at,
        looked_at=at, why="it promised too much",
    )  # fmt: skip


MAIL = """\
---
subject: News
surface: homepage
---
{{ slots.hero[0].title }} {{ brand.address }} {{ unsubscribe_url }}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The retail example, whose hero is chosen by a planner."""
    folder = shutil.copytree(RETAIL, tmp_path / "retail")
    (folder / "surfaces.yaml").write_text(SURFACES)
    return folder


@asynccontextmanager
async def opened(shop: Services, project: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """Lena's browser on the shop's first page, as a project folder says it."""
    transport = httpx.ASGITransport(create_app(replace(shop, library=load_library(project)), dispatch=False))
    params = {"writeKey": "key", "userId": "user-1"}
    async with httpx.AsyncClient(transport=transport, base_url="http://journeys", params=params) as client:
        yield client


@pytest.fixture
async def page(shop: Services, project: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """Lena's browser on the shop's first page."""
    async with opened(shop, project) as client:
        yield client


async def hero(page: httpx.AsyncClient, **headers: str) -> dict[str, Any]:
    answer = await page.get("/v1/slots/homepage", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["slots"]["hero"][0]


async def decisions(database: Database) -> list[PlannerDecision]:
    async with database.reading() as session:
        return list((await session.exec(select(PlannerDecision))).all())


async def test_what_a_planner_drew_is_logged_with_its_probability_and_stays(
    page: httpx.AsyncClient, database: Database
):
    shown = [await hero(page) for _ in range(3)]

    [row] = await decisions(database)
    assert {each["content"] for each in shown} == {row.option}
    assert (row.journey, row.decision, row.customer_id) == ("surface.homepage", "hero", "c_lena")
    assert row.options == ["home-tent-sale", "home-autumn"]
    assert row.closed_options == {"home-club": "only if customer.orders.count > 0"}
    assert (row.probability, row.probabilities) == (0.5, {"home-tent-sale": 0.5, "home-autumn": 0.5})
    assert (row.features, row.looks_at) == ({"orders": 0.0}, ["orders"])


async def test_what_a_customer_does_with_it_is_the_decisions_reward(page: httpx.AsyncClient, database: Database):
    part = await hero(page)
    await page.post(f"/v1/slots/{part['id']}/seen")
    await page.post(f"/v1/slots/{part['id']}/clicked")

    await Learning(database).learn(LearnRequest(now=datetime.now(UTC) + timedelta(minutes=1)))

    [row] = await decisions(database)
    assert (row.reward, [each["kind"] for each in row.parts]) == (2.0, ["clicked"])


async def test_a_condition_sees_what_is_worked_out_from_events(page: httpx.AsyncClient, database: Database):
    order = {"event": "Order Completed", "userId": "user-1", "properties": {"order_id": "o_1", "revenue": 80}}
    await page.post("/v1/track", json=order, auth=("key", ""))

    await hero(page)

    [row] = await decisions(database)
    assert row.options == ["home-club", "home-tent-sale", "home-autumn"]
    assert row.features == {"orders": 1.0}


async def test_a_preview_says_what_a_planner_would_put_into_a_mail_and_decides_nothing(
    shop: Services, project: Path, database: Database
):
    (project / "content/news").mkdir()
    (project / "content/news/email.txt.j2").write_text(MAIL)
    async with database.reading() as session:
        lena = await find_customer(session, "c_lena")
        assert lena is not None
        [previewed] = await preview_for(session, Shelf.open(project, {}, {}), "news", lena, NOW)

    [hero_] = [reason for reason in previewed.reasons if reason.part == "slots.hero"]
    assert hero_.shows in ("home-tent-sale", "home-autumn")
    assert hero_.why == "nothing is known yet: each as likely as another"
    assert await decisions(database) == []


async def test_for_whoever_asks_for_privacy_nobody_chooses(page: httpx.AsyncClient, database: Database):
    assert (await hero(page, **{"Sec-GPC": "1"}))["content"] == "home-tent-sale"
    assert await decisions(database) == []


async def test_for_those_with_whom_planners_are_compared_the_first_that_fits_is_taken_and_logged(
    shop: Services, project: Path, database: Database
):
    (project / "surfaces.yaml").write_text(SURFACES.replace("homepage:", "homepage:\n    as_usual: 100"))
    async with opened(shop, project) as page:
        shown = [await hero(page) for _ in range(2)]

    [row] = await decisions(database)
    assert [each["content"] for each in shown] == ["home-tent-sale"] * 2
    assert (row.planner, row.option, row.probability) == ("fixed", "home-tent-sale", 1.0)
    assert row.probabilities == {"home-tent-sale": 1.0, "home-autumn": 0.0}
    assert (row.why, row.learned_as) == ("business as usual, for comparison", "")


async def test_whom_the_policy_holdout_leaves_alone_gets_what_is_for_everyone_and_that_is_logged(
    shop: Services, project: Path, database: Database
):
    everybody = SURFACES.replace("customer.orders.count > 0", "customer.orders.count == 0")
    (project / "surfaces.yaml").write_text(everybody)
    (project / "policies.yaml").write_text("holdout: {share: 100}\n")
    async with opened(shop, project) as page:
        assert (await hero(page))["content"] == "home-tent-sale"

    [row] = await decisions(database)
    assert (row.customer_id, row.planner, row.probability) == ("c_lena", "fixed", 1.0)
    assert row.why == "the customer is in the holdout of 100 %"
    assert row.closed_options["home-club"] == "only if customer.orders.count == 0"


async def test_a_guardrail_that_trips_stops_the_planner_at_once_and_gives_it_back_when_it_is_armed(
    shop: Services, project: Path, database: Database
):
    (project / "surfaces.yaml").write_text(RULED)
    async with opened(shop, project) as page:
        assert (await hero(page))["content"] == "home-autumn"
        await put(database, tripped("surface.homepage"))
        stopped = await hero(page)
        assert (stopped["content"], stopped["why"]) == ("home-tent-sale", BECAUSE)
        async with database.transaction() as session:
            await rearm(session, "surface.homepage", reason="mended", by="omar", at=NOW)
        assert (await hero(page))["content"] == "home-autumn"


async def test_what_is_decided_while_a_guardrail_is_tripped_is_logged_as_such(
    page: httpx.AsyncClient, database: Database
):
    await put(database, tripped("surface.homepage"))

    await hero(page)

    [row] = await decisions(database)
    assert (row.planner, row.option, row.probability, row.why) == ("fixed", "home-tent-sale", 1.0, BECAUSE)


@pytest.mark.parametrize(
    ("was", "becomes", "problem"),
    [
        ("planner: sampler", "planner: sampled", "5:9: there is no planner 'sampled' (did you mean 'sampler'?)"),
        ("planner: sampler", "planner: llm", "nobody waits for one at a page"),
        ("planner: sampler", "planner: sampler\n        settings: {flor: 1}", "6:20: unknown key 'flor'"),
        ("outcomes:", "costs: {home-clb: 1}, outcomes:", "the slot has no variant 'home-clb'"),
    ],
)
def test_a_wrong_planner_is_told_at_its_line(project: Path, was: str, becomes: str, problem: str):
    (project / "surfaces.yaml").write_text(SURFACES.replace(was, becomes))

    with pytest.raises(FileProblems) as caught:
        check_planners(project, load_library(project).surfaces)

    assert problem in str(caught.value)
