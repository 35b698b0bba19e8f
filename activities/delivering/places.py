"""Where a customer is, as far as it is known, and to which country a number belongs."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from babel import Locale
from babel.core import get_global
from phonenumbers import (
    NumberParseException,
    parse,
    region_code_for_country_code,
    region_code_for_number,
)

from activities.channels.model import AddressKind
from journeys.zones import zones_of_country
from policies.model import Place
from policies.tables.us_area_codes import state_of

_REGION = re.compile(r"(?:[A-Z]{2}-)?([A-Z0-9]{1,3})")


def place_of(traits: Mapping[str, Any], locale: str | None) -> Place:
    """Where a customer is: as their address says, else the country of their phone number, else of their locale."""
    for address in _addresses(traits):
        if country := _country(address.get("country")):
            return Place(country=country, region=_region(address.get("state")))
    return Place(country=country_of_phone(str(traits.get("phone", ""))) or _country_of_locale(locale))


def destination_of(kind: AddressKind, recipient: str) -> Place:
    """Where a number is of; nowhere for any other address. WhatsApp's own ids begin with the number's country."""
    if kind == "whatsapp_user_id":
        return Place(country=recipient[:2])
    return Place(country=country_of_phone(recipient), region=state_of(recipient)) if kind == "phone" else Place()


def country_of_phone(number: str) -> str:
    """The country of a number in E.164, also of one that is not in use; empty where it is of none."""
    try:
        read = parse(number)
    except NumberParseException:
        return ""
    # Of numbers that several countries share and none assigns, the largest is as likely as not.
    country = region_code_for_number(read) or region_code_for_country_code(read.country_code or 0)
    return country if country and zones_of_country(country) else ""


def _addresses(traits: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The traits by which Segment's clients tell an address, and the same without an `address` around them."""
    address = traits.get("address")
    if isinstance(address, dict):
        yield cast(dict[str, Any], address)
    yield traits


def _country(written: object) -> str:
    """A country as a code of two or three letters, or by its English name."""
    return _countries().get(written.strip().casefold(), "") if isinstance(written, str) else ""


@cache
def _countries() -> Mapping[str, str]:
    """The code of each country by every way in which it is written, in lower case."""
    aliases = cast(dict[str, list[str]], get_global("territory_aliases"))
    names = cast(dict[str, str], Locale("en").territories)
    codes = cast(dict[str, object], get_global("territory_zones"))
    written = {alias: new[0] for alias, new in aliases.items() if len(new) == 1}
    written |= {name: code for code, name in names.items()} | {code: code for code in codes}
    return {name.casefold(): code for name, code in written.items() if zones_of_country(code)}


def _region(written: object) -> str:
    read = _REGION.fullmatch(written.strip().upper()) if isinstance(written, str) else None
    return read[1] if read else ""


def _country_of_locale(locale: str | None) -> str:
    """The country of a BCP 47 tag such as `de-AT` or `zh-Hant-TW`."""
    parts = (locale or "").replace("_", "-").split("-")[1:]
    return next((part.upper() for part in parts if len(part) == 2 and part.isalpha()), "")
