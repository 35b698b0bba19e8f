"""A refund, made by the shop's own payment service over HTTP. A person must always agree."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, ConfigDict, Field

from activities.channels.model import OutcomeUnknown, Refused, RetryLater
from activities.tools.model import Tool, ToolResult

_TIMEOUT_S = 15.0


class RefundArguments(BaseModel):
    """Which order, and how much of it, in its own currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: str = Field(min_length=1)
    amount: float = Field(gt=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Refund(Tool):
    """POST the refund to `url` with the action's id as `Idempotency-Key`, which the service must honour, so
    that an attempt whose answer was lost is made again and still refunds once."""

    name: ClassVar[str] = "refund"
    sensitive: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True
    arguments: ClassVar[type[BaseModel]] = RefundArguments

    url: str
    token: str

    async def do(self, given: Any, customer_id: str, action_id: str, now: datetime) -> ToolResult:
        """Ask for the refund. Raises RetryLater, Refused or OutcomeUnknown."""
        refund = RefundArguments.model_validate(given)
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": action_id}
        body = {"customer_id": customer_id, **refund.model_dump()}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as http:
                answer = await http.post(self.url, json=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise RetryLater("refund.unreachable", f"the payment service is not there: {error}") from error
        except httpx.TransportError as error:
            raise OutcomeUnknown("refund.no_answer", f"the payment service did not answer: {error}") from error
        if answer.status_code in (429, 503):
            after = answer.headers.get("retry-after", "")
            wait = timedelta(seconds=int(after)) if after.isdigit() else None
            raise RetryLater(f"refund.{answer.status_code}", "the payment service cannot do it now", wait)
        if answer.status_code >= 500:
            raise OutcomeUnknown(f"refund.{answer.status_code}", "the payment service failed")
        if answer.status_code >= 400:
            raise Refused(f"refund.{answer.status_code}", answer.text[:200])
        try:
            return {"refund_id": str(answer.json()["id"]), "amount": refund.amount}
        except (ValueError, KeyError, TypeError) as error:
            raise OutcomeUnknown("refund.answer", "the payment service's answer names no refund") from error
