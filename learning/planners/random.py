"""The planner `random`: any option, each as likely as another."""

from learning.planners.interface import Plan, Question, drawn


def plan(question: Question) -> Plan:
    """Draw one of the options, whatever is known."""
    count = len(question.options)
    return drawn(question, [1 / count] * count, f"one of {count}, at random")
