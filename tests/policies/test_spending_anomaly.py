from policies.model import Allow, Facts, NeedsApproval
from policies.spending_anomaly import SpendingAnomalyPolicy
from tests.policies.conftest import facts

POLICY = SpendingAnomalyPolicy(times=5, at_least={"EUR": 1_000}, group="support")
USUAL = (300.0, 0.0, 310.0, 290.0, 300.0, 305.0)


def refund_of(amount: float | None, *euros: float, approved: bool = False, currency: str = "EUR") -> Facts:
    """A refund, after what the journey gave on the days before and today, which was euros."""
    about = {"tool": "refund", "amount": amount, "currency": currency}
    return facts("action", "transactional", approved=approved, about=about, daily_spending={"EUR": euros})


def test_what_makes_a_day_five_times_the_usual_asks_a_person():
    assert POLICY.judge(refund_of(100, *USUAL, 1_400)) == Allow()
    assert POLICY.judge(refund_of(101, *USUAL, 1_400)) == NeedsApproval(
        group="support", reason="with it the journey gives 1501 EUR today, and 300 EUR on a usual day"
    )


def test_little_money_is_never_an_anomaly():
    assert POLICY.judge(refund_of(900, 1, 1, 1, 1, 1, 1, 50)) == Allow()


def test_the_first_day_of_a_journey_has_nothing_to_compare_with():
    assert POLICY.judge(refund_of(5_000, 0, 0, 0, 0, 0, 0, 0)) == Allow()


def test_neither_messages_nor_what_gives_nothing_nor_what_was_approved_is_asked_about():
    assert POLICY.judge(facts(daily_spending={"EUR": (*USUAL, 9_000)})) == Allow()
    assert POLICY.judge(refund_of(None, *USUAL, 9_000)) == Allow()
    assert POLICY.judge(refund_of(500, *USUAL, 9_000, approved=True)) == Allow()


def test_every_currency_is_compared_with_itself():
    yen = (30_000.0, 31_000.0, 29_000.0, 30_000.0, 30_000.0, 30_000.0, 0.0)
    known = {"EUR": (*USUAL, 1_400), "JPY": yen}
    refund = refund_of(90_000, currency="JPY").model_copy(update={"daily_spending": known})
    assert POLICY.judge(refund) == Allow()


def test_a_currency_that_the_journey_never_gave_asks_a_person():
    assert POLICY.judge(refund_of(20, *USUAL, 300, currency="KWD")) == NeedsApproval(
        group="support",
        reason="with it the journey gives 20 KWD today, and on the days before only other currencies",
    )
    little = SpendingAnomalyPolicy(at_least={"EUR": 1_000, "KWD": 20})
    assert little.judge(refund_of(20, *USUAL, 300, currency="KWD")) == Allow()
