"""What SES says in the messages of a configuration set or of an identity's feedback.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from starter.webhooks.mail_ids import delivery_named
from starter.webhooks.model import Report, Told, Unknown, read_as

_TOLD: dict[str, Told] = {
    "Send": "accepted",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "failed",
    "Rendering Failure": "failed",
    "Open": "opened",
    "Click": "clicked",
}
_NOT_SPAM = "not-spam"


class _Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _CommonHeaders(_Camel):
    message_id: str = ""


class _Mail(_Camel):
    message_id: str
    timestamp: AwareDatetime
    destination: list[str] = Field(default_factory=list)
    tags: dict[str, list[str]] = Field(default_factory=dict)
    common_headers: _CommonHeaders = _CommonHeaders()


class _Recipient(_Camel):
    email_address: str
    status: str = ""


class _Facts(_Camel):
    """What any kind of event says; each has some of it."""

    timestamp: AwareDatetime | None = None
    bounce_type: Literal["", "Undetermined", "Permanent", "Transient"] = ""
    bounce_sub_type: str = ""
    bounced_recipients: list[_Recipient] = Field(default_factory=list[_Recipient])
    complained_recipients: list[_Recipient] = Field(default_factory=list[_Recipient])
    complaint_feedback_type: str | None = None
    link: str = ""
    reason: str = ""
    error_message: str = ""


class _Event(_Camel):
    kind: str = Field(validation_alias=AliasChoices("eventType", "notificationType"))
    mail: _Mail
    bounce: _Facts = _Facts()
    complaint: _Facts = _Facts()
    delivery: _Facts = _Facts()
    delivery_delay: _Facts = _Facts()
    open: _Facts = _Facts()
    click: _Facts = _Facts()
    reject: _Facts = _Facts()
    failure: _Facts = _Facts()


def read(message: str, message_id: str) -> Sequence[Report | Unknown]:
    """The event in an SNS message, once for each recipient it names. Raises Unreadable."""
    event = read_as(_Event, message)
    told = _TOLD.get(event.kind)
    facts = _facts(event)
    if told is None or facts.complaint_feedback_type == _NOT_SPAM:
        return [Unknown(event.kind)]
    named = [r.email_address for r in (*facts.bounced_recipients, *facts.complained_recipients)]
    return list(_reports(event, told, facts, named or event.mail.destination[:1] or [""], message_id))


def _reports(
    event: _Event, told: Told, facts: _Facts, recipients: Sequence[str], message_id: str
) -> Iterator[Report]:
    hard = facts.bounce_type == "Permanent"
    for number, recipient in enumerate(recipients):
        yield Report(
            id=f"{message_id}-{number}",
            told=told,
            at=facts.timestamp or event.mail.timestamp,
            delivery_id=_delivery(event.mail),
            provider_id=event.mail.message_id,
            address=recipient,
            details=_details(facts, told, hard=hard),
            dead=hard or told == "complained",
        )


def _facts(event: _Event) -> _Facts:
    facts = {
        "Bounce": event.bounce,
        "Complaint": event.complaint,
        "Delivery": event.delivery,
        "DeliveryDelay": event.delivery_delay,
        "Open": event.open,
        "Click": event.click,
        "Reject": event.reject,
        "Rendering Failure": event.failure,
    }
    return facts.get(event.kind, _Facts())


def _details(facts: _Facts, told: Told, *, hard: bool) -> dict[str, Any]:
    match told:
        case "bounced":
            return {"bounce": "hard" if hard else "soft", "code": facts.bounce_sub_type}
        case "failed":
            return {"code": (facts.reason or facts.error_message)[:200], "class": "rejected"}
        case "clicked":
            return {"url": facts.link}
        case _:
            return {}


def _delivery(mail: _Mail) -> str:
    """Our id: the tag that a send over the API gives it, or the Message-ID of a mail sent over SMTP."""
    tagged = mail.tags.get("delivery_id", [])
    return tagged[0] if tagged else delivery_named(mail.common_headers.message_id)
