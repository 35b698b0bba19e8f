"""What a consent is worth, wherever somebody looks a customer up: confirmed or not, ended, withdrawn."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from starter.changes.policies import publish_policies
from starter.cli.customers import print_profile
from starter.customers.explaining import Explainer
from starter.services import Services
from store.tables import ConsentRecord
from tests import seeding
from tests.customers.conftest import bearer
from tests.seeding import MARIA, NOW

LENA = "c_lena"
DAY = timedelta(days=1)
YESTERDAY, TOMORROW = (f"{NOW + DAY * days:%Y-%m-%d}" for days in (-1, 1))


def said(**terms: Any) -> ConsentRecord:
    given: dict[str, Any] = {"channel": "email", "purpose": "marketing", "granted": True}
    return ConsentRecord(customer_id=LENA, source="form", at=NOW - 2 * DAY, **given | terms)


async def reach(shop: Services, consent: ConsentRecord, policies: str = "double_opt_in: {}") -> list[str]:
    """What keeps marketing by mail from Lena, but that she has no address."""
    await seeding.put(shop.database, seeding.customer(), consent)
    async with shop.database.transaction() as session:
        await publish_policies(session, policies, "Maria")
    found = (await Explainer(shop).explain(LENA)).reach
    return [reason for reason in found if reason.startswith("email:") and "no live" not in reason]


@pytest.mark.parametrize(
    ("consent", "why"),
    [
        (said(confirmed=True), []),
        (said(confirmed=True, until=NOW + DAY), []),
        (said(until=NOW - DAY), [f"email: their yes to marketing ended on {YESTERDAY} (form)"]),
        (said(topic="trail-news"), ["email: they never said yes to marketing"]),
    ],
)
async def test_an_explanation_names_a_consent_that_has_ended(
    shop: Services, consent: ConsentRecord, why: list[str]
) -> None:
    assert await reach(shop, consent) == why


async def test_an_explanation_names_a_consent_that_a_policy_wants_confirmed(shop: Services) -> None:
    assert await reach(shop, said()) == [
        f"email: they have not confirmed their yes to marketing of {NOW - 2 * DAY:%Y-%m-%d}, which the policy "
        "'double_opt_in' asks for in AT and DE"
    ]


@pytest.mark.parametrize("policies", ["consent: {}", "double_opt_in: {channels: [sms]}"])
async def test_where_no_policy_wants_it_confirmed_a_yes_is_enough(shop: Services, policies: str) -> None:
    assert await reach(shop, said(), policies) == []


async def test_a_profile_tells_the_terms_of_each_consent(
    shop: Services, api: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await seeding.put(
        shop.database,
        seeding.customer(),
        said(channel="email", confirmed=True, until=NOW - DAY),
        said(channel="push", until=NOW + DAY),
        said(channel="sms", granted=False),
        said(channel="whatsapp", confirmed=True),
        said(channel="", topic="trail-news"),
    )
    profile = (await api.get(f"/v1/customers/{LENA}", headers=bearer(MARIA))).json()
    assert {row["channel"]: (row["standing"], row["terms"]) for row in profile["consents"]} == {
        "email": ("ended", f"confirmed, ended on {YESTERDAY}"),
        "push": ("granted", f"not confirmed, ends on {TOMORROW}"),
        "sms": ("withdrawn", ""),
        "whatsapp": ("confirmed", "confirmed"),
        "": ("granted", ""),
    }
    print_profile(profile)
    shown = capsys.readouterr().out
    assert f"yes to marketing email (confirmed, ended on {YESTERDAY}), form" in shown
    assert max(map(len, shown.splitlines())) <= 80
