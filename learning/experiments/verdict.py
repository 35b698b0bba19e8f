"""What an experiment's result means, in words that need no statistics."""

from dataclasses import dataclass
from typing import Literal

from learning.experiments.report import Report, Result

Kind = Literal["better", "worse", "not shown", "broken"]


@dataclass(frozen=True)
class Verdict:
    """What is concluded of one arm, from the conversions that the experiment was planned for."""

    arm: str
    kind: Kind
    says: str
    """One or two sentences."""


def verdicts(report: Report) -> tuple[Verdict, ...]:
    """Of every arm but the control."""
    return tuple(_verdict(report, result) for result in report.results)


def _verdict(report: Report, result: Result) -> Verdict:
    control, difference = report.arms[0].name, result.brought.rate.difference
    if not report.sound:
        return Verdict(
            result.arm, "broken", "The arms have not the sizes they should have, so nothing here can be believed."
        )
    bounds = f"{difference.low * 100:+.2f} to {difference.high * 100:+.2f} points"
    if difference.low > 0:
        harmed = [guard.metric for guard in result.guards if guard.state == "harmed"]
        price = f" But it makes worse: {', '.join(harmed)}." if harmed else ""
        return Verdict(
            result.arm,
            "better",
            f"'{result.arm}' converts more than '{control}' ({bounds}).{price}{_when(report)}",
        )
    if difference.high < 0:
        return Verdict(
            result.arm, "worse", f"'{result.arm}' converts less than '{control}' ({bounds}).{_when(report)}"
        )
    shown = "No difference is shown" if report.done else "No difference is shown so far"
    return Verdict(
        result.arm,
        "not shown",
        f"{shown} between '{result.arm}' and '{control}' ({bounds} holds zero).{_when(report)}",
    )


def _when(report: Report) -> str:
    if report.done:
        return " This is the conclusion at the planned end."
    return " This holds at every look; the planned end is still to come."
