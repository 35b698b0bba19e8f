"""What a vendor's error code means for a send. Each provider has one table of these."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from activities.channels.model import Refused, Remedy, RetryLater

_LONGEST_REASON = 300
_LAST_SECOND = 253_402_300_799
"""The last that a date can be, in the year 9999."""


@dataclass(frozen=True)
class Retry:
    """Not now. `after` is what the vendor's manual says to wait when its answer does not say. `everyone`
    marks what keeps it from taking any other message too: its own trouble, or a limit of the whole account."""

    after: timedelta | None = None
    everyone: bool = False


@dataclass(frozen=True)
class Refuse:
    """Never. `remedy` is what has to be done about it."""

    remedy: Remedy = "none"


Meaning = Retry | Refuse

REFUSED = Refuse()
DEAD_ADDRESS = Refuse("deactivate_address")
OPTED_OUT = Refuse("withdraw_consent")
"""They told the vendor, not us, that they want no more."""
WRONG_SETUP = Refuse("fix_configuration")
"""Such messages cannot leave as things are set up: to that country, to those devices. Others may."""
STOPPED = Refuse("stop_channel")
"""Nothing can: the credentials, the sender or the account are wrong."""
WRONG_CONTENT = Refuse("fix_content")


def failure(
    meaning: Meaning, code: str, reason: str, recipient: str, asked: timedelta | None = None
) -> RetryLater | Refused:
    """The error to raise. `asked` is the wait the vendor asked for; it goes before the manual's.

    Vendors repeat the recipient in their answers; reasons are kept and shown where addresses must not be.
    """
    told = " ".join(_without(recipient, reason).split())[:_LONGEST_REASON]
    if isinstance(meaning, Retry):
        after = meaning.after if asked is None else asked
        return RetryLater(code, told, after, everyone=meaning.everyone)
    return Refused(code, told, meaning.remedy)


def _without(recipient: str, reason: str) -> str:
    for written in filter(None, (recipient, recipient.removeprefix("+"))):
        reason = reason.replace(written, "the recipient")
    return reason


def asked_to_wait(header: str | None) -> timedelta | None:
    """The wait a `Retry-After` header asks for: seconds, or until a date. None when it says nothing usable."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return timedelta(seconds=int(header))
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(timedelta(), until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC))


def until(header: str | None) -> timedelta | None:
    """The wait until a time in seconds since 1970, as headers about rate limits tell it. None when it is none."""
    if header is None or not header.strip().isdecimal():
        return None
    seconds = min(int(header), _LAST_SECOND)
    return max(timedelta(), datetime.fromtimestamp(seconds, UTC) - datetime.now(UTC))
