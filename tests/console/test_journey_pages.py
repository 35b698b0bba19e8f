"""The pages of journeys: what they draw, and the runs they count at each step."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from starter.services import Services
from store.tables import Guardrail, Run
from store.versions import publish
from tests.seeding import JOURNEY, NOW, OMAR, closed_arm, customer, put, run, run_ref, trace

PAGE = f"/journeys/{JOURNEY}"


def badges(page: str) -> dict[str, str]:
    """What the badges at each step say."""
    groups = re.findall(r'<g class="\w+" data-step="(\w+)">(.*)</g>$', page, re.M)
    told = {step: " ".join(re.findall(r"<text[^>]*>(\d+ (?:here|done))</text>", group)) for step, group in groups}
    return {step: text for step, text in told.items() if text}


def _run(shop: Services, number: int, **changes: object) -> Run:
    """The row of an open run of the version that is drawn."""
    version = shop.journeys[JOURNEY].version
    ref = run_ref(f"p-{number}", f"00000000-0000-4000-8000-00000000000{number}")
    return run(ref, **{"version": version, "start_seq": number, **changes})


@pytest.mark.parametrize("path", ["/journeys", PAGE])
async def test_these_pages_want_a_person(site: httpx.AsyncClient, path: str) -> None:
    assert (await site.get(path)).status_code == 303


async def test_the_list_counts_open_runs(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), _run(shop, 1), _run(shop, 2), _run(shop, 3, state="closed"))
    page = (await ada.get("/journeys")).text
    assert re.search(rf'href="{PAGE}">{JOURNEY}</a>', page)
    assert re.search(r"state=open\">2</a>", page)


async def test_a_run_that_has_done_nothing_is_at_the_first_step(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, customer(), _run(shop, 1), _run(shop, 2))
    assert badges((await ada.get(PAGE)).text) == {"wait_1": "2 here"}


async def test_a_run_is_at_the_step_after_its_last(ada: httpx.AsyncClient, shop: Services) -> None:
    began = NOW - timedelta(hours=46)
    first = run_ref("p-1", "00000000-0000-4000-8000-000000000001")
    spans = trace(first, began)
    await put(shop.database, customer(), _run(shop, 1), _run(shop, 2), *spans)
    told = badges((await ada.get(PAGE)).text)
    assert told["offer"] == "1 here"
    assert told["wait_1"] == "1 here 1 done"
    assert told["second_look"] == "1 done"


async def test_a_message_that_left_is_behind_a_run_that_has_not_noted_it_yet(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    began = NOW - timedelta(hours=46)
    ref = run_ref("p-1", "00000000-0000-4000-8000-000000000001")
    until_sent = [span for span in trace(ref, began) if span.step_id in ("wait_1", "reminder")]
    unnoted = [span for span in until_sent if span.kind != "send"]
    await put(shop.database, customer(), _run(shop, 1), *unnoted)
    assert badges((await ada.get(PAGE)).text) == {"wait_1": "1 done", "wait_3": "1 here"}


async def test_an_earlier_run_of_the_same_id_does_not_count_as_this_one(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    began = NOW - timedelta(days=9)
    ref = run_ref("p-1", "00000000-0000-4000-8000-000000000009")
    earlier = _run(shop, 1, first_run_id=ref.first_run_id, state="closed", started_at=began)
    again = _run(shop, 1, start_seq=7)
    await put(shop.database, customer(), earlier, again, *trace(ref, began, closed=True))
    assert badges((await ada.get(PAGE)).text)["wait_1"] == "1 here 1 done"


async def test_runs_of_another_version_are_counted_with_that_one(ada: httpx.AsyncClient, shop: Services) -> None:
    older = shop.journeys[JOURNEY].model_copy(update={"description": "As it was in spring"})
    async with shop.database.transaction() as session:
        await publish(session, older, "maria", datetime(2026, 3, 1, tzinfo=UTC))
        await publish(session, shop.journeys[JOURNEY], "maria", datetime(2026, 4, 1, tzinfo=UTC))
    await put(shop.database, customer(), _run(shop, 1, version=older.version))
    assert badges((await ada.get(PAGE)).text) == {}
    page = (await ada.get(f"{PAGE}?version={older.version}")).text
    assert "As it was in spring" in page
    assert badges(page) == {"wait_1": "1 here"}


async def test_a_journey_that_does_not_exist(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/journeys/nothing")
    assert answer.status_code == 404
    assert "There is no such journey" in answer.text


WHY = "20 of 1000 messages, 2.00%"


def tripped() -> Guardrail:
    """That of complaints over email."""
    return Guardrail(
        journey=JOURNEY, name="complaints", channel="email", state="tripped", value=13.1, limit=7.678, why=WHY,
        since=NOW, looked_at=NOW,
    )  # fmt: skip


async def test_a_guardrail_that_tripped_is_shown_and_armed_again_by_ops_only(
    ada: httpx.AsyncClient, shop: Services
) -> None:
    await put(shop.database, tripped())
    assert "rolled back" in (await ada.get("/journeys")).text
    assert "Rolled back by guardrails" in (await ada.get("/")).text
    seen = (await ada.get(PAGE)).text
    assert WHY in seen
    assert "Arm the guardrails again" not in seen
    await ada.post("/sign-in", data={"token": OMAR.token})
    token = (await ada.get(PAGE)).text.partition('name="form_token" value="')[2][:64]
    answer = await ada.post(
        f"/guardrails/{JOURNEY}/rearm", data={"form_token": token, "reason": "the list is mended"}
    )
    assert answer.status_code == 303
    page = (await ada.get(PAGE)).text
    assert "re-armed by omar@northwind.example: the list is mended" in page
    assert "Rolled back" not in page


async def test_an_arm_that_is_closed_is_shown_and_opened_again(ada: httpx.AsyncClient, shop: Services) -> None:
    await put(shop.database, closed_arm(JOURNEY))
    assert "arm closed" in (await ada.get("/journeys")).text
    assert "The arm bold of subject is closed in" in (await ada.get("/")).text
    await ada.post("/sign-in", data={"token": OMAR.token})
    page = (await ada.get(PAGE)).text
    assert "The arm bold of subject is closed: worse by more than 25%" in page
    assert "Rolled back" not in page
    token = page.partition('name="form_token" value="')[2][:64]
    await ada.post(f"/guardrails/{JOURNEY}/rearm", data={"form_token": token, "reason": "the letter is mended"})
    assert "The arm bold of subject is closed" not in (await ada.get(PAGE)).text
