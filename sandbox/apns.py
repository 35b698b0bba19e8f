"""The Apple Push Notification service: `/3/device/{token}` as Apple answers it."""

import re
import secrets
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.faults import Answer, Fault, Faults
from sandbox.mailbox import Mailbox, Message

_TOKEN = re.compile(r"[0-9a-fA-F]{64,200}")
_TYPES = (
    "alert", "background", "voip", "location", "complication", "fileprovider", "mdm", "liveactivity",
    "pushtotalk", "widgets", "controls",
)  # fmt: skip
_MOST_BYTES = 4096
_TOKEN_LIFE_SECONDS = 3600
_RENEWED_SECONDS = 20 * 60
_MOST_SIGNERS = 3
"""So many servers may sign for themselves before their tokens count as renewed too often."""

# Reason: HTTP status. https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
_ERRORS: dict[str, int] = {
    **dict.fromkeys(("BadCollapseId", "BadDeviceToken", "BadExpirationDate", "BadMessageId", "BadPriority"), 400),
    **dict.fromkeys(("BadTopic", "DeviceTokenNotForTopic", "DuplicateHeaders", "IdleTimeout"), 400),
    **dict.fromkeys(("InvalidPushType", "MissingDeviceToken", "MissingTopic", "PayloadEmpty"), 400),
    "TopicDisallowed": 400,
    **dict.fromkeys(("BadCertificate", "BadCertificateEnvironment", "ExpiredProviderToken", "Forbidden"), 403),
    **dict.fromkeys(("InvalidProviderToken", "MissingProviderToken", "UnrelatedKeyIdInToken"), 403),
    "BadEnvironmentKeyIdInToken": 403,
    "BadPath": 404,
    "MethodNotAllowed": 405,
    **dict.fromkeys(("Unregistered", "ExpiredToken"), 410),
    "PayloadTooLarge": 413,
    **dict.fromkeys(("TooManyRequests", "TooManyProviderTokenUpdates"), 429),
    "InternalServerError": 500,
    **dict.fromkeys(("ServiceUnavailable", "Shutdown"), 503),
}
_BY_STATUS = {410: "Unregistered", 429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable"}


class Apns:
    """Apple's side of one team with one key and one app. `write_key` gives the key as Apple does, once."""

    key_id = "ABC123DEFG"
    team_id = "DEF123GHIJ"
    bundle_id = "example.northwind.app"

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._signed_at: set[int] = set()

    def write_key(self, folder: Path) -> Path:
        """Write the .p8 key; gives the file."""
        file = folder.absolute() / f"AuthKey_{self.key_id}.p8"
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return file

    @property
    def tokens_seen(self) -> int:
        """How many different provider tokens were used in the last 20 minutes."""
        return len(self._signed_at)

    async def send(self, request: Request) -> Response:
        """POST /3/device/{token}"""
        content, headers = await request.body(), request.headers
        reason = self._about_signer(headers.get("authorization", "")) or self._about_headers(request)
        if reason:
            return _error(reason)
        if len(content) > _MOST_BYTES:
            return _error("PayloadTooLarge")
        try:
            payload = TypeAdapter(dict[str, Any]).validate_json(content)
        except ValidationError:
            payload = {}
        return await self._answer(request, payload) if "aps" in payload else _error("PayloadEmpty")

    def _about_signer(self, authorization: str) -> str:
        """Why the provider token is refused, or empty."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "MissingProviderToken"
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            claims = jwt.decode(token, self._key.public_key(), algorithms=["ES256"], options={"require": ["iat"]})
        except jwt.PyJWTError:
            return "InvalidProviderToken"
        if kid != self.key_id or claims.get("iss") != self.team_id:
            return "InvalidProviderToken"
        now, signed_at = datetime.now(UTC).timestamp(), int(claims["iat"])
        if now - signed_at > _TOKEN_LIFE_SECONDS:
            return "ExpiredProviderToken"
        self._signed_at = {at for at in {*self._signed_at, signed_at} if now - at < _RENEWED_SECONDS}
        return "TooManyProviderTokenUpdates" if len(self._signed_at) > _MOST_SIGNERS else ""

    def _about_headers(self, request: Request) -> str:
        """Why the request is refused before its payload is read, or empty."""
        given = request.headers
        wrong = {
            "BadDeviceToken": not _TOKEN.fullmatch(request.path_params["token"]),
            "MissingTopic": not given.get("apns-topic"),
            "TopicDisallowed": given.get("apns-topic") != self.bundle_id,
            "InvalidPushType": given.get("apns-push-type", "") not in _TYPES,
            "BadPriority": given.get("apns-priority", "10") not in ("1", "5", "10"),
            "BadExpirationDate": not given.get("apns-expiration", "0").isdecimal(),
            "BadCollapseId": len(given.get("apns-collapse-id", "").encode()) > 64,
            "BadMessageId": not _is_uuid(given.get("apns-id", "00000000-0000-0000-0000-000000000000")),
        }
        return next((reason for reason, is_wrong in wrong.items() if is_wrong), "")

    async def _answer(self, request: Request, payload: dict[str, Any]) -> Response:
        recipient = str(request.path_params["token"])
        apns_id = request.headers.get("apns-id") or str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))

        def take() -> Message:
            alert: dict[str, str] = payload["aps"].get("alert", {})
            asked = {name: value for name, value in request.headers.items() if name.startswith("apns-")}
            content = {"notification": alert, "payload": payload, "headers": asked}
            delivery_id = str(payload.get("delivery_id", ""))
            return self._mailbox.add("push", recipient, delivery_id, apns_id, alert.get("title", ""), content)

        fault = self._faults.take(recipient, _magic)
        if wrong := await accidents.instead_of_yes(fault, request, self._faults, take, _refused):
            return wrong
        take()
        return Response(status_code=200, headers={"apns-id": apns_id})


def _magic(token: str) -> Answer | None:
    """A device whose token begins with `dead` took the app away."""
    return "Unregistered" if token.startswith("dead") else None


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None


def _refused(fault: Fault) -> Response:
    """A planned or magic fault, by Apple's reason or the HTTP status."""
    answer = fault.answer
    return _error(_BY_STATUS.get(answer, "BadPath") if isinstance(answer, int) else answer, fault.retry_after)


def _error(reason: str, retry_after: int | None = None) -> Response:
    status = _ERRORS.get(reason, 400)
    since = {"timestamp": int(datetime.now(UTC).timestamp() * 1000)} if status == 410 else {}
    return JSONResponse({"reason": reason, **since}, status, accidents.wait_header(retry_after))
