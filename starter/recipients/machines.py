"""Tells programs that open mails and follow links from the people whom the mails are for.

None of it is certain. It errs towards taking a person for a machine: a journey that goes on because a scanner
clicked does harm, one that missed an open asks once more.
"""

import re
from collections.abc import Mapping
from datetime import timedelta

TOO_SOON = timedelta(seconds=10)
"""A mail that was sent less than this ago is being scanned, or fetched in advance: nobody reads so fast."""

_PROGRAMS = re.compile(
    r"bot\b|crawl|spider|scan|preview|monitor|curl|wget|python|java/|go-http|okhttp|headless|phantom"
    r"|barracuda|proofpoint|mimecast|symantec|trend ?micro|fireeye|cloudmark|safelinks|linkcheck",
    re.IGNORECASE,
)
# What Gmail fetches pictures with before anyone opened the mail; its proxy for readers says GoogleImageProxy.
_GMAIL_IN_ADVANCE = "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
# What Apple's Mail Privacy Protection fetches every picture with, whether the mail is opened or not.
_APPLE_IN_ADVANCE = "Mozilla/5.0"
_ASK_IN_ADVANCE = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def is_machine(method: str, headers: Mapping[str, str], since_sent: timedelta) -> bool:
    """Whether a program, not a person, made a request for a link or a picture of a mail sent that long ago.

    `headers` are by lower-case name.
    """
    agent = headers.get("user-agent", "").strip()
    return (
        method != "GET"
        or since_sent < TOO_SOON
        or agent in ("", _APPLE_IN_ADVANCE)
        or _GMAIL_IN_ADVANCE in agent
        or _PROGRAMS.search(agent) is not None
        or any(
            "prefetch" in headers.get(name, "") or "preview" in headers.get(name, "") for name in _ASK_IN_ADVANCE
        )
    )
