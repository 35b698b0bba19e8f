"""A click leads on and is told once; what machines do is told apart; a stranger's link leads nowhere."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from content.links import LinkSigner, TrackedLink
from starter.recipients.machines import is_machine
from store.tables import Delivery, EventRecord
from tests import seeding
from tests.tracking.conftest import BROWSER, LINKS, Kept

TENT = "https://northwind.example/p/lumen-2?ref=mail#size"
CLICK = f"/c/{LINKS.click_token(TrackedLink('d_1', TENT))}"
PIXEL = f"/o/{LINKS.open_token('d_1')}.gif"


async def test_a_click_leads_on_and_is_an_outcome_of_its_delivery(browser: httpx.AsyncClient, kept: Kept) -> None:
    for _ in range(2):
        answer = await browser.get(CLICK)
        assert (answer.status_code, answer.headers["location"]) == (302, TENT)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "no-store" in answer.headers["cache-control"]
    event = await kept.one(EventRecord)
    assert (event.name, event.customer_id) == ("Email Link Clicked", "c_lena")
    assert event.properties == {"delivery_id": "d_1", "channel": "email", "url": TENT}
    assert (await kept.one(Delivery)).state == "clicked"


async def test_the_pixel_is_a_picture_and_an_open(browser: httpx.AsyncClient, kept: Kept) -> None:
    answer = await browser.get(PIXEL)
    assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (
        200,
        "image/gif",
        b"GIF89a",
    )
    assert (await kept.one(EventRecord)).name == "Email Opened"
    assert (await kept.one(Delivery)).state == "opened"


async def test_a_scanner_that_only_asks_for_the_head_is_no_click(browser: httpx.AsyncClient, kept: Kept) -> None:
    assert (await browser.head(CLICK)).status_code == 302
    event = await kept.one(EventRecord)
    assert (event.name, event.properties["machine"]) == ("Email Machine Clicked", True)
    assert (await kept.one(Delivery)).state == "delivered"
    await browser.get(CLICK)
    assert (await kept.one(Delivery)).state == "clicked"


async def test_apples_proxy_opens_every_mail_and_proves_nothing(browser: httpx.AsyncClient, kept: Kept) -> None:
    await browser.get(PIXEL, headers={"User-Agent": "Mozilla/5.0"})
    assert (await kept.one(EventRecord)).name == "Email Machine Opened"
    assert (await kept.one(Delivery)).state == "delivered"


@pytest.mark.parametrize(
    ("headers", "seconds", "machine"),
    [
        ({"user-agent": BROWSER}, 60, False),
        ({"user-agent": BROWSER}, 3, True),
        ({"user-agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) (via ggpht.com GoogleImageProxy)"}, 60, False),
        ({"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                        "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"}, 60, True),
        ({"user-agent": ""}, 60, True),
        ({"user-agent": "python-requests/2.32"}, 60, True),
        ({"user-agent": "Barracuda Sentinel (EE)"}, 60, True),
        ({"user-agent": BROWSER, "sec-purpose": "prefetch;anonymous-client-ip"}, 60, True),
    ],
)  # fmt: skip
def test_machines_are_told_from_people(headers: dict[str, str], seconds: int, machine: bool) -> None:
    assert is_machine("GET", headers, timedelta(seconds=seconds)) is machine


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        LINKS.click_token(TrackedLink("d_1", TENT))[:-2],
        LinkSigner("x" * 32).click_token(TrackedLink("d_1", "https://evil.example/")),
        LINKS.open_token("d_1"),
    ],
)
async def test_a_link_that_we_did_not_make_leads_nowhere(
    token: str, browser: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await browser.get(f"/c/{token}")
    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert (await browser.get(f"/o/{token[:-1]}.gif")).status_code == 404
    assert await kept.all(EventRecord) == []


async def test_a_link_shown_to_an_approver_leads_on_and_tells_nothing(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    answer = await browser.get(f"/c/{LINKS.click_token(TrackedLink('d_not_sent', TENT))}")
    assert answer.headers["location"] == TENT
    assert await kept.all(EventRecord) == []


async def test_who_asks_every_site_not_to_track_is_led_on_untold(browser: httpx.AsyncClient, kept: Kept) -> None:
    answer = await browser.get(CLICK, headers={"Sec-GPC": "1"})
    assert answer.headers["location"] == TENT
    assert await kept.all(EventRecord) == []


async def test_who_said_no_since_the_mail_left_is_led_on_untold(browser: httpx.AsyncClient, kept: Kept) -> None:
    lena = seeding.customer("c_lena")
    async with kept.database.transaction() as session:
        await session.merge(lena.model_copy(update={"traits": {"tracking_consent": False}}))
    assert (await browser.get(CLICK)).status_code == 302
    assert await kept.all(EventRecord) == []


async def test_a_click_within_seconds_of_the_send_is_a_scanners(browser: httpx.AsyncClient, kept: Kept) -> None:
    row = await kept.one(Delivery)
    row.sent_at = datetime.now(UTC)
    await seeding.put(kept.database, row)
    await browser.get(CLICK)
    assert (await kept.one(EventRecord)).name == "Email Machine Clicked"
