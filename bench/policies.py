"""What judging costs: microseconds of CPU for each policy, beside the making of its verdict alone.

`python -m bench.policies`. The facts are those of a busy customer: sixty contacts in a month, a dozen consents.
"""

import argparse
import time
from datetime import UTC, datetime, timedelta
from statistics import median

from rich.console import Console
from rich.table import Table

from policies.model import Action, Allow, Consent, Contact, Facts, Health, Place, Policy, rule
from policies.registry import known_policies

_NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
_ROUNDS = 9


_CHANNELS = ("email", "sms", "whatsapp", "banner")
"""Some policies make short work of all channels but one: each is measured where it costs most."""


def busy_customer(channel: str = "email") -> Facts:
    """Facts of which no policy that is switched on without settings makes short work on every channel. They are of
    someone in a country of many zones, while it is day in some of them."""
    channels = ("email", "push", "sms", "whatsapp")
    return Facts(
        now=_NOW,
        action=Action(
            journey="j",
            step_id="s",
            channel=channel,
            purpose="marketing",
            content="c",
            discount=4,
            margin=40,
            one_click=True,
            language="en",
            text="Northwind: reply STOP to end",
        ),
        time_zone=None,
        place=Place(country="US"),
        locale="en-GB",
        consents=tuple(
            Consent(channel=c, purpose="marketing", granted=True, source="form", at=_NOW - timedelta(days=day))
            for c in channels
            for day in (1, 40, 400)
        ),
        contacts=tuple(
            Contact(
                channel=channels[n % 4], purpose="transactional", at=_NOW - timedelta(hours=12 * n), journey="k"
            )
            for n in range(60, 0, -1)
        ),
        attributes={"orders": {"value": 10.0, "count": 3}, "birth_date": "1980-01-01"},
        customer_id="c_1",
        health=Health(delivered=10_000, bounced=10, complained=1),
        volumes=(900, 1_000, 1_100, 950, 1_020, 990, 1_000),
        audiences=(300, 330, 360, 310, 340, 330, 350),
    )


def cpu_microseconds(judge: Policy | None, facts: Facts, times: int) -> float:
    """CPU time of one judgement; without a policy, of making a verdict. The median of several rounds."""
    rounds: list[float] = []
    for _ in range(_ROUNDS):
        began = time.process_time_ns()
        for _ in range(times):
            judge.judge(facts) if judge else Allow()
        rounds.append((time.process_time_ns() - began) / times / 1_000)
    return median(rounds)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--times", type=int, default=2_000, help="judgements a round (default 2000)")
    times = arguments.parse_args().times
    facts, floor = busy_customer(), cpu_microseconds(None, busy_customer(), times)
    kinds = {name: kind for name, kind in sorted(known_policies().items()) if name != "rules"}
    rules = known_policies()["rules"].model_validate(
        {"weekend": {"when": "action.channel == 'sms' && customer.orders.count == 0", "message": "m"}}
    )
    policies = [*(kind() for kind in kinds.values()), rules]
    table = Table("policy", "µs", "times a bare verdict", box=None)
    for policy in policies:
        spent = max(cpu_microseconds(policy, busy_customer(channel), times) for channel in _CHANNELS)
        table.add_row(policy.name, f"{spent:.1f}", f"{spent / floor:.0f}", style="bold" if spent > 50 else "")
    console = Console()
    console.print(table)
    ruling = rule(policies, facts)
    console.print(f"\nA bare verdict costs {floor:.2f} µs. All policies together said: {ruling.verdict.verdict}.")


if __name__ == "__main__":
    main()
