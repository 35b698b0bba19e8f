"""The brand's own rules, from `content` in `sojourn.yaml`: words it does not use, terms and tones, legal texts."""

import re
from collections.abc import Iterable, Iterator

from content.checks.subject import FILLED, Passage, Subject
from yamlfile import Problem, instead_of


def check(subject: Subject) -> Iterator[Problem]:
    """Every breach of the brand's rules."""
    rules, front = subject.rules, subject.variant.front
    for passage in subject.passages:
        yield from _forbidden(passage, rules.forbidden)
    said = _words(" ".join(passage.visible for passage in subject.passages))
    for term in rules.required if subject.marketing else ():
        if _words(term) not in said:
            yield subject.tell(f"the brand wants '{term}' in everything that advertises")
    for category in sorted(front.categories & rules.legal.keys()):
        if _words(text := rules.legal[category]) not in said:
            yield subject.tell(f"what is about '{category}' must say: {text}")
    if front.tone and rules.tones and front.tone not in rules.tones:
        fix = instead_of(front.tone, rules.tones)
        yield subject.tell(f"'{front.tone}' is not a tone of the brand", fix)
    for tag in rules.tags:
        if not getattr(front, tag):
            yield subject.tell(
                f"the project wants to know its {tag.replace('_', ' ')}", f"add '{tag}' at its head"
            )


def _forbidden(passage: Passage, words: Iterable[str]) -> Iterator[Problem]:
    for word in words:
        for found in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", passage.visible, re.IGNORECASE):
            yield passage.problem(found.start(), f"the brand does not write '{found[0]}'")


def _words(text: str) -> str:
    return " ".join(text.replace(FILLED, " ").split()).casefold()
