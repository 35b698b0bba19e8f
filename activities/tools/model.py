"""What every tool is. It fails as a provider does: `RetryLater`, `Refused` or `OutcomeUnknown`."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

ToolResult = dict[str, str | int | float | bool]


class Tool(BaseModel, ABC):
    """One business action. Its fields are its settings under `tools` in `sojourn.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    sensitive: ClassVar[bool]
    """Whether a person must always agree, because it gives money or cannot be taken back."""
    repeatable: ClassVar[bool] = False
    """Whether what may have been done can be done again, because the same action id never counts twice."""
    arguments: ClassVar[type[BaseModel]]
    """What a step must give it."""

    @abstractmethod
    async def do(self, given: Any, customer_id: str, action_id: str, now: datetime) -> ToolResult:
        """Do it for a customer, and say what conditions may see of it. `given` is of the type `arguments`.

        With a `repeatable` tool the same `action_id` never does it twice. Raises a SendError, and nothing else.
        """
