"""Asks a language model for a planner's advice: at any OpenAI-compatible endpoint, with the extra `llm`.

What leaves is the inquiry and nothing else. Whatever comes back is either advice, which its planner checks, or the
reason why there is none: a decision never fails because of a language model.
"""

import asyncio
import time
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, create_model

import yamlfile
from activities.channels.http import BaseUrl
from learning.planners.interface import Advice, Inquiry

_BRIEF = 300
"""Letters of why the model proposes what it does; the rest is left out."""
_LETTERS_A_TOKEN = 3
"""At the least, in the languages and JSON that inquiries are written in: for calls whose cost is not told."""
_INSTALL = "The planner `llm` needs a package that is not installed. Install it with: pip install 'sojourn[llm]'"


class NotInstalled(RuntimeError):
    """The extra `llm` is not installed. The message says how to install it."""


@dataclass(frozen=True)
class Answered:
    """What came of one call."""

    advice: Advice
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0
    model: str = ""
    """The one that answered, as the endpoint names it; empty when none did."""

    @property
    def tokens(self) -> int:
        """What the call cost."""
        return self.input_tokens + self.output_tokens


class LanguageModel(BaseModel):
    """The part `llm` of `sojourn.yaml`: which model is asked, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    url: BaseUrl
    """Of the endpoint: `https://api.openai.com/v1`, or that of a server of your own."""
    model: str = Field(min_length=1)
    key: SecretStr = SecretStr("none")
    """Servers of your own often want none."""
    longest: int = Field(default=400, ge=100, le=20_000)
    """Tokens of an answer, those that a model thinks in included; a longer one is cut off, and is none."""

    async def ask(self, inquiry: Inquiry) -> Answered:
        """Ask once. A call that is cut off, or whose cost is not told, counts as the most it may have cost."""
        from openai import OpenAIError
        from pydantic_ai import Agent, NativeOutput, RunUsage, UsageLimits
        from pydantic_ai.exceptions import AgentRunError, ModelAPIError

        agent = Agent(
            self._endpoint,
            output_type=NativeOutput(_proposal(inquiry), name="proposal"),
            instructions=inquiry.instructions,
            retries=0,
        )
        usage, began = RunUsage(), time.monotonic()
        most = len(inquiry.instructions + inquiry.facts) // _LETTERS_A_TOKEN
        try:
            async with asyncio.timeout(inquiry.patience):
                run = await agent.run(
                    inquiry.facts,
                    usage=usage,
                    usage_limits=UsageLimits(request_limit=1),
                    model_settings={"max_tokens": self.longest},
                )
        except TimeoutError:
            advice, name = _none(f"the model took longer than {inquiry.patience:g} s"), ""
        except ModelAPIError as error:
            # Refused or never reached, so that it cost nothing.
            seconds = time.monotonic() - began
            return Answered(_none(f"the model could not be asked: {_first_line(error)}"), seconds=seconds)
        except (AgentRunError, OpenAIError, AttributeError, LookupError, TypeError, ValueError) as error:
            # An answer of another shape is read by the client as if it were right, until something fails on it.
            advice, name = _none(f"the model answered with no proposal: {_first_line(error)}"), ""
        else:
            advice = Advice.model_validate(run.output.model_dump())
            name = run.response.model_name or self.model
        told = usage.input_tokens + usage.output_tokens > 0
        return Answered(
            advice,
            usage.input_tokens if told else most,
            usage.output_tokens if told else self.longest,
            time.monotonic() - began,
            name,
        )

    @cached_property
    def _endpoint(self) -> Any:
        from openai import AsyncOpenAI
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        # No retries: the planner would rather decide without advice than late.
        client = AsyncOpenAI(base_url=self.url, api_key=self.key.get_secret_value(), max_retries=0)
        return OpenAIChatModel(self.model, provider=OpenAIProvider(openai_client=client))

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        if "_endpoint" in self.__dict__:
            await self._endpoint.client.close()


def load_language_model(given: dict[str, Any], where: Path) -> LanguageModel | None:
    """The language model that `sojourn.yaml` names; None when it names none.

    Raises yamlfile.FileProblems for settings that are none, and NotInstalled without the extra.
    """
    if not given:
        return None
    model = read_language_model(given, where)
    try:
        # Here, because it takes seconds to load, in which a worker could do nothing else.
        import_module("pydantic_ai.models.openai")
    except ImportError as error:
        raise NotInstalled(_INSTALL) from error
    return model


def read_language_model(given: dict[str, Any], where: Path) -> LanguageModel:
    """The language model that these settings from `sojourn.yaml` describe. Raises yamlfile.FileProblems."""
    section = yamlfile.read(where).section("llm")
    # The values with the environment's put in, at the places they were read from.
    cast(dict[str, Any], section.root).update(given)
    return yamlfile.validate(LanguageModel, section)


def _proposal(inquiry: Inquiry) -> type[BaseModel]:
    """The shape of an answer: plans of options that are open, and of nothing else."""
    option: Any = Literal[tuple(inquiry.options)]
    a_plan: Any = Annotated[tuple[option, ...], Field(min_length=1, max_length=inquiry.ahead)]
    plans: Any = tuple[a_plan, ...]
    return create_model(
        "Proposal",
        __config__=ConfigDict(extra="forbid"),
        plans=(plans, Field(min_length=1, max_length=inquiry.proposals)),
        confidence=(float, Field(ge=0, le=1)),
        # Strict schemas know no lengths of strings, and the endpoint refuses those that name one.
        because=(Annotated[str, AfterValidator(_briefly)], ...),
    )


def _briefly(because: str) -> str:
    return because[:_BRIEF]


def _none(why: str) -> Advice:
    return Advice(missing=why)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
