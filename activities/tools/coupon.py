"""A coupon: a code that only this customer's run can have, good until it ends."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from activities.tools.model import Tool, ToolResult


class CouponArguments(BaseModel):
    """How large the discount is, in per cent, and for how many days it is good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    discount: float = Field(gt=0, le=100)
    days: int = Field(default=7, ge=1, le=365)


class Coupon(Tool):
    """Make a coupon code. It derives from the action, so a retry makes the same one; the shop checks it with
    the same `seed` and so needs no list of codes."""

    name: ClassVar[str] = "coupon"
    sensitive: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True
    arguments: ClassVar[type[BaseModel]] = CouponArguments

    prefix: str = Field(default="SJ", pattern=r"^[A-Z0-9]{1,8}$")
    seed: str = ""

    async def do(self, given: Any, customer_id: str, action_id: str, now: datetime) -> ToolResult:
        """Make the code. It cannot fail."""
        coupon = CouponArguments.model_validate(given)
        digest = hashlib.sha256(
            f"{self.seed}\n{customer_id}\n{action_id}\n{coupon.discount:g}".encode()
        ).hexdigest()
        return {
            "code": f"{self.prefix}-{digest[:10].upper()}",
            "discount": coupon.discount,
            "expires_at": (now + timedelta(days=coupon.days)).isoformat(),
        }
