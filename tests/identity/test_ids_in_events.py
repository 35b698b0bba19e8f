"""What an event tells of addresses, ids, time zone and locale, in one form however it was written."""

from typing import Any

import pytest

from starter.ingestion.addresses import read_email, read_phone, zone_of_phone
from starter.ingestion.other_ids import read_other_ids
from starter.ingestion.profile import read_profile
from store.digests import digest
from store.identity import KnownAs
from tests.identity.conftest import Shop, identify, view

LENA = "lena@example.com"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (" Lena@Example.COM ", "Lena@example.com"),
        ("lena@münchen.example", "lena@münchen.example"),
        ("lena@northwind.test", "lena@northwind.test"),
        ("lena", None),
        ("lena@localhost", None),
        ("lena@@example.com", None),
        ("le na@example.com", None),
        ("lena@example.com\r\nBcc: x@example.com", None),
        (7, None),
        (None, None),
    ],
)
def test_a_mail_address_is_one_that_mail_can_go_to(given: object, read: str | None):
    assert read_email(given) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("+49 151 1234-5642", "+4915112345642"),
        ("+1 (212) 555-0123", "+12125550123"),
        ("0151 12345642", None),
        ("+49", None),
        ("+999 123456789", None),
        ("call me", None),
        (4915112345642, None),
    ],
)
def test_a_phone_number_begins_with_its_countrys_code(given: object, read: str | None):
    assert read_phone(given) == read


@pytest.mark.parametrize(
    ("phone", "zone"),
    [("+4915112345642", "Europe/Berlin"), ("+12125550123", "America/New_York"), ("+18005550123", None)],
)
def test_a_number_tells_the_zone_when_it_has_one_alone(phone: str, zone: str | None):
    assert zone_of_phone(phone) == zone


@pytest.mark.parametrize(
    ("traits", "context", "zone", "source"),
    [
        ({"timezone": "Asia/Tokyo"}, {"timezone": "Europe/Paris"}, "Asia/Tokyo", "trait"),
        ({"phone": "+4915112345642"}, {"timezone": "Europe/Paris"}, "Europe/Paris", "context"),
        ({"phone": "+4915112345642"}, {"locale": "fr-FR"}, "Europe/Berlin", "phone"),
        ({}, {"locale": "ja_JP"}, "Asia/Tokyo", "locale"),
        ({}, {"locale": "de-DE"}, "Europe/Berlin", "locale"),  # the clocks of Büsingen agree with those of Berlin
        ({}, {"locale": "en-US"}, None, ""),
        ({}, {"locale": "en"}, None, ""),
        ({"timezone": "Mars/Olympus"}, {}, None, ""),
    ],
)
def test_a_time_zone_is_given_or_derived_and_says_which(
    traits: dict[str, Any], context: dict[str, Any], zone: str | None, source: str
):
    profile = read_profile("Customer Identified", traits, traits, context)
    assert (profile.time_zone, profile.time_zone_from) == (zone, source)


async def test_what_is_derived_never_takes_the_place_of_what_is_given(shop: Shop):
    await shop.takes(identify(user="lena", traits={"phone": "+4915112345642"}))
    assert (await shop.customer("lena")).time_zone_from == "phone"
    await shop.takes(view(user="lena", context={"timezone": "Europe/Lisbon", "locale": "pt-PT"}))
    await shop.takes(identify(user="lena", traits={"phone": "+4915112345642"}))
    lena = await shop.customer("lena")
    assert (lena.time_zone, lena.time_zone_from) == ("Europe/Lisbon", "context")
    assert (lena.locale, lena.locale_from) == ("pt-PT", "context")


@pytest.mark.parametrize(
    ("traits", "external", "known_as"),
    [
        ({"email_sha256": digest("email", LENA).upper()}, [], ("email", digest("email", LENA))),
        ({"phone_sha256": digest("phone", "+49151")}, [], ("phone", digest("phone", "+49151"))),
        ({}, [{"id": "4711", "type": "crm"}], ("crm", "4711")),
        ({}, [{"id": LENA.upper(), "type": "email", "encoding": "none"}], ("email", digest("email", LENA))),
        (
            {},
            [{"id": digest("email", LENA), "type": "email", "encoding": "sha256"}],
            ("email", digest("email", LENA)),
        ),
        ({}, [{"id": "u1", "type": "user_id", "collection": "users"}], ("user", "u1")),
    ],
)
def test_other_ids_are_read_as_segment_writes_them(traits: dict[str, Any], external: list[Any], known_as: KnownAs):
    assert read_other_ids(traits, {"externalIds": external}) == (known_as,)


@pytest.mark.parametrize(
    "external",
    [
        "4711",
        ["4711"],
        [{"id": 4711, "type": "crm"}],
        [{"id": "4711", "type": "Crm Id"}],
        [{"id": "", "type": "crm"}],
        [{"id": "a\nb", "type": "crm"}],
        [{"id": "nobody", "type": "email"}],
        [{"id": "acme", "type": "crm", "collection": "accounts"}],
    ],
)
def test_what_is_no_id_names_nobody(external: object):
    assert read_other_ids({"email_sha256": "nonsense"}, {"externalIds": external}) == ()


async def test_a_hashed_address_is_the_same_person_as_the_address(shop: Shop):
    await shop.takes(identify(anonymous="a1", traits={"email": "Lena@Example.com"}))
    await shop.takes(identify(user="lena", traits={"email_sha256": digest("email", LENA)}))
    assert await shop.people() == {frozenset({"user:lena", "anonymous:a1", "email"})}


async def test_an_address_that_cannot_be_stays_a_trait(shop: Shop):
    await shop.takes(identify(user="lena", traits={"email": "lena at home", "phone": "0151"}))
    assert (await shop.customer("lena")).traits == {"email": "lena at home", "phone": "0151"}
    assert await shop.people() == {frozenset({"user:lena"})}


async def test_ids_that_broken_clients_send_do_not_join_strangers(shop: Shop):
    await shop.takes(identify(user="lena", anonymous="undefined"), identify(user="omar", anonymous="undefined"))
    await shop.takes(view(anonymous="00000000-0000-0000-0000-000000000000"))
    assert {frozenset({"user:lena"}), frozenset({"user:omar"})} < await shop.people()


async def test_what_one_batch_says_before_a_merge_is_not_lost_by_it(shop: Shop):
    await shop.takes(identify(user="lena"), view(anonymous="a1"))
    await shop.takes(
        identify(anonymous="a1", traits={"city": "Bern", "email": LENA}),
        identify(user="lena", traits={"email": LENA, "name": "Lena"}),
        identify(user="lena", traits={"plan": "pro"}),
    )
    assert (await shop.customer("lena")).traits == {"city": "Bern", "email": LENA, "name": "Lena", "plan": "pro"}
