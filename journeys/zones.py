"""The time zones of a country, from the tables of the IANA time zone database in the package `tzdata`.

`zone.tab` says which zones a country has, `tzdata.zi` what their clocks do; both are in the public domain.
https://data.iana.org/time-zones/tzdb/theory.html
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

_SINCE = 2025
"""The year from which on clocks matter: messages are judged for the present."""

Eras = tuple[tuple[str, str], ...]
"""What a zone's clocks do since then: the offset and the rule of daylight saving of each era, with its end."""


@cache
def zones_of_country(country: str) -> tuple[str, ...]:
    """The IANA zones of a country by its ISO 3166 code, such as `US`; of those whose clocks agree the first alone.
    Empty for what is no country."""
    alike: dict[Eras, str] = {}
    for zone in _zones_by_country().get(country, ()):
        alike.setdefault(_eras().get(zone, ((zone, ""),)), zone)
    return tuple(alike.values())


@cache
def _zones_by_country() -> dict[str, list[str]]:
    """Every zone of each country, the most populous first."""
    found: dict[str, list[str]] = {}
    for line in _table("zone.tab"):
        country, _, zone, *_ = line.split("\t")
        found.setdefault(country, []).append(zone)
    return found


@cache
def _eras() -> dict[str, Eras]:
    """By zone, what clocks do. The format is that of zic: a zone's first line names it, each line is an era with
    the year in which it ends, if it has ended; links come last, with the zone that they are another name of."""
    found: dict[str, Eras] = {}
    zone = ""
    for fields in map(str.split, _table("tzdata.zi")):
        if fields[0] == "L":
            found[fields[2]] = found[fields[1]]
        elif fields[0] != "R":
            if fields[0] == "Z":
                _, zone, *fields = fields
                found[zone] = ()
            offset, rule, _, *until = fields
            if not until or int(until[0]) >= _SINCE:
                found[zone] += ((f"{offset} {rule}", " ".join(until)),)
    return found


def _table(name: str) -> Iterator[str]:
    """The lines of a table, without comments."""
    text = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if not line.startswith("#"))
