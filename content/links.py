"""Links in messages that act for a customer without a sign-in: short, and made by nobody but us."""

import base64
import binascii
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SIGNATURE_BYTES = 16


class InvalidLink(Exception):
    """The token in a link is not one that this installation made."""


class LinkSigner:
    """Makes and reads the tokens of unsubscribe links. The key derives from the installation's secret."""

    def __init__(self, secret: str) -> None:
        derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sojourn unsubscribe links")
        self._key = derive.derive(secret.encode())

    def unsubscribe_token(self, customer_id: str, channel: str) -> str:
        """The token that lets its bearer withdraw this customer's consent for this channel, and no more.

        It never expires: the law wants the link in an old message to work.
        """
        named = f"{channel}:{customer_id}".encode()
        return base64.urlsafe_b64encode(self._sign(named) + named).decode().rstrip("=")

    def read_unsubscribe(self, token: str) -> tuple[str, str]:
        """The customer id and the channel in a token. Raises InvalidLink."""
        try:
            data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidLink("the link is not complete") from error
        signature, named = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(named)):
            raise InvalidLink("the link was not made here")
        channel, _, customer_id = named.decode().partition(":")
        # Base64 can write the same bytes in several ways; only the one that was made counts.
        if token != self.unsubscribe_token(customer_id, channel):
            raise InvalidLink("the link was not made here")
        return customer_id, channel

    def _sign(self, named: bytes) -> bytes:
        """HMAC-SHA256, truncated to 128 bits as RFC 2104 allows, so that links stay short."""
        return hmac.digest(self._key, named, "sha256")[:_SIGNATURE_BYTES]
