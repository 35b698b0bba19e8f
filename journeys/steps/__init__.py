"""The steps of a journey: every kind there is, and how to go through them."""

from journeys.steps.choosing import Agent, Arm, Choose, Option, Split, Ways
from journeys.steps.effects import DISCOUNT, Act, Send
from journeys.steps.kinds import VERBS, Approve, Branch, Case, Repeat, RunJourney, Set, Step, Stop, verb
from journeys.steps.naming import given_name, with_ids
from journeys.steps.planned import Planned, conditions_of
from journeys.steps.waiting import Awaited, DateWait, HourWait, Wait, WaitFor
from journeys.steps.walking import Place, blocks, children, expressions, places, walk

__all__ = [
    "DISCOUNT",
    "VERBS",
    "Act",
    "Agent",
    "Approve",
    "Arm",
    "Awaited",
    "Branch",
    "Case",
    "Choose",
    "DateWait",
    "HourWait",
    "Option",
    "Place",
    "Planned",
    "Repeat",
    "RunJourney",
    "Send",
    "Set",
    "Split",
    "Step",
    "Stop",
    "Wait",
    "WaitFor",
    "Ways",
    "blocks",
    "children",
    "conditions_of",
    "expressions",
    "given_name",
    "places",
    "verb",
    "walk",
    "with_ids",
]
