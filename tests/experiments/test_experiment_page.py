"""An experiment as a page: the verdict in words, plots that say what they show, and its start and stop."""

import re
from datetime import UTC, datetime, timedelta
from math import inf

import httpx
import pytest

from learning.experiments.comparing import Interval
from learning.experiments.course import Point
from learning.experiments.document import interval
from starter.console.plots import BAR, draw_bars, draw_course
from starter.services import Services
from tests.experiments.conftest import STELLA, came, running
from tests.seeding import MARIA

LONG_AGO = datetime.now(UTC) - timedelta(days=40)
PLAN = {"name": "subject-line", "journey": "winback", "split": "subject", "lift": 0.5, "rate": 0.1, "daily": 100}
PAGE = "/experiments/subject-line"


async def form_token(api: httpx.AsyncClient, token: str) -> str:
    """Sign in, and give the token that the forms of this session carry."""
    await api.post("/sign-in", data={"token": token})
    found = re.search(r'name="form_token" value="([^"]+)"', (await api.get(PAGE)).text)
    assert found is not None
    return found[1]


async def test_it_is_started_and_stopped_by_who_may(api: httpx.AsyncClient, shop: Services) -> None:
    await api.post("/v1/experiments", json=PLAN)
    fields = {"form_token": await form_token(api, STELLA.token)}
    page = await api.get(PAGE)
    assert "Nothing counts yet: it has not started." in page.text
    assert "Start it" in page.text
    started = await api.post(f"{PAGE}/start", data=fields)
    assert (started.status_code, started.headers["location"]) == (303, PAGE)
    await api.post(f"{PAGE}/stop", data={**fields, "reason": "seen enough"})
    assert "seen enough" in (await api.get(PAGE)).text
    again = await api.post(f"{PAGE}/stop", data=fields)
    assert (again.status_code, "only one that runs can be stopped" in again.text) == (409, True)


async def test_whoever_may_not_sees_it_without_its_buttons(api: httpx.AsyncClient) -> None:
    await api.post("/v1/experiments", json=PLAN)
    fields = {"form_token": await form_token(api, MARIA.token)}
    assert "Start it" not in (await api.get(PAGE)).text
    assert (await api.post(f"{PAGE}/start", data=fields)).status_code == 403


async def test_the_verdict_stands_first_and_every_plot_has_words_and_a_table(
    api: httpx.AsyncClient, shop: Services
) -> None:
    async with shop.database.transaction() as session:
        session.add(running(LONG_AGO))
    for day in (1, 5, 9):
        await came(shop.database, LONG_AGO + timedelta(days=day), prefix=f"d{day}")
    await api.post("/sign-in", data={"token": STELLA.token})
    text = (await api.get(PAGE)).text
    assert text.index("It works: bold") < text.index("<svg")
    title, described = re.findall(r"<title id=\"([^\"]+)\"|<desc id=\"([^\"]+)\"", text)
    assert f'aria-labelledby="{title[0]} {described[1]}"' in text
    assert "The same as a table" in text
    assert "+100.00 (" in text
    assert "Does every arm have its customers?" in text
    assert "style=" not in text
    listed = (await api.get("/experiments")).text
    assert f'href="{PAGE}"' in listed


def points(*bounds: tuple[float, float]) -> list[Point]:
    return [
        Point(LONG_AGO + timedelta(days=day), Interval((low + high) / 2, low, high))
        for day, (low, high) in enumerate(bounds)
    ]


def test_a_course_stays_inside_its_frame_though_the_first_looks_know_nothing() -> None:
    course = draw_course(points((-9, 9), (-0.2, 0.4), (-0.1, 0.3), (0.1, 0.2)))
    assert course is not None
    heights = [float(corner.split(",")[1]) for corner in course.band.split()]
    assert (min(heights), max(heights)) == (course.ticks[-1].at, course.ticks[0].at)
    assert [tick.says for tick in course.ticks] == ["-20.0%", "+10.0%", "+40.0%"]


def test_one_look_is_no_course() -> None:
    assert draw_course(points((0, 1))) is None


@pytest.mark.parametrize("bounds", [(0.1, 0.3), (-0.3, -0.1), (0.0, 0.0)])
def test_an_interval_is_drawn_with_zero_in_sight(bounds: tuple[float, float]) -> None:
    [bar] = draw_bars([Interval(sum(bounds) / 2, *bounds)])
    assert 0 < bar.low <= bar.at <= bar.high < BAR
    assert 0 < bar.zero < BAR


def test_a_bound_without_end_is_left_out_of_documents() -> None:
    assert interval(Interval(0.5, -1.0, inf)) is None
    assert interval(Interval(0.5, 0.1, 0.9)) == {"estimate": 0.5, "low": 0.1, "high": 0.9}
