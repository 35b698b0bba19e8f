"""The policies in force: of the project, of its journeys, and those that hold whatever they say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yamlfile
from journeys.loader import load_journeys
from policies.model import Policy
from policies.registry import known_policies, load_policies, with_always


@dataclass(frozen=True)
class InForce:
    """A policy that judges, and where it comes from."""

    policy: str
    where: str
    """`policies.yaml:3`, `journeys/welcome.yaml`, or `Sojourn` for what nobody need ask for."""
    journey: str
    """Whose messages it judges; empty is everybody's."""
    version: str
    about: str
    settings: dict[str, Any]
    """All of them; of settings within settings those that are not the default."""


def policies_in_force(folder: Path, live: str | None) -> list[InForce]:
    """Every policy of a project, its own first: those of `live`, the policies.yaml that was published, or of the
    folder where none was. Raises yamlfile.FileProblems."""
    file = folder / "policies.yaml"
    document, ours = yamlfile.read(file, live), load_policies(file, live)
    found: list[InForce] = []
    written = {policy.name for policy in ours}
    for policy in with_always(ours):
        line, _ = document.place((policy.name,))
        found.append(_in_force(policy, f"policies.yaml:{line}" if policy.name in written else "Sojourn", ""))
    for name, journey in sorted(load_journeys(folder / "journeys").items()):
        for key, given in journey.own_policies().items():
            own = known_policies()[key].model_validate(given)
            found.append(_in_force(own, f"the journey '{name}'", name))
    return found


def _in_force(policy: Policy, where: str, journey: str) -> InForce:
    about = " ".join((policy.__doc__ or "").split("\n\n")[0].split())
    return InForce(policy.name, where, journey, policy.version, about, _settings(policy))


def _settings(policy: Policy) -> dict[str, Any]:
    written = policy.model_dump(mode="json", by_alias=True)
    written |= policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    # The order in which a set gives its members is by chance.
    sets = (name for name in type(policy).model_fields if isinstance(getattr(policy, name), frozenset))
    return written | {name: sorted(written[name]) for name in sets}
