"""A question that nobody answers: a reminder, the next group, and then what the journey says of itself."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from store.database import Database
from store.tables import Notice
from tests.approving import approve_content
from tests.kept import Kept
from tests.retail import OMAR, Handle, RetailShop, Shopper, encrypted, retail_shop, retail_with
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

JOURNEY = """\
journey: second-thoughts
owner: maria@northwind.example
start: {event: Product Viewed}
steps:
  - id: offer
    send: push
    content: second-thoughts
    offer: {discount: 5%}
    approval: {group: support, within: 2h, otherwise: send_without_offer}
"""
CONTENT = """\
---
purpose: marketing
offer: 5%
intent: ready_to_buy
language: en
---
title: "{{ product.name }}, once more"
body: "All about it on one page.{% if offer %} Today it is {{ offer.discount | percent }} less.{% endif %}"
"""


def unanswered(folder: Path) -> Path:
    """A project whose support is asked first, and marketing when support does not answer."""
    project = retail_with(folder, {"second-thoughts": JOURNEY})
    content = project / "content" / "second-thoughts" / "push.yaml.j2"
    content.parent.mkdir()
    content.write_text(CONTENT, encoding="utf-8")
    approve_content(project)
    file, roles = project / "sojourn.yaml", "support: {roles: [approver, ops]"
    text = file.read_text(encoding="utf-8")
    assert roles in text
    file.write_text(text.replace(roles, f"{roles}, escalate_to: marketing"), encoding="utf-8")
    return project


async def passes(shop: RetailShop, run: Handle, until: str) -> None:
    """Time passes for a run until a moment that a door told, or just after."""
    left = datetime.fromisoformat(until) - await shop.clocks.get_current_time(run)
    await shop.clocks.fast_forward(run, left + timedelta(milliseconds=1))


async def told(shop: RetailShop, *kinds: str) -> None:
    """The groups are told these things of the question, and nothing else."""

    async def are() -> bool:
        notices = await Kept(shop.services.database).all(Notice)
        return [notice.kind for notice in sorted(notices, key=lambda notice: notice.at)] == list(kinds)

    await eventually(are)


async def test_what_two_groups_leave_unanswered_leaves_without_its_offer(
    sqlite_database: Database, temporal: Client, tmp_path: Path
) -> None:
    project = unanswered(tmp_path)
    async with retail_shop(sqlite_database, await encrypted(temporal, sqlite_database), tmp_path, project) as shop:
        lena = Shopper(shop)
        await lena.arrives()
        await lena.views()
        run = await lena.run()
        await shop.waits(run, "offer")
        [question] = await shop.open_approvals()
        assert (question["group"], "less" in question["texts"]["body"]) == ("support", True)

        [turn] = question["turns"]
        await passes(shop, run, turn["at"])
        await told(shop, "asked", "reminder", "escalated")
        assert [asked["group"] for asked in await shop.open_approvals()] == [turn["group"]] == ["marketing"]
        assert (await shop.decides(question["id"], "approve", OMAR)).status_code == 403

        await passes(shop, run, question["deadline"])
        push = await shop.receives("push")

        assert push.content["notification"]["body"] == "All about it on one page."
        assert (await run.result()).outcome == "completed"
        await told(shop, "asked", "reminder", "escalated", "reminder")
        [asked] = await shop.approvals()
        assert (asked.state, asked.decided_by) == ("expired", "")
        [delivery] = await shop.deliveries((await lena.runs())[0])
        assert (delivery.state, delivery.discount) == ("sent", None)
