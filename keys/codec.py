"""Encrypts everything that Temporal is given, with the key of the customer whom it is about.

The customer is part of the workflow id, which the SDK tells a codec as its serialization context. The owner of
the key travels with each payload, so that whoever reads needs no context. Every process uses `data_converter`.
"""

import dataclasses
from collections.abc import Sequence
from typing import Self

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from journeys.ids import customer_of
from keys.customers import SHARED, CustomerKeys

ENCODING = b"binary/encrypted"
_OWNER = "key-owner"


class CustomerErased(ApplicationError):
    """What is asked for was encrypted with a key that was destroyed. A run that meets it fails for good."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"{owner} was erased: nobody can read this any more", non_retryable=True)


class CustomerCodec(PayloadCodec, WithSerializationContext):
    """Encrypts with the key of one owner; decrypts whatever an owner's key it can have encrypts."""

    def __init__(self, keys: CustomerKeys, owner: str = SHARED) -> None:
        self._keys = keys
        self._owner = owner

    def with_context(self, context: SerializationContext) -> Self:
        """The codec for the workflow of the context, or an activity's workflow."""
        about = isinstance(context, WorkflowSerializationContext | ActivitySerializationContext)
        workflow_id = context.workflow_id if about else None
        return type(self)(self._keys, customer_of(workflow_id or "") or SHARED)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Payloads as Temporal keeps them."""
        return [await self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Payloads as they were. What was never encrypted stays as it is. Raises CustomerErased."""
        return [await self._decrypt(payload) for payload in payloads]

    async def _encrypt(self, payload: Payload) -> Payload:
        data = await self._keys.encrypt(self._owner, payload.SerializeToString())
        return Payload(metadata={"encoding": ENCODING, _OWNER: self._owner.encode()}, data=data)

    async def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        owner = payload.metadata[_OWNER].decode()
        data = await self._keys.decrypt(owner, payload.data)
        if data is None:
            raise CustomerErased(owner)
        return Payload.FromString(data)


def data_converter(keys: CustomerKeys) -> DataConverter:
    """How values become payloads: as pydantic writes them, then encrypted; the words of failures too."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=CustomerCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
