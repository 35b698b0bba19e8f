"""Faults for a share of all messages, by time and seed, and faults asked for over HTTP."""

from collections.abc import AsyncGenerator

import httpx
import pytest

from sandbox.faults import Faults
from sandbox.server import Sandbox
from tests.waiting import WITHIN


def met(faults: Faults, messages: int = 200) -> list[object]:
    """What so many messages meet, each for someone else."""
    taken = [faults.take(f"{number}@shoppers.example") for number in range(messages)]
    return [fault.answer if fault else None for fault in taken]


def stormy(seed: int, share: float = 0.3) -> list[object]:
    faults = Faults(slow_seconds=1)
    faults.storm(429, "drop", share=share, seed=seed)
    return met(faults)


def test_a_storm_hits_its_share_with_each_of_its_faults() -> None:
    answers = stormy(seed=7)

    assert 40 < sum(answer is not None for answer in answers) < 80
    assert set(answers) == {None, 429, "drop"}


def test_the_same_seed_hits_the_same_messages_and_another_seed_others() -> None:
    assert stormy(seed=7) == stormy(seed=7) != stormy(seed=8)


def test_a_storm_lasts_as_long_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 1000.0
    monkeypatch.setattr("sandbox.faults.time.monotonic", lambda: clock)
    faults = Faults(slow_seconds=1)
    faults.storm(503, after=10, seconds=5)

    before, clock = met(faults, 1), 1011.0
    during, clock = met(faults, 1), 1015.0

    assert (before, during, met(faults, 1)) == ([None], [503], [None])


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.http_url, timeout=WITHIN) as client:
        yield client


async def test_faults_are_asked_for_and_ended_over_http(client: httpx.AsyncClient, sandbox: Sandbox) -> None:
    asked = await client.post("/faults", json={"answers": [429], "seconds": 60})
    stormed = met(sandbox.faults, 2)
    one = await client.post("/faults", json={"answers": ["drop"], "recipient": "0@shoppers.example"})
    planned = met(sandbox.faults, 2)
    ended = await client.delete("/faults")

    assert [answer.status_code for answer in (asked, one, ended)] == [204, 204, 204]
    assert (stormed, planned, met(sandbox.faults, 2)) == ([429, 429], ["drop", 429], [None, None])


async def test_what_cannot_be_asked_for_is_told_with_what_can(client: httpx.AsyncClient) -> None:
    answer = await client.post("/faults", json={"answers": [], "share": 2})

    assert answer.status_code == 400
    assert [problem.partition(":")[0] for problem in answer.json()["problems"]] == ["answers", "share"]
    assert "drop_early" in answer.json()["accidents"]
