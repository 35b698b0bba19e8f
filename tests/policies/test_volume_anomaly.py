from policies.model import Allow, NeedsApproval
from policies.volume_anomaly import VolumeAnomalyPolicy
from tests.policies.conftest import facts

POLICY = VolumeAnomalyPolicy(times=5, at_least=1_000, group="ops")


def test_five_times_the_usual_day_asks_a_person():
    verdict = POLICY.judge(facts(volumes=(300, 0, 310, 290, 300, 305, 1_500)))

    assert verdict == NeedsApproval(
        group="ops", reason="the journey has sent 1500 messages today, and 300 on a usual day"
    )


def test_a_busy_day_is_no_anomaly():
    assert POLICY.judge(facts(volumes=(300, 310, 290, 300, 305, 300, 1_200))) == Allow()


def test_few_messages_are_never_an_anomaly():
    assert POLICY.judge(facts(volumes=(1, 1, 1, 1, 1, 1, 900))) == Allow()


def test_the_first_day_of_a_journey_has_nothing_to_compare_with():
    assert POLICY.judge(facts(volumes=(0, 0, 0, 0, 0, 0, 5_000))) == Allow()


def test_an_approved_message_leaves():
    assert POLICY.judge(facts(approved=True, volumes=(300, 300, 300, 300, 300, 300, 9_000))) == Allow()


def test_five_times_the_usual_audience_asks_before_the_first_message():
    verdict = POLICY.judge(facts(audiences=(300, 310, 290, 300, 305, 300, 1_600), volumes=(300, 300, 300, 0)))

    assert verdict == NeedsApproval(
        group="ops", reason="the journey was entered by 1600 customers today, and 300 on a usual day"
    )


def test_a_usual_audience_is_none():
    assert POLICY.judge(facts(audiences=(900, 910, 905, 900, 950, 900, 1_100))) == Allow()
