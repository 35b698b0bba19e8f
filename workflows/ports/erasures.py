"""What the erasure of a customer asks of the world. Opaque ids and counts are all that travels."""

from temporalio import activity

from workflows.ports.runs import Message


class EraseRequest(Message):
    """Whom to erase: an opaque customer id whose erasure was begun."""

    customer_id: str


class Erased(Message):
    """How much was erased, by what it was."""

    counts: dict[str, int]


@activity.defn(name="end_runs")
async def end_runs(request: EraseRequest) -> None:
    """End every open run of the customer. Safe to retry."""
    raise NotImplementedError


@activity.defn(name="erase_customer")
async def erase_customer(request: EraseRequest) -> Erased:
    """Erase the customer from the store and destroy the key. Safe to retry."""
    raise NotImplementedError
