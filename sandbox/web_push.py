"""A browser's push service and the browsers behind it: RFC 8030, 8291 and 8292, strictly."""

import base64
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from sandbox import accidents
from sandbox.faults import Answer, Fault, Faults
from sandbox.mailbox import Mailbox, Message

_CURVE = ec.SECP256R1()
_LONGEST_BODY = 4096
_LONGEST_LIFE = 24 * 3600
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_URGENCIES = ("very-low", "low", "normal", "high")
_MAGIC = re.compile(r".*-(404|410|413|429|500|503)")


class _Refusal(Exception):
    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


@dataclass(frozen=True)
class _Browser:
    key: ec.EllipticCurvePrivateKey
    auth: bytes

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass(frozen=True)
class WebPushService:
    """Browsers subscribe with the shop's public key; only messages signed with its private key reach them."""

    mailbox: Mailbox
    faults: Faults
    url: str
    shop_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(_CURVE))
    _browsers: dict[str, _Browser] = field(default_factory=dict[str, _Browser])

    @property
    def private_key(self) -> str:
        """The shop's private key, as `web-push generate-vapid-keys` prints one."""
        return _to_base64url(self.shop_key.private_numbers().private_value.to_bytes(32, "big"))

    def subscribe(self, browser: str) -> str:
        """The subscription of a browser, as `PushSubscription.toJSON()` gives it. A name ending in a dash and a
        status, `ada-410`, is answered with it."""
        known = self._browsers.setdefault(
            browser, _Browser(ec.generate_private_key(_CURVE), secrets.token_bytes(16))
        )
        keys = {"auth": _to_base64url(known.auth), "p256dh": _to_base64url(known.public_key)}
        subscription = {"endpoint": f"{self.url}/web-push/{browser}", "keys": keys}
        return json.dumps(subscription, separators=(",", ":"))

    async def send(self, request: Request) -> Response:
        """POST /web-push/{browser}"""
        browser = self._browsers.get(request.path_params["browser"])
        if browser is None:
            return PlainTextResponse("push subscription has unsubscribed or expired", 410)
        try:
            self._check_signature(request.headers.get("Authorization", ""))
            _check_headers(request)
            shown = _decrypt(await request.body(), browser)
        except _Refusal as refusal:
            return PlainTextResponse(str(refusal), refusal.status)
        return await self._answer(request, shown)

    async def _answer(self, request: Request, shown: dict[str, Any]) -> Response:
        endpoint = f"{self.url}{request.url.path}"
        location = f"{self.url}/web-push-messages/{secrets.token_urlsafe(16)}"

        def take() -> Message:
            content = {"notification": shown, "headers": dict(request.headers)}
            delivery_id, title = str(shown.get("delivery_id", "")), str(shown.get("title", ""))
            return self.mailbox.add("web_push", endpoint, delivery_id, location, title, content)

        fault = self.faults.take(endpoint, _magic)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return Response(status_code=201, headers={"Location": location})

    def _check_signature(self, header: str) -> None:
        """Raises _Refusal unless the shop signed for this push service, for at most a day."""
        found = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", header)
        if not found:
            raise _Refusal(401, "missing or malformed vapid authorization")
        if found[2] != _to_base64url(_point(self.shop_key)):
            raise _Refusal(403, "the key does not match the subscription's applicationServerKey")
        try:
            claims = jwt.decode(
                found[1],
                self.shop_key.public_key(),
                algorithms=["ES256"],
                audience=self.url,
                options={"require": ["aud", "exp", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise _Refusal(403, f"invalid JWT: {error}") from error
        if claims["exp"] - time.time() > _LONGEST_LIFE:  # noqa: TID251 a signature's life is on the real clock
            raise _Refusal(403, "exp is more than 24 hours away")
        if not claims["sub"].startswith(("mailto:", "https:")):
            raise _Refusal(403, "sub must be a mailto: or https: URL")


def _check_headers(request: Request) -> None:
    headers = request.headers
    if not headers.get("TTL", "").isdecimal():
        raise _Refusal(400, "missing or invalid TTL")
    if headers.get("Content-Encoding") != "aes128gcm":
        raise _Refusal(400, "unknown content encoding")
    if "Topic" in headers and not _TOPIC.fullmatch(headers["Topic"]):
        raise _Refusal(400, "invalid topic")
    if headers.get("Urgency", "normal") not in _URGENCIES:
        raise _Refusal(400, "invalid urgency")


def _decrypt(body: bytes, browser: _Browser) -> dict[str, Any]:
    """What the browser's service worker is given. Raises _Refusal for what no browser could read."""
    if len(body) > _LONGEST_BODY:
        raise _Refusal(413, "payload too large")
    salt, key_length = body[:16], body[20] if len(body) > 20 else 0
    sender, sealed = body[21 : 21 + key_length], body[21 + key_length :]
    try:
        shared = browser.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, sender))
        secret = _expand(browser.auth, shared, b"WebPush: info\0" + browser.public_key + sender, 32)
        key = _expand(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _expand(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        return json.loads(padded.rstrip(b"\0").removesuffix(b"\x02"))
    except (InvalidTag, ValueError) as error:
        raise _Refusal(400, "the payload cannot be decrypted") from error


def _expand(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def _magic(endpoint: str) -> Answer | None:
    found = _MAGIC.fullmatch(endpoint)
    return int(found[1]) if found else None


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _refused(fault: Fault) -> Response:
    """A planned fault, by the HTTP status."""
    return PlainTextResponse("refused on request", int(fault.answer), accidents.wait_header(fault.retry_after))
