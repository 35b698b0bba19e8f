"""How a decision travels: signed by the approvals service, verified inside the workflow.

The token is `<payload>.<signature>`, both base64url: the `Decision` as JSON and its Ed25519 signature
(RFC 8032). A run carries the public key, so that no door, the raw Temporal signal included, can take a
decision that the approvals service did not attest.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError
from temporalio.exceptions import ApplicationError

from workflows.ports import Decision


class Refusal(Exception):
    """What somebody wants of a run and that does not count, with a reason for them."""

    def __init__(self, reason: str, decision_of: str = "") -> None:
        super().__init__(reason)
        self.decision_of = decision_of
        """Whose decision it is as the approvals service signed it, whoever sent it; empty where nobody knows."""

    @property
    def told(self) -> str:
        """What the audit log says of it: never words of a message."""
        return str(self)

    def answer(self) -> ApplicationError:
        """What the caller of an update is given. Its details: whose decision it is, and what the log is told."""
        return ApplicationError(
            str(self), self.decision_of, self.told, type=type(self).__name__, non_retryable=True
        )


class InvalidToken(Refusal):
    """The token is not a decision that the approvals service signed."""


class DecisionSigner:
    """The approvals service's side: signs decisions. The key derives from the installation's secret."""

    def __init__(self, secret: str) -> None:
        derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sojourn approval decisions")
        self._key = Ed25519PrivateKey.from_private_bytes(derive.derive(secret.encode()))

    @property
    def public_key(self) -> str:
        """What a run needs in order to verify, base64url."""
        return _encode(self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, decision: Decision) -> str:
        payload = decision.model_dump_json().encode()
        return f"{_encode(payload)}.{_encode(self._key.sign(payload))}"


def verify_decision(token: str, public_key: str) -> Decision:
    """The decision in a token. Raises InvalidToken when it was not signed with the key's other half."""
    payload, _, signature = token.partition(".")
    try:
        signed = _decode(payload)
        Ed25519PublicKey.from_public_bytes(_decode(public_key)).verify(_decode(signature), signed)
        return Decision.model_validate_json(signed)
    except (InvalidSignature, ValidationError, binascii.Error, ValueError) as error:
        raise InvalidToken("the decision is not signed by the approvals service") from error


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
