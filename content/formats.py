"""The filters of templates: amounts, shares and moments as the customer writes them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from jinja2 import pass_context
from jinja2.runtime import Context

from content.links import sign_url
from journeys.times import parse_duration, zone_or_utc

_LARGEST, _PLACES = Decimal(10) ** 15, 12


def reading_locale(customer: str, language: str | None) -> str:
    """The locale to format in: the customer's own when the content is in their language, else the content's.

    An English text with German dates in it reads as broken, whoever gets it.
    """
    own = _known(customer)
    if language is None:
        return str(own or "en")
    written = _known(language)
    if own is not None and written is not None and own.language == written.language:
        return str(own)
    return str(written or "en")


def _known(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def is_language(tag: str) -> bool:
    """Whether a tag such as `en` or `de-AT` names a language that numbers and dates can be written in."""
    return _known(tag) is not None


@pass_context
def money(context: Context, amount: object, currency: str) -> str:
    """`129.9 | money("EUR")` is `€129.90` in English and `129,90 €` in German. Raises ValueError."""
    return format_currency(_number(amount), currency, locale=context["locale"])


@pass_context
def percent(context: Context, share: object) -> str:
    """`12.5 | percent` is `12.5%` in English and `12,5 %` in German. Raises ValueError."""
    return format_percent(_number(share) / 100, locale=context["locale"], decimal_quantization=False)


@pass_context
def date_and_time(context: Context, moment: object) -> str:
    """Day and time on the customer's clock: `Tue, Mar 3, 10:00 AM`. Raises ValueError."""
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"{moment!r} is not a moment with a time zone")
    zone, locale = zone_or_utc(context["time_zone"]), context["locale"]
    day = format_skeleton("MMMEd", moment, tzinfo=zone, locale=locale)
    return f"{day}, {format_time(moment, 'short', tzinfo=zone, locale=locale)}"


@pass_context
def signed(context: Context, url: str, good_for: str) -> str:
    """`url | signed("3d")` is the address with a signature that is good that long. Raises ValueError."""
    return sign_url(str(url), context["url_key"], context["now"] + parse_duration(good_for))


@pass_context
def number(context: Context, value: object) -> str:
    """`1234.5 | number` is `1,234.5` in English and `1.234,5` in German. Raises ValueError."""
    return format_decimal(_number(value), locale=context["locale"])


@pass_context
def date_alone(context: Context, day: object) -> str:
    """A day, as `Tue, Mar 3`: of a moment, on the customer's clock, or of an ISO 8601 text. Raises ValueError."""
    if isinstance(day, str):
        day = datetime.fromisoformat(day) if "T" in day else date.fromisoformat(day)
    if isinstance(day, datetime) and day.tzinfo is not None:
        day = day.astimezone(zone_or_utc(context["time_zone"]))
    if not isinstance(day, date):
        raise ValueError(f"{day!r} is not a day")
    return format_skeleton("MMMEd", day, locale=context["locale"])


@pass_context
def plural(context: Context, count: object, **forms: str) -> str:
    """`2 | plural(one="# night", other="# nights")` is `2 nights`: the form that the language has for the number,
    by the categories of Unicode CLDR; `#` is the number as it is written there. Raises ValueError."""
    if "other" not in forms or _unknown(forms):
        raise ValueError("plural: name the forms by zero, one, two, few, many and other, which has to be there")
    amount, locale = _number(count), Locale.parse(context["locale"])
    form = forms.get(str(locale.plural_form(amount)), forms["other"])
    return form.replace("#", format_decimal(amount, locale=locale))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "money": money,
    "percent": percent,
    "datetime": date_and_time,
    "date": date_alone,
    "number": number,
    "plural": plural,
    "signed": signed,
}


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    # Written out, a number such as 1e999999 is as long as it is large.
    if abs(number) >= _LARGEST or number != round(number, _PLACES):
        raise ValueError("the number is too large or too exact to be written")
    return number


def _unknown(forms: Mapping[str, str]) -> set[str]:
    """What is no category of plurals."""
    return forms.keys() - {"zero", "one", "two", "few", "many", "other"}
