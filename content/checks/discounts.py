"""Content for slots that seems to promise a discount and does not say so at its head, where it is counted."""

import re
from collections.abc import Iterator

from content.checks.subject import FILLED, Subject
from policies.model import SLOT
from yamlfile import Problem

_SHARE = re.compile(rf"[\d{FILLED}]\s?%")


def check(subject: Subject) -> Iterator[Problem]:
    """A share in per cent in a content for slots that has no `offer`."""
    if subject.variant.channel != SLOT or subject.variant.front.offer is not None:
        return
    for passage in subject.own:
        if found := _SHARE.search(passage.visible):
            fix = "say 'offer: 10%' at its head; if it is none, 'accept: [discounts]'"
            yield passage.problem(found.start(), "this looks like a discount, and surfaces count those", fix)
