"""What a push service may not read, and how it knows who sends: RFC 8291 encryption, RFC 8292 signatures."""

import base64
import binascii
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = ec.SECP256R1()
_RECORD_SIZE = 4096
_LAST_RECORD = b"\x02"
_LIFE = timedelta(hours=12)
"""How long a signature is good; push services take at most 24 hours."""


class BadKey(ValueError):
    """A key is not what it should be: not base64url, of another length, or no point on the curve P-256."""


def encrypt(text: bytes, browser_key: bytes, auth: bytes) -> bytes:
    """The body that only the browser with these keys can read. Raises BadKey."""
    return encrypt_with(text, browser_key, auth, ec.generate_private_key(_CURVE), os.urandom(16))


def encrypt_with(
    text: bytes, browser_key: bytes, auth: bytes, key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """As `encrypt`, with the key and the salt that are otherwise new for every message."""
    ours = _point(key)
    shared = key.exchange(ec.ECDH(), _browser_key(browser_key))
    secret = _derive(auth, shared, b"WebPush: info\0" + browser_key + ours, 32)
    content_key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    header = salt + _RECORD_SIZE.to_bytes(4, "big") + len(ours).to_bytes(1, "big") + ours
    return header + AESGCM(content_key).encrypt(nonce, text + _LAST_RECORD, None)


def check_browser_key(key: bytes) -> None:
    """Raises BadKey when nothing can be encrypted for this key."""
    _browser_key(key)


def sender_key(written: str) -> ec.EllipticCurvePrivateKey:
    """The shop's private key from its 32 bytes in base64url. Raises BadKey."""
    number = int.from_bytes(from_base64url(written, 32), "big")
    try:
        return ec.derive_private_key(number, _CURVE)
    except ValueError as error:
        raise BadKey("this is not a private key of the curve P-256") from error


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str) -> str:
    """The header by which the push service at `endpoint` knows the shop. `contact` is a mailto: or https: URL."""
    service = urlsplit(endpoint)
    claims = {
        "aud": f"{service.scheme}://{service.netloc}",
        "exp": datetime.now(UTC) + _LIFE,
        "sub": contact,
    }
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={to_base64url(_point(key))}"


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str, length: int) -> bytes:
    """The bytes, with or without padding. Raises BadKey when there are not exactly `length`."""
    try:
        data = base64.b64decode(
            text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars="-_", validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise BadKey("this is not base64url") from error
    if len(data) != length:
        raise BadKey(f"this has {len(data)} bytes instead of {length}")
    return data


def _browser_key(point: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except ValueError as error:
        raise BadKey("this is not a point on the curve P-256") from error


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
