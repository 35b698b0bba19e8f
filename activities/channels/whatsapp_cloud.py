"""WhatsApp over Meta's Cloud API: approved templates, which may be sent at any time, and free texts, which may be
sent for 24 hours after the customer wrote."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, Field

from activities.channels.answers import (
    DEAD_ADDRESS,
    OPTED_OUT,
    REFUSED,
    STOPPED,
    WRONG_CONTENT,
    WRONG_SETUP,
    Meaning,
    Retry,
    asked_to_wait,
    failure,
)
from activities.channels.fields import read_fields
from activities.channels.http import BaseUrl, HeaderSecret, HttpProvider, bearer, read_answer
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage, Refused, SendError
from content.rendering import Rendered
from content.shapes import WhatsappFields
from content.vendor_templates import filled_in

_PHONE = re.compile(r"\+?[1-9][0-9]{6,14}")
_BREAKS_A_TEMPLATE = re.compile(r"[\r\n\t]| {5}")
_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""By which Meta names someone to one business, whose phone number it keeps to itself."""
_LONGEST_CALLBACK = 512
_WINDOW_CLOSED = 131047
_OURS = ("otherwise", "reads")
"""What Meta is not sent: the form for when the first is not taken, and what a template reads as, for approvers."""

# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. Branch on these alone, never on
# the title or the HTTP status.
_ERRORS: dict[int, Meaning] = {
    # permissions, access token
    **dict.fromkeys((0, 3, 10, 190, *range(200, 300)), STOPPED),
    # account, payment, integrity; a number that may not be used; spam and quality limits: a person must look
    **dict.fromkeys((33, 368, 131005, 131031, 131037, 131042, 131044, 131048, 131064), STOPPED),
    130497: WRONG_SETUP,  # the account may not write to people in this country
    131030: WRONG_SETUP,  # the recipient is not on the list of a test number
    **dict.fromkeys((131062, 131063), WRONG_SETUP),  # not to user ids; no marketing templates
    # rate limits
    4: Retry(timedelta(minutes=1), everyone=True),
    80007: Retry(timedelta(minutes=1), everyone=True),
    130429: Retry(everyone=True),
    131056: Retry(timedelta(seconds=6)),
    # Meta's own trouble
    **dict.fromkeys((1, 2, 131000, 131016, 131052, 131053, 131057, 135000), Retry()),
    # this recipient, this time; another channel may still reach them
    131021: REFUSED,  # it is our own number
    130472: REFUSED,  # in an experiment of Meta's
    131049: REFUSED,  # had enough marketing for at least a day
    131050: OPTED_OUT,  # stopped marketing
    137000: REFUSED,  # changed identity
    131026: DEAD_ADDRESS,
    # what we sent
    **dict.fromkeys((100, 131008, 131009, 131047, 131051), WRONG_CONTENT),
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012), WRONG_CONTENT),
    **dict.fromkeys((132015, 132016, 132068, 132069), WRONG_CONTENT),  # the template is paused or blocked
}


