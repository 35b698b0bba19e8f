"""What a mail should have, beside what the law makes the library insist on: a way to choose, a preheader, and
HTML that stays readable on a dark screen and to a screen reader."""

import re
from collections.abc import Iterator

from content.checks.subject import Subject
from content.variant import fragments
from yamlfile import Problem

_LANGUAGE = re.compile(r"<html[^>]*\blang\s*=", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Problem]:
    """What a mail lacks."""
    if subject.variant.channel != "email":
        return
    fields = subject.variant.fields
    for name in ("text", "html") if subject.marketing else ():
        for body in fragments(fields[name]) if name in fields else ():
            if "preferences_url" not in body.used:
                fix = "show {{ preferences_url }} beside {{ unsubscribe_url }}"
                yield Problem(body.file, body.line, 1, "a marketing mail lets its reader choose what to get", fix)
    if "html" not in fields:
        return
    page = "\n".join(passage.text for passage in subject.passages if passage.html)
    if not any(passage.text.strip() for passage in subject.own if passage.field == "preheader"):
        yield subject.tell("without a preheader, lists of mails show whatever comes first", "add 'preheader'")
    if "color-scheme" not in page:
        fix = '<meta name="color-scheme" content="light dark">, and colours for prefers-color-scheme: dark'
        yield subject.tell("this mail does not say that it is made for dark screens too", fix)
    if not _LANGUAGE.search(page):
        yield subject.tell("screen readers are not told the language", '<html lang="...">')
