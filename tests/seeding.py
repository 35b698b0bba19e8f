"""Rows as a week of the retail example leaves them, for tests of the doors that read them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.spans import run_span, step_span, step_span_id
from journeys.ids import span_id, trace_id, workflow_id
from journeys.loader import load_journeys
from project.access import Group, Person
from project.model import Brand, Project
from settings import Settings
from starter.services import Services
from store.database import Database
from store.tables import Approval, Change, ChannelPause, Customer, Delivery, Guardrail, Run, Span, StandingGrant
from workflows.ports import CloseRequest, RunRef, StepRecord

JOURNEY = "browse-abandonment"
SECRET = "the secret of this installation, long enough"
NOW = datetime.now(UTC).replace(microsecond=0)
MARIA = Person(email="maria@northwind.example", name="Maria (growth)", groups=("marketing",), token="token-maria")
ADA = Person(email="ada@northwind.example", name="Ada (brand)", groups=("marketing",), token="token-ada")
OMAR = Person(email="omar@northwind.example", name="Omar (support)", groups=("support",), token="token-omar")
GROUPS = {
    "marketing": Group(roles=("approver",)),
    "support": Group(roles=("approver", "ops")),
    "privacy": Group(roles=("privacy_officer",)),
}

_RETAIL = Path(__file__).parent.parent / "examples" / "retail"
_MAIL = """<!doctype html><html><body style="margin:0;background:#f4f1ea;font-family:Helvetica,Arial,sans-serif">
<div style="max-width:520px;margin:0 auto;padding:32px 28px;background:#fff;color:#222">
<p style="letter-spacing:.08em;font-size:12px;color:#1f5a4b">NORTHWIND OUTDOOR</p>
<h1 style="font-weight:400;font-size:26px;margin:8px 0 16px">Still thinking about the Fjell tent?</h1>
<p style="line-height:1.6">It sleeps three, weighs 2.4 kg, and until Thursday it is 12&nbsp;% less for you.</p>
<p style="margin:26px 0"><a href="https://northwind.example/p/fjell-3" style="background:#1f5a4b;color:#fff;
padding:12px 22px;border-radius:6px;text-decoration:none">Look at it again</a></p>
<p style="font-size:12px;color:#777">Northwind Outdoor GmbH, Hafenstr. 12, 20457 Hamburg · Unsubscribe</p>
<script>document.title = "ran"</script></div></body></html>"""
MESSAGES: dict[str, dict[str, Any]] = {
    "email": {
        "from": "Northwind Outdoor <hello@mail.northwind.example>",
        "to": "lena.koch@example.com",
        "subject": "Still thinking about the Fjell tent?",
        "text": "It sleeps three, weighs 2.4 kg.",
        "html": _MAIL,
        "headers": {"Message-ID": "<d1@mail.northwind.example>"},
    },
    "push": {
        "message": {
            "token": "fcm-token-of-some-length-4711",
            "notification": {
                "title": "Good choice, that tent",
                "body": "Three people, 2.4 kg. Have another look.",
            },
        }
    },
    "whatsapp": {
        "messaging_product": "whatsapp",
        "to": "+4915112345642",
        "type": "template",
        "template": {
            "name": "browse_offer",
            "language": {"code": "en"},
            "components": [
                {
                    "type": "body",
                    "parameters": [
                        {"type": "text", "text": "Fjell 3 tent"},
                        {"type": "text", "text": "10 %"},
                        {"type": "text", "text": "5 March, 10:00"},
                    ],
                }
            ],
        },
    },
}
TEXTS = {
    "email": {"subject": "Still thinking about the Fjell tent?", "text": "It sleeps three, weighs 2.4 kg."},
    "push": {"title": "Good choice, that tent", "body": "Three people, 2.4 kg. Have another look."},
    "whatsapp": {"parameters.0": "Fjell 3 tent", "parameters.1": "10 %", "parameters.2": "5 March, 10:00"},
}
_RECIPIENTS = {
    "email": "lena.koch@example.com",
    "push": "fcm-token-of-some-length-4711",
    "whatsapp": "+4915112345642",
}
_FINDINGS = [
    {"policy": "consent", "verdict": {"verdict": "allow"}},
    {"policy": "quiet_hours", "verdict": {"verdict": "allow"}},
    {"policy": "frequency_cap", "verdict": {"verdict": "allow"}},
    {
        "policy": "discount_cap",
        "verdict": {"verdict": "needs_approval", "group": "marketing", "reason": "10 % is more than 5 %"},
    },
]


async def services(database: Database, temporal: Client | None = None, *, demo_users: bool = False) -> Services:
    """The services of a shop with three people. Without `temporal`, its server is down."""
    return Services(
        settings=Settings(project_dir=_RETAIL, demo_users=demo_users),
        project=Project(
            brand=Brand(name="Northwind Outdoor", address="Hamburg", url="https://northwind.example"),
            time_zone="Europe/Berlin",
            write_keys=("key",),
            people=(MARIA, ADA, OMAR),
            groups=GROUPS,
            channels={"email": {}, "push": {}, "whatsapp": {}},
        ),
        journeys=load_journeys(_RETAIL / "journeys"),
        database=database,
        temporal=temporal
        or await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter),
        secret=SECRET,
    )


async def put(database: Database, *rows: Any) -> None:
    """Write rows, customers first."""
    async with database.transaction() as session:
        for row in sorted(rows, key=lambda row: not isinstance(row, Customer)):
            session.add(row)
            await session.flush()


GROUNDS: dict[str, Any] = {
    "now": [
        {"at": (NOW - timedelta(hours=4, minutes=20)).isoformat(), "what": "it began with “Cart Abandoned”"},
        {
            "at": (NOW - timedelta(minutes=20)).isoformat(),
            "what": "4 hours passed without “Order Completed”",
        },
    ],
    "ways": ["at “worth”, start.value > 100"],
    "chosen": {
        "step_id": "nudge", "decision": "best-nudge", "planner": "sampler", "at": NOW.isoformat(),
        "option": "ten-percent", "probability": 0.62, "expected": 4.2, "why": "it brought most to those like them",
        "others": [{"option": "reminder", "probability": 0.38, "expected": 1.2}],
        "closed": {"sms": "no consent to marketing by sms"},
    },
}  # fmt: skip
"""Why a run asks about an offer that a planner chose."""


def customer(customer_id: str = "c_lena") -> Customer:
    return Customer(id=customer_id, traits={"name": "Lena"}, created_at=NOW - timedelta(days=30))


def approval(approval_id: str = "a_1", **changes: Any) -> Approval:
    """An open question to marketing, by Maria's journey, about 10 % off over WhatsApp."""
    channel = changes.get("channel", "whatsapp")
    given: dict[str, Any] = {
        "id": approval_id,
        "delivery_id": f"d_{approval_id}",
        "workflow_id": workflow_id(JOURNEY, "c_lena", "fjell-3"),
        "first_run_id": "00000000-0000-4000-8000-000000000001",
        "journey": JOURNEY,
        "version": "1f0c9a7be2d4",
        "step_id": "offer",
        "customer_id": "c_lena",
        "group": "marketing",
        "tier": "supervised",
        "agreed": [],
        "author": MARIA.email,
        "channel": channel,
        "recipient": _RECIPIENTS.get(channel, ""),
        "message": {
            "channel": channel,
            "provider": "any",
            "recipient": _RECIPIENTS.get(channel, ""),
            "body": MESSAGES.get(channel, {}),
        },
        "content_hash": "hash",
        "texts": TEXTS.get(channel, {}),
        "basis": "basis",
        "discount": 10.0,
        "reason": "A discount of 10 % is more than the 5 % a journey may give by itself",
        "findings": _FINDINGS,
        "grounds": GROUNDS,
        "state": "open",
        "requested_at": NOW - timedelta(minutes=20),
        "deadline": NOW + timedelta(hours=23, minutes=40),
        "otherwise": "skip",
    }
    return Approval.model_validate(given | changes)


