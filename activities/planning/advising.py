"""Advice for planners that want a language model asked first: within a budget, and outside any transaction."""

from datetime import timedelta

from activities.planning.language_model import Answered, LanguageModel
from activities.spans import part_span
from learning.planners.interface import Advice, Inquiry
from store.database import Database
from store.spending import add_tokens, tokens_spent
from store.tables import Span
from workflows.ports import DecideRequest


class Advising:
    """Asks the project's language model, if it has one."""

    def __init__(self, database: Database, model: LanguageModel | None) -> None:
        self._database = database
        self._model = model

    async def advice(self, request: DecideRequest, inquiry: Inquiry) -> Answered:
        """What the model says, or why it says nothing. What it cost is kept at once, whatever becomes of it."""
        if self._model is None:
            return _unasked("no language model is set up here: 'llm' in sojourn.yaml")
        journey, day = request.run.journey, request.now.date()
        async with self._database.reading() as session:
            spent = await tokens_spent(session, journey, day)
        if spent >= inquiry.daily_tokens:
            return _unasked(f"the {inquiry.daily_tokens} tokens of the day are spent")
        answered = await self._model.ask(inquiry)
        if answered.tokens:
            async with self._database.transaction() as session:
                await add_tokens(session, journey, day, answered.tokens)
        return answered

    def span(self, request: DecideRequest, drawn_by: str, answered: Answered) -> Span | None:
        """The call as the trace tells it, after OpenTelemetry's conventions for generative AI; None when none was
        made."""
        if self._model is None or not answered.seconds:
            return None
        return part_span(
            request,
            f"chat {self._model.model}",
            drawn_by,
            request.now,
            request.now + timedelta(seconds=answered.seconds),
            "advice" if not answered.advice.missing else "no advice",
            answered.advice.missing,
            **{
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": self._model.model,
                "gen_ai.response.model": answered.model or self._model.model,
                "gen_ai.usage.input_tokens": answered.input_tokens,
                "gen_ai.usage.output_tokens": answered.output_tokens,
                "journey.decision.id": drawn_by,
            },
        )


def _unasked(why: str) -> Answered:
    return Answered(Advice(missing=why))
