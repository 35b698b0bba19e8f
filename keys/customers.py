"""The customers' data keys: one for each, wrapped by a master key of the installation, cached for seconds.

Whoever destroys a customer's key makes everything that was encrypted with it unreadable, wherever copies lie.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import IntegrityError

from keys.installation import master_keys
from settings import Settings
from store.database import Database
from store.keys import find_key, keep_key, keys_not_under, rewrap
from store.migrate import migrate
from store.tables import CustomerKey

SHARED = "shared"
"""The owner of the key for what is of no customer: schedules, broadcasts, erasures."""
REMEMBERED_S = 5.0
"""Seconds after which a process notices that a key was destroyed."""
_MOST = 10_000
_NONCE = 12
_KEY_BITS = 256
_BATCH = 500


class UnknownMasterKey(Exception):
    """A key cannot be unwrapped with the master keys of this process. The message says what to do."""


class MasterKeys:
    """Wraps data keys with AES-256-GCM (NIST SP 800-38D). The first secret wraps, each unwraps."""

    def __init__(self, key_secrets: Sequence[str]) -> None:
        self._ciphers = {_fingerprint(secret): AESGCM(_derive(secret)) for secret in key_secrets}
        self.current = _fingerprint(key_secrets[0])

    def wrap(self, owner: str, key: bytes) -> bytes:
        """A key as it is kept. It unwraps for its owner only."""
        return _seal(self._ciphers[self.current], key, owner.encode())

    def unwrap(self, row: CustomerKey) -> bytes:
        """The key that a row keeps. Raises UnknownMasterKey."""
        cipher = self._ciphers.get(row.master)
        if cipher is None:
            raise UnknownMasterKey(
                f"A customer's key is wrapped with the master key {row.master}, which this process was not given. "
                "Give every process the same SOJOURN_MASTER_KEYS (or SOJOURN_MASTER_KEYS_FILE)."
            )
        try:
            return _open(cipher, row.wrapped, row.owner.encode())
        except InvalidTag as error:
            raise UnknownMasterKey(
                f"The key of '{row.owner}' does not unwrap: it was changed, or is another owner's."
            ) from error


class CustomerKeys:
    """Finds the key of each customer, and makes it when there is none yet."""

    def __init__(
        self, database: Database, masters: MasterKeys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` counts seconds; after REMEMBERED_S of it a key is looked up again."""
        self._database = database
        self._masters = masters
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, AESGCM | None]] = OrderedDict()

    async def encrypt(self, owner: str, data: bytes) -> bytes:
        """Encrypt what is of an owner. For one whose key was destroyed nobody will ever decrypt it, so that
        what is still under way for an erased customer ends without leaving anything readable."""
        cipher = await self._cipher(owner) or AESGCM(AESGCM.generate_key(_KEY_BITS))
        return _seal(cipher, data, owner.encode())

    async def decrypt(self, owner: str, data: bytes) -> bytes | None:
        """What was encrypted for an owner; None when the key was destroyed, or never was here.

        Raises cryptography.exceptions.InvalidTag when the data was changed.
        """
        cipher = await self._cipher(owner, make=False)
        return _open(cipher, data, owner.encode()) if cipher else None

    async def rotate(self) -> int:
        """Wrap every key with the current master key, and give how many were wrapped with another."""
        count = 0
        while True:
            async with self._database.transaction() as session:
                keys = await keys_not_under(session, self._masters.current, _BATCH)
                for key in keys:
                    wrapped = self._masters.wrap(key.owner, self._masters.unwrap(key))
                    await rewrap(session, key.owner, wrapped, self._masters.current)
            if not keys:
                return count
            count += len(keys)

    async def _cipher(self, owner: str, *, make: bool = True) -> AESGCM | None:
        known = self._known.get(owner)
        if known is not None and known[0] > self._clock():
            return known[1]
        async with self._database.reading() as session:
            row = await find_key(session, owner)
        if row is None and not make:
            return None
        cipher = self._open(row or await self._make(owner))
        self._remember(owner, cipher)
        return cipher

    def _open(self, row: CustomerKey) -> AESGCM | None:
        return AESGCM(self._masters.unwrap(row)) if row.wrapped else None

    async def _make(self, owner: str) -> CustomerKey:
        """A new key, or the one that another process made at the same time."""
        wrapped = self._masters.wrap(owner, AESGCM.generate_key(_KEY_BITS))
        row = CustomerKey(owner=owner, wrapped=wrapped, master=self._masters.current, created_at=datetime.now(UTC))
        try:
            async with self._database.transaction() as session:
                await keep_key(session, row)
        except IntegrityError:
            async with self._database.reading() as session:
                row = await find_key(session, owner)
            assert row is not None, "keys are never deleted, only destroyed"
        return row

    def _remember(self, owner: str, cipher: AESGCM | None) -> None:
        self._known[owner] = (self._clock() + REMEMBERED_S, cipher)
        self._known.move_to_end(owner)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncGenerator[CustomerKeys]:
    """The keys of the installation, for as long as the block lasts. Raises keys.installation.SecretTooShort."""
    masters, database = MasterKeys(master_keys(settings)), Database(settings.database)
    try:
        await migrate(database)
        yield CustomerKeys(database, masters)
    finally:
        await database.close()


def _seal(cipher: AESGCM, data: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, data, about)


def _open(cipher: AESGCM, sealed: bytes, about: bytes) -> bytes:
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about)


def _derive(secret: str) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sojourn master key")
    return derive.derive(secret.encode())


def _fingerprint(secret: str) -> str:
    """Names a master key without telling it."""
    return hashlib.sha256(_derive(secret)).hexdigest()[:8]
