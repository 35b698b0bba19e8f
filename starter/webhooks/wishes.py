"""What people write to be left alone, or to hear from us again: the words that carriers and vendors act on, and
plain requests to stop, which may be made "in any reasonable manner" (47 CFR 64.1200(a)(10))."""

import re
from typing import Literal

_STOP = frozenset(
    {
        "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "OPT OUT", "REVOKE",
        "STOP PROMOTIONS", "ARRET", "ARRÊT",
    }
)  # fmt: skip
_START = frozenset({"START", "UNSTOP"})
_ASKS_TO_STOP = re.compile(
    r"""\b(?:
        (?:stop|quit|cease)\ (?:texting|messaging|contacting|writing|spamming|sending)
        | (?:do\ not|don.?t|never)\ (?:ever\ )?(?:text|message|contact|write|spam|send)\b
        | no\ more\ (?:texts|messages|ads|spam|sms)
        | (?:remove|delete|take)\ (?:me|my\ number|this\ number)\ (?:from|off)
        | (?:unsubscribe|opt)\ me
        | opt\ out
        | leave\ me\ alone
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def wish_in(text: str) -> Literal["unsubscribed", "resubscribed"] | None:
    """What a message asks for: to be left alone, in a word or in a sentence, or to hear from us again, in nothing
    but a word; None for any other. What might be meant otherwise counts as a request to stop.
    """
    said = " ".join(re.sub(r"[^\w']+", " ", text).split())
    if said.upper() in _STOP or _ASKS_TO_STOP.search(said):
        return "unsubscribed"
    return "resubscribed" if said.upper() in _START else None
