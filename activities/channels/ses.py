"""Email over Amazon SES, version 2 of its API."""

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

import httpx
from pydantic import AliasChoices, BaseModel, Field, SecretStr, model_validator

from activities.channels import mail
from activities.channels.answers import STOPPED, WRONG_CONTENT, WRONG_SETUP, Meaning, Retry, failure
from activities.channels.aws_signing import HAS_BOTOCORE, AwsSigner
from activities.channels.http import BaseUrl, HttpProvider, read_answer
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage, SendError

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and CommonErrors beside it
_ERRORS: dict[str, Meaning] = {
    **dict.fromkeys(("TooManyRequestsException", "ThrottlingException"), Retry(everyone=True)),
    "LimitExceededException": Retry(timedelta(minutes=5), everyone=True),
    **dict.fromkeys(("AccountSuspendedException", "SendingPausedException"), STOPPED),
    **dict.fromkeys(("MailFromDomainNotVerifiedException", "NotFoundException"), STOPPED),
    **dict.fromkeys(("MessageRejected", "BadRequestException"), WRONG_CONTENT),
    # who signs, and what they may do
    **dict.fromkeys(("UnrecognizedClientException", "InvalidClientTokenId", "AccessDeniedException"), STOPPED),
    **dict.fromkeys(("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"), STOPPED),
    **dict.fromkeys(("ExpiredTokenException", "MissingAuthenticationToken", "OptInRequired"), STOPPED),
    **dict.fromkeys(("InternalServiceErrorException", "InternalFailure"), Retry(everyone=True)),
    "ServiceUnavailable": Retry(timedelta(minutes=1), everyone=True),
}
# What the same error means when its text has these words.
_WORDED: dict[str, Meaning] = {
    "Daily message quota exceeded": Retry(timedelta(hours=1), everyone=True),
    "is not verified": WRONG_SETUP,  # the sender or, of a new account, a recipient
}


class Ses(mail.MailProvider, HttpProvider):
    """Settings: the region, who signs, the configuration set whose events come back, and who sends. Without keys
    it takes those of the machine: the environment's, a profile's or a role's."""

    channel: ClassVar[str] = "email"
    provider: ClassVar[str] = "ses"
    address_kind: ClassVar[AddressKind] = "email"

    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")
    access_key_id: str = Field(default="", pattern=r"^[A-Z0-9]*$")
    secret_access_key: SecretStr = SecretStr("")
    configuration_set: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    """Without one SES tells nothing of what became of a mail."""
    url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """Where the API is, if not at Amazon's address for the region."""

    @model_validator(mode="after")
    def _can_sign(self) -> "Ses":
        if not HAS_BOTOCORE:
            raise ValueError("SES needs one more package: pip install 'sojourn[ses]'")
        if bool(self.access_key_id) != bool(self.secret_access_key.get_secret_value()):
            raise ValueError("give both access_key_id and secret_access_key, or neither for the machine's own")
        return self

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Send, and give SES's message id. It means accepted; an event tells whether it arrived."""
        url = f"{self._api}/v2/email/outbound-emails"
        content = json.dumps(self._request(message, delivery_id)).encode()
        headers = await self._signer.sign(url, {"Content-Type": "application/json"}, content)
        answer = await self.post(url, headers, content=content)
        if not answer.is_success:
            raise self._error(answer, message.recipient)
        sent = read_answer(_Sent, answer)
        if sent is None:
            raise OutcomeUnknown("ses.no_id", "SES said yes but gave no message id")
        return sent.id

    @property
    def _api(self) -> BaseUrl:
        return (self.url or f"https://email.{self.region}.amazonaws.com").rstrip("/")

    @cached_property
    def _signer(self) -> AwsSigner:
        secret = self.secret_access_key.get_secret_value()
        return AwsSigner("ses", self.region, self.access_key_id, secret, prefix=self.provider)

    def _request(self, message: OutgoingMessage, delivery_id: str) -> dict[str, Any]:
        wire = mail.build(message.body, datetime.now(UTC))
        return {
            "Destination": {"ToAddresses": [message.recipient]},
            "Content": {"Raw": {"Data": base64.b64encode(wire).decode()}},
            "EmailTags": [{"Name": "delivery_id", "Value": delivery_id}],
            **({"ConfigurationSetName": self.configuration_set} if self.configuration_set else {}),
        }

    def _error(self, answer: httpx.Response, recipient: str) -> SendError:
        # `Type:http://...`, where the part after the colon says nothing more.
        kind = answer.headers.get("x-amzn-ErrorType", "").partition(":")[0]
        told = read_answer(_Failure, answer) or _Failure()
        meaning = next((m for words, m in _WORDED.items() if words in told.message), _ERRORS.get(kind))
        if not kind or meaning is None:
            return self.unexplained(answer, kind or f"http_{answer.status_code}", "")
        return failure(meaning, f"ses.{kind}", told.message, recipient)


class _Sent(BaseModel):
    id: str = Field(alias="MessageId", min_length=1)


class _Failure(BaseModel):
    message: str = Field(default="", validation_alias=AliasChoices("message", "Message"))
