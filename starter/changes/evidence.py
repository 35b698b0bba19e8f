"""What speaks for a planner that is to take over: the recorded decisions, in words for those who must agree."""

from dataclasses import dataclass
from textwrap import fill

from journeys.model import Journey
from journeys.review import Takeover, takeovers
from journeys.steps import Choose
from learning.evaluation.promotion import Demands, Evidence
from starter.changes.journeys import live_version
from starter.judging.evidence import DAYS, Candidate, NoEvidence, evidence_for
from starter.judging.masks import WhatIf
from store.database import Database

_WIDTH = 80


class WeakEvidence(Exception):
    """A planner would take over on weak evidence, and nobody says why it should. The message says what to do."""


@dataclass(frozen=True)
class Shown:
    """What the log says of all planners that a version has take over."""

    text: str
    """In lines to read; empty when none takes over."""
    is_weak: bool
    """Whether one of them would be refused."""

    def why(self, without_evidence: str) -> str:
        """What is kept of why they take over all the same; empty where the evidence suffices. Raises WeakEvidence
        where it does not, and nobody said so."""
        if not self.is_weak:
            return ""
        if not without_evidence:
            raise WeakEvidence(
                f"{self.text}\nTry it in an arm of a 'split' first, or say why it should take over without\n"
                'evidence: sojourn journey publish FILE --without-evidence "WHY".'
            )
        return f"without evidence: {without_evidence}"


async def what_speaks_for(database: Database, journey: Journey) -> Shown:
    """Judge the planners of a version that would take over from those that choose now, by the log of these.

    Who replaces nobody needs no evidence: that is told. Takes seconds where there is a log, and reads none where
    no planner takes over.
    """
    async with database.reading() as session:
        live = await live_version(session, journey.journey)
    found = [await _judged(database, journey.journey, each) for each in (takeovers(live, journey) if live else ())]
    return Shown("\n".join(each.text for each in found), any(each.is_weak for each in found))


async def _judged(database: Database, journey: str, takeover: Takeover) -> Shown:
    who = f"'{takeover.step.planner}' at '{takeover.point}'"
    if not takeover.replaces:
        return Shown(_said(f"{who} begins, and replaces nobody: no recorded decision was asked."), is_weak=False)
    step = takeover.step
    options = step.options if isinstance(step, Choose) else step.actions
    only = WhatIf(only={option.option for option in options})
    try:
        evidence = await evidence_for(
            database, Candidate(journey, takeover.point, step.planner, step.settings, step.features, only)
        )
    except NoEvidence as error:
        return Shown(_said(f"{who} would take over without evidence.", f"Weak: {error}"), is_weak=True)
    return Shown(_said(f"{who} would take over.", *_in_words(evidence)), not evidence.promoted)


def _in_words(evidence: Evidence) -> list[str]:
    robust, now, weights = evidence.estimates["DR"], evidence.baseline, evidence.weights
    return [
        f"By {weights.decisions} decisions of the last {DAYS} days, worth {weights.effective:.0f} of its own, it "
        f"would have brought {robust.estimate:.4g} a decision ({robust.low:.4g} to {robust.high:.4g}, DR, "
        f"{Demands().confidence:.0%}). What runs now brought {now.estimate:.4g} ({now.low:.4g} to "
        f"{now.high:.4g}).",
        *(f"Weak: {reason}." for reason in evidence.refused),
        *(["The evidence suffices."] if evidence.promoted else []),
    ]


def _said(heading: str, *lines: str) -> str:
    """Lines within the width of a terminal."""
    further = (fill(line, _WIDTH, initial_indent="  ", subsequent_indent="  ") for line in lines)
    return "\n".join([fill(heading, _WIDTH), *further])
