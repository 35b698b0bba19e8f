"""What an event says about its customer: traits, addresses, time zone, locale and consent.

What is not well formed says nothing: the event is kept all the same, with all its properties.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from journeys.events import OPT_OUT
from journeys.parts import Purpose
from journeys.zones import zones_of_country
from starter.ingestion.addresses import read_email, read_phone, zone_of_phone
from starter.ingestion.incoming import ConsentChange, Profile

OPT_IN = "Subscribed"
"""The event that gives consent; with a `channel` property for that channel only."""
TOPIC_JOINED, TOPIC_LEFT = "Topic Joined", "Topic Left"
"""The events by which a customer joins or leaves a list, named by the property `topic`, and nothing else."""
WHATSAPP_USER_ID = "whatsapp_user_id"
"""The kind of address, and the trait, by which WhatsApp names someone whose number it keeps from us."""

_NO_TRAITS = ("consents", "web_push", WHATSAPP_USER_ID)
"""Keys of an identify that are no traits but say something of their own."""

_WHATSAPP_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_ENDPOINT = re.compile(r"https?://[!#-\[\]-~]{1,2000}")
_BASE64 = re.compile(r"[A-Za-z0-9_-]{1,100}={0,2}")
_PUSH_TOKEN = re.compile(r"[\x21-\x7e]{1,1000}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
_LONGEST_SOURCE = 200
_COUNTRY = re.compile(r"[-_]([A-Za-z]{2})$")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def read_profile(
    name: str, properties: Mapping[str, Any], traits: Mapping[str, Any], context: Mapping[str, Any]
) -> Profile:
    """Everything that an event named `name` says about its customer. `traits` are those of an identify."""
    addresses = tuple(_addresses(traits, context))
    locale, locale_from = _given(_locale, traits.get("locale"), context.get("locale"))
    zone, zone_from = _given(_time_zone, traits.get("timezone"), context.get("timezone"))
    if zone is None:
        zone, zone_from = _derived_zone(addresses, locale)
    return Profile(
        traits={key: value for key, value in traits.items() if key not in _NO_TRAITS},
        time_zone=zone,
        time_zone_from=zone_from,
        locale=locale,
        locale_from=locale_from,
        addresses=addresses,
        consents=(*_consents_in(traits), *_consent_by(name, properties), *_topic_by(name, properties)),
    )


def _given(read: Callable[[object], str | None], in_traits: object, in_context: object) -> tuple[str | None, str]:
    """What is given, and where: what is said of the customer counts more than what is said of the device."""
    for value, source in ((in_traits, "trait"), (in_context, "context")):
        if found := read(value):
            return found, source
    return None, ""


def _derived_zone(addresses: Iterable[tuple[str, str]], locale: str | None) -> tuple[str | None, str]:
    """The zone of the phone's country code, or of the locale's country, if that has one alone."""
    phone = next((value for kind, value in addresses if kind == "phone"), None)
    if phone and (zone := zone_of_phone(phone)):
        return zone, "phone"
    country = _COUNTRY.search(locale or "")
    zones = zones_of_country(country[1].upper()) if country else ()
    return (zones[0], "locale") if len(zones) == 1 else (None, "")


def _time_zone(value: object) -> str | None:
    return value if isinstance(value, str) and value in _zones() else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _locale(value: object) -> str | None:
    return value if isinstance(value, str) and _LOCALE.fullmatch(value) else None


def _addresses(traits: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if email := read_email(traits.get("email")):
        yield "email", email
    if phone := read_phone(traits.get("phone")):
        yield "phone", phone
    if isinstance(user_id := traits.get(WHATSAPP_USER_ID), str) and _WHATSAPP_USER_ID.fullmatch(user_id):
        yield WHATSAPP_USER_ID, user_id
    device = _mapping(context.get("device"))
    if isinstance(token := device.get("token"), str) and _PUSH_TOKEN.fullmatch(token):
        yield "push_token", token
    if subscription := _subscription(traits.get("web_push") or device.get("web_push")):
        yield "web_push", subscription


def _subscription(value: object) -> str | None:
    """A browser's push subscription as JSON, the same text however its keys were ordered."""
    given = _mapping(value)
    keys = _mapping(given.get("keys"))
    endpoint, known = given.get("endpoint"), {name: keys.get(name) for name in ("auth", "p256dh")}
    if not isinstance(endpoint, str) or not _ENDPOINT.fullmatch(endpoint):
        return None
    if not all(isinstance(key, str) and _BASE64.fullmatch(key) for key in known.values()):
        return None
    return json.dumps({"endpoint": endpoint, "keys": known}, separators=(",", ":"))


def _consents_in(traits: Mapping[str, Any]) -> Iterator[ConsentChange]:
    """Consents as traits: `consents: {email: true, push: false}`."""
    for channel, granted in _mapping(traits.get("consents")).items():
        if _CHANNEL.fullmatch(channel) and isinstance(granted, bool):
            yield ConsentChange(channel=channel, purpose="marketing", granted=granted)


def _consent_by(name: str, properties: Mapping[str, Any]) -> Iterator[ConsentChange]:
    """Consent as an event. What is unclear withdraws more rather than less, and gives nothing."""
    if name not in (OPT_IN, OPT_OUT):
        return
    granted = name == OPT_IN
    channel, purpose = _channel(properties.get("channel")), _purpose(properties.get("purpose"))
    if granted and (channel is None or purpose is None):
        return
    until = _moment(properties.get("until"))
    if granted and until is None and properties.get("until") is not None:
        return
    terms = {"confirmed": properties.get("confirmed") is True, "until": until} if granted else {}
    yield ConsentChange(
        channel=channel or "", purpose=purpose or "marketing", granted=granted, **terms, **_origin(properties)
    )


def _topic_by(name: str, properties: Mapping[str, Any]) -> Iterator[ConsentChange]:
    """A list joined or left. What does not name one says nothing: leaving every list is opting out."""
    topic = properties.get("topic")
    if name in (TOPIC_JOINED, TOPIC_LEFT) and isinstance(topic, str) and _CHANNEL.fullmatch(topic):
        channel = _channel(properties.get("channel")) or ""
        granted = name == TOPIC_JOINED
        yield ConsentChange(channel, "marketing", granted=granted, topic=topic, **_origin(properties))


def _origin(properties: Mapping[str, Any]) -> dict[str, Any]:
    source = properties.get("source")
    named = source[:_LONGEST_SOURCE] if isinstance(source, str) else ""
    return {"source": named, "proof": properties.get("evidence")}


def _moment(value: object) -> datetime | None:
    """A time with its offset to UTC, in UTC; None for anything else."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return read.astimezone(UTC) if read and read.tzinfo else None


def _channel(value: object) -> str | None:
    """The channel named, empty for every one, None when it makes no sense."""
    if value in (None, ""):
        return ""
    return value.lower() if isinstance(value, str) and _CHANNEL.fullmatch(value.lower()) else None


def _purpose(value: object) -> Purpose | None:
    if value in (None, "", "marketing"):
        return "marketing"
    return "transactional" if value == "transactional" else None


def _mapping(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
