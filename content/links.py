"""Links in messages that act for a customer without a sign-in: made by nobody but us."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SIGNATURE_BYTES = 16


_UNTIL, _SIGNATURE = "until", "signature"


class InvalidLink(Exception):
    """A link is not one that this installation made, or its time is over."""


@dataclass(frozen=True)
class TrackedLink:
    """A link of a message that leads through us. Of one in a slot: the slot, the content that stands there, and
    the planner's decision that put it there, if one did. All empty for any other."""

    delivery_id: str
    url: str
    slot: str = ""
    content: str = ""
    decision: str = ""


class LinkSigner:
    """Makes and reads the tokens of the links in messages: one key for each purpose, all derived from the
    installation's secret, so that no token is ever good for another purpose.

    Tokens never expire: the links in an old message must work, and the law wants that of unsubscribing.
    """

    def __init__(self, secret: str) -> None:
        self._unsubscribe = _Seal(_derive(secret, b"sojourn unsubscribe links"))
        self._preferences = _Seal(_derive(secret, b"sojourn preference links"))
        self._confirm = _Seal(_derive(secret, b"sojourn confirmation links"))
        self._click = _Seal(_derive(secret, b"sojourn click links"))
        self._open = _Seal(_derive(secret, b"sojourn open pixels"))
        self._slot = _Seal(_derive(secret, b"sojourn slots"))
        self.url_key = _derive(secret, b"sojourn signed urls")
        """What `sign_url` and `check_url` need; the site behind the links has it too."""

    def unsubscribe_token(self, customer_id: str, channel: str) -> str:
        """Lets its bearer withdraw this customer's consent for this channel, and no more."""
        return self._unsubscribe.token(f"{channel}:{customer_id}")

    def read_unsubscribe(self, token: str) -> tuple[str, str]:
        """The customer id and the channel in a token. Raises InvalidLink."""
        channel, _, customer_id = self._unsubscribe.read(token).partition(":")
        return customer_id, channel

    def confirm_token(self, customer_id: str, channel: str) -> str:
        """Lets its bearer confirm this customer's consent for this channel, and no more. It is sent to the address
        that the consent is about."""
        return self._confirm.token(f"{channel}:{customer_id}")

    def read_confirm(self, token: str) -> tuple[str, str]:
        """The customer id and the channel in a token. Raises InvalidLink."""
        channel, _, customer_id = self._confirm.read(token).partition(":")
        return customer_id, channel

    def preferences_token(self, customer_id: str) -> str:
        """Lets its bearer see and change what this customer wants to hear about, and no more."""
        return self._preferences.token(customer_id)

    def read_preferences(self, token: str) -> str:
        """The customer id in a token. Raises InvalidLink."""
        return self._preferences.read(token)

    def click_token(self, link: TrackedLink) -> str:
        """Leads its bearer to the link's address, and nowhere else, and says from where in which message they
        come."""
        return self._click.token("\n".join((link.delivery_id, link.slot, link.content, link.decision, link.url)))

    def read_click(self, token: str) -> TrackedLink:
        """The link that a token is of. Raises InvalidLink."""
        delivery_id, slot, content, decision, url = self._click.read(token).split("\n", 4)
        return TrackedLink(delivery_id, url, slot, content, decision)

    def open_token(self, delivery_id: str) -> str:
        """Says that this message is being looked at."""
        return self._open.token(delivery_id)

    def read_open(self, token: str) -> str:
        """The delivery id in a token. Raises InvalidLink."""
        return self._open.read(token)

    def slot_token(self, shown: str) -> str:
        """Says what a page was given to show in a slot, and why."""
        return self._slot.token(shown)

    def read_slot(self, token: str) -> str:
        """What a token says was shown. Raises InvalidLink."""
        return self._slot.read(token)


class _Seal:
    """Tokens that carry a text and the proof that we made them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, text: str) -> str:
        named = text.encode()
        return base64.urlsafe_b64encode(self._sign(named) + named).decode().rstrip("=")

    def read(self, token: str) -> str:
        """The text in a token. Raises InvalidLink."""
        try:
            data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidLink("the link is not complete") from error
        signature, named = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(named)):
            raise InvalidLink("the link was not made here")
        # Base64 can write the same bytes in several ways; only the one that was made counts.
        if token != self.token(named.decode()):
            raise InvalidLink("the link was not made here")
        return named.decode()

    def _sign(self, named: bytes) -> bytes:
        """HMAC-SHA256, truncated to 128 bits as RFC 2104 allows, so that links stay short."""
        return hmac.digest(self._key, named, "sha256")[:_SIGNATURE_BYTES]


def sign_url(url: str, key: bytes, until: datetime) -> str:
    """A web address that only its bearer can open, until a moment: `until` and `signature` in its query."""
    scheme, host, path, query, fragment = urlsplit(url)
    given = [*parse_qsl(query, keep_blank_values=True), (_UNTIL, str(int(until.timestamp())))]
    unsigned = urlunsplit((scheme, host, path, urlencode(given), fragment))
    return urlunsplit((scheme, host, path, urlencode([*given, (_SIGNATURE, _seal(unsigned, key))]), fragment))


def check_url(url: str, key: bytes, now: datetime) -> None:
    """Raises InvalidLink unless `sign_url` made this address with the key and its time is not over."""
    scheme, host, path, query, fragment = urlsplit(url)
    *given, (name, signature) = parse_qsl(query, keep_blank_values=True) or [("", "")]
    unsigned = urlunsplit((scheme, host, path, urlencode(given), fragment))
    if name != _SIGNATURE or not hmac.compare_digest(signature.encode(), _seal(unsigned, key).encode()):
        raise InvalidLink("the link was not made here")
    if datetime.fromtimestamp(int(dict(given)[_UNTIL]), UTC) <= now:
        raise InvalidLink("the link is no longer good")


def _seal(url: str, key: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, url.encode(), "sha256")).decode().rstrip("=")


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