def refund(approval_id: str, **changes: Any) -> Approval:
    """An open question about money for an order, which passes on to the brand's people in the end."""
    given = {"order_id": "o-7", "amount": 1250.0, "currency": "EUR"}
    about: dict[str, Any] = {"channel": "action", "recipient": "", "discount": None, "amount": 1250.0}
    about |= {"step_id": "refund", "message": {"tool": "refund", "given": given}}
    about |= {"turns": [{"at": "2099-03-03T10:00:00+00:00", "group": "brand"}]}
    return approval(approval_id, **about | changes)


def change(change_id: str = "ch_1", **changes: Any) -> Change:
    """A higher cap on discounts, which Omar proposes and marketing must agree to."""
    given: dict[str, Any] = {
        "id": change_id,
        "kind": "policies",
        "subject": "policies.yaml",
        "version": "1f0c9a7be2d4",
        "was": "77aa01bb22cc",
        "definition": {},
        "diff": "--- policies.yaml@77aa\n+++ policies.yaml@1f0c\n@@ -1 +1 @@\n-most: 15%\n+most: 20%\n",
        "areas": {"price": "marketing"},
        "owner": MARIA.email,
        "author": OMAR.email,
        "state": "open",
        "proposed_at": NOW,
        "deadline": NOW + timedelta(days=14),
        "preview": "Of 3 decisions 1 would have left.",
        "why": "",
    }
    return Change.model_validate(given | changes)


def grant(grant_id: str = "g_1", **changes: Any) -> StandingGrant:
    """Ada's word for five others like `a_1`, within a week of now by the clock on the wall."""
    given: dict[str, Any] = {
        "id": grant_id,
        "journey": JOURNEY,
        "similar": "alike",
        "approval_id": "a_1",
        "group": "marketing",
        "discount": 10.0,
        "most": 5,
        "given_by": ADA.email,
        "given_at": datetime.now(UTC),
        "ends_at": datetime.now(UTC) + timedelta(days=7),
    }
    return StandingGrant.model_validate(given | changes)


