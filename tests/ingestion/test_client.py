"""The Python client sends until the server has taken it, and once in effect; replays put whole files through."""

import io
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import yamlfile
from starter.app import create_app
from starter.client import Refused, Sojourn, Unavailable
from starter.ingestion.replay import Line, Progress, parse_columns, read_csv, read_json_lines, replay
from starter.services import Services
from store.tables import EventRecord
from tests import seeding
from tests.ingestion.conftest import Kept

FILE = Path("events.jsonl")


class Troubled(httpx.ASGITransport):
    """A way to the real server on which some requests meet trouble: before the server, or on the way back."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.troubles: list[httpx.Response | Exception | str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, httpx.Response):
            return trouble
        if isinstance(trouble, Exception):
            raise trouble
        answer = await super().handle_async_request(request)
        if trouble == "lost answer":
            raise httpx.ReadTimeout("the answer was lost")
        return answer


class Clock:
    """Keeps how long the client wanted to wait. Nothing else takes any time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def now(self) -> float:
        return sum(self.waits)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def way(shop: Services) -> Troubled:
    return Troubled(create_app(shop, dispatch=False))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sojourn(way: Troubled, clock: Clock) -> AsyncGenerator[Sojourn]:
    async with Sojourn("http://shop", "key", token="token-ada", transport=way, sleep=clock.sleep) as client:
        yield client


async def test_an_event_is_durable_when_the_call_returns(sojourn: Sojourn, kept: Kept) -> None:
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    event_id = await sojourn.track("lena", "Product Viewed", {"product_id": "fjell-3"}, timestamp=at)
    event = await kept.one(EventRecord)
    assert (event.id, event.name, event.properties) == (event_id, "Product Viewed", {"product_id": "fjell-3"})
    assert abs(event.occurred_at - at) < timedelta(seconds=5)


async def test_an_answer_that_is_lost_does_not_make_a_second_event(
    sojourn: Sojourn, way: Troubled, kept: Kept
) -> None:
    way.troubles = ["lost answer", "lost answer"]
    await sojourn.identify("lena", {"plan": "pro"})
    assert (await kept.one(EventRecord)).name == "Customer Identified"


async def test_the_client_waits_as_long_as_it_is_asked_to(
    sojourn: Sojourn, way: Troubled, clock: Clock, kept: Kept
) -> None:
    way.troubles = [
        httpx.Response(429, headers={"Retry-After": "7"}),
        httpx.Response(503),
        httpx.ConnectError("refused"),
    ]
    await sojourn.track("lena", "Product Viewed")
    assert clock.waits == [7, 1, 2]
    assert len(await kept.all(EventRecord)) == 1


async def test_after_all_attempts_the_caller_is_told(sojourn: Sojourn, way: Troubled, kept: Kept) -> None:
    way.troubles = [httpx.Response(503)] * 8
    with pytest.raises(Unavailable, match="in 8 attempts: HTTP 503"):
        await sojourn.track("lena", "Product Viewed")
    assert await kept.all(EventRecord) == []


async def test_a_refusal_is_not_tried_again(sojourn: Sojourn, clock: Clock) -> None:
    with pytest.raises(Refused, match="event: String should have at most 255 characters") as refused:
        await sojourn.track("lena", "x" * 300)
    assert (refused.value.status, refused.value.code, clock.waits) == (400, "invalid_event", [])


async def test_a_wrong_write_key_is_told(way: Troubled) -> None:
    async with Sojourn("http://shop", "wrong", transport=way) as client:
        with pytest.raises(Refused, match="write key"):
            await client.track("lena", "Product Viewed")


async def test_a_long_batch_goes_in_requests_that_the_server_takes(sojourn: Sojourn, kept: Kept) -> None:
    items = [
        {"type": "track", "userId": "lena", "event": f"{n}", "properties": {"x": "x" * 20_000}} for n in range(150)
    ]
    assert await sojourn.batch(items) == 150
    events = sorted(await kept.all(EventRecord), key=lambda event: event.seq)
    assert [event.name for event in events] == [f"{n}" for n in range(150)]


