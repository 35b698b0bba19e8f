"""How the console says things: times, durations, addresses, states. They are the filters of its templates."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import to_json

from journeys.steps import given_name
from journeys.times import zone_or_utc
from learning.experiments.comparing import Interval
from starter.customers.timeline import said

_STATES = {
    "good": "approved granted confirmed completed goal sent delivered opened clicked replied allow allowed "
    "matched came elapsed ok safe",
    "busy": "open starting reserved retrying hold needs_approval held asked running warned unclear",
    "bad": "dead rejected bounced complained unknown deny denied gave_up failed lost tripped harmed",
}
_TONES = {state: tone for tone, states in _STATES.items() for state in states.split()}
_CHANNELS = {"email": "email", "push": "push", "whatsapp": "WhatsApp", "sms": "SMS", "web_push": "web push"}


def tone(state: str) -> str:
    """How a state is coloured: `good`, `busy`, `bad` or `calm`."""
    return _TONES.get(state, "calm")


def plain(word: str) -> str:
    """A word of the code as people read it: `opt_out` is `opt out`."""
    return word.replace("_", " ")


def sentence(words: str) -> str:
    """With a capital at its beginning, and all else as it is."""
    return words[:1].upper() + words[1:]


def field_name(field: str) -> str:
    """What may be edited, as people know it: the first of a template's `parameters` is `variable 1`."""
    name, _, number = field.partition(".")
    return f"variable {int(number) + 1}" if name == "parameters" and number.isdigit() else plain(field)


def money(amount: float, currency: str) -> str:
    """`1,250.00 EUR`; the number alone where nobody says in what."""
    return f"{amount:,.2f} {currency}".rstrip()


def unanswered(otherwise: str, kind: str) -> str:
    """What becomes of a question that nobody answers; `kind` is that of its preview."""
    match otherwise:
        case "stop":
            return "Without an answer the journey ends."
        case "send_without_offer":
            return "Without an answer the message leaves without its offer."
        case _:
            what = {"action": "it is not done", "question": "the journey goes on without it"}
            return f"Without an answer {what.get(kind, 'this message is skipped')}."


def until(moment: datetime, since: datetime) -> str:
    """How long it is until then: `in 1d 4h`; or that it is over. What began at `since` may be ahead of our clock,
    in a run whose time is skipped, as in the demo."""
    left = moment - max(since, datetime.now(UTC))
    if left <= timedelta(0):
        return "the time is over"
    return f"in {duration(left)}" if left >= timedelta(minutes=1) else "in less than a minute"


def channel_name(channel: str) -> str:
    return _CHANNELS.get(channel, channel)


def day_and_time(moment: datetime, zone: str) -> str:
    """`Tue 3 Mar, 10:00` on the project's clock."""
    local = moment.astimezone(zone_or_utc(zone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def day(moment: datetime, zone: str) -> str:
    """`3 Mar` on the project's clock."""
    local = moment.astimezone(zone_or_utc(zone))
    return f"{local.day} {local:%b}"


def exactly(moment: datetime, zone: str) -> str:
    """`2026-03-03 10:00:12 CET`, for whoever looks closer."""
    return f"{moment.astimezone(zone_or_utc(zone)):%Y-%m-%d %H:%M:%S %Z}"


def duration(length: timedelta) -> str:
    """The two largest units there are: `3d 4h`, `30m`, `1.2s`, `84ms`."""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 10:
        return f"{seconds:.1f}s".replace(".0s", "s")
    left, parts = round(seconds), list[str]()
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2])


def masked(recipient: str) -> str:
    """Enough of an address to recognise it, not enough to use it."""
    if "@" in recipient:
        name, _, domain = recipient.partition("@")
        return f"{name[:1]}•••@{domain}"
    if re.fullmatch(r"\+?\d{7,15}", recipient):
        return f"{recipient[:3]} ••• {recipient[-2:]}"
    return f"•••{recipient[-6:]}" if len(recipient) > 12 else "•••"


def percent(number: float) -> str:
    return f"{number:g} %"


def share(number: float) -> str:
    """A share in per cent: `4.25 %`."""
    return f"{number * 100:.2f} %"


def points(interval: Interval) -> str:
    """A difference of shares with its bounds, in percentage points."""
    low, high = interval.low * 100, interval.high * 100
    return f"{interval.estimate * 100:+.2f} ({low:+.2f} to {high:+.2f})"


def amount(interval: Interval) -> str:
    """Money, or a number of something, with its bounds."""
    return f"{interval.estimate:+,.2f} ({interval.low:+,.2f} to {interval.high:+,.2f})"


def shortened(value: str) -> str:
    """An id in a line: digests and tokens are cut where nobody reads on."""
    return value if len(value) <= 40 else f"{value[:12]}…{value[-6:]}"


def readable(value: Any) -> str:
    """A document as indented JSON."""
    return to_json(value, indent=2).decode()


FILTERS: dict[str, Callable[..., Any]] = {
    "tone": tone,
    "plain": plain,
    "sentence": sentence,
    "step_name": given_name,
    "field_name": field_name,
    "money": money,
    "unanswered": unanswered,
    "until": until,
    "channel_name": channel_name,
    "day_and_time": day_and_time,
    "day": day,
    "exactly": exactly,
    "duration": duration,
    "masked": masked,
    "percent": percent,
    "share": share,
    "points": points,
    "amount": amount,
    "shortened": shortened,
    "readable": readable,
    "said": said,
}
