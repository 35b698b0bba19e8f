"""Makes the message a step would send: the customer's address, the approved content, the provider's form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.asking.editable import offered
from activities.channels.model import OutgoingMessage, Provider, Refused
from activities.delivering.draft import Draft, EditedDraft, digest
from activities.delivering.tracking import Tracker
from content.editing import EditRefused, with_edits
from content.library import Library
from content.links import LinkSigner
from content.rendering import ContentError, OfferTerms, Recipient, RenderContext, Rendered
from deciding.sight import seen_of
from deciding.slots import Occasion, SlotChoices, SlotPlanning
from journeys.parts import Offer
from journeys.steps import DISCOUNT
from journeys.times import format_duration, known_zone
from journeys.usual import COMPARED
from learning.products import FEWEST
from project.model import Brand
from store.catalogue import Watch
from store.ledger import reachable_at
from store.tables import Customer
from workflows.ports import DeliverRequest, Denied, Grant, Rejected

_LEAST_LEFT = 0.25
"""The share of an offer's life that has to be left when it leaves."""


@dataclass(frozen=True)
class Errand:
    """One message that is to be made: what is asked for, over which channel, and by which key of the ledger.
    `customer` is whom the request names, if they are known."""

    request: DeliverRequest
    channel: str
    customer: Customer | None
    delivery_id: str


@dataclass(frozen=True)
class _Made:
    message: OutgoingMessage
    rendered: Rendered


@dataclass(frozen=True)
class _Way:
    """Over whom and whereto a message goes."""

    provider: Provider
    customer: Customer
    recipient: str
    delivery_id: str
    choices: SlotChoices | None = None
    """What is chosen for its slots, and seen of the customer; None where it has none."""


