"""The order of channels that is best for a customer: reachable first, then what they answer."""

from typing import Any

from learning.channels import best_first


def month(sent: int, opened: int = 0, clicked: int = 0) -> dict[str, Any]:
    told = {"sent": sent, "opened": opened, "clicked": clicked}
    return {outcome: {"last_30d": count} for outcome, count in told.items()}


def order(messages: dict[str, Any], *unreachable: str) -> list[str]:
    return [standing.channel for standing in best_first(("push", "email", "sms"), messages, unreachable)]


def test_who_never_got_anything_gets_it_as_it_is_written() -> None:
    assert order({}) == ["push", "email", "sms"]


def test_a_channel_that_they_answer_goes_first_and_one_that_they_leave_unread_last() -> None:
    assert order({"push": month(10), "email": month(10, opened=6)}) == ["email", "sms", "push"]


def test_one_message_that_is_opened_ten_times_is_answered_once() -> None:
    assert order({"email": month(4, opened=4), "push": month(2, opened=10)}) == ["email", "push", "sms"]


def test_a_channel_without_a_live_address_goes_last_and_says_why() -> None:
    messages = {"email": month(10, clicked=10)}

    assert order(messages, "email") == ["push", "sms", "email"]
    reasons = {s.channel: s.reason for s in best_first(("push", "email"), messages, {"push"})}
    assert reasons == {"push": "no live address", "email": "10 of 10 answered in 30 days"}
