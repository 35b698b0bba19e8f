"""What a change of policies touches, and so who must agree to it."""

from pathlib import Path

import pytest

from journeys.review import _PRICES as PRICES  # pyright: ignore[reportPrivateUsage] it must say the same
from policies.model import Policy
from policies.registry import known_policies, load_policies
from policies.review import touches

BASE = "consent: {}\ndiscount_cap: {most: 15}\nautonomy: {}\n"


def written(text: str) -> tuple[Policy, ...]:
    return load_policies(Path("policies.yaml"), text)


@pytest.mark.parametrize(
    ("new", "areas"),
    [
        (f"# Said better.\n{BASE}", ()),
        ("discount_cap: {most: 15.0}\nautonomy: {}\nconsent: {}\n", ()),
        (BASE.replace("15", "20"), ("price",)),
        (BASE.replace("consent: {}\n", ""), ("compliance",)),
        (f"{BASE}quiet_hours: {{}}\n", ("compliance",)),
        (BASE.replace("autonomy: {}", "autonomy: {group: ops}"), ("autonomy",)),
        ("consent: {}\nholdout: {share: 10, seed: a}\n", ("price", "compliance")),
    ],
)
def test_a_change_touches_the_areas_of_the_policies_that_differ(new: str, areas: tuple[str, ...]) -> None:
    assert touches(written(BASE), written(new)) == areas


def test_a_journeys_own_policies_touch_what_the_projects_do() -> None:
    assert {kind.name for kind in known_policies().values() if kind.area == "price"} == PRICES
