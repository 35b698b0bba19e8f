"""The head of the audit log, kept outside the database: without it nobody would miss the last entries.

A chain proves what stands in it, not that its end is its end. So the sealer writes down, in a file beside the
database, how long the chain is and its last hash, signed with the installation's secret. Whoever can write to the
database alone cannot cut the log short or chain it anew unseen. Against someone who has the machine and the secret
as well, keep heads elsewhere: `sojourn audit head` prints one.
"""

import hmac
import json
import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.installation import installation_secret
from settings import Settings
from store.sealing import Head


class AnchorBroken(Exception):
    """The file with the head is not what this installation wrote. The message says which file."""


class Anchor:
    """The file with the head of one installation."""

    def __init__(self, settings: Settings) -> None:
        self.file = settings.audit_head_file or settings.state_dir / "audit-head"
        secret = installation_secret(settings).encode()
        self._key = HKDF(hashes.SHA256(), 32, salt=None, info=b"sojourn audit head").derive(secret)

    def read(self) -> Head | None:
        """The head that was kept last; None when none was. Raises AnchorBroken."""
        if not self.file.exists():
            return None
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
            head, signature = Head(int(kept["count"]), str(kept["hash"])), str(kept["signature"])
        except (ValueError, TypeError, LookupError) as error:
            raise AnchorBroken(f"{self.file} is no head of an audit log") from error
        if not hmac.compare_digest(signature, self._sign(head)):
            raise AnchorBroken(f"{self.file} was not signed by this installation")
        return head

    def keep(self, head: Head) -> None:
        """Keep a head in place of the one before. A crash leaves one of the two, whole."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        kept = {"count": head.count, "hash": head.hash, "signature": self._sign(head)}
        descriptor, draft = tempfile.mkstemp(dir=self.file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        Path(draft).replace(self.file)

    def _sign(self, head: Head) -> str:
        return hmac.digest(self._key, str(head).encode(), "sha256").hex()
