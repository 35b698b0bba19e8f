"""The groups that must agree to a change are told of it, at a real HTTP endpoint."""

from datetime import timedelta
from pathlib import Path

from activities.reviewing import Reviewing
from store.database import Database
from tests.activities.conftest import CONSOLE, Endpoint, alerts_of, attempt
from workflows.ports import ReviewRequest


async def test_each_group_is_told_what_waits_for_it_with_a_link_that_decides_nothing(
    tmp_path: Path, sqlite_database: Database, endpoint: Endpoint
) -> None:
    where = f"alerts: {{finance: ['json://{endpoint.host}/f'], legal: ['json://{endpoint.host}/l']}}"
    alerts = alerts_of(tmp_path, sqlite_database, where, groups="groups: {finance: {}, legal: {}}")
    request = ReviewRequest(
        change_id="ch_1",
        about="journey win-back",
        content_hash="v2",
        groups=("finance", "legal", "support"),
        authors=(),
        decision_key="key",
        life=timedelta(days=14),
    )

    await attempt(Reviewing(sqlite_database, alerts, CONSOLE).tell_of_review, request)

    assert [heard["title"] for heard in endpoint.heard] == ["A change waits: journey win-back"] * 2
    said, _, link = endpoint.heard[0]["message"].partition("\n\n")
    assert said.startswith("For 'finance' to agree to within 14 days; otherwise it does not go live.")
    assert link == f"{CONSOLE}/changes/ch_1"
    assert "For 'legal'" in endpoint.heard[1]["message"]
