"""What every policy would say of a message or a business action, as rows for programs and in words for people."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from starter.cli.output import minute, paragraph

if TYPE_CHECKING:
    from policies.model import Ruling
    from store.tables import StandingGrant


@dataclass(frozen=True)
class About:
    """The message or the business action that was judged."""

    journey: str
    step: str
    """Empty where no step does the action."""
    channel: str = "action"
    tool: str = ""
    given: dict[str, Any] = field(default_factory=dict[str, Any])


def row_of(about: About, ruling: "Ruling", sources: Sequence[str], clocks: Sequence[str] = ()) -> dict[str, Any]:
    """What was said of it as long as nobody has approved it. `sources` tell who asks for each policy, and `clocks`
    by which zones a message was judged."""
    said = [
        {
            "policy": one.policy,
            "version": one.version,
            "of": of,
            "reason": "",
            **one.verdict.model_dump(mode="json"),
        }
        for one, of in zip(ruling.findings, sources, strict=True)
    ]
    verdict = ruling.verdict.model_dump(mode="json")
    told = {"verdict": verdict, "tier": _tier(verdict, about.tool), "grant": None}
    return asdict(about) | told | {"clocks": list(clocks), "policies": said}


def row_of_grant(grant: "StandingGrant", agreed: "Ruling") -> dict[str, Any]:
    """A standing grant that answers in the place of a person, and what policies say once it has."""
    left = {"left": grant.most - grant.used, "most": grant.most, "until": grant.ends_at.isoformat()}
    verdict = agreed.verdict.model_dump(mode="json")
    return {"id": grant.id, "given_by": grant.given_by, **left, "verdict": verdict}


def row_of_none(about: About, outcome: str, reason: str) -> dict[str, Any]:
    """What came of it where there was no message to judge."""
    verdict = {"verdict": outcome, "reason": reason}
    return asdict(about) | {"verdict": verdict, "tier": None, "grant": None, "clocks": [], "policies": []}


def print_foretold(rows: list[dict[str, Any]]) -> None:
    """Tell the rows within 80 columns."""
    for row in rows:
        typer.echo(paragraph(f"{_head(row)}, now: {say_verdict(row['verdict'], row['tool'])}", "", "    "))
        if grant := row["grant"]:
            typer.echo(paragraph(_say_grant(grant, row["tool"]), "    ", "        "))
        if clocks := row["clocks"]:
            of = f"on the clock{'s' if clocks[1:] else ''} of {', '.join(clocks)}"
            typer.echo(paragraph(of, "    ", "        "))
        for line in _say_policies(row["policies"], row["tool"]):
            typer.echo(paragraph(line, "    ", "        "))


def _say_policies(policies: list[dict[str, Any]], tool: str) -> Iterator[str]:
    """What each policy says: first those that object or have something to tell, then all others together."""
    content: dict[str, list[str]] = {}
    for said in policies:
        if said["verdict"] == "allow" and not said["reason"]:
            content.setdefault(said["of"], []).append(said["policy"])
            continue
        words = (f"{said['policy']} ({said['of']})", say_verdict(said, tool), said["reason"])
        yield ": ".join(filter(None, words))
    for of, names in content.items():
        yield f"nothing against it ({of}): {', '.join(names)}"


def _tier(verdict: dict[str, Any], tool: str) -> str | None:
    """The tier under which it would leave or be done; None when it would not."""
    never = verdict["verdict"] == "deny" or (tool and verdict["verdict"] == "hold")
    return None if never else verdict.get("tier", "full")


def _say_grant(grant: dict[str, Any], tool: str) -> str:
    """A standing grant in words."""
    how_long = f"{grant['left']} of {grant['most']} left, until {minute(grant['until'])} UTC"
    then = say_verdict(grant["verdict"], tool)
    why = f": {grant['verdict']['reason']}" if grant["verdict"].get("reason") else ""
    return f"the standing grant {grant['id']} of {grant['given_by']} answers ({how_long}): {then}{why}"


def _head(row: dict[str, Any]) -> str:
    place = f"{row['journey']}/{row['step']}" if row["step"] else row["journey"]
    if not row["tool"]:
        return f"{place} by {row['channel']}"
    given = ", ".join(f"{name} {value}" for name, value in row["given"].items())
    return f"{place}: {row['tool']} ({given})"


def say_verdict(said: dict[str, Any], tool: str) -> str:
    """A verdict in words."""
    match said["verdict"]:
        case "allow":
            return "it may be done" if tool else "it may leave"
        case "hold" if not tool:
            return f"it waits until {minute(said['until'])} UTC"
        case "needs_approval":
            several = said["people"] > 1
            who = f"{said['people']} people" if several else "a person"
            return f"{who} of '{said['group']}' {'are' if several else 'is'} asked (tier {said['tier']})"
        case "deny" | "hold":
            return "it is not done" if tool else "it never leaves"
        case _:
            return f"there is no message to judge: {said['reason']}"
