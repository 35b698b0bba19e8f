"""`sojourn policy explain` of a business action, on the bank's example."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from activities.asking.permission import digest_of
from store.database import Database
from store.tables import Address, Customer, EventRecord
from tests.cli.conftest import Command
from tests.retail import SECRET
from tests.seeding import NOW, approval, grant, put

FINANCE = Path(__file__).parents[2] / "examples" / "finance"
REFUND = ("policy", "explain", "--customer", "c_lena", "--journey", "fee-refund", "--action", "refund")
GIVEN = ("--with", "order_id=f_1", "--with", "currency=GBP", "--with")


@pytest.fixture
def bank(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """The bank's example, with a customer who disputed a fee of 80."""
    asyncio.run(_lena(sqlite_url))
    return {
        "SOJOURN_PROJECT_DIR": str(FINANCE),
        "SOJOURN_DATABASE_URL": sqlite_url,
        "SOJOURN_STATE_DIR": str(tmp_path),
        "SOJOURN_SECRET": SECRET,
    }


async def _lena(url: str) -> None:
    fee: dict[str, Any] = {"fee_id": "f_1", "dispute_id": "d_1", "amount": 80.0, "currency": "GBP"}
    event = {"id": "e_1", "customer_id": "c_lena", "name": "Fee Disputed", "properties": fee}
    database = Database(url)
    await put(
        database,
        Customer(id="c_lena", traits={}, created_at=NOW),
        Address(customer_id="c_lena", kind="email", value="lena@example.com", updated_at=NOW),
        EventRecord.model_validate(event | {"occurred_at": NOW, "received_at": NOW}),
    )
    await database.close()


def test_what_the_customer_asked_for_is_judged_as_its_step_would(sojourn: Command, bank: dict[str, str]) -> None:
    told = sojourn(*REFUND, **bank)
    assert told.out.splitlines()[:2] == [
        "fee-refund/refund: refund (order_id f_1, amount 80.0, currency GBP), now: a",
        "    person of 'service' is asked (tier human)",
    ]
    assert "    autonomy (project): a person of 'service' is asked (tier human): refund, an" in told.out
    assert max(map(len, told.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("more", "verdict", "tier", "people"),
    [
        (("amount=50",), "allow", "full", None),
        (("amount=50.01",), "needs_approval", "human", 1),
        (("amount=501",), "needs_approval", "human", 2),
        (("amount=50", "--confidence", "0.4"), "needs_approval", "supervised", 1),
    ],
)
def test_the_tier_and_who_must_agree_are_told(
    sojourn: Command, bank: dict[str, str], more: tuple[str, ...], verdict: str, tier: str, people: int | None
) -> None:
    [row] = json.loads(sojourn(*REFUND, *GIVEN, *more, "-o", "json", **bank).out)
    assert (row["verdict"]["verdict"], row["tier"], row["verdict"].get("people")) == (verdict, tier, people)
    assert [said["policy"] for said in row["policies"]] == ["discount_cap", "autonomy"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("--with", "amount=many"),
            "refund cannot take what it was given: amount: Input should be a valid number",
        ),
        (("--with", "amount"), "'amount' gives nothing; write one such as --with amount=80."),
        (("--with", "sum=3"), "sum: Extra inputs are not permitted"),
        (("--channel", "email"), "'refund' is a business action; --channel is for messages."),
        (("--step", "explain"), "The step 'explain' does not do 'refund'; leave out --step or --action."),
    ],
)
def test_what_cannot_be_judged_is_refused(
    sojourn: Command, bank: dict[str, str], arguments: tuple[str, ...], told: str
) -> None:
    answer = sojourn(*REFUND, *arguments, **bank)
    assert (answer.code, answer.out) == (1, "")
    assert told in " ".join(answer.err.split())


def test_a_standing_grant_that_answers_in_a_persons_place_is_told(sojourn: Command, bank: dict[str, str]) -> None:
    ends = datetime(2031, 3, 2, 11, 30, tzinfo=UTC)
    asyncio.run(_agreed_once(bank["SOJOURN_DATABASE_URL"], ends))
    unsure = (*REFUND, *GIVEN, "amount=50", "--confidence", "0.4")
    told = sojourn(*unsure, **bank)
    assert told.out.splitlines()[1:4] == [
        "    person of 'pricing' is asked (tier supervised)",
        "    the standing grant g_1 of ada@northwind.example answers (4 of 5 left, until",
        "        2031-03-02 11:30 UTC): it may be done",
    ]
    [row] = json.loads(sojourn(*unsure, "-o", "json", **bank).out)
    assert row["grant"] == {
        "id": "g_1", "given_by": "ada@northwind.example", "left": 4, "most": 5, "until": ends.isoformat(),
        "verdict": {"verdict": "allow"},
    }  # fmt: skip
    [human] = json.loads(sojourn(*REFUND, *GIVEN, "amount=80", "-o", "json", **bank).out)
    assert human["grant"] is None


async def _agreed_once(url: str, ends: datetime) -> None:
    alike = digest_of(["fee-refund", "refund", "refund", "GBP"])
    changes: dict[str, Any] = {"group": "pricing", "discount": None, "amount": 60.0, "used": 1, "ends_at": ends}
    database = Database(url)
    await put(database, approval("a_1"), grant(similar=alike, **changes))
    await database.close()


def test_an_action_that_no_step_does_is_judged_all_the_same(sojourn: Command, bank: dict[str, str]) -> None:
    other = ("policy", "explain", "--customer", "c_lena", "--journey", "unfinished-application")
    [row] = json.loads(sojourn(*other, "--action", "refund", *GIVEN, "amount=20", "-o", "json", **bank).out)
    assert (row["journey"], row["step"], row["tier"]) == ("unfinished-application", "", "full")
    missing = sojourn(*other, "--action", "refund", **bank)
    assert "order_id: Field required" in missing.err
    assert "'refund' takes order_id, amount, currency." in " ".join(missing.err.split())


def test_an_action_that_is_not_set_up_is_refused(sojourn: Command, bank: dict[str, str]) -> None:
    answer = sojourn(*REFUND[:-1], "refnd", **bank)
    assert answer.err == "sojourn.yaml sets up no tool 'refnd' (did you mean 'refund'?).\n"
