"""What is found in a single expression."""

from dataclasses import replace

import pytest

from journeys.checking.kinds import BOOLEAN, OBJECT, TIMESTAMP, event_kind
from journeys.checking.meaning import judge
from journeys.shapes import Shapes
from tests.checker.conftest import SHAPES, SHOP, Check

PRICE, TIME = "did you mean 'price'?", "write timestamp(event.seen_at)"
NO_TIME = "'event.seen_at' is a time as text, not a timestamp"
MIXED = "a whole number and a decimal one do not add up"
PLUS = "'event.currency' is a string and '1' is an integer: '+' does not go with them"
SCOPE = {"event": event_kind(SHAPES, "Viewed"), "customer": OBJECT, "now": TIMESTAMP}


def told(source: str) -> list[tuple[int, str, str]]:
    return [(finding.at, finding.message, finding.fix) for finding in judge(source, SCOPE, (BOOLEAN,))]


@pytest.mark.parametrize(
    "condition",
    [
        "event.price > 3",
        "event.price > 3.5 && event.stock > 2.5",
        "event.price * 0.9 > 10.0",
        "event.currency in ['EUR', 'USD']",
        "has(event.currency) && event.currency != 'EUR'",
        "timestamp(event.seen_at) + duration('3h') > now",
        "now - timestamp(event.seen_at) < duration('3h')",
        "now.getHours() >= 9",
        "event.tags.exists(t, t.startsWith('a'))",
        "event.tags.filter(t, t != 'a').size() > 1",
        "'vip' in event.tags",
        "event.name == 'Viewed' && event.at < now",
        "customer.anything.at_all == 3 || customer['other key']",
        "customer.a == null ? event.stock > 1 : event.stock < 1",
        "event.price > 3 && event.price < 5",
        "event.price >= 3 && event.price <= 3",
        "event.currency == 'EUR' || event.currency == 'USD'",
        "event.price < 3 || event.price > 5",
        "true",
    ],
)
def test_nothing_is_said_of_a_condition_that_may_be_true(condition: str):
    assert told(condition) == []


@pytest.mark.parametrize(
    ("condition", "at", "message", "fix"),
    [
        ("event.prize > 3", 6, "'event' has no 'prize'", PRICE),
        ("has(event.prize)", 10, "'event' has no 'prize'", PRICE),
        ("event.price.amount > 3", 12, "'event.price' is a number; it has no 'amount'", ""),
        ("run.hello.sent", 0, "'run' cannot be used here", "there are: event, customer, now"),
        ("event.tags.exists(t, t > 3)", 21, "'t' is a string and '3' is an integer: they never compare", ""),
        ("event.currency == 'EURO'", 18, "'EURO' is not a value it can have", "did you mean 'EUR'?"),
        ("event.currency in ['GBP']", 19, "'GBP' is not a value it can have", "there are: EUR, USD"),
        ("event.stock in ['a']", 0, "'event.stock' is an integer, and '['a']' holds none of those", ""),
        ("event.price", 6, "'event.price' is a number, not true or false", ""),
        ("!event.price", 7, "'event.price' is a number, not true or false", ""),
        ("event.stock * 1.5 > 2.0", 0, MIXED, "write 5.0 for 5, or double(...)"),
        ("event.currency + 1 == 'a'", 0, PLUS, ""),
        ("event.seen_at < now", 6, NO_TIME, TIME),
        ("event.seen_at.getHours() > 3", 6, NO_TIME, TIME),
        ("event.price.startsWith('a')", 6, "'event.price' is a number; 'startsWith' is for text", ""),
        ("event.currency.lower() == 'eur'", 15, "there is no function 'lower'", None),
        ("event.tags > event.tags", 6, "'event.tags' is a list; it is neither more nor less than another", ""),
        ("event.tags['a'] == 'x'", 11, "''a'' is a string; items of a list have numbers", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_at_its_place(condition: str, at: int, message: str, fix: str | None):
    ((found_at, found, found_fix),) = told(condition)

    assert (found_at, found) == (at, message)
    assert fix in (None, found_fix)


@pytest.mark.parametrize(
    ("condition", "at", "message"),
    [
        ("false", 0, "'false' is never true"),
        ("event.price > 3 && 1 > 2", 19, "'1 > 2' is never true"),
        ("!(1 < 2 || event.price > 3)", 0, "'!(1 < 2 || event.price > 3)' is never true"),
        ("event.price > 5 && event.price < 3", 19, "'event.price > 5' and 'event.price < 3' are never both true"),
        ("3 > event.price && event.price >= 4", 19, None),
        ("customer.a == 'x' && customer.a == 'y'", 21, None),
        ("customer.a && event.price > 1 && !customer.a", 33, "'customer.a' and '!customer.a' are never both true"),
    ],
)  # fmt: skip
def test_a_condition_that_is_never_true_is_told(condition: str, at: int, message: str | None):
    ((found_at, found, _),) = told(condition)

    assert found_at == at
    assert message in (None, found)
    assert "never" in found


COUNTING = 'branch: [{if: "%s", then: []}]'


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("run.events['Veiwed'] > 1", "6:31: 'run.events' has no 'Veiwed' (did you mean 'Viewed'?)"),
        ("run.events['Viewed'] == 'often'", "they never compare"),
        ("run.events['Viewed']", "6:20: 'run.events['Viewed']' is an integer, not true or false"),
        ("customer['teir'] == 'gold'", "'customer' has no 'teir' (did you mean 'tier'?)"),
    ],
)
def test_counts_of_events_are_known_by_the_events_that_are_declared(
    condition: str, problem: str, check_steps: Check
):
    (told_of,) = check_steps(COUNTING % condition)
    assert problem in told_of


def test_events_that_nobody_declared_may_all_be_counted(check_steps: Check):
    open_shop = replace(SHOP, shapes=Shapes())
    assert check_steps(COUNTING % "run.events['Anything'] > 1", surroundings=open_shop) == []


def test_an_own_then_where_all_events_are_needed_is_told_at_its_place(check_steps: Check):
    step = "wait_for: [Viewed, {event: Bought, then: [{wait: 1h}]}]\n    need: all\n    within: 1d"
    (problem,) = check_steps(step)
    assert problem.startswith("6:40: when all events are needed no one of them decides")
