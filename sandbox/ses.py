"""Amazon SES, version 2: `SendEmail`, held against Amazon's own service model."""

import base64
import binascii
import json
import re
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.aws_signatures import AwsKey, why_not_signed
from sandbox.faults import Fault, Faults
from sandbox.mail_rules import complaints, parse
from sandbox.mailbox import Mailbox, Message
from sandbox.mails import keep_source

_TAG = re.compile(r"[A-Za-z0-9_.@-]{1,256}")

# Kind: HTTP status, message. https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
_ERRORS: dict[str, tuple[int, str]] = {
    "TooManyRequestsException": (429, "Maximum sending rate exceeded."),
    "ThrottlingException": (400, "Maximum sending rate exceeded."),
    "LimitExceededException": (400, "There are too many instances of the specified resource type."),
    "AccountSuspendedException": (400, "Your account's ability to send email has been suspended."),
    "SendingPausedException": (400, "Email sending is currently disabled."),
    "MessageRejected": (400, "Message contains a virus."),
    "MailFromDomainNotVerifiedException": (400, "The MAIL FROM domain isn't verified."),
    "NotFoundException": (404, "Configuration set <none> does not exist."),
    "BadRequestException": (400, "Invalid parameters."),
    "AccessDeniedException": (403, "User is not authorized to perform: ses:SendEmail"),
    "InvalidClientTokenId": (403, "The security token included in the request is invalid."),
    "UnrecognizedClientException": (403, "The security token included in the request is invalid."),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the one you provided."),
    "InvalidSignatureException": (403, "Signature expired."),
    "IncompleteSignature": (403, "Authorization header requires 'Credential' parameter."),
    "ExpiredTokenException": (403, "The security token included in the request is expired."),
    "MissingAuthenticationToken": (403, "Missing Authentication Token"),
    "OptInRequired": (403, "The AWS Access Key Id needs a subscription for the service."),
    "InternalServiceErrorException": (500, "The request failed because of an unknown error."),
    "InternalFailure": (500, "The request failed because of an unknown error."),
    "ServiceUnavailable": (503, "The request failed due to a temporary failure of the server."),
}
_BY_STATUS = {429: "TooManyRequestsException", 500: "InternalFailure", 503: "ServiceUnavailable"}


@dataclass(frozen=True)
class Ses:
    mailbox: Mailbox
    faults: Faults
    key: AwsKey
    region: str
    domain: str
    """The one that may send."""

    async def send(self, request: Request) -> Response:
        """POST /v2/email/outbound-emails"""
        content = await request.body()
        if wrong := why_not_signed(request, content, self.key, "ses", self.region):
            return _error(wrong)
        try:
            body: Any = json.loads(content)
        except json.JSONDecodeError:
            return _error("BadRequestException", "Could not parse the request.")
        if report := _violations(body):
            return _error("BadRequestException", report)
        return await self._take_in(request, body)

    async def _take_in(self, request: Request, body: dict[str, Any]) -> Response:
        """A request in the shape that the service model has. This sandbox takes whole mails alone."""
        tags = {tag["Name"]: tag["Value"] for tag in body.get("EmailTags", [])}
        if not all(_TAG.fullmatch(text) for tag in tags.items() for text in tag):
            return _error("BadRequestException", "Tags may have letters, digits, _, -, . and @.")
        try:
            source = base64.b64decode(body["Content"]["Raw"]["Data"], validate=True)
            [recipient] = body["Destination"]["ToAddresses"]
        except (KeyError, ValueError, binascii.Error):
            return _error("BadRequestException", "One recipient and a whole mail, please.")
        sender = str(parse(source)["From"].addresses[0].addr_spec)
        if wrong := complaints(source, sender, recipient):
            return _error("BadRequestException", "; ".join(wrong))
        if sender.rpartition("@")[2] != self.domain:
            told = f"Email address is not verified. The following identities failed the check: {sender}"
            return _error("MessageRejected", told)
        return await self._answer(request, source, recipient, tags.get("delivery_id", ""))

    async def _answer(self, request: Request, source: bytes, recipient: str, tag: str) -> Response:
        vendor_id = f"0100{secrets.token_hex(6)}-{secrets.token_hex(4)}-{secrets.token_hex(8)}-000000"

        def take() -> Message:
            return keep_source(self.mailbox, source, recipient, vendor_id, tag, "ses")

        fault = self.faults.take(recipient)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return JSONResponse({"MessageId": vendor_id})


@cache
def _input() -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    described = cast(Any, Loader()).load_service_model("sesv2", "service-2")
    return cast(Any, ServiceModel(described)).operation_model("SendEmail").input_shape


def _violations(body: Any) -> str:
    """What is wrong with a request by Amazon's own model, where binary data travels as base64 text."""
    from botocore.validate import ParamValidator

    return str(cast(Any, ParamValidator()).validate(body, _input()).generate_report())


def _refused(fault: Fault) -> Response:
    """A planned fault, by Amazon's name for it, with another message after a colon, or by the HTTP status."""
    named = _BY_STATUS.get(fault.answer, "BadRequestException") if isinstance(fault.answer, int) else fault.answer
    kind, _, message = named.partition(": ")
    return _error(kind, message)


def _error(kind: str, message: str = "") -> Response:
    status, usual = _ERRORS.get(kind, (400, "Unknown error"))
    return JSONResponse({"message": message or usual}, status, {"x-amzn-ErrorType": kind})
