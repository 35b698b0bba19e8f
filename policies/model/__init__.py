"""The types every policy shares: the action it judges, the facts it may know, the verdict it gives."""

from policies.model.action import Action
from policies.model.facts import Facts
from policies.model.history import Consent, Contact, Health, OpenRun, Suppressed
from policies.model.hours import Hours
from policies.model.place import Place
from policies.model.policy import Named, Need, Policy
from policies.model.ruling import Finding, Ruling, rule
from policies.model.verdicts import Allow, Deny, Hold, NeedsApproval, Verdict, strictest

__all__ = [
    "Action",
    "Allow",
    "Consent",
    "Contact",
    "Deny",
    "Facts",
    "Finding",
    "Health",
    "Hold",
    "Hours",
    "Named",
    "Need",
    "NeedsApproval",
    "OpenRun",
    "Place",
    "Policy",
    "Ruling",
    "Suppressed",
    "Verdict",
    "rule",
    "strictest",
]
