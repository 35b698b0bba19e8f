"""Objections, signals, lawful bases, and customers who are left alone so that effects can be measured."""

from datetime import timedelta

import pytest

from policies.holdout import HoldoutPolicy
from policies.lawful_basis import LawfulBasisPolicy
from policies.model import Allow, Deny
from policies.objection import ObjectionPolicy
from tests.policies.conftest import NOON, consent, facts


def test_an_objection_to_marketing_is_absolute():
    objecting = {"objects_to_marketing": True}

    assert ObjectionPolicy().judge(facts(attributes=objecting, consents=(consent(True),))) == Deny(
        reason="the customer objected to direct marketing"
    )
    assert ObjectionPolicy().judge(facts(purpose="transactional", attributes=objecting)) == Allow()


@pytest.mark.parametrize(("channel", "allowed"), [("webhook", False), ("email", True)])
def test_global_privacy_control_forbids_sharing_not_writing(channel: str, allowed: bool):
    verdict = ObjectionPolicy().judge(facts(channel, attributes={"gpc": True}))

    assert (verdict == Allow()) is allowed


def test_a_purpose_without_a_lawful_basis_is_denied():
    verdict = LawfulBasisPolicy(bases={"transactional": "contract"}).judge(facts())

    assert verdict == Deny(reason="no lawful basis is written down for marketing messages")


def test_the_basis_of_consent_needs_that_consent():
    assert isinstance(LawfulBasisPolicy().judge(facts()), Deny)
    assert LawfulBasisPolicy().judge(facts(consents=(consent(True),))) == Allow()
    assert isinstance(LawfulBasisPolicy().judge(facts(consents=(consent(True), consent(False)))), Deny)


def test_legitimate_interest_needs_no_consent():
    assert LawfulBasisPolicy(bases={"marketing": "legitimate_interest"}).judge(facts()) == Allow()


def test_about_the_named_share_of_customers_is_held_out_and_always_the_same():
    policy = HoldoutPolicy(share=10)

    def held() -> set[int]:
        return {n for n in range(2_000) if policy.judge(facts(customer_id=f"c_{n}")) != Allow()}

    assert 160 < len(held()) < 240
    assert held() == held()


def test_the_holdout_still_gets_its_receipts():
    assert HoldoutPolicy(share=100).judge(facts(purpose="transactional", customer_id="c_1")) == Allow()


def test_leaving_one_topic_takes_no_consent_from_the_rest():
    said = (consent(True, at=NOON - timedelta(days=9)), consent(False, topic="tents"))

    assert LawfulBasisPolicy().judge(facts(consents=said)) == Allow()