def delivery(delivery_id: str, step_id: str, content: str, channel: str, state: str, ago: timedelta) -> Delivery:
    """A message to Lena, `ago` before now."""
    return Delivery(
        id=delivery_id,
        workflow_id=workflow_id(JOURNEY, "c_lena", "fjell-3"),
        first_run_id="00000000-0000-4000-8000-000000000001",
        journey=JOURNEY,
        step_id=step_id,
        pass_=0,
        customer_id="c_lena",
        channel=channel,
        provider="any",
        purpose="marketing",
        content=content,
        state=state,
        findings=_FINDINGS[:3],
        reserved_at=NOW - ago,
        sent_at=NOW - ago,
    )


def run_ref(key: str = "fjell-3", first_run_id: str = "00000000-0000-4000-8000-000000000001") -> RunRef:
    return RunRef(
        workflow_id=workflow_id(JOURNEY, "c_lena", key),
        first_run_id=first_run_id,
        journey=JOURNEY,
        version="1f0c9a7be2d4",
        customer_id="c_lena",
    )


def run(ref: RunRef, **changes: Any) -> Run:
    """The row of a run that is open and began two days ago."""
    given: dict[str, Any] = {
        **ref.model_dump(),
        "start_seq": 1,
        "state": "open",
        "started_at": NOW - timedelta(hours=46),
    }
    return Run(**given | changes)


def trace(ref: RunRef, began: datetime, *, closed: bool = False) -> list[Span]:
    """The spans of a run that reminded twice, two days apart, with the parts of its sends."""
    at, spans = began, list[Span]()

    def step(step_id: str, kind: str, length: timedelta, outcome: str, detail: str = "", **facts: str) -> None:
        nonlocal at
        record = StepRecord(
            step_id=step_id,
            kind=kind,
            started_at=at,
            ended_at=at + length,
            outcome=outcome,
            detail=detail,
            attributes=dict(facts),
        )
        spans.append(step_span(ref, record))
        if kind == "send":
            spans.extend(_parts(ref, step_id, facts["channel"], at, at + length))
        at += length

    step("wait_1", "wait", timedelta(minutes=30), "elapsed", "30m")
    step("reminder", "send", timedelta(milliseconds=184), "sent", channel="email", content="browse-reminder")
    step("wait_3", "wait", timedelta(hours=4), "elapsed", "4h")
    step("branch_4", "branch", timedelta(), "matched", "run.reminder.opened && !run.reminder.clicked")
    step("second_look", "send", timedelta(milliseconds=231), "sent", channel="push", content="browse-second-look")
    step("wait_5", "wait", timedelta(hours=17, minutes=22), "elapsed", "next day at 10:00")
    if closed:
        step("offer", "send", timedelta(minutes=42), "sent", channel="whatsapp", content="browse-offer")
        end = CloseRequest(
            run=ref, started_at=began, ended_at=at, outcome="completed", reason="every step was done"
        )
        spans.append(run_span(end))
    return spans


def _parts(ref: RunRef, step_id: str, channel: str, began: datetime, ended: datetime) -> list[Span]:
    """What the guard and the provider did in a send: the guard at its start, the provider at its end."""
    parts = [
        ("policy evaluate", "internal", "allowed", began, began + timedelta(milliseconds=12)),
        (f"send {channel}", "producer", "sent", ended - timedelta(milliseconds=140), ended),
    ]
    return [
        Span(
            span_id=span_id(ref.workflow_id, ref.first_run_id, step_id, "0", name, "1"),
            trace_id=trace_id(ref.workflow_id, ref.first_run_id),
            parent_id=step_span_id(ref, step_id, 0),
            workflow_id=ref.workflow_id,
            step_id=step_id,
            name=name,
            kind=kind,
            started_at=start,
            ended_at=end,
            outcome=outcome,
            attributes={"journey.step.id": step_id},
            links=[],
        )
        for name, kind, outcome, start, end in parts
    ]


def closed_arm(journey: str) -> Guardrail:
    """The arm 'bold' of the split 'subject', in which an experiment found too many who unsubscribed."""
    return Guardrail(
        journey=journey, channel="", name="unsubscribed in bold of subject-line", split="subject", arm="bold",
        state="tripped", value=0.5, limit=0.0, why="worse by more than 25%", since=NOW, looked_at=NOW,
    )  # fmt: skip


def channel_pause(until: datetime, **changed: Any) -> ChannelPause:
    """Nothing is sent over email, as the vendor no longer takes the token."""
    pause: dict[str, Any] = {
        "channel": "email",
        "worker": "1@host",
        "provider": "postmark",
        "code": "postmark.10",
        "reason": "the token was invalid",
        "setting": True,
        "breaks": 1,
        "since": NOW,
        "until": until,
    }
    return ChannelPause(**(pause | changed))
