"""A marketing SMS says who sends it and how to stop it (TCPA and CTIA rules, and decency)."""

from typing import ClassVar

from policies.model import Action, Allow, Deny, Facts, Policy, Verdict


class SmsIdentificationPolicy(Policy):
    """Deny a marketing SMS that does not name the brand or none of the `opt_out` words.

    `brand` is the name to look for; without it, it is the project's. Letter case does not count.
    """

    name: ClassVar[str] = "sms_identification"

    brand: str = ""
    opt_out: tuple[str, ...] = ("STOP", "UNSUBSCRIBE", "OPT OUT")

    @property
    def looks_at_text(self) -> bool:
        return True

    def concerns(self, action: Action) -> bool:
        return (action.channel, action.purpose) == ("sms", "marketing")

    def verdict(self, facts: Facts) -> Verdict:
        action = facts.action
        text, brand = action.text.casefold(), self.brand or facts.brand
        if brand and brand.casefold() not in text:
            return Deny(reason=f"the SMS does not say that '{brand}' sends it")
        if not any(word.casefold() in text for word in self.opt_out):
            return Deny(reason=f"the SMS does not say how to stop it; write for example 'Reply {self.opt_out[0]}'")
        return Allow()
