"""The connection to Temporal, the same for every process, and what its workflows say."""

from temporalio.client import Client
from temporalio.exceptions import FailureError

from keys.codec import data_converter
from keys.customers import CustomerKeys
from settings import Settings


class TemporalUnreachable(RuntimeError):
    """The Temporal server does not answer. The message says what to do."""


async def connect(settings: Settings, keys: CustomerKeys) -> Client:
    """Connect. What Temporal is given is encrypted with `keys`.

    Raises TemporalUnreachable when the server does not answer.
    """
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=data_converter(keys),
        )
    except RuntimeError as error:
        raise TemporalUnreachable(
            f"Temporal does not answer at {settings.temporal_address}. Start it with 'sojourn dev', "
            "or set SOJOURN_TEMPORAL_ADDRESS to where it runs."
        ) from error


def sentence_of(refusal: BaseException) -> str:
    """Why a workflow refused an update, as a sentence, without the type that the SDK puts before it."""
    said = refusal.message if isinstance(refusal, FailureError) else str(refusal)
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."
