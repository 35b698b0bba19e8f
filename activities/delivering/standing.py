"""A standing grant in the place of a question: a person agreed before to all that is like it."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from activities.delivering.judging import InForce
from activities.delivering.verdicts import Judged
from policies.model import Facts, NeedsApproval
from store.grants import covering_grant
from store.tables import StandingGrant


@dataclass(frozen=True)
class Alike:
    """By what a grant covers something: what that has in common with others, and its size. `delivery_id` names
    the delivery or the action, whose further tries use a grant no further."""

    similar: str
    delivery_id: str
    discount: float | None
    amount: float | None


@dataclass(frozen=True)
class Standing:
    """A grant that covers something, and what every policy says of it once a person has agreed."""

    grant: StandingGrant
    agreed: Judged


@dataclass(frozen=True)
class Foretold:
    """What every policy would say as long as nobody has approved it, and what would answer in a person's place."""

    judged: Judged
    standing: Standing | None


async def standing_for(session: AsyncSession, alike: Alike, in_force: InForce, judged: Judged) -> Standing | None:
    """The grant that answers in the place of the person whom a ruling asks for; None when that has to be a person,
    or nobody is asked for. Nothing is written: whoever acts by it uses it up."""
    wanted = judged.ruling.verdict
    if not isinstance(wanted, NeedsApproval) or wanted.tier != "supervised" or wanted.people > 1:
        return None
    limits, now = {"discount": alike.discount, "amount": alike.amount}, judged.facts.now
    grant = await covering_grant(session, alike.similar, alike.delivery_id, group=wanted.group, now=now, **limits)
    return Standing(grant, in_force.judge(_agreed(judged.facts))) if grant else None


def _agreed(facts: Facts) -> Facts:
    """The facts as they are once a person has agreed."""
    return facts.model_copy(update={"action": facts.action.model_copy(update={"approved": True})})