class Composer:
    """Composes messages for the channels of one project."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        library: Library,
        links: LinkSigner,
        brand: Brand,
        public_url: str,
        tracker: Tracker,
        time_zone: str,
    ) -> None:
        """`time_zone` is the project's: the clock of customers whose own is not known."""
        self._providers = providers
        self._library = library
        self._links = links
        self._brand = brand
        self._public_url = public_url
        self._tracker = tracker
        self._time_zone = time_zone
        self._watch = Watch()
        self._slot_planning = SlotPlanning()

    async def compose(self, session: AsyncSession, errand: Errand, now: datetime) -> Draft | Denied | Rejected:
        """The message at `now`, or why there is none.

        Under a grant the message is made for the moment at which it was shown to the approver. If it then is
        not, byte for byte, what was approved, it is made for now, and has to be asked about again. So it is when
        less than a quarter of an offer's life is left: nobody gets an offer that is all but over.
        """
        way, request = await self._way(session, errand), errand.request
        if not isinstance(way, _Way):
            return way
        too_late = ""
        if grant := request.grant:
            too_late = _spent(request.offer, grant.asked_at, now)
            shown = self._shown(request, grant, way)
            if not too_late and shown is not None:
                return shown
        made = self._draft(request, way, now)
        return replace(made, made_anew=too_late) if isinstance(made, Draft) else made

    async def compose_edited(self, session: AsyncSession, errand: Errand, edits: Mapping[str, str]) -> EditedDraft:
        """The message that was shown as the request's grant says, with `edits`.

        Raises EditRefused when there is no such message any more, or the edited one cannot be made.
        """
        request, way = errand.request, await self._way(session, errand)
        grant = request.grant
        shown = self._shown(request, grant, way) if grant and isinstance(way, _Way) else None
        if grant is None or shown is None or not isinstance(way, _Way):
            raise EditRefused("What it was made from has changed since. Approve it, and it is asked about anew.")
        if too_late := _spent(request.offer, grant.asked_at, request.now):
            raise EditRefused(f"{too_late[:1].upper()}{too_late[1:]}. Approve it, and it is asked about anew.")
        edited = self._made_with(request, way, grant.asked_at, edits)
        if edited.offer == shown.offer:
            return EditedDraft(shown, shown, edited)
        priced = self._made_with(request, way, grant.asked_at, {DISCOUNT: edits[DISCOUNT]})
        if priced.content_hash == self._made_with(request, way, grant.asked_at, {}).content_hash:
            raise EditRefused(
                f"{DISCOUNT}: the message would say the same as before, so it cannot be lowered here."
            )
        return EditedDraft(shown, priced, edited)

    def links_of(self, customer: Customer, channel: str) -> tuple[str, str, str]:
        """By which a customer unsubscribes from a channel, chooses what to hear about, and confirms a consent."""
        return (
            f"{self._public_url}/u/{self._links.unsubscribe_token(customer.id, channel)}",
            f"{self._public_url}/p/{self._links.preferences_token(customer.id)}",
            f"{self._public_url}/s/{self._links.confirm_token(customer.id, channel)}",
        )

    async def _way(self, session: AsyncSession, errand: Errand) -> _Way | Denied | Rejected:
        channel, customer, delivery_id = errand.channel, errand.customer, errand.delivery_id
        provider = self._providers.get(channel)
        if provider is None:
            return _rejected(delivery_id, "channel.unknown", f"no channel '{channel}' is set up")
        if customer is None:
            return Denied(reason="the customer is not known")
        recipient = await reachable_at(session, customer.id, provider.kinds())
        if recipient is None:
            kinds = " or ".join(kind.replace("_", " ") for kind in provider.kinds())
            return Denied(reason=f"the customer has no {kinds}")
        if news := await self._watch.news(session, FEWEST):
            self._library.catalogue.renew(news.products, news.together, news.trending)
        choices = await self._choices(session, errand.request, channel, customer)
        return _Way(provider, customer, recipient, delivery_id, choices)

    async def _choices(
        self, session: AsyncSession, request: DeliverRequest, channel: str, customer: Customer
    ) -> SlotChoices | None:
        """What chooses for the slots of a mail; None where it has none."""
        name = self._library.surface_of(request.content, channel)
        if not name:
            return None
        surface, run = self._library.surfaces[name], request.run
        seen = await seen_of(session, customer, self._library.asks(name), request.now)
        occasion = Occasion(
            surface=name,
            customer_id=customer.id,
            workflow_id=run.workflow_id,
            journey=run.journey,
            first_run_id=run.first_run_id,
            start_id=request.start.id,
            step_id=request.step_id,
            pass_=request.pass_,
            usual=self._library.held_out(customer.id) or (COMPARED if request.as_usual else ""),
        )
        return await self._slot_planning.look(session, surface, occasion, seen, request.now)

    def _shown(self, request: DeliverRequest, grant: Grant, way: _Way) -> Draft | None:
        """The message that a person saw; None when it can no longer be made, byte for byte."""
        try:
            shown = self._draft(request, way, grant.asked_at, grant.edits)
        except EditRefused:
            return None
        return shown if isinstance(shown, Draft) and shown.content_hash == grant.content_hash else None

    def _made_with(self, request: DeliverRequest, way: _Way, at: datetime, edits: Mapping[str, str]) -> Draft:
        """The message as it is with edits. Raises EditRefused when it cannot be made so."""
        draft = self._draft(request, way, at, edits)
        if not isinstance(draft, Draft):
            raise EditRefused(f"It cannot be sent so: {draft.reason}.")
        return draft

    def _draft(
        self, request: DeliverRequest, way: _Way, now: datetime, edits: Mapping[str, str] | None = None
    ) -> Draft | Rejected:
        """The message as it is at `now`, with edits. Raises EditRefused for an edit that does not fit."""
        words = dict(edits or {})
        lowered = {DISCOUNT: words.pop(DISCOUNT)} if words.keys() & set(request.approval.edit) else {}
        offer = offered(request.offer, lowered)

        def make(at: datetime, offer: Offer | None, words: Mapping[str, str]) -> _Made:
            context = self._context(request, way, offer, at)
            rendered = self._library.render(request.content, way.provider.channel, context)
            rendered = with_edits(rendered, words) if words else rendered
            tracked = self._tracker.track(rendered, way.customer, way.delivery_id)
            message = way.provider.prepare(tracked, way.recipient, way.delivery_id)
            return _Made(message, rendered)

        try:
            made = make(now, offer, words)
        except ContentError as error:
            return _rejected(way.delivery_id, f"content.{type(error).__name__}", str(error))
        except Refused as error:
            return _rejected(way.delivery_id, error.code, error.reason)
        # Made for the moment the run began, the message shows every change but that of the time. What a person
        # edited is bound by its hash; what it was made from is the same without.
        return Draft(
            made.message,
            way.customer,
            way.provider,
            made.rendered,
            offer,
            now + offer.valid if offer else None,
            lambda: _basis(make(request.start.at, request.offer, {}), request.offer),
            way.choices,
        )

    def _context(self, request: DeliverRequest, way: _Way, offer: Offer | None, now: datetime) -> RenderContext:
        customer, choices = way.customer, way.choices
        unsubscribe_url, preferences_url, confirm_url = self.links_of(customer, way.provider.channel)
        return RenderContext(
            brand=self._brand,
            customer=Recipient(
                traits=customer.traits,
                locale=customer.locale or "en",
                time_zone=customer.time_zone if known_zone(customer.time_zone) else self._time_zone,
                seen=dict(choices.scope["customer"]) if choices else {},
            ),
            event=request.start.properties,
            run=request.attributes,
            offer=OfferTerms(discount=offer.discount, expires_at=now + offer.valid) if offer else None,
            unsubscribe_url=unsubscribe_url,
            preferences_url=preferences_url,
            confirm_url=confirm_url,
            now=now,
            delivery_id=way.delivery_id,
            url_key=self._links.url_key,
            choose=choices,
        )


def _basis(made: _Made, offer: Offer | None) -> str:
    return digest([made.message.model_dump(mode="json"), made.rendered.content_version, offer])


def _spent(offer: Offer | None, shown_at: datetime, now: datetime) -> str:
    """Why an offer that was shown then may not leave now; empty when enough of its life is left."""
    if offer is None or now <= shown_at + offer.valid * (1 - _LEAST_LEFT):
        return ""
    return f"less than a quarter of the {format_duration(offer.valid)} is left of the offer that was approved"


def _rejected(delivery_id: str, code: str, reason: str) -> Rejected:
    return Rejected(delivery_id=delivery_id, code=code, reason=reason)
