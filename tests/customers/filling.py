"""A store in which every table knows something of Lena, and what must be nowhere once she is erased."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from journeys.ids import workflow_id
from store.database import Database
from store.digests import digest
from store.tables import (
    Action,
    Address,
    AuditEntry,
    ConsentRecord,
    ConsentStatement,
    Customer,
    CustomerFeatures,
    EventRecord,
    Identity,
    IdentityChange,
    Membership,
    Merge,
    OutboxEntry,
    ProductTouch,
    Refusal,
    SurfaceMessage,
    WaitingReport,
)
from tests import seeding
from tests.seeding import NOW

LENA = "c_lena"
TOLD = (
    digest("email", "lena.koch@example.com"),
    "Lena",
    "lena.koch@example.com",
    "+4915112345642",
    "shop-user-4711",
    "visitor-0815",
    "fcm-token-of-some",
)
"""What tells who Lena is."""
RUN = seeding.run_ref()


def lena() -> Customer:
    traits = {"name": "Lena Koch", "email": "lena.koch@example.com", "plan": "pro"}
    return Customer(
        id=LENA,
        absorbed=["c_before"],
        traits=traits,
        time_zone="Europe/Berlin",
        locale="de",
        created_at=NOW - timedelta(days=30),
    )


def rows() -> list[SQLModel]:
    """A row of Lena's in every table that has any."""
    refused = json.dumps({"type": "track", "userId": "shop-user-4711", "properties": {"name": "Lena"}})
    delivery = seeding.delivery("d_1", "reminder", "browse-reminder", "email", "rejected", timedelta(hours=4))
    delivery.reason, delivery.provider_id = "no mailbox lena.koch@example.com", "<1@lena.koch@example.com>"
    spans = seeding.trace(RUN, NOW - timedelta(days=2), closed=True)
    spans[0].detail = "lena.koch@example.com"
    return [
        lena(),
        AuditEntry(
            at=NOW,
            kind="verdict",
            subject="delivery:d_1",
            by="policies",
            customer_id=LENA,
            facts={"outcome": "denied"},
            evidence={"contacts": ["lena.koch@example.com"]},
            salt="s",
        ),
        Identity(kind="user", value="shop-user-4711", customer_id=LENA, since=NOW),
        Identity(kind="anonymous", value="visitor-0815", customer_id=LENA, since=NOW),
        Identity(kind="email", value=digest("email", "lena.koch@example.com"), customer_id=LENA, since=NOW),
        Customer(id="c_before", traits={}, created_at=NOW, merged_into=LENA),
        IdentityChange(
            rule="moved",
            kind="anonymous",
            value="visitor-0815",
            by_kind="user",
            by_value="shop-user-4711",
            customer_id=LENA,
            other_id="c_before",
            event_id="e_1",
            at=NOW,
        ),
        Merge(
            survivor_id=LENA,
            gone_id="c_before",
            rule="person",
            by="omar",
            reason="Lena said so",
            at=NOW,
            evidence={"traits": {"name": "Lena"}},
        ),
        WaitingReport(
            id="w_1",
            vendor="postmark",
            channel="email",
            provider_id="p_1",
            report={"Recipient": "lena.koch@example.com"},
            received_at=NOW,
        ),
        *[
            Address(customer_id=LENA, kind=kind, value=value, updated_at=NOW)
            for kind, value in (
                ("email", "lena.koch@example.com"),
                ("phone", "+4915112345642"),
                ("push_token", "fcm-token-of-some-length-4711"),
            )
        ],
        ConsentRecord(customer_id=LENA, channel="email", purpose="marketing", granted=True, source="Lena", at=NOW),
        ConsentStatement(
            customer_id=LENA,
            channel="email",
            purpose="marketing",
            granted=True,
            source="form",
            at=NOW,
            evidence={"proof": "lena.koch@example.com said so"},
        ),
        event := EventRecord(
            seq=4711,  # far from those that the store gives
            id="e_1",
            customer_id=LENA,
            name="Product Viewed",
            properties={"email": "lena.koch@example.com"},
            occurred_at=NOW - timedelta(hours=5),
            received_at=NOW - timedelta(hours=5),
        ),
        OutboxEntry(seq=event.seq or 0, customer_id=LENA, dead=True, last_error="lena.koch@example.com"),
        seeding.run(RUN, state="closed", outcome="completed", reason="for Lena"),
        delivery,
        seeding.approval(state="open"),
        Action(
            id="x_1",
            workflow_id=workflow_id("refunds", LENA, "o_1"),
            first_run_id="1",
            journey="refunds",
            step_id="refund",
            pass_=0,
            customer_id=LENA,
            tool="refund",
            given={"to": "lena.koch@example.com"},
            state="done",
            result={"name": "Lena"},
            reserved_at=NOW,
        ),
        CustomerFeatures(customer_id=LENA, document={"orders": {"of": "Lena"}}, changed_at=NOW),
        Membership(segment="vips", customer_id=LENA, member=True, since=NOW, version="1"),
        SurfaceMessage(
            id="d_2",
            customer_id=LENA,
            surface="inbox",
            content={"title": "Hello Lena"},
            placed_at=NOW,
            valid_until=NOW + timedelta(days=1),
        ),
        ProductTouch(id="t_1", customer_id=LENA, product_id="tent", kind="viewed", at=NOW),
        Refusal(id="r_1", received_at=NOW, reason="timestamp: not a time", raw=refused),
        *spans,
    ]


async def fill(database: Database, *more: SQLModel) -> None:
    """Write Lena's rows, and others."""
    await seeding.put(database, *rows(), *more)


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with database.connection() as connection:
        for table in SQLModel.metadata.sorted_tables:
            found[table.name] = [dict(row) for row in (await connection.execute(select(table))).mappings()]
    return found


def told_in(text: str) -> list[str]:
    """What of Lena stands in a text."""
    return [word for word in TOLD if word in text]