async def test_open_approvals_are_listed(sojourn: Sojourn, shop: Services) -> None:
    approvals = [seeding.approval(f"a_{n}") for n in range(30)]
    await seeding.put(shop.database, seeding.customer(), *approvals)
    assert len(await sojourn.approvals.list()) == 30
    assert await sojourn.approvals.list("approved") == []


async def test_a_decision_that_does_not_count_is_told(sojourn: Sojourn) -> None:
    with pytest.raises(Refused) as refused:
        await sojourn.approvals.approve("a_none", "hash")
    assert refused.value.status == 404


def lines(*items: Any) -> list[Line | yamlfile.Problem]:
    return list(read_json_lines([item if isinstance(item, str) else json.dumps(item) for item in items], FILE))


def view(minute: int) -> dict[str, Any]:
    return {"type": "track", "userId": "lena", "event": "Viewed", "timestamp": f"2026-07-01T12:{minute:02}:00Z"}


async def test_a_file_put_through_twice_counts_once(sojourn: Sojourn, kept: Kept) -> None:
    for _ in range(2):
        assert (await replay(sojourn, lines(view(0), view(1)))).sent == 2
    assert len(await kept.all(EventRecord)) == 2


async def test_bad_lines_are_told_by_number_and_the_others_go_on(sojourn: Sojourn, kept: Kept) -> None:
    file = lines(view(0), "", "{", "[]", {"type": "track", "userId": "lena"}, view(1))
    progress = await replay(sojourn, file)
    assert (progress.sent, progress.bad_lines) == (2, 3)
    assert [str(problem) for problem in progress.problems] == [
        "events.jsonl:3:2: this is not JSON: Expecting property name enclosed in double quotes",
        "events.jsonl:4:1: this is not a JSON object",
        "events.jsonl:5:1: event: a track call needs the name of its event",
    ]


async def test_a_replay_keeps_the_pace_of_the_events(sojourn: Sojourn, clock: Clock) -> None:
    await replay(sojourn, lines(view(0), view(1), view(3)), speed=60, clock=clock.now, sleep=clock.sleep)
    assert clock.waits == [1, 2]


async def test_as_fast_as_possible_does_not_wait_and_tells_how_far_it_is(sojourn: Sojourn, clock: Clock) -> None:
    seen: list[tuple[int, int]] = []

    def report(progress: Progress) -> None:
        seen.append((progress.sent, progress.line))

    await replay(sojourn, lines(*(view(n % 60) for n in range(250))), report=report, sleep=clock.sleep)
    assert clock.waits == []
    assert seen == [(100, 100), (200, 200), (250, 250)]


async def test_a_csv_file_is_read_by_the_names_of_its_columns(sojourn: Sojourn, kept: Kept) -> None:
    text = 'user,what,price,note,time\r\nlena,Product Viewed,12.5,"two\r\nlines",2026-07-01T12:00:00Z\r\n'
    columns = parse_columns(
        "user=userId, what=event, price=properties.price, note=properties.note, time=timestamp"
    )
    await replay(sojourn, list(read_csv(io.StringIO(text, newline=""), Path("a.csv"), columns)))
    event = await kept.one(EventRecord)
    assert (event.name, event.properties) == ("Product Viewed", {"price": 12.5, "note": "two\r\nlines"})


def test_a_csv_file_without_a_column_says_so() -> None:
    with pytest.raises(yamlfile.FileProblems, match=r"a\.csv:1:1: there is no column 'who'"):
        list(read_csv(io.StringIO("user\nlena\n"), Path("a.csv"), {"who": "userId"}))


@pytest.mark.parametrize(
    ("text", "told"), [("user", "not a column"), ("user=customer", "'customer' is not a field")]
)
def test_a_wrong_mapping_says_what_there_is(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_columns(text)


def test_an_archived_event_keeps_the_time_that_was_computed_for_it() -> None:
    (line,) = lines({**view(5), "sentAt": "2020-01-01T00:00:00Z", "originalTimestamp": "2020-01-01T00:00:00Z"})
    assert isinstance(line, Line)
    assert (line.at.minute, "sentAt" in line.item) == (5, False)
