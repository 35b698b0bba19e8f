"""Where a customer is: by their address, else by their phone number, else by their locale."""

from typing import Any

import pytest

from activities.delivering.places import country_of_phone, destination_of, place_of
from policies.model import Place


@pytest.mark.parametrize(
    ("traits", "locale", "country", "region"),
    [
        ({"address": {"country": "US", "state": "TX"}, "phone": "+4366012345"}, "de-DE", "US", "TX"),
        ({"country": "USA", "state": "US-CA"}, "de-DE", "US", "CA"),
        ({"country": "Germany", "state": "Lower Saxony"}, None, "DE", ""),
        ({"country": "uk"}, None, "GB", ""),
        ({"country": "Narnia", "phone": "+43 660 1234567"}, "de-DE", "AT", ""),
        ({"address": {"city": "Graz"}, "country": "AT"}, "de-DE", "AT", ""),
        ({"phone": "0660 1234567"}, "de_DE", "DE", ""),
        ({}, "zh-Hant-TW", "TW", ""),
        ({}, "en", "", ""),
        ({"country": 49, "address": "Graz", "phone": None}, None, "", ""),
    ],
)
def test_the_address_counts_more_than_the_number_and_that_more_than_the_locale(
    traits: dict[str, Any], locale: str | None, country: str, region: str
) -> None:
    assert place_of(traits, locale) == Place(country=country, region=region)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+12125550100", "US"), ("+14165550100", "CA"), ("+15550001111", "US"), ("+77012345678", "KZ"),
        ("+80012345678", ""), ("", ""), ("lena", ""),
    ],
)  # fmt: skip
def test_a_number_is_of_a_country_even_if_nobody_has_it(number: str, country: str) -> None:
    assert country_of_phone(number) == country


def test_a_destination_is_that_of_the_number_and_of_nothing_else() -> None:
    assert destination_of("phone", "+12145550100") == Place(country="US", region="TX")
    assert destination_of("whatsapp_user_id", "US.13491208655302741918") == Place(country="US")
    assert destination_of("email", "lena@shop.example") == Place()
