"""A report as one JSON document: for programs, for the command line, and as what is kept at a stop."""

from math import isfinite
from typing import Any

from learning.experiments.arms import Arm
from learning.experiments.comparing import Interval
from learning.experiments.report import Report, Result
from learning.experiments.verdict import Verdict, verdicts

Document = dict[str, Any]


def document(report: Report) -> Document:
    """All of a report. Rates are shares, money is in the currency of the events."""
    told = {verdict.arm: verdict for verdict in verdicts(report)}
    return {
        "method": report.method,
        "arms": [_arm(arm, came) for arm, came in zip(report.arms, report.came, strict=True)],
        "results": [_result(result, told[result.arm]) for result in report.results],
        "waiting": report.waiting,
        "split_p": report.split,
        "sound": report.sound,
        "planned": report.planned,
        "done": report.done,
        "last_entry": report.last_entry.isoformat() if report.last_entry else None,
    }


def interval(given: Interval | None) -> Document | None:
    """An estimate with its bounds; None where a bound is infinite, which says nothing and is no JSON."""
    if given is None or not isfinite(given.high):
        return None
    return {"estimate": given.estimate, "low": given.low, "high": given.high}


def _arm(arm: Arm, came: int) -> Document:
    return {
        "arm": arm.name,
        "came": came,
        "customers": arm.conversions.customers,
        "rate": arm.conversions.mean,
        "money": arm.money.mean,
        "guards": {metric: sample.mean for metric, sample in arm.guards.items()},
    }


def _result(result: Result, verdict: Verdict) -> Document:
    brought = result.brought
    return {
        "arm": result.arm,
        "verdict": verdict.kind,
        "says": verdict.says,
        "rate": interval(brought.rate.difference),
        "lift": interval(brought.rate.lift),
        "p_value": brought.rate.p_value,
        "money": interval(brought.value.difference),
        "conversions_in_all": interval(brought.conversions),
        "money_in_all": interval(brought.money),
        "guards": [vars(guard) for guard in result.guards],
        "segments": [
            {
                "segment": segment.name,
                "customers": segment.customers,
                "inside": interval(segment.inside.difference),
                "outside": interval(segment.outside.difference),
                "differ": interval(segment.differ),
            }
            for segment in result.segments
        ],
    }
