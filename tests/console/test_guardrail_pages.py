"""The guardrails of every journey and surface as pages, and arming those of a surface again."""

import httpx

from starter.services import Services
from store.tables import Guardrail
from tests.seeding import JOURNEY, NOW, OMAR, put

SURFACE = "surface.homepage"


def guardrail(of: str, state: str, why: str) -> Guardrail:
    """That of exploration, which journeys and surfaces have."""
    return Guardrail(
        journey=of, name="exploration", channel="", state=state, value=0.6, limit=0.3, why=why,
        since=NOW, looked_at=NOW,
    )  # fmt: skip


async def test_journeys_and_surfaces_are_listed_those_that_tripped_first(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, guardrail(JOURNEY, "ok", "within its bounds"))
    await put(shop.database, guardrail(SURFACE, "tripped", "60% by chance"))
    page = (await ada.get("/guardrails")).text
    assert page.index("60% by chance") < page.index("within its bounds")
    assert f'<a href="/guardrails/{SURFACE}">' in page


async def test_before_the_first_look_it_says_when_that_is(ada: httpx.AsyncClient) -> None:
    assert "every ten minutes" in (await ada.get("/guardrails")).text


async def test_a_surface_that_tripped_is_reached_from_the_overview_and_armed_again(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, guardrail(SURFACE, "tripped", "60% by chance"))
    assert f'<a href="/guardrails/{SURFACE}">' in (await ada.get("/")).text
    assert "Arm the guardrails again" not in (await ada.get(f"/guardrails/{SURFACE}")).text
    await ada.post("/sign-in", data={"token": OMAR.token})
    page = (await ada.get(f"/guardrails/{SURFACE}")).text
    assert "60% by chance" in page
    token = page.partition('name="form_token" value="')[2][:64]
    reason = {"form_token": token, "reason": "the catalogue is back"}
    back = (await ada.post(f"/guardrails/{SURFACE}/rearm", data=reason)).headers["location"]
    assert "the catalogue is back" in (await ada.get(back)).text


async def test_those_of_a_journey_are_where_the_journey_is(ada: httpx.AsyncClient) -> None:
    assert (await ada.get(f"/guardrails/{JOURNEY}")).headers["location"] == f"/journeys/{JOURNEY}#guardrails"


async def test_what_is_not_watched_is_said_to_be_so(ada: httpx.AsyncClient) -> None:
    page = await ada.get("/guardrails/surface.nowhere")
    assert page.status_code == 404
    assert "Nothing is watched there" in page.text
