"""The customers' keys: made once, wrapped, cached for seconds, destroyed for good."""

import asyncio
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag

from keys.customers import REMEMBERED_S, CustomerKeys, MasterKeys, UnknownMasterKey
from store.database import Database
from store.keys import destroy_keys, find_key

FIRST = "the first master key of this installation"
SECOND = "the second master key of this installation"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def keys_of(database: Database, *masters: str, clock: Clock | None = None) -> CustomerKeys:
    return CustomerKeys(database, MasterKeys(masters or (FIRST,)), clock or Clock())


async def destroy(database: Database, owner: str) -> None:
    async with database.transaction() as session:
        await destroy_keys(session, [owner], datetime.now(UTC))


async def test_what_one_process_encrypts_another_decrypts(database: Database) -> None:
    secret = await keys_of(database).encrypt("c_lena", b"lena@example.com")
    assert b"lena" not in secret
    assert await keys_of(database).decrypt("c_lena", secret) == b"lena@example.com"


async def test_each_customer_has_a_key_of_their_own(database: Database) -> None:
    keys = keys_of(database)
    secret = await keys.encrypt("c_lena", b"lena@example.com")
    await keys.encrypt("c_tom", b"tom@example.com")
    with pytest.raises(InvalidTag):
        await keys.decrypt("c_tom", secret)


async def test_what_was_changed_does_not_decrypt(database: Database) -> None:
    keys = keys_of(database)
    secret = await keys.encrypt("c_lena", b"10 %")
    with pytest.raises(InvalidTag):
        await keys.decrypt("c_lena", secret[:-1] + bytes([secret[-1] ^ 1]))


async def test_processes_that_start_together_agree_on_the_key(database: Database) -> None:
    several = [keys_of(database) for _ in range(5)]
    secrets = await asyncio.gather(*(keys.encrypt("c_lena", b"lena") for keys in several))
    assert [await keys_of(database).decrypt("c_lena", secret) for secret in secrets] == [b"lena"] * 5


async def test_the_store_keeps_no_key_in_the_clear(database: Database) -> None:
    keys = keys_of(database)
    secret = await keys.encrypt("c_lena", b"lena")
    with pytest.raises(UnknownMasterKey, match="Give every process the same SOJOURN_MASTER_KEYS"):
        await keys_of(database, SECOND).decrypt("c_lena", secret)


async def test_a_wrapped_key_is_of_no_use_to_another_owner(database: Database) -> None:
    await keys_of(database).encrypt("c_lena", b"lena")
    async with database.transaction() as session:
        row = await find_key(session, "c_lena")
        assert row is not None
        row.owner = "c_tom"
        with pytest.raises(UnknownMasterKey, match="another owner's"):
            MasterKeys([FIRST]).unwrap(row)
        session.expunge(row)


async def test_a_destroyed_key_decrypts_nothing_anywhere_within_seconds(database: Database) -> None:
    clock = Clock()
    keys = keys_of(database, clock=clock)
    secret = await keys.encrypt("c_lena", b"lena")
    await destroy(database, "c_lena")
    assert await keys_of(database).decrypt("c_lena", secret) is None
    clock.now += REMEMBERED_S
    assert await keys.decrypt("c_lena", secret) is None


async def test_the_store_keeps_nothing_of_a_destroyed_key(database: Database) -> None:
    await keys_of(database).encrypt("c_lena", b"lena")
    await destroy(database, "c_lena")
    async with database.reading() as session:
        row = await find_key(session, "c_lena")
    assert row is not None
    assert (row.wrapped, row.master) == (b"", "")


async def test_what_is_written_after_the_erasure_nobody_reads(database: Database) -> None:
    await destroy(database, "c_lena")
    keys = keys_of(database)
    assert await keys.decrypt("c_lena", await keys.encrypt("c_lena", b"lena")) is None


async def test_a_new_master_key_reads_what_the_old_one_wrapped_and_can_take_over(database: Database) -> None:
    secret = await keys_of(database, FIRST).encrypt("c_lena", b"lena")
    both = keys_of(database, SECOND, FIRST)
    assert await both.decrypt("c_lena", secret) == b"lena"
    assert await both.rotate() == 1
    assert await both.rotate() == 0
    assert await keys_of(database, SECOND).decrypt("c_lena", secret) == b"lena"


async def test_rotation_leaves_destroyed_keys_destroyed(database: Database) -> None:
    await keys_of(database, FIRST).encrypt("c_lena", b"lena")
    await destroy(database, "c_lena")
    assert await keys_of(database, SECOND, FIRST).rotate() == 0
