"""What an identify says that comes after a later one: the later word counts, and gaps are filled."""

from datetime import timedelta
from typing import Any

from store.tables import Address
from tests.identity.conftest import NOW, Shop, identify

YESTERDAY = (NOW - timedelta(days=1)).isoformat()


def lena(at: str, **traits: Any) -> dict[str, Any]:
    return identify(user="lena", timestamp=at, traits=traits)


async def test_a_late_word_fills_gaps_and_replaces_nothing(shop: Shop):
    await shop.takes(lena(NOW.isoformat(), plan="pro", timezone="Europe/Berlin"))
    await shop.takes(lena(YESTERDAY, plan="free", city="Hamburg", timezone="Asia/Tokyo", locale="de-DE"))
    customer = await shop.customer("lena")
    assert (customer.traits["plan"], customer.traits["city"]) == ("pro", "Hamburg")
    assert (customer.time_zone, customer.locale) == ("Europe/Berlin", "de-DE")


async def test_in_one_batch_the_times_count_and_not_the_order(shop: Shop):
    await shop.takes(lena(NOW.isoformat(), plan="pro"), lena(YESTERDAY, plan="free"))
    assert (await shop.customer("lena")).traits == {"plan": "pro"}


async def test_mail_goes_to_the_address_that_was_given_last_by_the_customers_time(shop: Shop):
    await shop.takes(lena(NOW.isoformat(), email="new@example.com"))
    await shop.takes(lena(YESTERDAY, email="old@example.com"))
    assert [address.value for address in await shop.all(Address) if address.active] == ["new@example.com"]


async def test_a_clock_that_runs_ahead_makes_nobody_deaf(shop: Shop):
    await shop.takes(lena("2199-01-01T00:00:00Z", plan="free"))
    await shop.takes(lena("2198-01-01T00:00:00Z", plan="pro"))
    assert (await shop.customer("lena")).traits == {"plan": "pro"}
