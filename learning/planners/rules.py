"""The planner `rules`: what the decision's own rules say, the first that fits."""

from pydantic import BaseModel, ConfigDict, Field

from journeys.conditions import Condition
from learning.planners.interface import Plan, Question, certain


class Rule(BaseModel):
    """Choose an option when a condition holds."""

    model_config = ConfigDict(extra="forbid")

    when: Condition = Field(alias="if", default="true")
    choose: str


class Settings(BaseModel):
    """The settings of this planner."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(min_length=1)


def plan(question: Question) -> Plan:
    """Take the option of the first rule that holds and whose option is open; else the first open option.

    Raises pydantic.ValidationError when the settings are no rules.
    """
    for number, rule in enumerate(Settings.model_validate(question.settings).rules, start=1):
        fits = rule.when == "true" or rule.when in question.true
        if fits and rule.choose in question.options:
            return certain(question, rule.choose, f"rule {number}: {rule.when}")
    return certain(question, question.options[0], "no rule fits; the first option that is open")
