"""Firebase Cloud Messaging, HTTP v1: `messages:send` as Google answers it."""

import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.discovery import validator_for
from sandbox.faults import ACCIDENTS, Answer, Fault, Faults
from sandbox.google_accounts import GoogleAccounts
from sandbox.mailbox import Mailbox, Message

_REQUEST = validator_for(Path(__file__).parent / "schemas" / "fcm.v1.json", "SendMessageRequest")
_TARGETS = ("fid", "token", "topic", "condition")
_TOKEN = re.compile(r"[A-Za-z0-9_:.-]{1,4096}")
_RESERVED_KEY = re.compile(r"from|message_type|google.*|gcm.*")
_MOST_BYTES = 4096

# FCM's own codes: HTTP status, Google's status, message.
_ERRORS: dict[str, tuple[int, str, str]] = {
    "UNREGISTERED": (404, "NOT_FOUND", "Requested entity was not found."),
    "INVALID_ARGUMENT": (400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"),
    "SENDER_ID_MISMATCH": (403, "PERMISSION_DENIED", "SenderId mismatch"),
    "QUOTA_EXCEEDED": (429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Send requests'"),
    "UNAVAILABLE": (503, "UNAVAILABLE", "The service is currently unavailable."),
    "INTERNAL": (500, "INTERNAL", "Internal error encountered."),
    "THIRD_PARTY_AUTH_ERROR": (401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service"),
    "UNSPECIFIED_ERROR": (500, "UNKNOWN", "No more information is available about this error."),
}
_BY_STATUS = {status: code for code, (status, _, _) in reversed(_ERRORS.items())}
# What Google's front says before FCM sees the message.
_FRONT: dict[str, tuple[int, str]] = {
    "UNAUTHENTICATED": (401, "Request had invalid authentication credentials. Expected OAuth 2 access token."),
    "PERMISSION_DENIED": (403, "Permission 'cloudmessaging.messages.create' denied on resource"),
    "NOT_FOUND": (404, "Requested entity was not found."),
    "RESOURCE_EXHAUSTED": (429, "Resource has been exhausted (e.g. check quota)."),
    "DEADLINE_EXCEEDED": (504, "Deadline expired before operation could complete."),
}


@dataclass(frozen=True)
class Fcm:
    mailbox: Mailbox
    faults: Faults
    accounts: GoogleAccounts

    async def send(self, request: Request) -> Response:
        """POST /v1/projects/{project}/messages:send"""
        if not self.accounts.is_good(request.headers.get("Authorization", "")):
            return _front("UNAUTHENTICATED")
        if request.path_params["project"] != self.accounts.project_id:
            return _front("NOT_FOUND")
        try:
            body: Any = json.loads(await request.body())
            _REQUEST.validate(body)
        except json.JSONDecodeError as error:
            return _violations([("", f"Invalid JSON payload received. {error}")])
        except ValidationError as error:
            return _violations([(error.json_path.removeprefix("$."), error.message)])
        message: dict[str, Any] = body.get("message", {})
        wrong = _violated(message)
        if wrong:
            return _violations(wrong)
        return await self._answer(request, message, bool(body.get("validateOnly")))

    async def _answer(self, request: Request, message: dict[str, Any], only_check: bool) -> Response:
        recipient = next(str(message[target]) for target in _TARGETS if target in message)
        if not _TOKEN.fullmatch(recipient):
            return _refused(Fault("INVALID_ARGUMENT"))
        name = f"projects/{self.accounts.project_id}/messages/{secrets.token_hex(14)}"

        def take() -> Message:
            title = str(message.get("notification", {}).get("title", ""))
            delivery_id = str(message.get("data", {}).get("delivery_id", ""))
            return self.mailbox.add("push", recipient, delivery_id, name, title, message)

        fault = self.faults.take(recipient, _magic)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        if not only_check:
            take()
        return JSONResponse({"name": name})


def _magic(token: str) -> Answer | None:
    """`anything:UNREGISTERED` gets that answer, `anything:drop` that accident."""
    named = token.rpartition(":")[2]
    return named if named in _ERRORS or named in _FRONT or named in ACCIDENTS else None


def _violated(message: dict[str, Any]) -> list[tuple[str, str]]:
    """What the discovery document cannot say: field and description."""
    wrong: list[tuple[str, str]] = []
    if sum(target in message for target in _TARGETS) != 1:
        wrong.append(("message", "Exactly one of fid, token, topic or condition must be set."))
    if "android" in message and "androidV2" in message:
        wrong.append(("message.android_v2", "android and android_v2 exclude each other."))
    data: dict[str, str] = message.get("data", {})
    wrong += [("message.data", f"Invalid data payload key: {key}") for key in data if _RESERVED_KEY.fullmatch(key)]
    payload = {"notification": message.get("notification", {}), "data": data}
    if len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) > _MOST_BYTES:
        wrong.append(("message", "Android message is too big"))
    if len(message.get("apns", {}).get("headers", {}).get("apns-collapse-id", "").encode()) > 64:
        wrong.append(("message.apns.headers", "apns-collapse-id must not exceed 64 bytes"))
    return wrong


def _violations(found: list[tuple[str, str]]) -> Response:
    fields = [{"field": field, "description": description} for field, description in found]
    detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields}
    return _error(400, "INVALID_ARGUMENT", found[0][1], [detail])


def _refused(fault: Fault) -> Response:
    """A planned or magic fault, by FCM's code, Google's status or the HTTP status."""
    code = _BY_STATUS.get(fault.answer, "INTERNAL") if isinstance(fault.answer, int) else fault.answer
    if code in _FRONT:
        return _front(code, fault.retry_after)
    http, status, message = _ERRORS[code]
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
    return _error(http, status, message, [detail], fault.retry_after)


def _front(status: str, retry_after: int | None = None) -> Response:
    http, message = _FRONT[status]
    return _error(http, status, message, [], retry_after)


def _error(
    http: int, status: str, message: str, details: list[dict[str, Any]], retry_after: int | None = None
) -> Response:
    error: dict[str, Any] = {"code": http, "message": message, "status": status}
    headers = accidents.wait_header(retry_after)
    return JSONResponse({"error": error | ({"details": details} if details else {})}, http, headers)
