"""Nothing leaves for a suppressed address."""

import pytest

from journeys.parts import Purpose
from policies.model import Allow, Deny, Suppressed
from policies.suppression import SuppressionPolicy
from tests.policies.conftest import NOON, facts


@pytest.mark.parametrize("purpose", ["marketing", "transactional"])
def test_a_suppressed_address_gets_nothing_whatever_the_purpose(purpose: Purpose):
    bounced = Suppressed(reason="hard_bounce", source="smtp.550", at=NOON)
    verdict = SuppressionPolicy().judge(facts(purpose=purpose, suppressed=bounced))
    assert verdict == Deny(reason="the address is suppressed since 2026-03-03: it bounced for good (smtp.550)")


def test_any_other_address_does():
    assert SuppressionPolicy().judge(facts()) == Allow()
