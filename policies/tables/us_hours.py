"""When a person in the United States may be sent telemarketing texts, on their own clock, by state.

Engineering defaults, not legal advice. Federal: 47 CFR 64.1200(c)(1), 8:00 to 21:00. States: FL (501.059), OK, MD,
MS and NJ 8 to 20; CT 9 to 20; TX (SB 140, 2025) Monday to Saturday 9 to 21, Sunday 12 to 21; RI weekdays 9 to 18,
weekends 10 to 17. Where the state is unknown: Monday to Saturday 9 to 20, Sunday 12 to 20.
"""

from datetime import time

Hours = tuple[time, time]
"""From when until when messages may leave."""

_8_TO_20 = (time(8), time(20))
FEDERAL: Hours = (time(8), time(21))

_ALL_WEEK: dict[str, Hours] = {
    **dict.fromkeys(("FL", "OK", "MD", "MS", "NJ"), _8_TO_20),
    "CT": (time(9), time(20)),
}


def open_hours(state: str | None, weekday: int) -> Hours:
    """The open hours on a weekday, Monday being 0. `state` is a postal code such as `TX`, or None if unknown."""
    if state == "TX":
        return (time(12 if weekday == 6 else 9), time(21))
    if state == "RI":
        return (time(10), time(17)) if weekday >= 5 else (time(9), time(18))
    if state is None:
        return (time(12 if weekday == 6 else 9), time(20))
    return _ALL_WEEK.get(state, FEDERAL)
