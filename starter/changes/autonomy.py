"""A journey that was tightened may do more by itself again only when others agree to that."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from journeys.model import Journey
from journeys.review import Area
from starter.changes.proposing import Proposal
from starter.identity.callers import Refusal
from store.autonomy import OWN_TIER, Strictest, open_tightenings, standing_of


class NothingTightened(Refusal):
    """Nothing about this journey was tightened, so that there is nothing to loosen."""

    code, status = "nothing_tightened", 409


class NobodyToAgree(Refusal):
    """No group decides about this journey, so that nobody could agree."""

    code, status = "nobody_to_agree", 409


async def proposal_of(
    session: AsyncSession, review: Mapping[Area, str], name: str, journey: Journey | None, reason: str
) -> Proposal:
    """Let the own tier of a journey count again, for a reason. It asks the group that `review` names for autonomy,
    else the one that decides since it was tightened: without a `review` nobody loosens alone either.

    Raises NothingTightened, NobodyToAgree.
    """
    rows = await open_tightenings(session, name)
    if not rows:
        raise NothingTightened(f"Nothing about '{name}' was tightened: its own tier counts.")
    strictest = rows[0]
    group = review.get("autonomy", strictest.group)
    if not group:
        message = (
            f"No group decides about '{name}'. Name who agrees under 'review' in sojourn.yaml: 'autonomy: GROUP'."
        )
        raise NobodyToAgree(message)
    said = [f"-{row.tier}: asks {row.group} since {row.at:%Y-%m-%d %H:%M} UTC, for {row.reason}\n" for row in rows]
    tier = journey.tier if journey else "of its own"
    return Proposal(
        kind="autonomy",
        subject=name,
        version=OWN_TIER,
        was=standing_of(rows),
        definition=Strictest.model_validate(strictest.model_dump()).model_dump(),
        diff="".join([*said, f"+{tier}: what the journey itself says\n"]),
        areas={"autonomy": group},
        owner=journey.owner if journey else "",
        why=reason,
    )
