"""`sojourn scores`: what is predicted, of whom, from what; and the fit."""

import asyncio
import json

import pytest

from learning.features.document import fold_all
from learning.features.observed import Observed
from store.database import Database
from store.tables import CustomerFeatures
from tests import seeding
from tests.cli.conftest import Command

_DAY = 86400


@pytest.fixture
def store(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lena bought three times, the last time ten days ago."""
    monkeypatch.setenv("SOJOURN_DATABASE_URL", sqlite_url)
    asyncio.run(_fill(sqlite_url))


async def _fill(url: str) -> None:
    now = int(seeding.NOW.timestamp())
    orders = [Observed("Order Completed", now - days * _DAY, {"total": 40}) for days in (90, 50, 10)]
    known = CustomerFeatures(customer_id="c_lena", document=fold_all({}, orders), changed_at=seeding.NOW)
    database = Database(url)
    await seeding.put(database, seeding.customer(), known)
    await database.close()


def test_each_score_says_how_sure_it_is_and_what_it_comes_from(sojourn: Command, store: None) -> None:
    rows = {row["score"]: row for row in json.loads(sojourn("scores", "show", "c_lena", "-o", "json").out)}
    assert rows["churn"]["basis"] == "3 days with orders, the last one 10 days ago"
    assert 0 < rows["churn"]["value"] < 0.5
    assert 0 < rows["churn"]["confidence"] < 1
    assert "3 days with orders" in sojourn("scores", "show", "c_lena").out


def test_a_score_that_was_never_fitted_says_so(sojourn: Command, store: None) -> None:
    rows = {row["score"]: row for row in json.loads(sojourn("scores", "list", "-o", "json").out)}
    assert {"churn", "value", "purchase", "discount_affinity", "best_hour"} <= rows.keys()
    assert (rows["churn"]["fitted_at"], rows["churn"]["customers"]) == (None, None)


def test_too_few_customers_leave_every_score_as_it_was(sojourn: Command, store: None) -> None:
    answer = sojourn("scores", "fit")
    assert (answer.code, answer.out) == (0, "There are too few customers yet; every score stays as it was.\n")


def test_nobody_has_no_scores(sojourn: Command, store: None) -> None:
    answer = sojourn("scores", "show", "c_nobody")
    assert (answer.code, answer.err[:37]) == (1, "There is no customer 'c_nobody'; 'soj")
