"""Where on Earth it is a certain hour now: the demo's shoppers live there, whenever the demo is run."""

from datetime import UTC, datetime

# One zone for each whole hour from UTC; none of them changes its clocks, so that no demo falls into a change.
_BY_OFFSET = {
    -11: "Pacific/Pago_Pago",
    -10: "Pacific/Honolulu",
    -9: "Pacific/Gambier",
    -8: "Pacific/Pitcairn",
    -7: "America/Phoenix",
    -6: "America/Costa_Rica",
    -5: "America/Bogota",
    -4: "America/Puerto_Rico",
    -3: "America/Sao_Paulo",
    -2: "America/Noronha",
    -1: "Atlantic/Cape_Verde",
    0: "Africa/Accra",
    1: "Africa/Lagos",
    2: "Africa/Johannesburg",
    3: "Africa/Nairobi",
    4: "Asia/Dubai",
    5: "Asia/Karachi",
    6: "Asia/Dhaka",
    7: "Asia/Bangkok",
    8: "Asia/Singapore",
    9: "Asia/Tokyo",
    10: "Australia/Brisbane",
    11: "Pacific/Noumea",
    12: "Pacific/Fiji",
}


def zone_where_it_is(hour: int, now: datetime) -> str:
    """The IANA zone of a place where clocks show `hour` at `now`, whatever the minute."""
    offset = (hour - now.astimezone(UTC).hour + 11) % 24 - 11
    return _BY_OFFSET[offset]
