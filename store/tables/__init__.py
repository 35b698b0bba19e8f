"""The tables, by what they are about. All times are UTC."""

from store.tables.approvals import (
    Approval,
    ApprovalState,
    EditLabel,
    GrantUse,
    LabelFacts,
    Notice,
    NoticeKind,
    StandingGrant,
)
from store.tables.audit import AuditEntry
from store.tables.autonomy import Tightening
from store.tables.catalogue import (
    CatalogueProduct,
    CatalogueState,
    ProductChange,
    ProductCount,
    ProductPair,
    ProductSource,
    ProductTouch,
)
from store.tables.changes import Change, ChangeKind, ChangeState, FilesVersion
from store.tables.channels import Alert, ChannelPause, SendingWorker
from store.tables.columns import UtcTime
from store.tables.consents import ConsentRecord, ConsentStatement, Suppression
from store.tables.customers import Address, Customer, Identity, IdentityChange, Merge
from store.tables.deliveries import Action, Delivery, DeliveryState, SurfaceMessage
from store.tables.erasures import Erasure
from store.tables.events import EventRecord, IntakeCount, OutboxEntry, Refusal
from store.tables.experiments import Experiment, ExperimentState
from store.tables.features import CustomerFeatures, ScoreFit
from store.tables.guardrails import Guardrail, GuardrailState
from store.tables.keys import CustomerKey
from store.tables.planning import LearnedBlock, LearnedPoint, LearningProgress, PlannerDecision, TokenSpending
from store.tables.processes import Lease
from store.tables.runs import JourneyVersion, Run, RunState, Span
from store.tables.segments import Membership, SegmentRecord
from store.tables.tokens import ApiToken
from store.tables.webhooks import WaitingReport, WebhookTally

__all__ = [
    "Action",
    "Address",
    "Alert",
    "ApiToken",
    "Approval",
    "ApprovalState",
    "AuditEntry",
    "CatalogueProduct",
    "CatalogueState",
    "Change",
    "ChangeKind",
    "ChangeState",
    "ChannelPause",
    "ConsentRecord",
    "ConsentStatement",
    "Customer",
    "CustomerFeatures",
    "CustomerKey",
    "Delivery",
    "DeliveryState",
    "EditLabel",
    "Erasure",
    "EventRecord",
    "Experiment",
    "ExperimentState",
    "FilesVersion",
    "GrantUse",
    "Guardrail",
    "GuardrailState",
    "Identity",
    "IdentityChange",
    "IntakeCount",
    "JourneyVersion",
    "LabelFacts",
    "LearnedBlock",
    "LearnedPoint",
    "LearningProgress",
    "Lease",
    "Membership",
    "Merge",
    "Notice",
    "NoticeKind",
    "OutboxEntry",
    "PlannerDecision",
    "ProductChange",
    "ProductCount",
    "ProductPair",
    "ProductSource",
    "ProductTouch",
    "Refusal",
    "Run",
    "RunState",
    "ScoreFit",
    "SegmentRecord",
    "SendingWorker",
    "Span",
    "StandingGrant",
    "Suppression",
    "SurfaceMessage",
    "Tightening",
    "TokenSpending",
    "UtcTime",
    "WaitingReport",
    "WebhookTally",
]
