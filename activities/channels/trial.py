"""Tries a channel with one marked message, told stage by stage: what `sojourn channel test` runs."""

import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from activities.channels.model import (
    OutcomeUnknown,
    OutgoingMessage,
    Provider,
    Refused,
    Remedy,
    RetryLater,
    SendError,
)
from content.rendering import Rendered
from content.shapes import SHAPES

_DO: Mapping[Remedy, str] = {
    "none": "nothing is wrong with the channel: the provider does not take this message for this recipient",
    "deactivate_address": "a journey would not use this address again: try another",
    "withdraw_consent": "they told the vendor that they want no more: try another recipient",
    "fix_configuration": "mend what is set up for such recipients, in sojourn.yaml or at the vendor",
    "stop_channel": "mend the settings of this channel in sojourn.yaml, or the account at the vendor",
    "fix_content": "mend the content; with --field you say what this message has",
}


@dataclass(frozen=True)
class Stage:
    """One stage of a trial, and what came of it. `do` is what to do when it failed."""

    stage: str
    ok: bool
    detail: str
    seconds: float
    do: str = ""


async def try_channel(provider: Provider, recipient: str, fields: Mapping[str, Any]) -> AsyncGenerator[Stage]:
    """Prepare and send one message that says what it is, and tell of each stage as it ends. It really leaves.

    `fields` take the place of what the sample would have. After a stage that failed none follows.
    """
    delivery_id = f"d_test_{secrets.token_hex(8)}"
    began = time.monotonic()
    try:
        message = provider.prepare(_sample(provider.channel, delivery_id, fields), recipient, delivery_id)
    except Refused as error:
        yield _failed("prepare", error, began)
        return
    yield Stage("prepare", True, f"marked {delivery_id}: {_size(message)}", time.monotonic() - began)
    began = time.monotonic()
    try:
        provider_id = await provider.send(message, delivery_id)
    except SendError as error:
        yield _failed("send", error, began)
        return
    yield Stage("send", True, f"the provider took it as {provider_id}", time.monotonic() - began)


def _sample(channel: str, mark: str, fields: Mapping[str, Any]) -> Rendered:
    """A message with every field that the channel needs. It asks for nothing, so it is no marketing."""
    text = f"This is a test of the channel '{channel}' from Sojourn, marked {mark}. Nothing has to be done."
    shape = SHAPES.get(channel)
    required = [name for name, field in shape.model_fields.items() if field.is_required()] if shape else []
    needed = dict.fromkeys(required or ["text"], text)
    return Rendered(
        content="channel-test", channel=channel, fields={**needed, **fields}, marketing=False, content_version=mark
    )


def _size(message: OutgoingMessage) -> str:
    return f"{len(message.model_dump_json().encode()):,} bytes for {message.provider}"


def _failed(stage: str, error: SendError, began: float) -> Stage:
    do = (
        _DO[error.remedy]
        if isinstance(error, Refused)
        else "look in the vendor's own log whether it arrived"
        if isinstance(error, OutcomeUnknown)
        else _later(error)
    )
    return Stage(stage, False, str(error), time.monotonic() - began, do)


def _later(error: SendError) -> str:
    after = error.after if isinstance(error, RetryLater) else None
    return f"try again in {after.total_seconds():.0f} s" if after else "try again later"
