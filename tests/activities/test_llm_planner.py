"""The planner `llm` asks a language model, believes it in nothing, and is never stopped by it."""

import json
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from activities.planning.advising import Advising
from activities.planning.deciding import Deciding
from activities.planning.language_model import LanguageModel, NotInstalled, load_language_model
from activities.planning.masking import Mask, Seen
from learning.planners import llm
from learning.planners.interface import Plan, Question
from store.database import Database
from store.tables import Customer, PlannerDecision, Span
from tests.activities.conftest import attempt, rows
from tests.activities.language_models import KEY, Endpoint, endpoint
from tests.activities.test_deciding import OPTIONS, request

SETTINGS = {"about": "We win back shoppers.", "patience": "20s", "floor": 0.03, "ahead": 2}
PROPOSAL = {"plans": [["mail", "chat"], ["push"]], "confidence": 0.8, "because": "Two quiet weeks."}
EVEN = pytest.approx(dict.fromkeys(OPTIONS, 1 / 3))


@pytest.fixture
def endpoint_here() -> Iterator[Endpoint]:
    with endpoint() as found:
        yield found


@pytest.fixture
async def model(endpoint_here: Endpoint) -> AsyncGenerator[LanguageModel]:
    found = LanguageModel(url=endpoint_here.url, model="small", key=SecretStr(KEY))
    yield found
    await found.close()


async def planned(model: LanguageModel, **settings: Any) -> tuple[Plan, int]:
    """A decision among mail, push and chat, and what it cost in tokens."""
    question = Question("d_1", OPTIONS, features={"visits": 3.0}, settings=SETTINGS | settings)
    answered = await model.ask(llm.inquiry(question))
    advised = Question("d_1", OPTIONS, settings=SETTINGS | settings, advice=answered.advice)
    return llm.plan(advised), answered.tokens


async def test_the_sampler_chooses_among_the_proposals_and_the_odds_are_exact(
    model: LanguageModel, endpoint_here: Endpoint
):
    endpoint_here.says = PROPOSAL
    plan, tokens = await planned(model)
    assert plan.probabilities == pytest.approx({"mail": 0.495, "push": 0.495, "chat": 0.01})
    assert plan.why.startswith("proposed, 80% sure: mail, then chat; push (Two quiet weeks.)")
    assert tokens == 240


async def test_a_long_reason_is_told_in_brief(model: LanguageModel, endpoint_here: Endpoint):
    endpoint_here.says = PROPOSAL | {"because": "so " * 200}
    plan, _ = await planned(model)
    assert plan.why.startswith("proposed, 80% sure: mail, then chat; push (so so")
    assert plan.why.count("so ") <= 101


async def test_only_declared_features_and_what_the_author_wrote_leave(
    model: LanguageModel, endpoint_here: Endpoint
):
    endpoint_here.says = PROPOSAL
    await planned(model)
    [asked] = endpoint_here.asked
    assert json.loads(asked["messages"][-1]["content"]) == {
        "about": "We win back shoppers.",
        "turn": 0,
        "features": {"visits": 3.0},
        "options": ["mail", "push", "chat"],
    }


async def test_a_plan_is_no_surer_than_the_model(model: LanguageModel, endpoint_here: Endpoint):
    endpoint_here.says = PROPOSAL | {"plans": [["mail"]], "confidence": 0.4}
    plan, _ = await planned(model)
    assert (plan.option, plan.probability, plan.confidence) == ("mail", pytest.approx(0.98), 0.4)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (PROPOSAL | {"plans": [["fax"]]}, "the model answered with no proposal"),
        (PROPOSAL | {"plans": []}, "the model answered with no proposal"),
        (PROPOSAL | {"plans": [["mail"] * 3]}, "the model answered with no proposal"),
        (PROPOSAL | {"confidence": 7}, "the model answered with no proposal"),
        ('{"plans": [["mail"', "the model answered with no proposal"),
        ("I would send a mail!", "the model answered with no proposal"),
        ("", "the model answered with no proposal"),
        (PROPOSAL | {"confidence": 0.1}, "the model is only 10% sure"),
    ],
)
async def test_what_is_no_sound_answer_leaves_the_choice_to_the_sampler_and_is_paid_for(
    model: LanguageModel, endpoint_here: Endpoint, says: Any, why: str
):
    endpoint_here.says = says
    plan, tokens = await planned(model)
    assert plan.why.startswith(f"without advice, for {why}")
    assert (plan.probabilities, tokens) == (EVEN, 240)
    assert len(endpoint_here.asked) == 1


