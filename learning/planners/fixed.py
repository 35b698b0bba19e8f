"""The planner `fixed`: every option in the order it is written."""

from pydantic import BaseModel, ConfigDict

from learning.planners.interface import Plan, Question, certain


class Settings(BaseModel):
    """The settings of this planner."""

    model_config = ConfigDict(extra="forbid")

    because: str = ""
    """Why the order is fixed; told with every choice."""


def plan(question: Question) -> Plan:
    """Take one option a turn; the last one again and again."""
    option = question.options[min(question.turn, len(question.options) - 1)]
    because = Settings.model_validate(question.settings).because
    why = f"turn {question.turn + 1} of a fixed order"
    return certain(question, option, f"{because}: {why}" if because else why)
