from datetime import timedelta

from policies.journey_priority import JourneyPriorityPolicy
from policies.model import Allow, Deny, Hold, OpenRun
from tests.policies.conftest import NOON, contact, facts

HOUR = timedelta(hours=1)
QUEUE = JourneyPriorityPolicy(apart=timedelta(hours=24))
ABOVE = contact(NOON - HOUR, journey="win-back", priority=80)


def test_a_lower_journey_queues_behind_a_message_of_a_higher_one():
    verdict = QUEUE.judge(facts(contacts=(ABOVE,)))

    assert verdict == Hold(
        until=NOON + 23 * HOUR, reason="'win-back', which goes first, wrote to the customer in the last 1d"
    )


def test_after_a_day_a_message_of_a_higher_journey_keeps_nothing_back():
    yesterday = contact(NOON - 24 * HOUR, journey="win-back", priority=80)

    assert QUEUE.judge(facts(contacts=(yesterday,))) == Allow()


def test_a_lower_journey_can_be_pre_empted_instead():
    verdict = JourneyPriorityPolicy(lower="skip").judge(facts(contacts=(ABOVE,)))

    assert isinstance(verdict, Deny)


def test_the_higher_journey_does_not_wait_for_the_lower():
    assert QUEUE.judge(facts(about={"priority": 90}, contacts=(ABOVE,))) == Allow()


def test_journeys_of_the_same_priority_do_not_wait_for_each_other():
    assert QUEUE.judge(facts(contacts=(contact(NOON - HOUR, journey="other", priority=50),))) == Allow()


def test_an_open_run_of_a_higher_journey_keeps_lower_ones_back_where_that_is_wanted():
    rival = (OpenRun(journey="win-back", priority=80),)

    assert QUEUE.judge(facts(open_runs=rival)) == Allow()
    verdict = JourneyPriorityPolicy(while_open=True).judge(facts(open_runs=rival))
    assert verdict == Hold(
        until=NOON + HOUR, reason="the customer is in 'win-back', which goes first", look_again=True
    )
