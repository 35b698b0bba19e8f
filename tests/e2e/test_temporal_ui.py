"""What the Temporal UI shows of a run: enough to know what it is, what it does and what it waits for."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata

from store.tables import Run
from tests.retail import ADA, Handle, Shopper
from workflows.search_attributes import JOURNEY_APPROVAL, JOURNEY_CUSTOMER, JOURNEY_NAME, JOURNEY_STAGE

pytestmark = pytest.mark.xdist_group("e2e")


async def test_a_run_says_what_it_is_from_its_first_moment(lena: Shopper) -> None:
    await lena.views()
    run, [row] = await lena.run(), await lena.runs()
    found = await run.describe()
    version = row.version
    assert await found.static_summary() == f"browse-abandonment for {row.customer_id}, started by Product Viewed"
    details = await found.static_details() or ""
    assert f"version `{version}`" in details
    assert "owned by maria@northwind.example" in details
    memo = cast(dict[str, Any], await found.memo())
    page = f"{lena.shop.services.settings.public_url}/runs/{_quoted(row)}"
    assert {key: memo[key] for key in ("version", "owner", "console", "trace")} == {
        "version": version,
        "owner": "maria@northwind.example",
        "console": page,
        "trace": f"{page}/trace",
    }
    shown = found.typed_search_attributes
    assert [shown[key] for key in (JOURNEY_NAME, JOURNEY_CUSTOMER, JOURNEY_STAGE)] == [
        "browse-abandonment",
        row.customer_id,
        "running",
    ]
    assert JOURNEY_APPROVAL not in shown


def _quoted(row: Run) -> str:
    return row.workflow_id.replace(":", "%3A")


async def test_a_run_that_asks_can_be_found_by_the_group_it_asks(lena: Shopper) -> None:
    run = await lena.is_asked_about()
    shown = (await run.describe()).typed_search_attributes
    assert (shown[JOURNEY_STAGE], shown[JOURNEY_APPROVAL]) == ("approval", "marketing")
    details = await _current_details(run)
    assert details.startswith("**browse-abandonment** is asking marketing for approval at `offer` (send).")
    assert "- `reminder`: sent" in details

    [question] = await lena.shop.open_approvals()
    await lena.shop.decides(question["id"], "approve", ADA)
    await run.result()
    shown = (await run.describe()).typed_search_attributes
    assert shown[JOURNEY_STAGE] == "completed"
    assert JOURNEY_APPROVAL not in shown


async def test_every_timer_and_activity_has_a_label(lena: Shopper) -> None:
    run = await lena.is_asked_about()
    assert await _labels(run, EventType.EVENT_TYPE_TIMER_STARTED) == [
        "wait_1: 30m",
        "wait_3: 4h",
        "wait_5: next day at 10:00",
        "offer: approval by marketing",
    ]
    assert await _labels(run, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) == [
        "reminder: browse-reminder by email",
        "related: browse-related by push",
        "offer: browse-offer by whatsapp",
    ]


async def test_nothing_in_the_clear_names_the_customer(lena: Shopper) -> None:
    """Workflow ids, search attributes and summaries show in lists; they carry opaque ids only."""
    run = await lena.is_asked_about()
    found = await run.describe()
    shown = [run.id, str(found.typed_search_attributes), str(await found.static_summary())]
    shown += [str(await found.static_details()), str(await found.memo()), await _current_details(run)]
    for kind in (EventType.EVENT_TYPE_TIMER_STARTED, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED):
        shown += await _labels(run, kind)
    for secret in ("lena", "Lena", "4915112345642", lena.push_token):
        assert secret not in "\n".join(shown)


async def test_the_history_names_nothing_that_the_customer_is_or_did(lena: Shopper) -> None:
    run = await lena.is_asked_about()
    events = (await run.fetch_history()).events
    history = b"".join(event.SerializeToString() for event in events)
    # Nothing shorter than four signs: what is sealed is random, and any three turn up in it by chance.
    for known in ("lena", "Lena", "Lumen 2 tent", "329.0", "browse-reminder", lena.push_token):
        assert known.encode() not in history


async def _current_details(run: Handle) -> str:
    metadata = await run.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return metadata.current_details


async def _labels(run: Handle, kind: EventType.ValueType) -> Sequence[str]:
    """The summaries of a kind of event, as the UI writes them beside it."""
    events = (await run.fetch_history()).events
    sealed = [event.user_metadata.summary for event in events if event.event_type == kind]
    return await run._client.data_converter.decode(sealed)  # pyright: ignore[reportPrivateUsage] as the UI's codec does
