"""The delivery's id in the Message-ID that our mails carry, for mail services that echo no id of ours.

`activities.channels.mail.message_id` makes it: `<DELIVERY@SENDER'S DOMAIN>`.
"""

import re

_OURS = re.compile(r"<?(d_[a-z2-7]{30})@[^<>@\s]+>?")


def delivery_named(message_id: str) -> str:
    """The id of the delivery that a Message-ID names, or empty for a mail that is not ours."""
    found = _OURS.fullmatch(message_id.strip())
    return found[1] if found else ""
