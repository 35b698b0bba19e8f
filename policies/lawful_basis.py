"""Every purpose has a lawful basis that somebody wrote down (GDPR, article 6)."""

from typing import ClassVar, Literal

from journeys.parts import Purpose
from policies.model import Allow, Deny, Facts, Policy, Verdict

Basis = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]


class LawfulBasisPolicy(Policy):
    """Deny messages of a purpose for which `bases` names none; on the basis of consent, without that consent."""

    name: ClassVar[str] = "lawful_basis"

    bases: dict[Purpose, Basis] = {"marketing": "consent", "transactional": "contract"}

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        basis = self.bases.get(action.purpose)
        if basis is None:
            return Deny(reason=f"no lawful basis is written down for {action.purpose} messages")
        said = facts.last_word(action.channel)
        if basis == "consent" and not (said and said.stands(facts.now)):
            return Deny(
                reason=f"{action.purpose} messages rest on consent, and there is none for {action.channel}"
            )
        return Allow()
