"""Why a customer is where they are: why a journey did not start, a message did not leave, ids are one person's."""

from datetime import UTC, datetime

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.model import Journey
from journeys.times import known_zone, zone_or_utc
from journeys.wording import say_start
from starter.customers.dossiers import find
from starter.customers.occasions import Candidate, last_occasion
from starter.customers.reaching import obstacles
from starter.identity.callers import Refusal
from starter.ingestion.provenance import IdentityStory, explain_identity
from starter.segments.keeping import segments_of
from starter.segments.membership import as_attributes
from starter.services import Services
from store.consents import consents_of
from store.dossier import withheld
from store.features import features_of
from store.history import list_runs
from store.runs import HOLDOUT
from store.tables import Run, Span
from yamlfile import instead_of

_MESSAGES = 20


class NoSuchJourney(Refusal):
    """No journey has this name."""

    code, status = "unknown_journey", 404


class JourneyAnswer(BaseModel):
    """Whether a customer entered a journey, and why not. Times are UTC."""

    journey: str
    starts: str
    verdict: str
    """`is in it`, `was in it`, `was kept back for comparison` or `did not enter`."""
    run: str = ""
    """The workflow id of the run."""
    occasion: datetime | None = None
    """When it could last have started."""
    why: list[str]


class MessageAnswer(BaseModel):
    """A message that did not leave, or not at once, and what said so."""

    at: datetime
    run: str
    step_id: str
    outcome: str
    why: str
    policies: str
    """What each policy said, where they were asked."""


class Explanation(BaseModel):
    """Why a customer is where they are."""

    customer_id: str
    journeys: list[JourneyAnswer]
    messages: list[MessageAnswer]
    reach: list[str]
    """What keeps messages of each channel from them, whatever the journey."""
    identity: IdentityStory | None


class Explainer:
    """Explains the customers of an installation."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def explain(self, customer_id: str, journey: str = "") -> Explanation:
        """Why a customer did or did not enter journeys and get messages; of one journey when it is given.

        Raises NoSuchCustomer, NoSuchJourney.
        """
        asked = self._asked(journey)
        async with self._services.database.reading() as session:
            customer, now = await find(session, customer_id), datetime.now(UTC)
            candidate = Candidate(
                customer=customer,
                features=await features_of(session, customer.id),
                zone=known_zone(customer.time_zone) or zone_or_utc(self._services.project.time_zone),
                now=now,
                segments=segments_of(self._services),
                allows=as_attributes(await consents_of(session, customer.id), now).get(customer.id, {}),
            )
            spans = await withheld(session, customer.id, journey, _MESSAGES)
            return Explanation(
                customer_id=customer.id,
                journeys=[await _answer(session, one, candidate) for one in asked],
                messages=[_message(span) for span in spans],
                reach=await obstacles(session, customer, self._services.project.channels, now),
                identity=await explain_identity(session, customer.id),
            )

    def _asked(self, journey: str) -> list[Journey]:
        journeys = self._services.journeys
        if not journey:
            return [journeys[name] for name in sorted(journeys)]
        if journey not in journeys:
            hint = instead_of(journey, sorted(journeys))
            raise NoSuchJourney(f"There is no journey '{journey}' ({hint}).")
        return [journeys[journey]]


async def _answer(session: AsyncSession, journey: Journey, candidate: Candidate) -> JourneyAnswer:
    occasion = await last_occasion(session, journey, candidate)
    runs = (await list_runs(session, journey=journey.journey, customer_id=candidate.customer.id)).rows
    run = next((row for row in runs if row.state != "closed"), occasion.run)
    return JourneyAnswer(
        journey=journey.journey,
        starts=say_start(journey.start),
        verdict=_verdict(run),
        run=run.workflow_id if run else "",
        occasion=occasion.at,
        why=[_ended(run)] if run and not occasion.reasons else list(occasion.reasons),
    )


def _verdict(run: Run | None) -> str:
    if run is None:
        return "did not enter"
    if run.outcome == HOLDOUT:
        return "was kept back for comparison"
    return "was in it" if run.state == "closed" else "is in it"


def _ended(run: Run) -> str:
    if run.outcome == HOLDOUT:
        return "they are among the share of customers that the journey leaves alone"
    began = f"it began on {run.started_at:%Y-%m-%d %H:%M} UTC"
    reason = f" ({run.reason})" if run.reason else ""
    return f"{began} and ended: {run.outcome.replace('_', ' ')}{reason}" if run.state == "closed" else began


def _message(span: Span) -> MessageAnswer:
    return MessageAnswer(
        at=span.ended_at,
        run=span.workflow_id,
        step_id=span.step_id,
        outcome=span.outcome,
        why=span.detail,
        policies=str(span.attributes.get("journey.policy.findings", "")),
    )
