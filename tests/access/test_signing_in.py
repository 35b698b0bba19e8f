"""People sign in at an OpenID provider, and nobody else does."""

from datetime import timedelta

import httpx
import pytest

from project.access import Group
from starter.services import Services
from tests import seeding
from tests.access.conftest import OTHER_KEY, Provider, browser_of, come_back, query_of, services_with, signs_in


def said(answer: httpx.Response) -> str:
    """The problem that the door names."""
    return answer.text.partition('role="alert">')[2].partition("</p>")[0]


async def test_someone_of_a_group_signs_in_and_is_led_on(browser: httpx.AsyncClient) -> None:
    answer = await signs_in(browser, to="/runs?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?page=2")
    assert "Nina" in (await browser.get("/")).text


async def test_the_cookie_is_kept_from_scripts_and_from_other_sites(browser: httpx.AsyncClient) -> None:
    cookies = (await signs_in(browser)).headers.get_list("set-cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("sojourn_session="))
    assert "HttpOnly" in session
    assert "samesite=lax" in session.lower()
    assert "Max-Age=43200" in session


async def test_behind_https_the_cookie_never_goes_without_it(shop: Services) -> None:
    settings = shop.settings.model_copy(update={"public_url": "https://sojourn.example"})
    async with browser_of(services_with(shop, settings=settings)) as browser:
        away = await browser.get("/sign-in/provider")
    assert "; Secure" in away.headers["set-cookie"]
    assert query_of(away.headers["location"])["redirect_uri"] == "https://sojourn.example/sign-in/answer"


async def test_groups_of_the_provider_become_groups_of_the_project(
    browser: httpx.AsyncClient, provider: Provider, shop: Services
) -> None:
    await seeding.put(shop.database, seeding.customer())
    provider.user["groups"] = ["g-data-protection"]
    await signs_in(browser)
    assert "Erase them" in (await browser.get("/customers/c_lena?show=known")).text


async def test_whoever_is_in_no_group_is_refused(browser: httpx.AsyncClient, provider: Provider) -> None:
    provider.user["groups"] = ["g-chess"]
    answer = await signs_in(browser)
    assert answer.status_code == 401
    assert "nina@northwind.example is in none of the groups" in said(answer)
    assert (await browser.get("/")).status_code == 303


async def test_a_group_that_is_no_longer_the_providers_signs_out(
    browser: httpx.AsyncClient, shop: Services
) -> None:
    await signs_in(browser)
    project = shop.project.model_copy(update={"groups": {"marketing": Group()}})
    async with browser_of(services_with(shop, project=project)) as later:
        later.cookies = browser.cookies
        assert (await later.get("/")).status_code == 303


async def test_an_answer_counts_once(browser: httpx.AsyncClient) -> None:
    answer = await come_back(browser)
    assert (await browser.get(answer)).status_code == 303
    again = await browser.get(answer)
    assert again.status_code == 401
    assert "used before" in said(again)


async def test_a_code_that_was_used_is_refused_by_the_provider(browser: httpx.AsyncClient) -> None:
    answer, errand = await come_back(browser), browser.cookies["sojourn_errand"]
    await browser.get(answer)
    browser.cookies.clear()
    browser.cookies.set("sojourn_errand", errand)
    assert "does not accept the code: invalid_grant" in said(await browser.get(answer))


async def test_an_answer_to_another_browser_is_refused(browser: httpx.AsyncClient, shop: Services) -> None:
    """What a login CSRF tries: the victim's browser comes back with the attacker's code."""
    async with browser_of(shop) as attacker:
        theirs = await come_back(attacker)
    await browser.get("/sign-in/provider")
    assert "another attempt" in said(await browser.get(theirs))


async def test_an_answer_without_an_errand_is_refused(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/sign-in/answer?code=x&state=y")).status_code == 401


async def test_an_answer_of_another_provider_is_refused(browser: httpx.AsyncClient) -> None:
    answer = query_of(await come_back(browser)) | {"iss": "https://evil.example"}
    assert "another provider" in said(await browser.get("/sign-in/answer", params=answer))


async def test_an_answer_that_names_no_issuer_is_refused_when_the_provider_always_does(
    browser: httpx.AsyncClient,
) -> None:
    answer = query_of(await come_back(browser))
    del answer["iss"]
    assert "another provider" in said(await browser.get("/sign-in/answer", params=answer))


async def test_whoever_says_no_at_the_provider_is_told_so(browser: httpx.AsyncClient, provider: Provider) -> None:
    given = query_of(await come_back(browser))
    refused = {"state": given["state"], "iss": provider.issuer, "error": "access_denied"}
    assert "access_denied" in said(await browser.get("/sign-in/answer", params=refused))


async def test_an_id_token_that_does_not_hold_signs_nobody_in(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    provider.twist = lambda claims: claims.update(aud="another-application")
    answer = await signs_in(browser)
    assert answer.status_code == 401
    assert "aud" in said(answer)
    assert "sojourn_session" not in browser.cookies


async def test_a_key_that_the_provider_never_published_signs_nobody_in(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    provider.key = OTHER_KEY
    assert (await signs_in(browser)).status_code == 401


async def test_a_key_that_the_provider_changed_is_looked_up(
    browser: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("starter.identity.openid.published._LOOK_AGAIN", timedelta())
    await signs_in(browser)
    provider.rotate("k2")
    assert (await signs_in(browser)).status_code == 303


async def test_an_unknown_key_is_not_looked_up_again_and_again(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    await signs_in(browser)
    provider.rotate("k2")
    assert (await signs_in(browser)).status_code == 401


async def test_a_provider_that_is_down_is_said_to_be(shop: Services) -> None:
    assert shop.project.sign_in
    rules = shop.project.sign_in.model_copy(update={"issuer": "http://127.0.0.1:1"})
    project = shop.project.model_copy(update={"sign_in": rules})
    async with browser_of(services_with(shop, project=project)) as browser:
        answer = await browser.get("/sign-in/provider")
    assert answer.status_code == 503
    assert "does not answer" in said(answer)


async def test_the_session_of_another_provider_is_nothing(browser: httpx.AsyncClient, shop: Services) -> None:
    await signs_in(browser)
    assert shop.project.sign_in
    rules = shop.project.sign_in.model_copy(update={"client_id": "another"})
    elsewhere = services_with(shop, project=shop.project.model_copy(update={"sign_in": rules}))
    async with browser_of(elsewhere) as other:
        other.cookies = browser.cookies
        assert (await other.get("/")).status_code == 303
