"""What its author says of a content above it: what it is for, when it may be used, what it must show.

Whether it is approved is not said here: nobody approves by writing so. See `content.approvals`.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from content.fields import FilledLine, Line
from content.formats import is_language
from journeys.parts import Percent, Purpose

Intent = Literal["research", "comparison", "ready_to_buy", "post_purchase"]


def _known_language(tag: str) -> str:
    if not is_language(tag):
        raise ValueError(f"'{tag}' is not a language; write one such as en or de")
    return tag


def _not_approved_by_itself(status: object) -> object:
    if status == "approved":
        raise ValueError("a file does not approve itself; leave this out and run 'sojourn content publish'")
    return status


Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class FrontMatter(BaseModel):
    """What is said about a content above it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Annotated[Literal["draft", "in_review", "retired"], BeforeValidator(_not_approved_by_itself)] = (
        "in_review"
    )
    """`draft` is not ready to be approved, `retired` no longer leaves, though it was approved once."""
    purpose: Purpose = "marketing"
    topic: Tag | None = None
    """The list that it belongs to: customers who left that are not sent it."""
    language: Annotated[str, AfterValidator(_known_language)] | None = None
    intent: Intent | None = None
    """What whoever it is for is about to do."""
    stage: Tag | None = None
    """Where in their life as a customer they are: `new`, `active`, `lapsing`..."""
    tone: Tag | None = None
    product: str | None = None
    """The id of the product it is about, where the event names none."""
    categories: frozenset[Tag] = frozenset()
    """What it is about beside its product, such as what may not be shown to everyone: `alcohol`, `kitchen`..."""
    offer: Percent | None = None
    """The largest discount it may promise, in per cent."""
    requires: tuple[FilledLine, ...] = ()
    """Texts that each of its bodies must have, such as what the law wants said."""
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    """From when until when it may be used, with the offset to UTC."""
    author: str = ""
    """The address of whoever wrote it, who does not approve it."""
    generated: bool = False
    """Whether a machine wrote it."""
    accept: frozenset[str] = frozenset()
    """The rules of `content check` that it knowingly breaks."""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> "FrontMatter":
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be later than valid_from")
        return self


class EmailFrontMatter(FrontMatter):
    """A mail's subject and preheader are templates too."""

    subject: FilledLine
    preheader: Line = ""
    surface: str = ""
    """The surface of `surfaces.yaml` that it is put together from; its slots are then known as `slots`."""


class WhatsappFrontMatter(FrontMatter):
    """A template's text, which Meta keeps, stands here for whoever approves the message."""

    template_text: Annotated[str, Field(max_length=1024)] = ""
    """As Meta approved it, with `{{1}}`, `{{2}}` where the parameters go. Meta takes no longer one."""
