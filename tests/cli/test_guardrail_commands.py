"""`sojourn guardrail` against the real API: what tripped is listed, shown with its reason, and armed again."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from store.autonomy import tighten, tightening_of
from store.database import Database
from store.tables import Guardrail, Tightening
from tests.cli.conftest import Command
from tests.cli.serving import Api

pytestmark = pytest.mark.xdist_group("cli-api")
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
WHY = "20 of 1000 messages, 2.00%, where 0.05 % is usual and 0.1 % harmful"


async def trip(url: str) -> None:
    """A journey whose complaints tripped, beside a guardrail that is well."""
    store = Database(url)
    given: dict[str, Any] = {"journey": "winback", "limit": 7.678, "since": NOON, "looked_at": NOON}
    async with store.transaction() as session:
        session.add(Guardrail(name="complaints", channel="email", state="tripped", value=13.1, why=WHY, **given))
        session.add(Guardrail(name="drift", channel="", state="ok", value=0.01, why="nothing changed", **given))
        reason = f"complaints over email: {WHY}"
        await tighten(session, "winback", "supervised", group="support", reason=reason, by="guardrail", at=NOON)
    await store.close()


async def tier(url: str) -> Tightening | None:
    store = Database(url)
    async with store.reading() as session:
        found = await tightening_of(session, "winback")
    await store.close()
    return found


def test_what_tripped_is_listed_shown_and_armed_again(sojourn: Command, api: Api):
    omar = api.person("omar")
    assert sojourn("guardrail", "list", **omar).out.startswith("No guardrail was looked at yet: the watch")
    assert "Nothing of 'winback' was looked at yet" in sojourn("guardrail", "show", "winback", **omar).out
    asyncio.run(trip(api.database_url))

    first = sojourn("guardrail", "list", **omar).out.splitlines()[1]
    assert first.split() == ["tripped", "winback", "complaints", "(email)", "13.1/7.68", "2026-03-03", "12:00"]
    (row,) = json.loads(sojourn("guardrail", "list", "--state", "tripped", "-o", "json", **omar).out)
    assert (row["name"], row["value"], row["limit"]) == ("complaints", 13.1, 7.678)

    shown = sojourn("guardrail", "show", "winback", **omar).out
    assert "winback is rolled back" in shown
    assert "lowered to supervised, support decides" in shown
    assert max(map(len, shown.splitlines())) <= 80

    refused = sojourn("guardrail", "rearm", "winback", "--reason", " ", **omar)
    assert (refused.code, refused.err.partition(":")[0]) == (1, "Say why it is safe to go on")
    armed = sojourn("guardrail", "rearm", "winback", "--reason", "the list is mended", **omar)
    assert armed.out.startswith("Armed again: complaints.\nThe planners of winback choose as its file says.\n")
    again = sojourn("guardrail", "rearm", "winback", "--reason", "the list is mended", **omar)
    assert (again.code, again.err) == (1, "No guardrail of 'winback' has tripped.\n")
    assert asyncio.run(tier(api.database_url)) is not None
