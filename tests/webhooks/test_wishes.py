"""What people write back to be left alone."""

import pytest

from starter.webhooks.wishes import wish_in


@pytest.mark.parametrize(
    "text",
    [
        "STOP", " stop. ", "Stop!!", "Quit", "END", "revoke", "opt out", "Opt-out", "OPTOUT", "cancel",
        "unsubscribe", "stop all", "STOP PROMOTIONS", "Arrêt", "Please stop texting me",
        "Don't text me again", "Dont message me",
        "do not contact me", "take me off your list", "REMOVE MY NUMBER FROM THIS", "leave me alone",
        "I want to opt out of this", "unsubscribe me please", "no more messages, thanks",
    ],
)  # fmt: skip
def test_who_asks_to_be_left_alone_is(text: str) -> None:
    assert wish_in(text) == "unsubscribed"


@pytest.mark.parametrize(
    "text",
    [
        "", "ok", "When does the sale end?", "Can I cancel my order?", "My bus stops at your shop", "The end",
        "Please send me the size chart", "HELP", "I never got my parcel", "stop by at five?",
    ],
)  # fmt: skip
def test_who_asks_for_something_else_is_not(text: str) -> None:
    assert wish_in(text) is None


@pytest.mark.parametrize(
    ("text", "wish"), [("START", "resubscribed"), ("unstop.", "resubscribed"), ("start me", None)]
)
def test_who_wants_to_hear_from_us_again_says_so_in_a_word(text: str, wish: str | None) -> None:
    assert wish_in(text) == wish
