"""The preference page: what is chosen is shown, what changes is said, and a stranger sees nothing."""

import re

import httpx
import pytest

from content.links import LinkSigner
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.pressure import Busy
from store.tables import ConsentRecord, Customer, EventRecord
from tests import seeding
from tests.tracking.conftest import LINKS, Kept

PAGE = f"/p/{LINKS.preferences_token('c_lena')}"


def checked(page: httpx.Response) -> set[str]:
    return set(re.findall(r'name="(\w+\.\w+)" checked', page.text))


@pytest.fixture(autouse=True)
async def wants_mail(kept: Kept, shop: object) -> None:
    """Lena wants mail about offers."""
    row = ConsentRecord(
        customer_id="c_lena", channel="email", purpose="marketing", granted=True, source="test", at=seeding.NOW
    )
    await seeding.put(kept.database, row)


async def test_it_shows_each_channel_and_purpose_and_nothing_else_of_the_customer(
    browser: httpx.AsyncClient,
) -> None:
    page = await browser.get(PAGE)
    assert page.status_code == 200
    keys = set(re.findall(r'type="checkbox" name="(\w+\.\w+)"', page.text))
    assert keys == {f"{c}.{p}" for c in ("email", "push", "whatsapp") for p in ("marketing", "transactional")}
    assert checked(page) == {"email.marketing", *(f"{c}.transactional" for c in ("email", "push", "whatsapp"))}
    assert "Lena" not in page.text
    assert "c_lena" not in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_what_changed_is_said_and_nothing_more(browser: httpx.AsyncClient, kept: Kept) -> None:
    chosen = {"push.marketing": "on", **{f"{c}.transactional": "on" for c in ("email", "push", "whatsapp")}}
    page = await browser.post(PAGE, data=chosen)
    assert "Your choices are saved" in page.text
    assert checked(page) == chosen.keys()
    said = [(e.name, e.properties["channel"], e.properties["source"]) for e in await kept.all(EventRecord)]
    assert said == [("Unsubscribed", "email", "preference page"), ("Subscribed", "push", "preference page")]
    assert {(c.channel, c.granted) for c in await kept.all(ConsentRecord)} == {("email", False), ("push", True)}

    await browser.post(PAGE, data=chosen)
    assert len(await kept.all(EventRecord)) == 2


async def test_a_list_is_left_and_joined_again_without_touching_the_channels(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    row = ConsentRecord(
        customer_id="c_lena",
        channel="",
        purpose="marketing",
        topic="trail-news",
        granted=True,
        source="test",
        at=seeding.NOW,
    )
    await seeding.put(kept.database, row)
    page = await browser.get(PAGE)
    assert "<legend>Lists</legend>" in page.text
    assert 'name="list.trail-news." checked' in page.text
    assert "<b>Trail news</b>" in page.text

    for name, chosen in (("Topic Left", {}), ("Topic Joined", {"list.trail-news.": "on"})):
        await browser.post(PAGE, data=dict.fromkeys(checked(page), "on") | chosen)
        event = (await kept.all(EventRecord))[-1]
        assert (event.name, event.properties["topic"]) == (name, "trail-news")
    assert {(c.channel, c.topic) for c in await kept.all(ConsentRecord) if c.granted} == {
        ("email", ""),
        ("", "trail-news"),
    }
    assert len(await kept.all(EventRecord)) == 2


async def test_a_consent_that_has_ended_is_not_chosen_and_can_be_given_again(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    ended = ConsentRecord(
        customer_id="c_lena", channel="push", purpose="marketing", granted=True, source="an order", at=seeding.NOW,
        until=seeding.NOW,
    )  # fmt: skip
    await seeding.put(kept.database, ended)
    chosen = checked(await browser.get(PAGE))
    assert "push.marketing" not in chosen
    await browser.post(PAGE, data=dict.fromkeys({*chosen, "push.marketing"}, "on"))
    given = next(row for row in await kept.all(ConsentRecord) if row.channel == "push")
    assert (given.granted, given.until) == (True, None)


async def test_nothing_at_all_is_one_opt_out_of_everything(browser: httpx.AsyncClient, kept: Kept) -> None:
    page = await browser.post(PAGE, data={"nothing": "1", "email.marketing": "on"})
    assert not any(key.endswith(".marketing") for key in checked(page))
    event = await kept.one(EventRecord)
    assert (event.name, event.properties["channel"]) == ("Unsubscribed", "")


OPTED_OUT = "We received your Global Privacy Control signal and have opted you out"


async def test_a_browser_that_asks_for_privacy_is_heeded_and_told_so_in_every_browser(
    browser: httpx.AsyncClient, kept: Kept
) -> None:
    assert OPTED_OUT not in (await browser.get(PAGE)).text
    assert await kept.all(EventRecord) == []
    for headers in ({"Sec-GPC": "1"}, {"Sec-GPC": "1"}, {}):
        assert OPTED_OUT in (await browser.get(PAGE, headers=headers)).text
    assert (await kept.one(Customer)).traits["gpc"] is True
    assert (await kept.one(EventRecord)).properties == {"gpc": True}


async def test_it_is_heeded_too_where_choices_are_saved(browser: httpx.AsyncClient, kept: Kept) -> None:
    page = await browser.post(PAGE, data={"nothing": "1"}, headers={"Sec-GPC": "1"})
    assert OPTED_OUT in page.text
    assert (await kept.one(Customer)).traits["gpc"] is True


async def test_a_signal_that_cannot_be_kept_is_not_said_to_be(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise Busy("too many requests are under way")

    monkeypatch.setattr(Ingestion, "accept", refuse)
    page = await browser.get(PAGE, headers={"Sec-GPC": "1"})
    assert (page.status_code, OPTED_OUT in page.text) == (200, False)


@pytest.mark.parametrize(
    "token", ["x", LINKS.unsubscribe_token("c_lena", "email"), LinkSigner("x" * 32).preferences_token("c_lena")]
)
async def test_another_link_opens_no_page(token: str, browser: httpx.AsyncClient, kept: Kept) -> None:
    assert (await browser.get(f"/p/{token}")).status_code == 404
    assert (await browser.post(f"/p/{token}", data={"nothing": "1"})).status_code == 404
    assert await kept.all(EventRecord) == []


async def test_the_page_of_a_customer_who_is_gone_is_empty(browser: httpx.AsyncClient, kept: Kept) -> None:
    page = await browser.post(f"/p/{LINKS.preferences_token('c_gone')}", data={"nothing": "1"})
    assert (page.status_code, checked(page)) == (200, set())
    assert await kept.all(EventRecord) == []


async def test_the_unsubscribe_pages_lead_to_it(browser: httpx.AsyncClient) -> None:
    token = LINKS.unsubscribe_token("c_lena", "email")
    for page in (await browser.get(f"/u/{token}"), await browser.post(f"/u/{token}")):
        assert f'href="{PAGE}"' in page.text


async def test_a_form_that_is_far_too_long_is_refused(browser: httpx.AsyncClient, kept: Kept) -> None:
    answer = await browser.post(PAGE, content=b"x" * 20_000)
    assert answer.status_code == 413
    assert await kept.all(EventRecord) == []
