"""What people write to be left alone, or to hear from us again: the words that carriers and vendors act on."""

from typing import Literal

_STOP = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE", "STOP PROMOTIONS"}
)
_START = frozenset({"START", "UNSTOP"})


def wish_in(text: str) -> Literal["unsubscribed", "resubscribed"] | None:
    """What a message asks for when it is nothing but one of the words; None for any other."""
    word = text.strip().rstrip(".!").upper()
    if word in _STOP:
        return "unsubscribed"
    return "resubscribed" if word in _START else None
