from datetime import timedelta

import pytest

from journeys.parts import Purpose
from policies.consent import ConsentPolicy
from policies.model import Allow, Consent, Deny, Verdict
from tests.policies.conftest import NOON, consent, facts

BEFORE, AFTER = NOON - timedelta(days=2), NOON - timedelta(days=1)
NEVER = Deny(reason="the customer never consented to marketing by email")
WITHDREW = Deny(reason="the customer withdrew consent to marketing by email")


@pytest.mark.parametrize(
    ("consents", "verdict"),
    [
        ([], NEVER),
        ([consent(True)], Allow()),
        ([consent(False)], WITHDREW),
        ([consent(True, at=BEFORE), consent(False, at=AFTER)], WITHDREW),
        ([consent(False, at=AFTER), consent(True, at=BEFORE)], WITHDREW),
        ([consent(False, at=BEFORE), consent(True, at=AFTER)], Allow()),
        ([consent(True, channel="push")], NEVER),
        ([consent(True), consent(False, channel="push")], Allow()),
        ([consent(True, purpose="transactional")], NEVER),
    ],
)
def test_marketing_needs_a_consent_for_its_channel_that_still_stands(consents: list[Consent], verdict: Verdict):
    assert ConsentPolicy().judge(facts(consents=tuple(consents))) == verdict


@pytest.mark.parametrize(
    ("purpose", "consents", "verdict"),
    [
        ("transactional", [], Allow()),
        ("transactional", [consent(False)], Allow()),
        (
            "transactional",
            [consent(False, purpose="transactional")],
            Deny(reason="the customer withdrew consent to transactional by email"),
        ),
    ],
)
def test_a_transactional_message_needs_none_but_respects_a_withdrawal(
    purpose: Purpose, consents: list[Consent], verdict: Verdict
):
    assert ConsentPolicy().judge(facts(purpose=purpose, consents=tuple(consents))) == verdict


def test_of_a_yes_and_a_no_at_the_same_moment_the_no_counts():
    for both in ((consent(True), consent(False)), (consent(False), consent(True))):
        assert ConsentPolicy().judge(facts(consents=both)) == WITHDREW


LEFT = Deny(reason="the customer left the topic 'weekly'")


@pytest.mark.parametrize(
    ("about_topic", "verdict"),
    [
        ([], Allow()),
        ([consent(False, topic="weekly", channel="")], LEFT),
        ([consent(False, topic="weekly")], LEFT),
        ([consent(False, topic="weekly", channel="push")], Allow()),
        ([consent(False, topic="offers", channel="")], Allow()),
        (
            [consent(False, topic="weekly", at=BEFORE), consent(True, topic="weekly", channel="", at=AFTER)],
            Allow(),
        ),
    ],
)
def test_a_topic_that_was_left_is_not_sent_and_the_others_are(about_topic: list[Consent], verdict: Verdict):
    known = (consent(True), *about_topic)
    assert ConsentPolicy().judge(facts(topic="weekly", consents=known)) == verdict


def test_joining_a_topic_is_no_consent_to_the_channel():
    assert ConsentPolicy().judge(facts(topic="weekly", consents=(consent(True, topic="weekly"),))) == NEVER
