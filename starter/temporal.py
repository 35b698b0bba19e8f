"""The connection to Temporal, the same for every process."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from settings import Settings


class TemporalUnreachable(RuntimeError):
    """The Temporal server does not answer. The message says what to do."""


async def connect(settings: Settings) -> Client:
    """Connect. Raises TemporalUnreachable when the server does not answer."""
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
        )
    except RuntimeError as error:
        raise TemporalUnreachable(
            f"Temporal does not answer at {settings.temporal_address}. Start it with 'sojourn dev', "
            "or set SOJOURN_TEMPORAL_ADDRESS to where it runs."
        ) from error
