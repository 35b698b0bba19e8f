"""Whose doing an outcome is: which decision a customer's event counts for, and what each decision is then worth.

An outcome of a message counts for the decision that led to the message, and so does what an approver made of it;
what was done with the content of a slot counts for the decision that put it there, and so does a click in a mail.
What else a customer does counts, at each decision point of a run, for the last decision before it; an agent's
earlier turns get their share of it as the discounted return. The windows of `journeys.rewards` say what comes too
late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journeys.conditions import holds
from journeys.events import IMPLIED, OF_APPROVERS, OF_SLOTS, OUTCOMES, Event
from journeys.parts import EventMatch
from journeys.rewards import GOAL, OF_CUSTOMERS, PURCHASED, Rewards
from learning.features.orders import amount_of
from learning.rewards import Outcome, Reward, discounted, reward


@dataclass(frozen=True)
class Made:
    """One decision, as far as its outcomes matter. Those of one point of a run stand in the order of time."""

    option: str
    at: datetime
    rewards: Rewards
    steps: frozenset[str]
    """The ids of the chosen option's steps."""
    goal: EventMatch | None = None
    id: str = ""
    in_slot: bool = False
    """Whether it put something into a slot: a click on another part of the mail is not its doing."""


NO_STEP: tuple[str, None] = "", None
"""Of what happened to nothing that a step of the run did."""


@dataclass(frozen=True)
class Happened:
    """An event of the customer. Of what became of a message or a proposal, the step it was of, and since when."""

    event: Event
    step_id: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Worth:
    """What a decision is worth by itself, and what it counts with: None while it does not count."""

    reward: Reward
    credit: float | None


def names_of(rewards: Rewards, goal: EventMatch | None) -> frozenset[str]:
    """The names of the events that can be worth something."""
    kinds = rewards.outcomes
    names = {name for name, outcome in OUTCOMES.items() if kinds.keys() & {outcome, *IMPLIED.get(outcome, ())}}
    names |= {name for name, kind in (OF_CUSTOMERS | OF_SLOTS | OF_APPROVERS).items() if kind in kinds}
    names |= {goal.event} if goal and GOAL in kinds else set()
    return frozenset(names | kinds.keys())


def worths(
    made: Sequence[Made], happened: Sequence[Happened], start: Mapping[str, Any], now: datetime, *, agent: bool
) -> list[Worth]:
    """What each of the decisions of one point of a run is worth, by all that is known now.

    `start` is what the goal's condition may name of the event that started the run. For an agent the credit of a
    turn is the discounted return until the end; else it is its own reward.
    """
    outcomes: list[list[Outcome]] = [[] for _ in made]
    for each in _once(happened):
        place = _whose(made, each)
        if place is not None:
            outcomes[place] += _outcomes(each.event, made[place], start)
    rewards = [
        reward(each.rewards, each.option, each.at, found, now) for each, found in zip(made, outcomes, strict=True)
    ]
    if not agent:
        return [Worth(each, each.counts) for each in rewards]
    daily = made[0].rewards.discount if made else 0.0
    returns = discounted([(each.at, own.amount) for each, own in zip(made, rewards, strict=True)], daily)
    known = [any(later.counts is not None for later in rewards[place:]) for place in range(len(rewards))]
    return [
        Worth(own, total if counts else None) for own, total, counts in zip(rewards, returns, known, strict=True)
    ]


def _whose(made: Sequence[Made], happened: Happened) -> int | None:
    """The place of the last decision that an event can be due to; None when it is due to none."""
    if happened.event.name in OF_SLOTS and happened.event.decision:
        return next((place for place, each in enumerate(made) if each.id == happened.event.decision), None)
    of_step = happened.event.name in OUTCOMES or happened.event.name in OF_APPROVERS
    since = happened.since if of_step else happened.event.at
    for place in reversed(range(len(made))):
        if (
            since is not None
            and made[place].at <= since
            and (not of_step or happened.step_id in made[place].steps)
        ):
            return place
    return None


def _outcomes(event: Event, made: Made, start: Mapping[str, Any]) -> list[Outcome]:
    """Every kind of outcome that an event is for a decision."""
    kinds, goal = [event.name], made.goal
    if outcome := OUTCOMES.get(event.name):
        kinds += [outcome, *IMPLIED.get(outcome, ())]
    if outcome == "clicked" and made.in_slot and event.decision != made.id:
        # Who clicked elsewhere in the mail has read it all the same.
        kinds = [*IMPLIED[outcome]]
    if kind := (OF_CUSTOMERS | OF_APPROVERS).get(event.name):
        kinds.append(kind)
    if event.name in OF_SLOTS and event.decision:
        kinds.append(OF_SLOTS[event.name])
    if goal and event.name == goal.event and holds(goal.where, {"event": event.scope(), "start": start}):
        kinds.append(GOAL)
    return [Outcome(event.id, kind, event.at, amount_of(event.properties)) for kind in kinds]


def _once(happened: Sequence[Happened]) -> list[Happened]:
    """In the order of time; an order that the site and the shop's server both tell of is one."""
    orders, found = set[str](), list[Happened]()
    for each in sorted(happened, key=lambda one: (one.event.at, one.event.id)):
        order = str(each.event.properties.get("order_id") or "")
        if OF_CUSTOMERS.get(each.event.name) == PURCHASED and order:
            if order in orders:
                continue
            orders.add(order)
        found.append(each)
    return found
