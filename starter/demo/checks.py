"""Whether the demo went as it must: what the vendors received and how the runs ended, against what the model
of shoppers says by hand. Nothing here takes the system's word for what was sent."""

from collections import Counter
from collections.abc import Iterator

from sandbox.mailbox import Mailbox
from starter.demo.shoppers import Shopper, kind_of
from starter.demo.story import Part, Story
from starter.demo.summary import RunRecord


def differences(story: Story, mailbox: Mailbox, records: list[RunRecord]) -> list[str]:
    """Everything that is not as it must be, in sentences; empty when all is well."""
    cast = [part.shopper for part in story.parts]
    return [
        *_stray_messages(mailbox, cast),
        *_repeated_messages(mailbox),
        *(told for part in story.parts for told in _wrong_messages(part.shopper, mailbox)),
        *(told for part in story.parts for told in _wrong_times(part)),
        *(told for part, record in zip(story.parts, records, strict=True) for told in _wrong_ends(part, record)),
    ]


def _stray_messages(mailbox: Mailbox, cast: list[Shopper]) -> Iterator[str]:
    for message in mailbox.messages:
        if not any(shopper.is_at(message.recipient) for shopper in cast):
            yield f"{message.recipient} is nobody we know, and received {message.channel}: {message.title}"


def _repeated_messages(mailbox: Mailbox) -> Iterator[str]:
    for delivery_id, count in Counter(message.delivery_id for message in mailbox.messages).items():
        if count > 1:
            yield f"the delivery {delivery_id or 'without an id'} was received {count} times"


def _wrong_messages(shopper: Shopper, mailbox: Mailbox) -> Iterator[str]:
    own = [message for message in mailbox.messages if shopper.is_at(message.recipient)]
    received = [kind_of(message.channel, message.title) or message.title for message in own]
    if received != list(shopper.receives):
        wanted, got = ", ".join(shopper.receives) or "nothing", ", ".join(received) or "nothing"
        yield f"{shopper.name} ({shopper.story}) must receive {wanted}, and received {got}"


def _wrong_times(part: Part) -> Iterator[str]:
    hour = part.shopper.reminder_hour
    for received in part.received:
        local = part.local(received.at)
        if received.kind == "reminder" and hour is not None and local.hour != hour:
            yield f"{part.shopper.name} must get the reminder at {hour}:00, and got it at {local:%H:%M}"
        if not 8 <= local.hour < 21:
            yield f"{part.shopper.name} got {received.channel} at {local:%H:%M}, in the quiet hours"


def _wrong_ends(part: Part, record: RunRecord) -> Iterator[str]:
    shopper = part.shopper
    if record.run.outcome != shopper.outcome:
        ended = record.run.outcome or record.run.state
        yield f"{shopper.name}'s run must end as {shopper.outcome}, and is {ended}: {record.run.reason}"
    states = [approval.state for approval in record.approvals]
    if states != ([shopper.approval] if shopper.approval else []):
        found = ", ".join(states) or "none"
        yield f"{shopper.name}'s approvals must be {shopper.approval or 'none'}, and are {found}"
    roots = [span for span in record.spans if span.parent_id is None]
    if len(roots) != 1:
        yield f"{shopper.name}'s trace must have one root span, and has {len(roots)}"
    sent = sum(span.name.startswith("send ") and span.outcome == "sent" for span in record.spans)
    if sent != len(shopper.receives):
        yield f"{shopper.name}'s trace must show {len(shopper.receives)} messages sent, and shows {sent}"
