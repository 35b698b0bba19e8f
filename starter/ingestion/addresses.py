"""Mail addresses and phone numbers in one form, however they were written, and the time zones of numbers."""

from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    format_number,
    is_possible_number,
    parse,
)


def read_email(value: object) -> str | None:
    """A mail address with its domain in lower case, or None when mail cannot go to what is given.

    Nothing is looked up in the DNS: that an address exists is learnt from its first bounce.
    """
    if not isinstance(value, str):
        return None
    try:
        return validate_email(value.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return None


def read_phone(value: object) -> str | None:
    """A phone number in E.164, or None when it is none or does not begin with its country's code."""
    number = _parse(value)
    return format_number(number, PhoneNumberFormat.E164) if number else None


def zone_of_phone(phone: str) -> str | None:
    """The IANA zone that a number belongs to, or None when it may be one of several."""
    # The table of prefixes is large, and only numbers of customers without a zone need it.
    from phonenumbers.timezone import time_zones_for_number

    number = _parse(phone)
    zones = time_zones_for_number(number) if number else ()
    return zones[0] if len(zones) == 1 else None


def _parse(value: object) -> PhoneNumber | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = parse(value.strip())
    except NumberParseException:
        return None
    return number if is_possible_number(number) else None
