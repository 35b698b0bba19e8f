"""Phrases and habits that put a message among the spam, whoever sends it."""

import re
from collections.abc import Iterator

from content.checks.subject import Subject
from yamlfile import Problem

# What the filters' published rules and the guides of mailbox providers name most.
_PHRASES = (
    "100% free", "act now", "as seen on", "buy direct", "cash bonus", "click below", "click here",
    "congratulations", "dear friend", "don't delete", "double your", "earn extra cash", "earn money",
    "extra income", "fast cash", "financial freedom", "free gift", "free money", "get it now",
    "get paid", "guaranteed winner", "hurry up", "incredible deal", "instant access", "last chance",
    "limited time", "lowest price", "make money", "miracle", "money back guarantee", "no catch",
    "no cost", "no obligation", "no strings attached", "offer expires", "once in a lifetime",
    "only today", "order now", "prize", "risk free", "risk-free", "satisfaction guaranteed",
    "special promotion", "this is not spam", "urgent", "while supplies last", "winner", "work from home",
    "you have been selected", "you won",
)  # fmt: skip
_PHRASE = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, _PHRASES)) + r")(?!\w)", re.IGNORECASE)
_SHOUTED = re.compile(r"[!?]{2,}|(?:[$€£]){2,}")
_CAPITALS = re.compile(r"(?:\b[A-Z]{4,}\b\s*){2,}")


def check(subject: Subject) -> Iterator[Problem]:
    """Phrases of spam, shouting, and a subject in capitals."""
    for passage in subject.own if subject.marketing else ():
        for found in _PHRASE.finditer(passage.visible):
            yield passage.problem(found.start(), f"'{found[0]}' is a phrase that spam filters look for")
        for found in _SHOUTED.finditer(passage.visible):
            yield passage.problem(found.start(), f"'{found[0]}' shouts")
        shouted = _CAPITALS.search(passage.text) if passage.field in ("subject", "title") else None
        if shouted:
            yield passage.problem(shouted.start(), f"'{shouted[0].strip()}' shouts")
