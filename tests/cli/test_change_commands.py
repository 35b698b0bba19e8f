"""A planner on its way through the commands: refused, proposed all the same, agreed to, live, and taken back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from store.audit import entries_between
from store.database import Database
from store.versions import live_versions
from tests.cli.conftest import Answer, Command
from tests.retail import ADA, OMAR, SECRET, RetailShop, encrypted, retail_shop, retail_with
from tests.waiting import eventually

pytestmark = pytest.mark.xdist_group("e2e")

AS_WRITTEN = """
journey: nudged
owner: maria@northwind.example
start: {event: Product Viewed}
goal: Order Completed
steps:
  - choose: nudge
    options: [{option: mail, then: [{send: push, content: browse-related}]}, {option: nothing}]
"""
Person = Callable[..., Awaitable[Answer]]


def _at_the_terminal(shop: RetailShop, keys: Path, sojourn: Command) -> Person:
    """Commands of a person, by their token, with the settings of the shop's processes."""
    settings = shop.services.settings
    shared = {
        "SOJOURN_PROJECT_DIR": str(settings.project_dir),
        "SOJOURN_STATE_DIR": str(settings.state_dir),
        "SOJOURN_DATABASE_URL": settings.database,
        "SOJOURN_TEMPORAL_ADDRESS": shop.services.temporal.service_client.config.target_host,
        "SOJOURN_TASK_QUEUE": settings.task_queue,
        "SOJOURN_SECRET": SECRET,
        "SOJOURN_MASTER_KEYS_FILE": str(keys),
        "SOJOURN_URL": str(shop.api.base_url),
    }

    async def says(token: str, *arguments: object) -> Answer:
        return await asyncio.to_thread(sojourn, *arguments, **shared, SOJOURN_TOKEN=token)

    return says


async def test_a_planner_without_evidence_goes_live_only_when_its_group_agrees_to_that(
    sqlite_database: Database, temporal: Client, tmp_path: Path, sojourn: Command
) -> None:
    project = retail_with(tmp_path, {"nudged": AS_WRITTEN})
    with (project / "sojourn.yaml").open("a") as settings:
        settings.write("\nreview: {autonomy: marketing}\n")
    keys = tmp_path / "master-keys"
    keys.write_text(SECRET)
    client = await encrypted(temporal, sqlite_database)
    async with retail_shop(sqlite_database, client, tmp_path / "state", project) as shop:
        says = _at_the_terminal(shop, keys, sojourn)

        async def live() -> str:
            async with sqlite_database.reading() as session:
                return (await live_versions(session))["nudged"]

        before, file = await live(), project / "journeys" / "nudged.yaml"
        file.write_text(AS_WRITTEN.replace("choose: nudge", "choose: nudge\n    planner: sampler"))

        refused = await says(OMAR, "journey", "publish", file)
        assert refused.code == 1
        assert "Weak: No decision 'nudge' of 'nudged' in the last 90 days has a final" in refused.err
        assert json.loads((await says(OMAR, "change", "list", "-o", "json")).out) == []

        proposed = await says(OMAR, "journey", "publish", file, "--without-evidence", "it has to begin somewhere")
        assert proposed.code == 0, proposed.err
        (change,) = json.loads((await says(ADA, "change", "list", "-o", "json")).out)
        assert (change["state"], change["areas"]) == ("open", {"autonomy": "marketing"})
        assert (await says(ADA, "change", "list", "--state", "rejected")).out == "No change is rejected.\n"
        shown = (await says(ADA, "change", "show", change["id"])).out
        assert "without evidence: it has to begin somewhere" in shown
        assert "'sampler' at 'nudge' would take over without evidence." in shown

        assert (await says(OMAR, "change", "approve", change["id"])).code == 1
        assert await live() == before
        agreed = await says(ADA, "change", "approve", change["id"])
        assert agreed.out == "Approved by everyone concerned: it goes live now.\n"

        async def is_live() -> bool:
            return await live() == change["version"]

        await eventually(is_live)
        back = await says(ADA, "change", "rollback", change["id"])
        assert (back.out, await live()) == (f"Live again: nudged@{before}.\n", before)

    hour = timedelta(hours=1)
    async with sqlite_database.reading() as session:
        now = datetime.now(UTC)
        kept = [entry.facts async for entry in entries_between(session, now - hour, now + hour, "change")]
    said = [facts["why"] for facts in kept if facts.get("change") == change["id"] and "why" in facts]
    assert said == ["without evidence: it has to begin somewhere"]
