import pytest

from journeys.money import Money, parse_limits, parse_money
from journeys.parts import Budget


def test_money_is_an_amount_with_its_currency():
    assert parse_money("0.08 USD") == Money(0.08, "USD")
    assert str(Money(1_250_000.5, "EUR")) == "1250000.5 EUR"


@pytest.mark.parametrize("written", [500, "500", "500 eur", "EUR 500", "1,000 EUR", "-5 EUR", None])
def test_what_names_no_currency_is_told_how_money_is_written(written: object):
    with pytest.raises(ValueError, match=r"no amount with its currency; write it as in 500 EUR or 0.08 USD"):
        parse_money(written)


def test_there_is_one_limit_for_each_currency():
    assert parse_limits(["500 EUR", "400 GBP"]) == {"EUR": 500, "GBP": 400}
    with pytest.raises(ValueError, match="twice in the same currency"):
        parse_limits(["500 EUR", "400 EUR"])


@pytest.mark.parametrize("money", ["500 EUR", ["500 EUR", "400 GBP"]])
def test_a_budget_is_written_as_it_was_read(money: object):
    read = Budget.model_validate({"money": money, "costs": {"sms": "0.08 EUR"}})
    assert read.model_dump(mode="json") == {"money": money, "costs": {"sms": "0.08 EUR"}}
    assert Budget.model_validate(read.model_dump(mode="json")) == read
