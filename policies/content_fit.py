"""Content leaves while it is in date, and in a language the customer reads."""

from datetime import UTC
from typing import ClassVar, Literal

from policies.model import Allow, Deny, Facts, Hold, Policy, Verdict


class ContentFitPolicy(Policy):
    """Deny content that is out of date or in a language the customer does not read; hold what is not yet in date.

    With `other_language: deny` marketing in another language than that of the customer's locale is denied;
    content or customers without a language pass.
    """

    name: ClassVar[str] = "content_fit"
    judges_slots: ClassVar[bool] = True

    other_language: Literal["deny", "allow"] = "deny"

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        if action.valid_until and facts.now >= action.valid_until:
            ended = action.valid_until.astimezone(UTC)
            return Deny(reason=f"the content '{action.content}' was good until {ended:%Y-%m-%d %H:%M} UTC")
        if action.valid_from and facts.now < action.valid_from:
            return Hold(
                until=action.valid_from.astimezone(UTC),
                reason=f"the content '{action.content}' is not in date yet",
            )
        if (
            self.other_language == "deny"
            and action.purpose == "marketing"
            and _differ(action.language, facts.locale)
        ):
            return Deny(reason=f"the content is in '{action.language}', the customer reads '{facts.locale}'")
        return Allow()


def _differ(language: str | None, locale: str | None) -> bool:
    if not language or not locale:
        return False
    return _primary(language) != _primary(locale)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()