class WhatsAppCloud(HttpProvider):
    """Settings: the sending number's id, a system user's token, and where the API is."""

    channel: ClassVar[str] = "whatsapp"
    provider: ClassVar[str] = "whatsapp_cloud"
    address_kind: ClassVar[AddressKind] = "phone"
    other_kind: ClassVar[AddressKind | None] = "whatsapp_user_id"

    phone_number_id: str = Field(pattern=r"^[0-9]+$")
    token: HeaderSecret
    url: BaseUrl = "https://graph.facebook.com/v23.0"

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make a free text, a template message, or both: the template for when the text may not be sent.

        Raises Refused for what the Cloud API would never take.
        """
        by_id = self.kind_of(recipient) == "whatsapp_user_id"
        if not by_id and not _PHONE.fullmatch(recipient):
            reason = "this is neither a phone number in E.164 nor a user id of WhatsApp"
            raise Refused("whatsapp_cloud.bad_phone", reason, "deactivate_address")
        if len(delivery_id) > _LONGEST_CALLBACK:
            raise Refused("whatsapp_cloud.long_id", f"delivery ids have at most {_LONGEST_CALLBACK} characters")
        fields = read_fields(WhatsappFields, rendered)
        shared = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "recipient" if by_id else "to": recipient,
            "biz_opaque_callback_data": delivery_id,
        }
        forms = [{**shared, **form} for form in _forms(fields, rendered.template_text)]
        body = {**forms[0], "otherwise": forms[1]} if len(forms) > 1 else forms[0]
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    def kind_of(self, recipient: str) -> AddressKind:
        """A phone number, or WhatsApp's own id for someone who shows none."""
        return "whatsapp_user_id" if _USER_ID.fullmatch(recipient) else "phone"

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give the message's `wamid`. It means accepted; a webhook tells whether it arrived.

        Meta alone knows surely whether the customer's 24 hours are over: a free text that it does not take for
        this reason surely did not leave, and the template goes in its place.
        """
        otherwise = message.body.get("otherwise")
        answer = await self._post(message.body)
        if otherwise and _code(answer) == _WINDOW_CLOSED:
            answer = await self._post(otherwise)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        sent = read_answer(_Sent, answer)
        if sent is None:
            raise OutcomeUnknown("whatsapp_cloud.no_id", "the Cloud API said yes but gave no message id")
        return sent.messages[0].id

    async def _post(self, body: dict[str, Any]) -> httpx.Response:
        url = f"{self.url}/{self.phone_number_id}/messages"
        sent = {name: part for name, part in body.items() if name not in _OURS}
        return await self.post(url, bearer(self.token.get_secret_value()), json=sent)

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        read = read_answer(_ErrorAnswer, answer)
        if read is None:
            return self.unexplained(answer, f"http_{answer.status_code}", "")
        told = read.error
        meaning = _ERRORS.get(told.code, Retry() if told.is_transient else None)
        if meaning is None:
            return self.unexplained(answer, str(told.code), "")
        wait = asked_to_wait(answer.headers.get("Retry-After"))
        reason = f"{told.message} {told.error_data.details}"
        return failure(meaning, f"whatsapp_cloud.{told.code}", reason, recipient, wait)


class _SentMessage(BaseModel):
    id: str = Field(min_length=1)


class _Sent(BaseModel):
    messages: tuple[_SentMessage, ...] = Field(min_length=1)


class _ErrorData(BaseModel):
    details: str = ""


class _Error(BaseModel):
    code: int
    message: str = ""
    is_transient: bool = False
    error_data: _ErrorData = _ErrorData()


class _ErrorAnswer(BaseModel):
    error: _Error


def _code(answer: httpx.Response) -> int | None:
    read = None if answer.is_success else read_answer(_ErrorAnswer, answer)
    return read.error.code if read else None


def _forms(fields: WhatsappFields, template_text: str) -> Iterator[dict[str, Any]]:
    """The ways in which it may leave, the preferred one first."""
    if text := _text_form(fields):
        yield text
    if template := _template_form(fields):
        yield template | ({"reads": filled_in(template_text, fields.parameters)} if template_text else {})


def _text_form(fields: WhatsappFields) -> dict[str, Any] | None:
    return {"type": "text", "text": {"body": fields.text, "preview_url": False}} if fields.text.strip() else None


def _template_form(fields: WhatsappFields) -> dict[str, Any] | None:
    if not fields.template:
        return None
    template: dict[str, Any] = {"name": fields.template, "language": {"code": fields.language}}
    if parameters := [_text(parameter) for parameter in fields.parameters]:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return {"type": "template", "template": template}


def _text(value: str) -> dict[str, str]:
    """A template's parameter. Raises Refused for what breaks a template."""
    if not value.strip() or _BREAKS_A_TEMPLATE.search(value):
        reason = "a template's parameter is empty, or has a line break, a tab or more than four spaces in a row"
        raise Refused("whatsapp_cloud.bad_parameter", reason, "fix_content")
    return {"type": "text", "text": value}
