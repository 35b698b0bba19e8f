"""The types every policy shares: the action it judges, the facts it may know, the verdict it gives."""

from policies.model.action import SLOT, Action
from policies.model.facts import Facts, attribute
from policies.model.history import Consent, Contact, Health, OpenRun, Suppressed
from policies.model.hours import Hours
from policies.model.place import Place
from policies.model.policy import Named, Need, Policy
from policies.model.ruling import Finding, Ruling, rule
from policies.model.verdicts import Allow, Deny, Hold, NeedsApproval, Verdict, strictest

__all__ = [
    "SLOT",
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
    "attribute",
    "rule",
    "strictest",
]
