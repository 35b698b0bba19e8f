"""A message that is ready to leave, and what it was made from."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pydantic_core

from activities.asking.editable import written_offer
from activities.channels.model import OutgoingMessage, Provider
from content.editing import texts_of
from content.rendering import Rendered
from deciding.slots import SlotChoices
from journeys.parts import Offer
from store.tables import Customer
from workflows.ports import DeliverRequest


@dataclass(frozen=True)
class Draft:
    """A message that is ready, and what it was made from."""

    message: OutgoingMessage
    customer: Customer
    provider: Provider
    rendered: Rendered
    """The content as it was filled in, before the provider gave it its form."""
    offer: Offer | None
    """What it promises: what its step offers, or what a person lowered that to."""
    offer_until: datetime | None
    """When the offer it makes ends, in UTC."""
    make_basis: Callable[[], str]
    """Only what has to be approved needs it."""
    choices: SlotChoices | None = None
    """The decisions by which its slots were filled."""
    made_anew: str = ""
    """Why this is not the message that was approved, when what was approved came too late."""

    @cached_property
    def basis(self) -> str:
        """Changes when what the message is made from does, but not with the time of day."""
        return self.make_basis()

    @property
    def discount(self) -> float | None:
        """What it gives, in per cent."""
        return self.offer.discount if self.offer else None

    @property
    def content_hash(self) -> str:
        return hash_message(self.message)


@dataclass(frozen=True)
class EditedDraft:
    """An edit of a message that a person was shown."""

    shown: Draft
    priced: Draft
    """As it was before words were edited, with the discount that it has now."""
    edited: Draft


def hash_message(message: OutgoingMessage) -> str:
    """The hash of all that leaves: what an approver approves."""
    return digest(message.model_dump(mode="json"))


def editable_texts(request: DeliverRequest, draft: Draft) -> dict[str, str]:
    """What of a message a person may edit, by field: its words, and the discount where the step says so."""
    return {**texts_of(draft.rendered), **written_offer(draft.offer, request.approval.edit)}


def digest(value: object) -> str:
    """The SHA-256 of anything that can be written as JSON."""
    return hashlib.sha256(pydantic_core.to_json(value)).hexdigest()
