"""The codec: what Temporal is given of a customer is encrypted with that customer's key."""

from datetime import UTC, datetime

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from journeys.ids import workflow_id
from keys.codec import CustomerErased, data_converter
from keys.customers import CustomerKeys, MasterKeys
from store.database import Database
from store.keys import destroy_keys
from tests.seeding import SECRET


def converter(database: Database) -> DataConverter:
    return data_converter(CustomerKeys(database, MasterKeys([SECRET])))


def of(converter: DataConverter, customer_id: str) -> DataConverter:
    """The converter as the SDK uses it for a run of a customer."""
    run = workflow_id("welcome", customer_id, "any key")
    return converter.with_context(WorkflowSerializationContext(namespace="default", workflow_id=run))


async def test_a_payload_is_read_without_its_context(sqlite_database: Database) -> None:
    payloads = await of(converter(sqlite_database), "c_lena").encode(["lena@example.com"])
    assert b"lena@" not in payloads[0].SerializeToString()
    assert await converter(sqlite_database).decode(payloads) == ["lena@example.com"]


async def test_what_is_of_no_customer_has_the_installations_key(sqlite_database: Database) -> None:
    [payload] = await converter(sqlite_database).encode(["where: customer.vip"])
    assert payload.metadata["key-owner"] == b"shared"
    assert await converter(sqlite_database).decode([payload]) == ["where: customer.vip"]


async def test_the_words_of_a_failure_are_encrypted(sqlite_database: Database) -> None:
    failure, lena = Failure(), of(converter(sqlite_database), "c_lena")
    await lena.encode_failure(ApplicationError("no mailbox lena@example.com"), failure)
    assert b"lena@" not in failure.SerializeToString()
    assert "no mailbox lena@example.com" in str(await lena.decode_failure(failure))


async def test_what_was_never_encrypted_stays_readable(sqlite_database: Database) -> None:
    """Histories that were recorded before, and what someone signals by hand."""
    payloads = DataConverter.default.payload_converter.to_payloads(["plain"])
    assert await converter(sqlite_database).decode(payloads) == ["plain"]


async def test_an_erasure_makes_only_its_own_customer_unreadable(sqlite_database: Database) -> None:
    lena = await of(converter(sqlite_database), "c_lena").encode(["lena"])
    tom = await of(converter(sqlite_database), "c_tom").encode(["tom"])
    async with sqlite_database.transaction() as session:
        await destroy_keys(session, ["c_lena"], datetime.now(UTC))
    assert await converter(sqlite_database).decode(tom) == ["tom"]
    with pytest.raises(CustomerErased, match="c_lena was erased"):
        await converter(sqlite_database).decode(lena)
