"""How the guardrails of a journey stand, and arming them again: what the API and the console share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from project.access import Person
from starter.identity.callers import Refusal
from store.autonomy import tightening_of
from store.database import Database
from store.guardrails import guardrails, rearm
from store.tables import Guardrail, Tightening


class NotTripped(Refusal):
    """There is nothing to arm again."""

    code, status = "not_tripped", 409


class NeedsReason(Refusal):
    """Whoever arms a guardrail again says why: the next one on call reads it."""

    code, status = "needs_reason", 422


@dataclass(frozen=True)
class Standing:
    """The guardrails of one journey, tripped ones first, and how its tier was lowered, if it was."""

    journey: str
    guardrails: Sequence[Guardrail]
    tightening: Tightening | None

    @property
    def tripped(self) -> bool:
        """Whether anything can be armed again."""
        return any(row.state == "tripped" for row in self.guardrails)

    @property
    def rolled_back(self) -> bool:
        """Whether its decisions are business as usual."""
        return any(row.state == "tripped" and not row.split for row in self.guardrails)


async def standing_of(database: Database, journey: str) -> Standing:
    """How one journey stands."""
    async with database.reading() as session:
        return Standing(journey, await guardrails(session, journey), await tightening_of(session, journey))


async def arm_again(database: Database, journey: str, name: str, person: Person, reason: str) -> list[str]:
    """Arm the tripped guardrails of a journey again, all or those of one name; gives what they were called. The
    journey's tier stays as it is. Raises NotTripped and NeedsReason."""
    if not reason.strip():
        raise NeedsReason("Say why it is safe to go on: the reason stands in the audit log.")
    now = datetime.now(UTC)
    async with database.transaction() as session:
        rows = await rearm(session, journey, name=name, reason=reason.strip(), by=person.email, at=now)
        if not rows:
            what = f"The guardrail '{name}'" if name else "No guardrail"
            raise NotTripped(f"{what} of '{journey}' {'has not' if name else 'has'} tripped.")
        return sorted({row.name for row in rows})
