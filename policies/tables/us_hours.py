"""When a person in the United States may be sent telemarketing texts, on their own clock, by state.

Engineering defaults, not legal advice. Federal: 47 CFR 64.1200(c)(1), 8:00 to 21:00. States: FL (501.059), OK, MD,
MS and NJ 8 to 20; CT 9 to 20; TX (SB 140, 2025) Monday to Saturday 9 to 21, Sunday 12 to 21; RI weekdays 9 to 18,
weekends 10 to 17. Where the state is unknown: Monday to Saturday 9 to 20, Sunday 12 to 20.
"""

from datetime import time

from policies.model import Hours
from policies.model.hours import Span


def open_hours(state: str) -> Hours:
    """The open hours in a state by its postal code, such as `TX`; empty is an unknown one."""
    return _BY_STATE.get(state, _FEDERAL)


def _week(monday_to_friday: Span, saturday: Span, sunday: Span) -> Hours:
    return Hours(((monday_to_friday,),) * 5 + ((saturday,), (sunday,)))


_FEDERAL = Hours.daily((time(8), time(21)))
_BY_STATE = {
    **dict.fromkeys(("FL", "OK", "MD", "MS", "NJ"), Hours.daily((time(8), time(20)))),
    "CT": Hours.daily((time(9), time(20))),
    "RI": _week((time(9), time(18)), (time(10), time(17)), (time(10), time(17))),
    "TX": _week((time(9), time(21)), (time(9), time(21)), (time(12), time(21))),
    "": _week((time(9), time(20)), (time(9), time(20)), (time(12), time(20))),
}