async def test_a_slow_model_is_not_waited_for_and_counts_as_the_most_it_may_have_cost(
    model: LanguageModel, endpoint_here: Endpoint
):
    endpoint_here.stalls.clear()
    plan, tokens = await planned(model, patience="1s")
    assert plan.why.startswith("without advice, for the model took longer than 1 s")
    assert (plan.probabilities, tokens > 400) == (EVEN, True)


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_model_that_cannot_be_asked_costs_nothing_and_is_not_asked_again(
    model: LanguageModel, endpoint_here: Endpoint, status: int
):
    """A rate limit asks to come back in a minute: the decision does not wait for it."""
    endpoint_here.says, endpoint_here.status = PROPOSAL, status
    plan, tokens = await planned(model)
    assert plan.why.startswith(f"without advice, for the model could not be asked: status_code: {status}")
    assert (plan.probabilities, tokens, len(endpoint_here.asked)) == (EVEN, 0, 1)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"key": SecretStr("sk-other")}, "Incorrect API key"),
        ({"model": "smal"}, "The model `smal` does not exist"),
    ],
)
async def test_a_wrong_key_or_model_is_told_in_the_endpoint_s_words(
    model: LanguageModel, endpoint_here: Endpoint, settings: dict[str, Any], why: str
):
    wrong = model.model_copy(update=settings)
    plan, tokens = await planned(wrong)
    await wrong.close()
    assert why in plan.why
    assert (plan.probabilities, tokens, endpoint_here.asked) == (EVEN, 0, [])


@pytest.mark.parametrize("ends", ["length", "content_filter"])
async def test_an_answer_that_was_cut_off_is_none(model: LanguageModel, endpoint_here: Endpoint, ends: Any):
    endpoint_here.says, endpoint_here.ends = '{"plans": [["mail"', ends
    plan, tokens = await planned(model)
    assert plan.why.startswith("without advice, for the model answered with no proposal")
    assert (plan.probabilities, tokens) == (EVEN, 240)


async def test_a_model_that_declines_gives_no_advice(model: LanguageModel, endpoint_here: Endpoint):
    endpoint_here.says = None
    plan, _ = await planned(model)
    assert "I'm sorry, I cannot assist with that request." in plan.why
    assert plan.probabilities == EVEN


@pytest.mark.parametrize("trouble", ["html", "no choices", "cut off"])
async def test_what_is_no_answer_at_all_never_stops_a_decision(
    model: LanguageModel, endpoint_here: Endpoint, trouble: Any
):
    endpoint_here.says, endpoint_here.trouble = PROPOSAL, trouble
    plan, _ = await planned(model)
    assert plan.why.startswith("without advice, for the model ")
    assert plan.probabilities == EVEN


async def test_a_cost_that_is_not_told_counts_as_the_most_it_may_have_been(
    model: LanguageModel, endpoint_here: Endpoint
):
    endpoint_here.says, endpoint_here.trouble = PROPOSAL, "no usage"
    plan, tokens = await planned(model)
    assert (plan.why.startswith("proposed"), tokens > 400) == (True, True)


async def test_an_option_that_was_closed_while_the_model_thought_is_not_taken(
    model: LanguageModel, endpoint_here: Endpoint
):
    endpoint_here.says = PROPOSAL
    asked = Question("d_1", OPTIONS, settings=SETTINGS)
    advice = (await model.ask(llm.inquiry(asked))).advice
    plan = llm.plan(Question("d_1", ("mail", "push"), settings=SETTINGS, advice=advice))
    assert plan.why.startswith("without advice, for the model named 'chat', which is not open")


class _AllOpen(Mask):
    def __init__(self) -> None:
        """Nothing is forbidden."""

    async def look(self, *_: Any) -> Seen:
        return Seen()


async def test_tokens_are_in_the_log_and_the_trace_and_end_with_the_days_budget(
    model: LanguageModel, endpoint_here: Endpoint, database: Database, customer: Customer
):
    deciding = Deciding(database, _AllOpen(), Advising(database, model))
    endpoint_here.says = PROPOSAL
    for pass_ in (0, 0, 1, 2):
        await attempt(deciding.decide, request("llm", pass_, settings=SETTINGS | {"daily_tokens": 300}))
    decisions = sorted(await rows(database, PlannerDecision), key=lambda row: row.turn)
    assert [row.advice["input_tokens"] + row.advice["output_tokens"] for row in decisions] == [240, 240, 0]
    assert decisions[2].why.startswith("without advice, for the 300 tokens of the day are spent")
    assert len(endpoint_here.asked) == 2
    chat = next(span for span in await rows(database, Span) if span.kind == "client")
    told = {name: value for name, value in chat.attributes.items() if name.startswith("gen_ai.")}
    assert (chat.name, told) == (
        "chat small",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "small",
            "gen_ai.response.model": "small-2026",
            "gen_ai.usage.input_tokens": 210,
            "gen_ai.usage.output_tokens": 30,
        },
    )


def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pydantic_ai.models.openai", None)
    file = tmp_path / "sojourn.yaml"
    file.write_text("llm: {url: 'https://models.example/v1', model: small}\n")
    with pytest.raises(NotInstalled, match=r"pip install 'sojourn\[llm\]'"):
        load_language_model({"url": "https://models.example/v1", "model": "small"}, file)
