"""Consent that its owner confirmed, and consent that ends."""

from datetime import timedelta

import pytest

from policies.consent import ConsentPolicy
from policies.double_opt_in import DoubleOptInPolicy
from policies.lawful_basis import LawfulBasisPolicy
from policies.model import Allow, Consent, Deny, Place, Policy
from tests.policies.conftest import NOON, consent, facts

YESTERDAY, TOMORROW = NOON - timedelta(days=1), NOON + timedelta(days=1)
GIVEN, CONFIRMED = consent(True), consent(True, confirmed=True)


@pytest.mark.parametrize(
    ("country", "channel", "said", "allowed"),
    [
        ("DE", "email", (CONFIRMED,), True),
        ("AT", "email", (GIVEN,), False),
        ("DE", "email", (), False),
        ("DE", "email", (consent(True, at=YESTERDAY, confirmed=True), consent(False)), False),
        ("DE", "email", (consent(True, confirmed=True, until=YESTERDAY),), False),
        ("FR", "email", (GIVEN,), True),
        ("", "email", (GIVEN,), True),
        ("DE", "push", (), True),
    ],
)
def test_mail_to_germany_and_austria_needs_a_consent_that_was_confirmed(
    country: str, channel: str, said: tuple[Consent, ...], allowed: bool
):
    known = facts(channel, place=Place(country=country), consents=said)
    assert (DoubleOptInPolicy().judge(known) == Allow()) is allowed


def test_the_mail_that_asks_for_the_confirmation_leaves():
    assert DoubleOptInPolicy().judge(facts("email", "transactional", place=Place(country="DE"))) == Allow()


@pytest.mark.parametrize("policy", [ConsentPolicy(), LawfulBasisPolicy()])
def test_an_implied_consent_is_none_once_it_has_ended(policy: Policy):
    assert policy.judge(facts(consents=(consent(True, until=TOMORROW),))) == Allow()
    assert isinstance(policy.judge(facts(consents=(consent(True, until=NOON),))), Deny)


def test_the_reason_tells_when_a_consent_ended():
    verdict = ConsentPolicy().judge(facts(consents=(consent(True, until=YESTERDAY),)))
    assert verdict == Deny(reason="the consent to marketing by email ended on 2026-03-02")
