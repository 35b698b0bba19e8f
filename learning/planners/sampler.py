"""The planner `sampler`: as likely as an option is the best one, by what was learned. The default learner."""

from learning.planners.interface import Plan, Question, drawn

NEEDS = ("model",)


def plan(question: Question) -> Plan:
    """Draw an option with the probability that it is the best, never less than the floor of exploration.

    Where nothing was learned yet, every option is as likely as another.
    """
    if question.model is None:
        count = len(question.options)
        return drawn(question, [1 / count] * count, "nothing is known yet: each as likely as another")
    probabilities = question.model.probabilities(question.options, question.features)
    best = max(zip(probabilities, question.options, strict=True))
    why = f"'{best[1]}' is the likeliest to be best, at {best[0]:.0%}; drawn by these odds"
    return drawn(question, probabilities, why, question.model.version)
