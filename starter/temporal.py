"""The connection to Temporal, the same for every process, and what its workflows say."""

import logging
from functools import cache

from temporalio.client import Client
from temporalio.exceptions import FailureError
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from keys.codec import data_converter
from keys.customers import CustomerKeys
from settings import Settings

CORE_LOG = "temporalio.core"
"""The logger of what the SDK's core has to say, such as of a workflow task that takes too long."""


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
            runtime=runtime("WARN"),
        )
    except RuntimeError as error:
        raise TemporalUnreachable(
            f"Temporal does not answer at {settings.temporal_address}. Start it with 'sojourn dev', "
            "or set SOJOURN_TEMPORAL_ADDRESS to where it runs."
        ) from error


@cache
def runtime(told: str) -> Runtime:
    """The SDK's core, which tells `CORE_LOG` of what is at least as bad as `told`.

    By itself it writes on standard output, amid what a command prints for another program to read.
    """
    levels = TelemetryFilter(core_level=told, other_level="ERROR")
    forwarding = LogForwardingConfig(logging.getLogger(CORE_LOG), append_target_to_name=False)
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(levels, forwarding)))


def sentence_of(refusal: BaseException) -> str:
    """Why a workflow refused an update, as a sentence, without the type that the SDK puts before it."""
    said = refusal.message if isinstance(refusal, FailureError) else str(refusal)
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."
