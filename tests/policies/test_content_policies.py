"""What may be shown to whom: age, dates, language."""

from datetime import timedelta

import pytest

from policies.content_fit import ContentFitPolicy
from policies.model import Allow, Deny, Hold
from policies.restricted_categories import RestrictedCategoriesPolicy
from tests.policies.conftest import NOON, facts

DAY = timedelta(days=1)
WINE = {"categories": frozenset({"alcohol", "kitchen"})}


@pytest.mark.parametrize(
    ("known", "allowed"),
    [
        ({"age": 18}, True),
        ({"age": 17}, False),
        ({"birth_date": "2008-03-03"}, True),
        ({"birth_date": "2008-03-04"}, False),
        ({"birth_date": "soon"}, False),
        ({}, False),
    ],
)
def test_wine_is_for_adults(known: dict[str, object], allowed: bool):
    verdict = RestrictedCategoriesPolicy().judge(facts(about=WINE, attributes=known))

    assert (verdict == Allow()) is allowed


def test_a_birthday_is_on_the_customers_own_calendar():
    """At noon UTC on the third of March it is the fourth in Kiritimati."""
    known = {"birth_date": "2008-03-04"}
    there = facts(about=WINE, attributes=known, time_zone="Pacific/Kiritimati")

    assert RestrictedCategoriesPolicy().judge(there) == Allow()


def test_plates_are_for_everyone():
    plates = facts(about={"categories": frozenset({"kitchen"})}, attributes={"age": 12})

    assert RestrictedCategoriesPolicy().judge(plates) == Allow()


def test_content_out_of_date_is_denied_to_the_second():
    assert isinstance(ContentFitPolicy().judge(facts(about={"valid_until": NOON})), Deny)
    assert ContentFitPolicy().judge(facts(about={"valid_until": NOON + timedelta(seconds=1)})) == Allow()


def test_content_not_yet_in_date_waits_for_its_day():
    verdict = ContentFitPolicy().judge(facts(about={"valid_from": NOON + DAY}))

    assert verdict == Hold(until=NOON + DAY, reason="the content 'c' is not in date yet")


@pytest.mark.parametrize(
    ("language", "locale", "allowed"),
    [
        ("de", "de-AT", True),
        ("de", "en-GB", False),
        (None, "en", True),
        ("de", None, True),
        ("pt-BR", "pt_PT", True),
    ],
)
def test_content_is_in_a_language_the_customer_reads(language: str | None, locale: str | None, allowed: bool):
    verdict = ContentFitPolicy().judge(facts(about={"language": language}, locale=locale))

    assert (verdict == Allow()) is allowed


def test_a_receipt_leaves_in_whatever_language_there_is():
    receipt = facts(purpose="transactional", about={"language": "de"}, locale="en-GB")

    assert ContentFitPolicy().judge(receipt) == Allow()
