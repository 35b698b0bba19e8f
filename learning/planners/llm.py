"""The planner `llm`: a language model proposes what to do, now and next; the sampler chooses among the proposals.

The odds follow from the advice and from what was learned, so that they are as exact as the sampler's. What the
model says is believed in nothing: an answer that names what is not open, or breaks any other rule, is passed over,
and the sampler chooses by itself.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from journeys.times import Duration
from learning.planners import sampler
from learning.planners.interface import Advice, Inquiry, Learner, Plan, Question, drawn

_INSTRUCTIONS = """\
You advise which option a customer journey takes for one customer. You are given, as JSON: what the journey is \
about, how often the decision was taken before for this customer ("turn"), what is known of them ("features"; one \
that is not there is not known), and the options. Propose at most {proposals} plans, the best first. A plan is a \
list of 1 to {ahead} options, in the order they are taken: the first one now. Use no option that is not listed. \
Give your confidence that the first plan is the best, from 0 to 1, and one short sentence why, for the log. You \
write nothing that a customer reads."""


class Settings(sampler.Settings):
    """The settings of this planner: those of the sampler that stands behind it, and its own."""

    about: str = Field(default="", max_length=4_000)
    """What the model is told of the journey: what it is for, and what each option means."""
    proposals: int = Field(default=3, ge=1, le=10)
    """How many plans the model may propose; the sampler chooses among them."""
    ahead: int = Field(default=1, ge=1, le=5)
    """How many options a plan may have. Only the first is taken; an agent asks again at its next turn."""
    sure: float = Field(default=0.3, ge=0, le=1)
    """A confidence below this is none: the sampler then chooses by itself."""
    patience: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(seconds=20))] = timedelta(seconds=8)
    """How long an answer is waited for."""
    daily_tokens: int = Field(default=200_000, ge=0)
    """What the model may cost this journey in one day, in UTC."""


def plan(question: Question) -> Plan:
    """Draw one of the proposals by the sampler's odds, never less than the floor for every open option.

    Where the advice is missing or is not sound, draw as the sampler does, and say why.
    """
    usual, settings = sampler.plan(question), Settings.model_validate(question.settings)
    advice = question.advice or Advice(missing="no language model was asked")
    unsound = _unsound(advice, question.options, settings)
    if unsound:
        return replace(usual, why=f"without advice, for {unsound}; {usual.why}")
    proposed = {each[0] for each in advice.plans}
    share = sum(usual.probabilities[option] for option in proposed)
    even = settings.floor / len(question.options)
    odds = [
        even + (1 - settings.floor) * (usual.probabilities[option] / share if option in proposed else 0.0)
        for option in question.options
    ]
    plans = "; ".join(", then ".join(each) for each in advice.plans)
    why = f"proposed, {advice.confidence:.0%} sure: {plans} ({advice.because}); drawn by what was learned"
    chosen = drawn(question, odds, why, usual.version)
    return replace(chosen, confidence=min(advice.confidence, chosen.probability), expected=usual.expected)


def learner(settings: Mapping[str, Any], features: Collection[str]) -> Learner:
    """As the sampler learns: what one of them learned at a decision point is known to the other. Raises
    pydantic.ValidationError for settings that are none."""
    own = sampler.Settings.model_fields.keys()
    return sampler.learner(Settings.model_validate(settings).model_dump(include=set(own)), features)


def inquiry(question: Question) -> Inquiry:
    """What the model is asked: the features that the decision declares, and nothing else of the customer."""
    settings = Settings.model_validate(question.settings)
    facts = {
        "about": settings.about,
        "turn": question.turn,
        "features": dict(question.features),
        "options": list(question.options),
    }
    return Inquiry(
        instructions=_INSTRUCTIONS.format(proposals=settings.proposals, ahead=settings.ahead),
        facts=json.dumps(facts, ensure_ascii=False),
        options=question.options,
        proposals=settings.proposals,
        ahead=settings.ahead,
        patience=settings.patience.total_seconds(),
        daily_tokens=settings.daily_tokens,
    )


def _unsound(advice: Advice, options: Collection[str], settings: Settings) -> str:
    """Why advice is not taken; empty when it is."""
    if advice.missing:
        return advice.missing
    strange = next((option for each in advice.plans for option in each if option not in options), None)
    if strange is not None:
        return f"the model named '{strange[:40]}', which is not open"
    if not 1 <= len(advice.plans) <= settings.proposals:
        return f"the model proposed {len(advice.plans)} plans, and 1 to {settings.proposals} were asked for"
    if not all(1 <= len(each) <= settings.ahead for each in advice.plans):
        return f"the model proposed a plan that has not 1 to {settings.ahead} options"
    if not 0 <= advice.confidence <= 1:
        return f"the model is {advice.confidence:g} sure, which no one can be"
    if advice.confidence < settings.sure:
        return f"the model is only {advice.confidence:.0%} sure"
    return ""
