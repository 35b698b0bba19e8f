"""The digests by which addresses are recognised where the address itself must not be kept or is not known.

They are those that advertising platforms and customer data platforms exchange: the lower-case hexadecimal
SHA-256 of the address in its plain form, so that a hashed address from elsewhere is the same address here.
"""

import hashlib
import re

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest(kind: str, value: str) -> str:
    """The digest of an address. A mail address counts in lower case; a phone number is given in E.164."""
    plain = value.strip().lower() if kind == "email" else value.strip()
    return hashlib.sha256(plain.encode()).hexdigest()


def read_digest(value: str) -> str | None:
    """A digest made elsewhere, in whatever case it was written, or None when it is none."""
    lowered = value.strip().lower()
    return lowered if _DIGEST.fullmatch(lowered) else None
