"""What is too long for its channel: cut off on the screen, refused by the vendor, or paid for many times.

What a template fills in is counted as a few characters, so this is an estimate; what truly leaves is measured
by each channel. Sources: Apple's and Google's notification guides, Meta's template limits, Gmail's clipping.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from content.checks.subject import Passage, Subject
from content.sms import count_segments
from yamlfile import Problem


@dataclass(frozen=True)
class _Limit:
    most: int
    why: str


_CUT = "is cut off there"
_LIMITS: dict[tuple[str, str], _Limit] = {
    ("email", "subject"): _Limit(70, "mail programs cut a subject off there"),
    ("email", "preheader"): _Limit(140, "mail programs show no more of a preheader"),
    ("email", "html"): _Limit(100_000, "Gmail cuts a mail off there"),
    ("push", "title"): _Limit(65, "a title on a locked screen " + _CUT),
    ("push", "body"): _Limit(240, "a notification " + _CUT),
    ("web_push", "title"): _Limit(65, "a title " + _CUT),
    ("web_push", "body"): _Limit(240, "a notification " + _CUT),
    ("whatsapp", "template"): _Limit(512, "the vendor takes no longer name"),
    ("whatsapp", "text"): _Limit(4096, "the vendor takes no longer text"),
    ("banner", "title"): _Limit(80, "a banner has one line"),
    ("slot", "title"): _Limit(90, "a slot has little room"),
    ("slot", "body"): _Limit(280, "a slot has little room"),
    ("tooltip", "title"): _Limit(60, "a hint has little room"),
    ("tooltip", "body"): _Limit(160, "a hint has little room"),
}


def check(subject: Subject) -> Iterator[Problem]:
    """Every field that is too long, and an SMS of more segments than the project allows."""
    channel = subject.variant.channel
    for passage in subject.own:
        limit = _LIMITS.get((channel, passage.field.partition(".")[0]))
        length = len(passage.text) if passage.html else len(passage.typical)
        if limit and length > limit.most:
            message = f"'{passage.field}' has about {length} characters; above {limit.most}, {limit.why}"
            yield passage.problem(0, message)
        if channel == "sms" and passage.field == "text":
            yield from _segments(subject, passage)


def _segments(subject: Subject, passage: Passage) -> Iterator[Problem]:
    cut, most = count_segments(passage.typical), subject.rules.sms_segments
    if cut.foreign:
        message = f"'{cut.foreign}' makes it {cut.encoding}, with 70 characters to a segment rather than 160"
        yield passage.problem(passage.text.find(cut.foreign[0]), message, "write it with plain signs")
    if cut.count > most:
        message = f"about {cut.count} segments of {cut.encoding} are paid for; the project allows {most}"
        yield passage.problem(0, message, "shorten it, or raise content.sms_segments in sojourn.yaml")
