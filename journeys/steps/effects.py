"""Steps that others notice, and that a person may have to approve first: messages and business actions."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from journeys.conditions import Condition
from journeys.parts import (
    ApprovalRule,
    ChannelOrder,
    IfHeld,
    Offer,
    Part,
    Purpose,
    StepId,
    Word,
    group_alone,
    one_alone,
)

if TYPE_CHECKING:
    from journeys.steps.kinds import Step

Asking = Annotated[ApprovalRule | None, BeforeValidator(group_alone)]
DISCOUNT = "discount"
"""What of an offer an approver may be allowed to lower."""


class Send(Part):
    """Send approved content, within the policies, over the first channel that will do.

    `order` says which is the first: that which is written first, or that over which this customer is reached and
    answers best. `otherwise` is done when it surely did not leave.
    """

    id: StepId = ""
    send: Annotated[list[str], Field(min_length=1), BeforeValidator(one_alone)]
    order: ChannelOrder = "as written"
    if_held: IfHeld = "wait"
    """What becomes of it when it may only leave later, as after quiet hours: it waits, over as long as is said at
    the most since the step began, or counts as forbidden."""
    content: str
    purpose: Purpose = "marketing"
    offer: Offer | None = None
    approval: Asking = None
    otherwise: "list[Step]" = []

    @model_validator(mode="after")
    def _has_an_offer_to_leave_out(self) -> "Send":
        if self.offer is None:
            _no_offer_to_leave_out(self.approval)
        _nothing_else_to_edit(self.approval, [DISCOUNT] if self.offer else [])
        return self

    @model_validator(mode="after")
    def _there_is_an_order(self) -> "Send":
        if self.order != "as written" and len(self.send) < 2:
            message = "there is one channel, and nothing to order"
            raise PydanticCustomError("one_channel", message, {"path": ("order",)})
        return self


class Act(Part):
    """A business action by a tool, such as a coupon or a refund. `with` gives its values as expressions."""

    id: StepId = ""
    act: Word
    given: dict[str, Condition] = Field(alias="with", default_factory=dict)
    approval: Asking = None
    otherwise: "list[Step]" = []

    @model_validator(mode="after")
    def _is_done_or_not(self) -> "Act":
        _no_offer_to_leave_out(self.approval)
        _nothing_else_to_edit(self.approval, self.given)
        return self


def _no_offer_to_leave_out(rule: ApprovalRule | None) -> None:
    if rule and rule.otherwise == "send_without_offer":
        message = "there is no offer here to leave out; let it 'skip' or 'stop'"
        raise PydanticCustomError("no_offer", message, {"path": ("approval", "otherwise")})


def _nothing_else_to_edit(rule: ApprovalRule | None, there: Collection[str]) -> None:
    for number, name in enumerate(rule.edit if rule else ()):
        if name not in there:
            told = {"name": name, "path": ("approval", "edit", number), "there": ", ".join(there) or "nothing"}
            raise PydanticCustomError("not_editable", "there is no '{name}' here to edit; there is: {there}", told)
